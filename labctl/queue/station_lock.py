"""One program per station: a lock that the system takes back when its holder dies."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from labctl.clock import RealClock
from labctl.config.station import Station
from labctl.errors import ConfigurationError

HOLDER_AT = 16
SUPERVISOR_RECORDS_S = 5.0  # after an attempt to make safe it keeps the station until that is recorded
LOOK_AGAIN_S = 0.1


@contextmanager
def station_lock(station: Station, role: str = "runner") -> Iterator[None]:
    """Hold the station; the lock is a file beside the station file.

    A supervisor that holds it for one attempt to make safe is waited for. A rig inside this process needs no
    lock: no other process can reach it.

    Raises
    ------
    ConfigurationError
        Another process holds it, the message says which; or the file cannot be made.
    """
    if station.simulation is not None:
        yield
        return
    path = _path(station, role)
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        problem = f"the station cannot be held: {path}: {error.strerror}; its folder must be yours to write"
        raise ConfigurationError(station.source, "", problem) from error
    try:
        _lock(descriptor, station, role)
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{'':{HOLDER_AT}}pid {os.getpid()}\n".encode())
        yield
    finally:
        os.close(descriptor)


def holder_of(station: Station, role: str = "runner") -> int | None:
    """Number of the process that held the station last; None where none ever did."""
    try:
        with _path(station, role).open("rb") as file:
            file.seek(HOLDER_AT)  # past the byte that is locked
            return int(file.read(64).split()[1])
    except (OSError, IndexError, ValueError):
        return None


def _path(station: Station, role: str) -> Path:
    """One for a station, also where its file is named by a link."""
    return Path(station.source).resolve().with_suffix(f".{role}.lock")


def _lock(descriptor: int, station: Station, role: str) -> None:
    try:
        _wait_for_supervisor(descriptor, station, role)
    except OSError:
        os.lseek(descriptor, HOLDER_AT, os.SEEK_SET)
        holder = os.read(descriptor, 64).decode(errors="replace").strip() or "another process"
        problem = f"the station {station.name!r} already has a {role} ({holder}); one at a time may use it"
        raise ConfigurationError(station.source, "", problem) from None


def _wait_for_supervisor(descriptor: int, station: Station, role: str) -> None:
    """Lock, as soon as a supervisor that makes safe lets go; raises OSError if another program holds it."""
    clock = RealClock()
    end_s = clock.monotonic() + station.safe_within_s + SUPERVISOR_RECORDS_S
    while True:
        try:
            return _lock_first_byte(descriptor)
        except OSError:
            holder = holder_of(station, role)
            others_attempt = role == "runner" and holder == holder_of(station, "supervisor") != os.getpid()
            if not others_attempt or clock.monotonic() > end_s:
                raise
            clock.sleep(LOOK_AGAIN_S)


def _lock_first_byte(descriptor: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        os.lseek(descriptor, 0, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        return
    import fcntl

    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
