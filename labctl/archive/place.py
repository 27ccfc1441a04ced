"""The folder or address of an archive: whole files are written, read, listed and deleted through fsspec."""

import os
import posixpath
import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labctl.clock import RealClock
from labctl.errors import InvalidRequest, StoreError

NEEDS_EXTRA = "the archive needs the extra `archive`; in the folder of labctl: pip install -e '.[archive]'"
OWN = "_labctl"
UNFINISHED = f"{OWN}/unfinished"
LEFT_BEHIND_S = 3600.0
"""An unfinished file that is older belongs to no process that still writes."""
RENAMED = ("file", "local", "sftp", "ssh", "smb")
"""Protocols where a file appears while it is written, and a rename replaces one at once."""
NETWORK_FAULTS = (OSError, RuntimeError, ValueError, KeyError)


@dataclass(frozen=True)
class Place:
    """An archive's file system and the path of its folder in it; paths of its methods are relative."""

    address: str
    system: Any
    root: str

    @property
    def is_local(self) -> bool:
        """Whether the files lie in a folder of this computer."""
        return bool({"file", "local"}.intersection(_protocols(self.system)))

    def path(self, name: str) -> str:
        """Return the path of a file within its file system."""
        return posixpath.join(self.root, name)

    def write(self, name: str, content: bytes) -> None:
        """Write a file so that it is there whole or not at all."""
        path = self.path(name)
        if not set(RENAMED).intersection(_protocols(self.system)):
            self.system.makedirs(posixpath.dirname(path), exist_ok=True)
            self.system.pipe_file(path, content)
            return
        beside = self.path(f"{UNFINISHED}/{uuid.uuid4().hex}")
        for folder in (posixpath.dirname(path), posixpath.dirname(beside)):
            self.system.makedirs(folder, exist_ok=True)
        with self.system.open(beside, "wb") as file:
            file.write(content)
            if self.is_local:
                file.flush()
                os.fsync(file.fileno())
        self._rename(beside, path)

    def _rename(self, beside: str, path: str) -> None:
        if not self.is_local:
            self.system.mv(beside, path)
            return
        os.replace(beside, path)
        if hasattr(os, "O_DIRECTORY"):
            folder = os.open(os.path.dirname(path), os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

    def read(self, name: str) -> bytes:
        """Return the content of a file; FileNotFoundError where there is none."""
        return self.system.cat_file(self.path(name))

    def names(self, folder: str) -> list[str]:
        """Return the relative names of all files below a folder, sorted; empty where there is no folder."""
        self.system.invalidate_cache()
        try:
            found = self.system.find(self.path(folder))
        except FileNotFoundError:
            return []
        return sorted(posixpath.relpath(path, self.root) for path in found)

    def has(self, name: str) -> bool:
        """Return whether a file is there."""
        self.system.invalidate_cache()
        return self.system.exists(self.path(name))

    def delete(self, name: str) -> None:
        """Delete a file; a file that is gone already is no fault."""
        with suppress(FileNotFoundError):
            self.system.rm_file(self.path(name))

    def is_old(self, name: str) -> bool:
        """Return whether a file was written more than an hour ago; False where its age is not known."""
        try:
            modified_s = self.system.modified(self.path(name)).timestamp()
        except (NotImplementedError, *NETWORK_FAULTS):
            return False
        return RealClock().time() - modified_s > LEFT_BEHIND_S

    def clear_unfinished(self) -> None:
        """Delete files that a killed process left unfinished."""
        for name in self.names(UNFINISHED):
            if self.is_old(name):
                self.delete(name)


def place_of(address: str | os.PathLike[str]) -> Place:
    """Return the place behind a folder or any fsspec address, e.g. `s3://bucket/archive`.

    Raises
    ------
    InvalidRequest
        fsspec or the package for the protocol is not installed, or the address cannot be understood.
    """
    text = os.fspath(address)
    if not text:
        raise InvalidRequest("no archive is named: give --archive FOLDER_OR_URL, or set LABCTL_ARCHIVE")
    try:
        from fsspec.core import url_to_fs
    except ImportError as error:
        raise InvalidRequest(NEEDS_EXTRA) from error
    if "://" not in text:
        text = str(Path(text).expanduser().absolute())
    try:
        system, root = url_to_fs(text)
    except (ImportError, *NETWORK_FAULTS) as error:
        raise InvalidRequest(f"{without_password(text)}: cannot be used as an archive: {error}") from error
    return Place(without_password(text), system, root.rstrip("/"))


def require_archive(place: Place) -> None:
    """Raise InvalidRequest where no archive is at the place."""
    with reaching(place):
        if not place.names(f"{OWN}/entries"):
            raise InvalidRequest(f"{place.address}: no archive; `labctl archive add FILE --to` makes one")


class reaching:  # noqa: N801 - a context manager, read as a word
    """Turns a fault of disk or network into a StoreError that names the archive."""

    def __init__(self, place: Place) -> None:
        self._place = place

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, OSError):
            words = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
            raise StoreError(f"{self._place.address}: cannot be reached: {words[:300]}") from error


def without_password(address: str) -> str:
    """Return an address without user and password."""
    scheme, mark, rest = address.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}{mark}{host.rpartition('@')[2]}{slash}{path}" if mark else address


def _protocols(system: Any) -> Iterator[str]:
    protocol = system.protocol
    yield from (protocol,) if isinstance(protocol, str) else protocol
