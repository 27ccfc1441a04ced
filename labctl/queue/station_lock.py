"""One program per station: a lock that the system takes back when its holder dies."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from labctl.config.station import Station
from labctl.errors import ConfigurationError

HOLDER_AT = 16


@contextmanager
def station_lock(station: Station, role: str = "runner") -> Iterator[None]:
    """Hold the station; the lock is a file beside the station file.

    A rig inside this process needs none: no other process can reach it.

    Raises
    ------
    ConfigurationError
        Another process holds it, the message says which; or the file cannot be made.
    """
    if station.simulation is not None:
        yield
        return
    path = lock_path(station, role)
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
            file.seek(HOLDER_AT)  # past the byte that is locked
            return int(file.read(64).split()[1])
    except (OSError, IndexError, ValueError):
        return None


def lock_path(station: Station, role: str) -> Path:
    """Return the lock file of a role: one for a station, also where its file is named by a link."""
    return Path(station.source).resolve().with_suffix(f".{role}.lock")


def _lock(descriptor: int, station: Station, role: str) -> None:
    try:
        _lock_first_byte(descriptor)
    except OSError:
        os.lseek(descriptor, HOLDER_AT, os.SEEK_SET)
        holder = os.read(descriptor, 64).decode(errors="replace").strip() or "another process"
        problem = f"the station {station.name!r} already has a {role} ({holder}); one at a time may use it"
        raise ConfigurationError(station.source, "", problem) from None


def _lock_first_byte(descriptor: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        os.lseek(descriptor, 0, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        return
    import fcntl

    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
