"""labctl: ion transport in solid electrolytes, measured overnight and evaluated honestly."""

import importlib
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

    from labctl.scripting import open_bench as bench  # noqa: F401 - what `labctl.bench(...)` calls
    from labctl.store import Database

__version__ = "0.1.0"


def open(path: str | os.PathLike[str]) -> "Database":
    """Open the results of a station for reading, also while a run writes them.

    Raises
    ------
    labctl.errors.StoreError
        No such file, not a labctl database, made by a newer labctl, or damaged.
    """
    from labctl.store import Database

    return Database(path)


def __getattr__(name: str) -> "ModuleType":
    """`labctl.bench`: the words of the bench, which open one when called, without an import of their own."""
    if name == "bench":
        return importlib.import_module("labctl.bench")
    raise AttributeError(f"module 'labctl' has no attribute {name!r}")
