"""The write-ahead log beside the database: its name, its frames, and how it is copied back into the database.

Format of the file: https://www.sqlite.org/fileformat2.html#the_write_ahead_log. Only the -wal is opened here.
Opening and closing the database or the -shm would release the locks that SQLite holds on them in this
process.
"""

import os
import sqlite3
import struct
from dataclasses import dataclass
from pathlib import Path

HEADER_BYTES, FRAME_HEADER_BYTES = 32, 24
SIZE_LIMIT_BYTES = 4 * 2**20
"""Size to which SQLite shortens the -wal when it starts it again from the beginning."""

_MAGIC = (0x377F0682, 0x377F0683)


def wal_of(path: Path) -> Path:
    """Path of the -wal of a database."""
    return path.with_name(path.name + "-wal")


def shm_of(path: Path) -> Path:
    """Path of the -shm of a database, the index of its -wal in shared memory."""
    return path.with_name(path.name + "-shm")


def wal_size(path: Path) -> int:
    """Size in bytes of the -wal of a database; 0 where there is none."""
    try:
        return wal_of(path).stat().st_size
    except OSError:
        return 0


@dataclass(frozen=True)
class WalMark:
    """Header and size of a -wal at one moment."""

    header: bytes
    size: int

    @classmethod
    def of(cls, path: Path) -> "WalMark":
        """Read the mark of the -wal of a database; empty without one; OSError where the disk fails."""
        try:
            with wal_of(path).open("rb", buffering=0) as file:
                return cls(file.read(HEADER_BYTES), file.seek(0, 2))
        except FileNotFoundError:
            return cls(b"", 0)

    def is_followed_by(self, later: "WalMark") -> bool:
        """Whether SQLite alone can have made `later` from this file while it was open.

        SQLite appends, or starts again from the beginning with the first salt one higher, and may then
        shorten the file to `SIZE_LIMIT_BYTES`. A -wal shorter than its header is judged as not followed;
        `wal_checkpoint(TRUNCATE)` of another program makes one as well.
        """
        if len(self.header) < HEADER_BYTES:
            return True
        if later.header == self.header:
            return later.size >= min(self.size, SIZE_LIMIT_BYTES)
        return _is_header(later.header) and 0 < (_salt(later.header) - _salt(self.header)) % 2**32 < 2**31


@dataclass(frozen=True)
class Checkpoint:
    """Result of a checkpoint: frames in the -wal, and how many of them the database holds as well."""

    busy: bool
    frames: int
    copied: int

    @property
    def complete(self) -> bool:
        """Whether the database file holds everything that was committed when the checkpoint began."""
        return not self.busy and self.copied == self.frames


def checkpoint(connection: sqlite3.Connection, path: Path, mode: str = "PASSIVE") -> Checkpoint:
    """Copy the -wal into the database; `PASSIVE` waits for no other program.

    Outside a transaction.

    Raises
    ------
    sqlite3.Error
        The -wal lacks frames that its index names, or the disk refused. The database is unchanged where the
        -wal has a hole.
    """
    if has_hole(path):
        raise sqlite3.DatabaseError(f"{wal_of(path)} was truncated or overwritten by another program")
    busy, frames, copied = connection.execute(f"PRAGMA wal_checkpoint({mode})").fetchone()
    return Checkpoint(bool(busy), frames, copied)


def has_hole(path: Path) -> bool:
    """Whether frames are missing before a frame of the present generation.

    SQLite continues to append to a -wal that another program truncated. The missing part then reads as zeros,
    and a checkpoint would copy these zeros into the database.
    """
    try:
        with wal_of(path).open("rb", buffering=0) as file:
            return _has_hole(file.fileno())
    except OSError:
        return False


def _has_hole(wal: int) -> bool:
    header = _read(wal, 0, HEADER_BYTES)
    if not header:
        return False
    found = not _is_header(header) or _gap_before_a_frame(wal, header)
    unchanged = _read(wal, 0, HEADER_BYTES) == header
    return found if unchanged else _has_hole(wal)


def _gap_before_a_frame(wal: int, header: bytes) -> bool:
    """A missing frame is read a second time: a writer may have appended it and others since."""
    (page_size,) = struct.unpack_from(">I", header, 8)
    salts, missing = header[16:24], -1
    for start in range(HEADER_BYTES, os.fstat(wal).st_size, FRAME_HEADER_BYTES + page_size):
        present = _read(wal, start + 8, 8) == salts
        if present and missing >= 0:
            return _read(wal, missing + 8, 8) != salts or _gap_before_a_frame(wal, header)
        if not present and missing < 0:
            missing = start
    return False


def _read(file: int, start: int, count: int) -> bytes:
    os.lseek(file, start, os.SEEK_SET)  # Windows has no pread
    return os.read(file, count)


def is_a_wal(path: Path) -> bool:
    """Whether SQLite has written to the -wal of a database."""
    return _is_header(WalMark.of(path).header)


def _is_header(header: bytes) -> bool:
    return len(header) == HEADER_BYTES and struct.unpack_from(">I", header)[0] in _MAGIC


def _salt(header: bytes) -> int:
    return struct.unpack_from(">I", header, 16)[0]
