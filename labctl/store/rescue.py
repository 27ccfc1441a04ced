"""Save the content of a lost database in a checked copy, and put the copy in its place.

1. The copy is read through the connection that still has the lost files open. Where that fails, because the
   -wal was truncated, it is the database as of the last checkpoint with the transactions since then repeated.
2. A copy gets its name once it is complete, checked and on disk. An unfinished one ends in `.part`.
3. It is put back only where no other data is lost: the path is free, or still leads to the damaged file.
   The -wal and -shm of the damaged file are removed first: SQLite would replay them into the copy.
4. One process at a time puts back. The other processes detect the new file and open it.
"""

import os
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from labctl.store import migrations
from labctl.store.presence import Files
from labctl.store.recent import RecentTransactions
from labctl.store.wal import is_a_wal, shm_of, wal_of

if sys.platform != "win32":
    import fcntl

MEASURED_TABLES = (
    "spectra",
    "impedance_points",
    "check_points",
    "linearity_points",
    "polarisations",
    "polarisation_points",
    "temperature_log",
    "records",
    "monitor_readings",
    "thermal_steps",
)


class Rescue:
    """The rescue of one database, by one connection.

    Parameters
    ----------
    path : Path
        The database.
    files : Files
        The files that the connection has open.
    """

    def __init__(self, path: Path, files: Files) -> None:
        self._path, self._files = Path(os.path.realpath(path)), files
        self.copy: Path | None = None

    def save(self, connection: sqlite3.Connection, recent: RecentTransactions) -> int:
        """Write the copy, or write it again; return how many of the recent rows it lacks.

        Raises
        ------
        sqlite3.Error, OSError
            Neither the folder of the database nor the temporary folder can take it, or nothing is readable.
        """
        problem: Exception | None = None
        for folder in (self._path.parent, Path(tempfile.gettempdir())):
            unfinished = folder / f"{self._path.stem}.rescued-by-{os.getpid()}{self._path.suffix}.part"
            try:
                lacking = self._write(unfinished, connection, recent)
                self._give_name(unfinished)
                return lacking
            except (sqlite3.Error, OSError) as error:
                problem = problem or error
            finally:
                with suppress(OSError):
                    unfinished.unlink(missing_ok=True)
        assert problem is not None
        raise problem

    def put_back(self, recent: RecentTransactions) -> bool:
        """Put the copy at the path of the database; return whether the path now leads to all its rows.

        Recent rows may be missing there: `RecentTransactions.repeat_in` adds them.

        On Windows nothing is put back: there an open file can be neither deleted nor replaced.
        """
        if self.copy is None or sys.platform == "win32":
            return False
        try:
            with _one_process_at_a_time(self._path.parent):
                return self._put_back(self.copy, recent)
        except (sqlite3.Error, OSError):
            return False

    def _write(self, target: Path, connection: sqlite3.Connection, recent: RecentTransactions) -> int:
        problem: sqlite3.Error | None = None
        lacking = None
        try:
            lacking = _copy(connection, target, recent, repeat=False)
        except sqlite3.Error as error:
            problem = error
        if lacking == 0 or Files.of(self._path).database != self._files.database:
            if problem is not None:
                raise problem
            return lacking or 0
        return self._write_from_database(target, recent, lacking, problem)

    def _write_from_database(
        self, target: Path, recent: RecentTransactions, lacking: int | None, problem: sqlite3.Error | None
    ) -> int:
        second = target.with_name(target.name + "2")
        try:
            address = f"{self._path.as_uri()}?mode=ro&immutable=1"
            with closing(sqlite3.connect(address, uri=True)) as database:
                lacking_then = _copy(database, second, recent, repeat=True) + recent.dropped
            if lacking is None or lacking_then < lacking:
                os.replace(second, target)
                lacking = lacking_then
        except sqlite3.Error:
            if lacking is None and problem is not None:
                raise problem from None
        finally:
            second.unlink(missing_ok=True)
        return lacking or 0

    def _give_name(self, unfinished: Path) -> None:
        _to_disk(unfinished)
        if self.copy is not None and self.copy.parent == unfinished.parent:
            os.replace(unfinished, self.copy)
        else:
            self.copy = _with_free_name(unfinished, self._path)
        _to_disk(self.copy.parent)

    def _put_back(self, copy: Path, recent: RecentTransactions) -> bool:
        now = Files.of(self._path)
        if now.database not in (None, self._files.database):
            return _continues(self._path, copy, recent.rows)
        if copy.parent != self._path.parent or (now.wal != self._files.wal and is_a_wal(self._path)):
            return False
        unfinished = copy.with_name(copy.name + ".part")
        try:
            shutil.copyfile(copy, unfinished)
            if now.database is not None:
                shutil.copymode(self._path, unfinished)
            _to_disk(unfinished)
            wal_of(self._path).unlink(missing_ok=True)
            shm_of(self._path).unlink(missing_ok=True)
            if now.database is not None:
                os.replace(unfinished, self._path)
            else:
                os.link(unfinished, self._path)  # fails where another program has made a file meanwhile
            _to_disk(self._path.parent)
        finally:
            unfinished.unlink(missing_ok=True)
        return True


def _copy(source: sqlite3.Connection, target: Path, recent: RecentTransactions, repeat: bool) -> int:
    """Copy and check; return how many of the recent rows the copy lacks."""
    target.unlink(missing_ok=True)
    target.touch(exist_ok=False)  # no link of another user in the temporary folder is followed
    source.execute("VACUUM INTO ?", (str(target),))
    with closing(sqlite3.connect(target, isolation_level=None)) as copy:
        if migrations.pending(copy):
            raise sqlite3.DatabaseError("the copy is damaged: it lacks tables")
        if repeat:
            recent.repeat_in(copy)
        (found,) = copy.execute("PRAGMA quick_check(1)").fetchone()
        if found != "ok":
            raise sqlite3.DatabaseError(f"the copy is damaged: {found}")
        return recent.missing_from(copy)


def _continues(path: Path, copy: Path, recent_rows: int) -> bool:
    """Whether the database was put back by another process, and is not an older copy or a different file.

    It has every run of the copy, and as many measured rows. A few may have been committed after it was made.
    """
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as database:
        database.execute("ATTACH ? AS copy", (str(copy),))
        lacking = "SELECT uuid FROM copy.runs EXCEPT SELECT uuid FROM main.runs"
        if database.execute(lacking).fetchone() is not None:
            return False
        counts = [f"(SELECT count(*) FROM {{0}}.{table})" for table in MEASURED_TABLES]
        query = "SELECT " + ", ".join(counts)
        here, there = (database.execute(query.format(name)).fetchone() for name in ("main", "copy"))
        return all(now >= before - recent_rows for now, before in zip(here, there, strict=True))


def _with_free_name(unfinished: Path, path: Path) -> Path:
    """Move the file to NAME.rescued-N in its folder, overwriting nothing."""
    number = 1
    while True:
        name = unfinished.with_name(f"{path.stem}.rescued-{number}{path.suffix}")
        try:
            os.link(unfinished, name)
        except FileExistsError:
            number += 1
            continue
        except OSError:  # a file system without links
            if name.exists():
                number += 1
                continue
            unfinished.rename(name)
        return name


def _to_disk(path: Path) -> None:
    """Sync a file, or the entries of a folder, to disk."""
    if sys.platform == "win32" and path.is_dir():
        return
    descriptor = os.open(path, os.O_RDWR if path.is_file() else os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _one_process_at_a_time(folder: Path) -> Iterator[None]:
    """Hold the folder; a killed process lets it go."""
    if sys.platform == "win32":
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
