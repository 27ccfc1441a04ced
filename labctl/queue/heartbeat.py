"""Heartbeats of runner and supervisor. A process without a fresh heartbeat is not called running.

Times are the wall's also when the station's are scaled: whether a process lives is no matter of simulation.
"""

import logging
import os
import platform
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labctl.clock import Clock, RealClock
from labctl.errors import StoreError
from labctl.queue.boot import boot_mark
from labctl.store.processes import is_gone, process_birth
from labctl.store.queries import heartbeats as queries
from labctl.store.transactions import WriteConnection

log = logging.getLogger(__name__)
BEAT_S = 0.5
STANDSTILL_S = 1.0  # a wait for the next heartbeat that lasts so much longer: the computer was suspended
LOCK_PATIENCE_S = 1.0
OVER = ("ended", "unsafe", "dismissed")
NOT_READ_BACK = "the outputs were not read back"
UNKNOWN_PID = 0
SUPERVISOR_MAY_BE_SILENT = 2.0  # times as long as a runner: it does not beat while it makes safe


@dataclass(frozen=True)
class Heartbeat:
    """One row of `heartbeats`. `percent` of the job is done, as its procedures emit it; None: not known."""

    process: str
    station: str
    pid: int
    process_birth: str
    host: str
    boot: str
    state: str
    started_s: float
    beat_s: float
    due_s: float | None
    doing: str
    job_id: int | None
    run_id: int | None
    temperature_k: float | None
    setpoint_k: float | None
    expected_end_s: float | None
    last_event_id: int | None
    unsafe: str
    percent: float | None = None

    @property
    def gone(self) -> bool:
        """Whether the process has ended; one on another computer cannot be judged from here."""
        return self.host == platform.node() and is_gone(self.pid, self.process_birth)

    @property
    def overdue(self) -> bool:
        """Whether its measuring thread has broken its promise of a sign."""
        return self.due_s is not None and self.beat_s > self.due_s

    def allowed_silence_s(self, silence_s: float) -> float:
        """How long its process may be silent at a station with that `silence_s`."""
        return silence_s * (SUPERVISOR_MAY_BE_SILENT if self.process == "supervisor" else 1.0)

    def age_s(self) -> float:
        """How long ago it was written, by the clock on the wall."""
        return RealClock().time() - self.beat_s

    def lives(self, silence_s: float) -> bool:
        """Whether its process is running, judged once by the age of the heartbeat; see `state_of`."""
        return state_of(self, silence_s) == "running"


def state_of(
    beat: Heartbeat | None, silence_s: float, silent_for_s: Callable[[Heartbeat], float] = Heartbeat.age_s
) -> str:
    """Return the state of a process: the one rule by which a runner or supervisor counts as frozen.

    Parameters
    ----------
    beat : Heartbeat, optional
        Its last heartbeat; None when it never ran.
    silence_s : float
        `silence_s` of the station's `[night]` table; `DEFAULT_SILENCE_S` where the station file is not known.
        A supervisor may be silent for twice as long.
    silent_for_s : callable
        Returns for how many seconds a heartbeat has not changed. By default its age, for a process that looks
        once; a process that watches passes `Silence.of`, which a corrected system clock does not mislead.

    Returns
    -------
    str
        `"none"`; `"ended"` (every output was read back off); `"unsafe"` (it ended, or was found dead, and not
        every output was read back off); `"dismissed"` (unsafe, and a person has seen to it); `"dead"` (its
        process is gone, or it was found dead); `"frozen"` (no heartbeat for longer than allowed, or its
        measuring thread broke its promise); `"running"`.
    """
    if beat is None:
        return "none"
    if beat.state in OVER:
        return beat.state
    if beat.state == "dead" or beat.gone:
        return "dead"
    silent = silent_for_s(beat) > beat.allowed_silence_s(silence_s)
    return "frozen" if silent or beat.overdue else "running"


def left_on(beat: Heartbeat, state: str) -> str:
    """Return which outputs of a runner were not read back off, with reasons, as far as that is known.

    `""` for a supervisor, where every output was read back off, and while a process runs and knows of none
    that could not be. `state` is a state as `state_of` returns it.
    """
    if beat.process != "runner":
        return ""
    died_unattended = state == "dead" and beat.state != "dead"
    return beat.unsafe or (NOT_READ_BACK if died_unattended else "")


def problems_in_words(problems: Mapping[str, str]) -> str:
    """Return which instruments are not safe, and why, in one line; `""` where all are."""
    return "; ".join(f"{name}: {problem}" for name, problem in problems.items())


class Heartbeats:
    """The heartbeat of one process of one station."""

    def __init__(self, connection: WriteConnection, process: str, station: str) -> None:
        self._connection, self._key = connection, {"process": process, "station": station}

    def read(self) -> Heartbeat | None:
        """The last heartbeat; None when that process never ran here."""
        row = queries.heartbeat(self._connection, **self._key)
        return None if row is None else Heartbeat(**row)

    def begin(self) -> None:
        """Write the first heartbeat of this process in the place of the last process."""
        pid = os.getpid()
        self._replace(pid=pid, process_birth=process_birth(pid) or "", state="alive")

    def name_unknown(self, words: str) -> None:
        """Say of a process that this file does not name which outputs were not read back off."""
        self._replace(pid=UNKNOWN_PID, process_birth="", state="unsafe", unsafe=words)

    def beat(self, **changes: Any) -> None:
        """Write a heartbeat, with the changes; begin again where the file was replaced by another."""
        if self._write(pid=os.getpid(), **{"beat_s": RealClock().time(), **changes}):
            return
        there = self.read()
        if there is None or there.gone:
            self.begin()

    def end(self, unsafe: str = "") -> None:
        """Say that this process ends: with every output read back off, or `unsafe` and why."""
        state = "unsafe" if unsafe else "ended"
        self._write(pid=os.getpid(), state=state, unsafe=unsafe, doing="", due_s=None)

    def mark_dead(self, beat: Heartbeat) -> None:
        """Say that the process of that heartbeat was found dead, and that every output is off now."""
        self._write(pid=beat.pid, state="dead", unsafe="", due_s=None)

    def mark_unsafe(self, beat: Heartbeat, words: str) -> None:
        """Say that the process of that heartbeat is gone, and which outputs were not read back off."""
        self._write(pid=beat.pid, state="unsafe", unsafe=words, due_s=None)

    def mark_confirmed(self, beat: Heartbeat) -> None:
        """Say that every output that the process of that heartbeat left behind was read back off."""
        self._write(pid=beat.pid, state="ended", unsafe="", due_s=None)

    def mark_dismissed(self, beat: Heartbeat, words: str) -> None:
        """Say that a person has seen to the outputs that were not read back off, and which."""
        self._write(pid=beat.pid, state="dismissed", unsafe=words, due_s=None)

    def _replace(self, **process: Any) -> None:
        now_s = RealClock().time()
        row = {**self._key, "host": platform.node(), "boot": boot_mark(), "started_s": now_s, "beat_s": now_s}
        with self._connection.transaction() as connection:
            queries.replace_heartbeat(connection, row | process)

    def _write(self, pid: int, **changes: Any) -> int:
        with self._connection.transaction() as connection:
            return queries.change_heartbeat(connection, **self._key, pid=pid, changes=changes)


def all_heartbeats(connection: WriteConnection) -> list[Heartbeat]:
    """The last heartbeats of all processes, by process and station."""
    return [Heartbeat(**row) for row in queries.all_heartbeats(connection)]


def all_runners(connection: WriteConnection) -> dict[str, Heartbeat]:
    """The last heartbeat of every station's runner, by the name of the station."""
    return {row["station"]: Heartbeat(**row) for row in queries.runner_heartbeats(connection)}


class Pulse:
    """Writes heartbeats in a thread of its own, with the last news of the measuring thread.

    Parameters
    ----------
    path : Path
        The file.
    station : str
    on_beat : callable
        Called after each beat, in the thread that beats.
    clock : Clock, optional
        For promises.
    """

    def __init__(
        self,
        path: Path,
        station: str,
        on_beat: Callable[[], None] = lambda: None,
        clock: Clock | None = None,
    ) -> None:
        self._path, self._station, self._on_beat = path, station, on_beat
        self._told: dict[str, Any] = {}
        self._due_awake_s: float | None = None
        self._stood_still_s = 0.0
        self._in_good_order = True
        self._unconfirmed = NOT_READ_BACK
        self._clock = clock or RealClock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._live, name="labctl pulse", daemon=True)

    def tell(self, **changes: Any) -> None:
        """Set columns from the measuring thread; written with the next heartbeat."""
        self._told = {**self._told, **changes}

    def promise(self, seconds: float | None) -> None:
        """Promise the next sign of the measuring thread within `seconds`; None: promise nothing.

        Time in which this process stood still with the whole computer does not count.
        """
        self._due_awake_s = None if seconds is None else self._awake_s() + seconds

    def doubt(self) -> None:
        """Something is switched on from now on: the end is unsafe until `made_safe()` is called."""
        self._unconfirmed = NOT_READ_BACK
        self.tell(unsafe="")

    def made_safe(self, problems: Mapping[str, str]) -> None:
        """Record the instruments that could not be read back off, with reasons; empty: everything is off."""
        self._unconfirmed = problems_in_words(problems)
        self.tell(unsafe=self._unconfirmed)

    @property
    def unconfirmed(self) -> str:
        """Instruments that were not read back off, with reasons; `""`: everything is off."""
        return self._unconfirmed

    def end_without_a_word(self) -> None:
        """Let the end look like a death, so that the supervisor starts another one."""
        self._in_good_order = False

    def __enter__(self) -> "Pulse":
        with WriteConnection(self._path, may_create=False).without_fsync() as connection:
            Heartbeats(connection, "runner", self._station).begin()
        self._start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        if self._thread.is_alive():
            self._thread.join()
        if not self._in_good_order:
            return
        try:
            with WriteConnection(self._path, may_create=False).without_fsync() as connection:
                Heartbeats(connection, "runner", self._station).end(self._unconfirmed)
        except StoreError as error:
            log.error("the last heartbeat could not be written: %s", error)

    def _start(self) -> None:
        self._thread.start()

    def _live(self) -> None:
        while not self._over.is_set():
            try:
                with WriteConnection(
                    self._path, LOCK_PATIENCE_S, may_create=False
                ).without_fsync() as connection:
                    self._beat_on(Heartbeats(connection, "runner", self._station))
            except (StoreError, MemoryError) as error:
                log.warning("no heartbeat: %s", error)
                self._over.wait(BEAT_S)

    def _beat_on(self, heartbeats: Heartbeats) -> None:
        while not self._over_after_a_wait():
            self._beat(heartbeats)

    def _over_after_a_wait(self) -> bool:
        """Wait until the next heartbeat is due; return whether it was the last. Count a standstill."""
        begun_s = self._clock.monotonic()
        over = self._over.wait(BEAT_S)
        longer_s = self._clock.monotonic() - begun_s - BEAT_S
        self._stood_still_s += longer_s if longer_s > STANDSTILL_S else 0.0
        return over

    def _beat(self, heartbeats: Heartbeats) -> None:
        for do in (lambda: heartbeats.beat(**self._times(), **self._told), self._on_beat):
            try:
                do()
            except (StoreError, OSError, MemoryError) as error:  # a full disk is for the runner to see
                log.warning("no heartbeat: %s", error)

    def _times(self) -> dict[str, float | None]:
        """The time of a heartbeat, and the promise by the same look at the clock on the wall.

        A clock that is set breaks no promise, also not between two looks at it.
        """
        now_s, due_s = self._clock.time(), self._due_awake_s
        return {"beat_s": now_s, "due_s": None if due_s is None else now_s + due_s - self._awake_s()}

    def _awake_s(self) -> float:
        return self._clock.monotonic() - self._stood_still_s


class StillPulse(Pulse):
    """For virtual time, which no supervisor watches: writes begin and end, no heartbeats between."""

    def _start(self) -> None:
        return
