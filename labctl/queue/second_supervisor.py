"""Two supervisors that watch each other, where no service manager keeps one.

1. The first watches the runner. It starts the second, and starts it again when it is gone or frozen.
2. The second watches only the first. It ends a frozen one, and takes its place when it is gone: it is then
   the first, and starts a second.
3. The second ends when the first ended in good order and left no runner behind. Where the first was stopped
   while a runner lives, the second takes its place, and ends with that runner.

The second holds a lock of its own. It shows that it lives by the time of change of that file.
"""

import logging
import os
import signal
import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from labctl.clock import Clock, RealClock
from labctl.config.night import read_night
from labctl.config.station import Station
from labctl.errors import StoreError
from labctl.measure.stop import StopRequest
from labctl.queue.station_lock import holder_of, is_held, lock_path, station_lock
from labctl.queue.supervision import STARTING_TAKES_S, Supervision

log = logging.getLogger(__name__)
ROLE = "second-supervisor"
LOOK_EVERY_S = 0.5
FROZEN_AFTER_S = 10.0


class SecondSupervisor:
    """Keeps the second running. Call `keep()` after each look at the runner.

    Parameters
    ----------
    station : Station
    start : callable
        Starts one.
    """

    def __init__(
        self, station: Station, start: "Callable[[], subprocess.Popen[bytes]]", clock: Clock | None = None
    ) -> None:
        self._station, self._start, self._clock = station, start, clock or RealClock()
        self._child: subprocess.Popen[bytes] | None = None
        self._looked_s = self._clock.monotonic() - LOOK_EVERY_S
        self._started_s = self._clock.monotonic() - STARTING_TAKES_S
        self._sign, self._silent_s = 0, 0.0

    def keep(self) -> None:
        """Start a second where none is and none is starting; end a frozen one. At most twice a second."""
        now_s = self._clock.monotonic()
        passed_s = now_s - self._looked_s
        if passed_s < LOOK_EVERY_S:
            return
        self._looked_s = now_s
        if is_held(self._station, ROLE):
            self._end_if_frozen(min(passed_s, 2 * LOOK_EVERY_S))
        elif self._child is None or self._child.poll() is not None or self._start_took_long(now_s):
            self._started_s, self._silent_s = now_s, 0.0
            self._child = self._start()

    def _start_took_long(self, now_s: float) -> bool:
        return now_s - self._started_s > STARTING_TAKES_S

    def _end_if_frozen(self, passed_s: float) -> None:
        """Judge by change of the file, not by its age; the next look starts a new one."""
        sign = lock_path(self._station, ROLE).stat().st_mtime_ns
        self._silent_s = self._silent_s + passed_s if sign == self._sign else 0.0
        self._sign = sign
        pid = holder_of(self._station, ROLE)
        if self._silent_s > FROZEN_AFTER_S and pid is not None:
            log.error("the second supervisor (pid %d) is frozen and is ended", pid)
            with suppress(OSError):
                os.kill(pid, getattr(signal, "SIGKILL", signal.SIGTERM))


def wait_as_second(station: Station, db: Path, stop: StopRequest, clock: Clock | None = None) -> bool:
    """Watch the first supervisor; return whether to take its place.

    False when it ended in good order, and no runner is left that is not confirmed off.

    Raises
    ------
    ConfigurationError
        There is a second one already.
    """
    path = lock_path(station, ROLE)
    with station_lock(station, ROLE):
        return _wait(station, db, stop, clock or RealClock(), lambda: os.utime(path), ends_with_first=True)


def first_was_stopped(station: Station, db: Path) -> bool:
    """Return whether the last supervisor of the station ended as it was asked to."""
    try:
        return Supervision(db, station.name, read_night(station).silence_s).ended()
    except StoreError:
        return False


def wait_as_service(
    station: Station, db: Path, stop: StopRequest, on_look: Callable[[], None], clock: Clock | None = None
) -> bool:
    """Wait until no other supervisor of the station is left; return whether to take its place.

    `on_look` is called after each look.
    """
    return _wait(station, db, stop, clock or RealClock(), on_look, ends_with_first=False)


def _wait(
    station: Station,
    db: Path,
    stop: StopRequest,
    clock: Clock,
    on_look: Callable[[], None],
    ends_with_first: bool,
) -> bool:
    supervision = Supervision(db, station.name, read_night(station).silence_s, clock=clock)
    while not stop():
        if ends_with_first and _over(supervision):
            return False
        if not is_held(station, "supervisor"):
            return not (ends_with_first and _over(supervision))  # it may have ended since
        try:
            supervision.keep()
        except StoreError as error:  # the lock shows whether the first is gone
            log.error("the heartbeat of the supervisor cannot be read: %s", error)
        on_look()
        clock.sleep(LOOK_EVERY_S)
    return False


def _over(supervision: Supervision) -> bool:
    try:
        return supervision.over()
    except StoreError:
        return False
