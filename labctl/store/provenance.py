"""Provenance of a run: programs, computer, person, scripts, calibrations, clock."""

import getpass
import hashlib
import platform
import sqlite3
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from labctl.store.timekeeping import clock_offset
from labctl.version import __version__

MOST_CHANGED_FILES = 50
GIT_TIMEOUT_S = 20.0


def collect_provenance(
    *,
    operator: str = "",
    scripts: Sequence[Path] = (),
    code: Sequence[Mapping[str, Any]] = (),
    calibrations: Sequence[Path] = (),
    time_server: str | None = None,
) -> dict[str, Any]:
    """Collect the provenance of a run, besides its instruments and its station and protocol text.

    Parameters
    ----------
    operator : str
        Name of the person; the account name when empty.
    scripts : sequence of path
        The rig's own procedures, drivers, station and protocol files, or folders of them.
    code : sequence of mapping
        `path`, `bytes` and `sha256` of files as they were when they were loaded: they may have changed since.
        Size and hash are None where they are not known.
    calibrations : sequence of path
        Calibration, open and short files in use.
    time_server : str, optional
        NTP server to compare the computer's clock with; without one the estimate of the system is used.

    Raises
    ------
    OSError
        A file given here cannot be read.
    """
    places = [*scripts, *(Path(file["path"]) for file in code)]
    return {
        "labctl_version": __version__,
        "python": {"version": platform.python_version(), "implementation": platform.python_implementation()},
        "packages": package_versions(),
        "sqlite_version": sqlite3.sqlite_version,
        "host": platform.node(),
        "operating_system": platform.platform(),
        "operator": operator or _account(),
        "command": list(sys.argv),
        "scripts": [git_state(folder) for folder in sorted({_folder(path) for path in places})],
        "script_files": [*(file_identity(path) for path in scripts if path.is_file()), *map(dict, code)],
        "calibrations": [file_identity(path) for path in calibrations],
        "clock_offset": clock_offset(time_server),
    }


def package_versions() -> dict[str, str]:
    """Version of every installed package, by name."""
    found = {dist.metadata["Name"]: dist.version for dist in metadata.distributions()}
    return {name: found[name] for name in sorted(filter(None, found), key=str.lower)}


def file_identity(path: Path) -> dict[str, Any]:
    """Name, size and SHA-256 of a file."""
    content = path.read_bytes()
    return {
        "path": str(path.absolute()),
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }


def git_state(folder: Path) -> dict[str, Any]:
    """Revision of the git work tree that holds the folder, and whether files in it differ from that revision.

    `revision` is None, with the `reason`, when there is no git or no work tree.
    """
    state: dict[str, Any] = {"folder": str(folder)}
    try:
        revision = _git(folder, "rev-parse", "HEAD").strip()
        changed = _git(folder, "status", "--porcelain").splitlines()
    except (OSError, subprocess.SubprocessError) as error:
        found = getattr(error, "stderr", None) or str(error)
        return state | {"revision": None, "reason": found.strip()}
    return state | {
        "revision": revision,
        "dirty": bool(changed),
        "changed_files": changed[:MOST_CHANGED_FILES],
        "files_changed": len(changed),
    }


def _git(folder: Path, *arguments: str) -> str:
    command = ["git", "-C", str(folder), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=GIT_TIMEOUT_S)
    return done.stdout


def _folder(path: Path) -> Path:
    path = path.absolute()
    return path if path.is_dir() else path.parent


def _account() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""
