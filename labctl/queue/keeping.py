"""Keep the supervisor: a service manager restarts it, or else a second supervisor replaces it."""

from collections.abc import Callable, Sequence
from pathlib import Path

from labctl.config.station import Station
from labctl.measure.stop import StopRequest
from labctl.queue.heartbeat import Heartbeats
from labctl.queue.notify_socket import NotifySocket, kept_by_service
from labctl.queue.processes import start_labctl
from labctl.queue.second_supervisor import (
    SecondSupervisor,
    first_was_stopped,
    wait_as_second,
    wait_as_service,
)
from labctl.store.transactions import WriteConnection

KEPT_BY_SERVICE = "kept by a service"
KEPT_BY_SECOND = "watched by a second supervisor"
NOT_KEPT = (
    "no service keeps the supervisor: if runner and both supervisors end together (log-out, no memory left), "
    "the heater stays on; see `labctl service install`"
)


class Keeping:
    """How this supervisor is kept. Made once, by the process that is to watch a runner.

    A second supervisor is kept, except under systemd, which ends a frozen service, and with `alone`.

    Parameters
    ----------
    station : Station
    db : Path
    second : bool
        Whether this is the second supervisor.
    kept : bool
        Whether a service starts this process again; one of systemd is also recognised by its variables.
    alone : bool
        Whether to do without a second supervisor.

    Attributes
    ----------
    sees_runner_off : bool
        Whether it replaced a supervisor that was stopped while a runner lives: it ends with that runner.
    """

    def __init__(
        self, station: Station, db: Path, *, second: bool = False, kept: bool = False, alone: bool = False
    ) -> None:
        self._station, self._db, self._second = station, db, second
        by_systemd = kept_by_service()
        self._service = NotifySocket()
        self.sees_runner_off = False
        self._kept = kept or by_systemd
        self._alone = alone or (by_systemd and self._service.given)
        self.kept_by = KEPT_BY_SERVICE if self._kept else "" if alone else KEPT_BY_SECOND

    def take_turn(self, stop: StopRequest) -> bool:
        """Wait until this process is to watch the runner; return whether it ever is.

        Without a service the first of a station does not wait: where there is one already, it is refused.
        """
        if self._second:
            takes_over = wait_as_second(self._station, self._db, stop)
            self.sees_runner_off = takes_over and first_was_stopped(self._station, self._db)
            return takes_over
        if self._kept:
            return wait_as_service(self._station, self._db, stop, self._service.look_succeeded)
        return True

    def after_each_look(self, arguments: Sequence[str]) -> Callable[[], None]:
        """Return a function to call after each look: it notifies the service, and keeps a second supervisor.

        `arguments` start the second supervisor.
        """
        if self._alone:
            return self._service.look_succeeded
        command = ["supervisor", "--second", *["--kept"] * self._kept, *arguments]
        log = self._db.with_suffix(".supervisor.log")
        keep_second = SecondSupervisor(self._station, lambda: start_labctl(command, log)).keep

        def notify_and_keep() -> None:
            self._service.look_succeeded()
            keep_second()

        return notify_and_keep

    def ends(self) -> None:
        """Notify the service manager that this process ends in good order."""
        self._service.ends()


def service_keeps(db: Path, station: str, silence_s: float) -> bool:
    """Return whether a supervisor of the station is running that a service keeps.

    `silence_s` comes from the station's `[night]` table.
    """
    with WriteConnection(db) as connection:
        beat = Heartbeats(connection, "supervisor", station).read()
    return beat is not None and beat.lives(silence_s) and beat.doing == KEPT_BY_SERVICE
