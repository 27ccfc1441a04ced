"""Takes the runs of a crate, checked by the SHA-256 of every file, into a results file."""

import hashlib
import json
import shutil
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

from labctl.errors import InvalidRequest
from labctl.plain_text import shown
from labctl.store import Store
from labctl.store.merging import Merged, merge

RUNS = "runs.db"
METADATA = "ro-crate-metadata.json"
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
        if not db.exists():
            Store.open(db).close()
        return merge(db, runs)


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
    """Refuse a crate with a file that is not as it was described."""
    described = {one["@id"]: one for one in _entities(folder, crate) if _is_file(one)}
    if RUNS not in described:
        raise InvalidRequest(
            f"{crate}: holds no {RUNS}; it was not made by `labctl export --format ro-crate`"
        )
    for name, about in described.items():
        file = folder / name
        if not file.resolve().is_relative_to(folder.resolve()) or not file.is_file():
            raise InvalidRequest(f"{crate}: {shown(name)} is described, but is not in the crate")
        if hashlib.sha256(file.read_bytes()).hexdigest() != about.get("sha256"):
            raise InvalidRequest(f"{crate}: {shown(name)} was changed: its SHA-256 is not the one described")


def _entities(folder: Path, crate: Path) -> list[Mapping[str, Any]]:
    try:
        graph = json.loads((folder / METADATA).read_text(encoding="utf-8"))["@graph"]
        return [one for one in graph if isinstance(one, Mapping) and isinstance(one.get("@id"), str)]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise InvalidRequest(f"{crate}: {METADATA} cannot be read: {error}") from error


def _is_file(entity: Mapping[str, Any]) -> bool:
    kind = entity.get("@type")
    return (kind == "File" or (isinstance(kind, list) and "File" in kind)) and entity["@id"] != METADATA
