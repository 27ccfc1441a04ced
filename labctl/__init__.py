"""labctl: ion transport in solid electrolytes, measured overnight and evaluated honestly."""

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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
