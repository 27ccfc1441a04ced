"""One program per station, and per instrument: locks that the system takes back when their holder dies."""

import logging
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from labctl.clock import RealClock
from labctl.config.station import Station
from labctl.errors import ConfigurationError
from labctl.instruments.lock_errors import LocksUnusable
from labctl.instruments.lock_files import lock_first_byte, read_content, write_content
from labctl.queue.activity import is_stopped

log = logging.getLogger(__name__)
SUPERVISOR_RECORDS_S = 5.0  # after an attempt to make safe it keeps the station until that is recorded
LOOK_AGAIN_S = 0.1


@contextmanager
def station_lock(station: Station, role: str = "runner", doing: str = "") -> Iterator[None]:
    """Hold the station; the lock is a file beside the station file. A runner holds every instrument as well.

    A supervisor that holds it for one attempt to make safe is waited for. A rig inside this process needs no
    lock: no other process can reach it.

    Parameters
    ----------
    station : Station
    role : str
        "runner" for all that talk to instruments, "supervisor" for what watches it.
    doing : str
        What for; a program that is refused reads it.

    Raises
    ------
    ConfigurationError
        Another process holds the station, or one of its instruments; the message says which. Or a lock file
        cannot be made.
    """
    if station.simulation is not None:
        yield
        return
    with ExitStack() as held:
        held.enter_context(_file_lock(station, role))
        if role == "runner":
            held.enter_context(station.hold(doing))
        yield


@contextmanager
def rescue_lock(station: Station) -> Iterator[None]:
    """Hold the station as a runner does, to make it safe; lock files that cannot be used do not prevent that.

    Raises ConfigurationError where another process holds the station or, as HardwareHeld, an instrument.
    """
    if station.simulation is not None:
        yield
        return
    with ExitStack() as held:
        held.enter_context(_file_lock(station, "runner"))
        try:
            held.enter_context(station.hold("making safe"))
        except LocksUnusable as error:
            log.error("%s", error)
        yield


@contextmanager
def _file_lock(station: Station, role: str) -> Iterator[None]:
    path = lock_path(station, role)
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        problem = f"the station cannot be held: {path}: {error.strerror}; its folder must be yours to write"
        raise ConfigurationError(station.source, "", problem) from error
    try:
        _lock(descriptor, station, role)
        write_content(descriptor, f"pid {os.getpid()}")
        yield
    finally:
        os.close(descriptor)


def is_held(station: Station, role: str = "runner") -> bool:
    """Return whether a process holds the station; the lock is taken for a moment where none does."""
    try:
        with station_lock(station, role):
            return False
    except ConfigurationError:
        return True


def holder_of(station: Station, role: str = "runner") -> int | None:
    """Number of the process that held the station last; None where none ever did."""
    try:
        with lock_path(station, role).open("rb") as file:
            return int(read_content(file.fileno()).split()[1])
    except (OSError, IndexError, ValueError):
        return None


def lock_path(station: Station, role: str) -> Path:
    """Return the lock file of a role: one for a station, also where its file is named by a link."""
    return Path(station.source).resolve().with_suffix(f".{role}.lock")


def _lock(descriptor: int, station: Station, role: str) -> None:
    try:
        _wait_for_supervisor(descriptor, station, role)
    except OSError:
        holder = read_content(descriptor) or "another process"
        problem = f"the station {station.name!r} already has a {role} ({holder}); one at a time may use it"
        pid = holder_of(station, role)
        if pid is not None and is_stopped(pid, lock_path(station, role)):
            problem += f"; it is frozen: `labctl supervisor` ends a frozen runner, `kill -9 {pid}` ends any"
        raise ConfigurationError(station.source, "", problem) from None


def _wait_for_supervisor(descriptor: int, station: Station, role: str) -> None:
    """Lock, as soon as a supervisor that makes safe lets go; raises OSError if another program holds it."""
    clock = RealClock()
    end_s = clock.monotonic() + station.safe_within_s + SUPERVISOR_RECORDS_S
    while True:
        try:
            return lock_first_byte(descriptor)
        except OSError:
            holder = holder_of(station, role)
            others_attempt = role == "runner" and holder == holder_of(station, "supervisor") != os.getpid()
            if not others_attempt or clock.monotonic() > end_s:
                raise
            clock.sleep(LOOK_AGAIN_S)
