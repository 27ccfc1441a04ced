"""One program per station: a lock that the system takes back when its holder dies."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from labctl.errors import ConfigurationError
from labctl.station import Station


@contextmanager
def station_lock(station: Station, role: str = "runner") -> Iterator[None]:
    """Hold the station; the lock is a file beside the station file.

    A rig inside this process needs none: nobody else can reach it.

    Raises
    ------
    ConfigurationError
        Another process holds it, the message says which; or the file cannot be made.
    """
    if station.simulation is not None:
        yield
        return
    path = Path(station.source).resolve().with_suffix(f".{role}.lock")  # one station, by whatever link
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        problem = f"the station cannot be held: {path}: {error.strerror}; its folder must be yours to write"
        raise ConfigurationError(station.source, "", problem) from error
    try:
        _lock(descriptor, station, role)
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{'':16}pid {os.getpid()}\n".encode())
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, station: Station, role: str) -> None:
    try:
        _lock_first_byte(descriptor)
    except OSError:
        os.lseek(descriptor, 16, os.SEEK_SET)
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
