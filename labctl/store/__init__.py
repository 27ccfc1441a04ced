"""The SQLite file: the only bus between processes. Acknowledged means committed.

`Store` writes, `Database` reads; each is loaded when it is first used. Importing this costs neither numpy nor
pandas nor scipy.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from labctl.store.database import Database
    from labctl.store.places import SpaceRule
    from labctl.store.store import Store

_HOME = {"Database": "database", "SpaceRule": "places", "Store": "store"}

__all__ = ["Database", "SpaceRule", "Store"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value
