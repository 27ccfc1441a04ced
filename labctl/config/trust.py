"""Folders with Python files that this process may execute, beside the installation.

`labctl run` and other commands to which the person names all files execute the modules beside them. `labctl
rehearse`, `runner` and `gui` also read protocols out of a results file, which name code in any folder: they
execute modules from the folder of the station file only, and from folders that the person trusts (`--trust`).
A folder inside a trusted one is not trusted with it.
"""

import importlib.util
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from labctl.shipped import HOME, PACKAGES, is_shipped, prefer_shipped, shipped_module

OWN_MODEL = "sim_instruments.own_model"

_folders: frozenset[Path] | None = None


@contextmanager
def trusting(folders: Iterable[Path]) -> Iterator[None]:
    """Execute own modules only from these folders, in every thread, until the block ends."""
    global _folders
    before, _folders = _folders, frozenset(folder.resolve() for folder in folders)
    models = shipped_module(OWN_MODEL)
    models.execute_only_from(_folders)
    try:
        yield
    finally:
        _folders = before
        models.execute_only_from(before)


def is_trusted(folder: Path) -> bool:
    """Return whether modules of a folder may be executed."""
    return _folders is None or folder.resolve() in _folders


def lies_in_working_folder(name: str) -> bool:
    """Return whether an import would take a module from a working directory that is not trusted."""
    here = Path.cwd().resolve()
    top = name.partition(".")[0]
    if is_trusted(here) or here == HOME or is_shipped(name) or (top in sys.modules and top not in PACKAGES):
        return False
    prefer_shipped(name)
    try:
        spec = importlib.util.find_spec(name if top in PACKAGES else top)
    except ImportError:  # the import itself says what is missing
        return False
    places = [] if spec is None else [spec.origin, *(spec.submodule_search_locations or ())]
    files = [Path(place).resolve() for place in places if place]
    return any(file == here / f"{top}.py" or file.is_relative_to(here / top) for file in files)
