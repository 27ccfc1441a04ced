"""Takes the runs of a crate, checked by the SHA-256 of every file, into a results file."""

import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from labctl.errors import InvalidRequest
from labctl.report.crate_rules import METADATA, broken_rules
from labctl.store import Store
from labctl.store.merging import Merged, merge

RUNS = "runs.db"
MOST_BYTES = 2**34


def is_crate(path: Path) -> bool:
    """Return whether a path is a folder or a zip with the metadata of a crate."""
    if path.is_dir():
        return (path / METADATA).is_file()
    if path.suffix.lower() not in (".zip", ".eln") or not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return any(PurePosixPath(name).name == METADATA for name in archive.namelist())


def import_crate(crate: Path, db: Path) -> Merged:
    """Copy the runs of a crate that a results file lacks; the file is made where there is none.

    Raises
    ------
    InvalidRequest
        A file of the crate is missing, is not described, or is not what its SHA-256 says; nothing is copied.
    StoreError
        The results file cannot be used.
    """
    with _folder_of(crate) as folder, tempfile.TemporaryDirectory() as copy:
        _check(folder, crate)
        runs = Path(shutil.copy(folder / RUNS, copy))  # reading it writes files beside it
        return _merged(db, runs)


def _merged(db: Path, runs: Path) -> Merged:
    """Merge the runs of a file into another; where that fails, a file that was made for it is removed."""
    if db.exists():
        return merge(db, runs)
    merged = None
    try:
        Store.open(db).close()
        merged = merge(db, runs)
        return merged
    finally:
        if merged is None or not (merged.added or merged.known):
            for ending in ("", "-wal", "-shm"):
                db.with_name(f"{db.name}{ending}").unlink(missing_ok=True)


@contextmanager
def _folder_of(crate: Path) -> Iterator[Path]:
    if crate.is_dir():
        yield crate
        return
    with tempfile.TemporaryDirectory() as target, zipfile.ZipFile(crate) as archive:
        if sum(one.file_size for one in archive.infolist()) > MOST_BYTES:
            raise InvalidRequest(f"{crate}: holds more than {MOST_BYTES // 2**30} GiB")
        archive.extractall(target)
        (metadata,) = sorted(Path(target).rglob(METADATA))[:1]
        yield metadata.parent


def _check(folder: Path, crate: Path) -> None:
    """Refuse a crate that breaks a rule, e.g. with a file that is not as it was described."""
    broken = broken_rules(folder)
    if broken:
        more = f" (and {len(broken) - 1} more)" if len(broken) > 1 else ""
        raise InvalidRequest(f"{crate}: {broken[0]}{more}")
    if not (folder / RUNS).is_file():
        raise InvalidRequest(
            f"{crate}: holds no {RUNS}; it was not made by `labctl export --format ro-crate`"
        )
