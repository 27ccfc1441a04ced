"""Lock files: the operating system releases a lock when its holder ends, however it ends.

The lock is on the first byte, because on Windows no other process can read a locked byte; the description of
the holder begins at `CONTENT_AT`. A lock file is never deleted: another process may be about to lock it.
"""

import os
import sys
from pathlib import Path

CONTENT_AT = 16
LONGEST_CONTENT = 4096
NO_LINKS = getattr(os, "O_NOFOLLOW", 0)


def open_lock_file(path: Path) -> int:
    """Open a lock file that several users share, made where there is none; return its descriptor.

    A file that belongs to another user, and may only be read, can be locked all the same. Raises OSError.
    """
    # O_CREAT on a file of another user in /tmp is refused by Linux (fs.protected_regular): open it first.
    try:
        return os.open(path, os.O_RDWR | NO_LINKS)
    except FileNotFoundError:
        return _create(path)
    except PermissionError:
        return os.open(path, os.O_RDONLY | NO_LINKS)


def _create(path: Path) -> int:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | NO_LINKS, 0o666)
    except FileExistsError:  # another process was faster
        return os.open(path, os.O_RDWR | NO_LINKS)
    path.chmod(0o666)  # for every user, whatever the umask of the first
    return descriptor


def lock_first_byte(descriptor: int) -> None:
    """Lock a file for as long as it is open; raises OSError where another holds it."""
    if sys.platform == "win32":
        import msvcrt

        os.lseek(descriptor, 0, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        return
    import fcntl

    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def write_content(descriptor: int, text: str) -> None:
    """Replace the description of the holder."""
    os.ftruncate(descriptor, 0)
    os.lseek(descriptor, 0, os.SEEK_SET)
    os.write(descriptor, f"{'':{CONTENT_AT}}{text}\n".encode())


def read_content(descriptor: int) -> str:
    """Return the description that the last holder wrote."""
    os.lseek(descriptor, CONTENT_AT, os.SEEK_SET)
    return os.read(descriptor, LONGEST_CONTENT).decode(errors="replace").strip()
