"""The SQLite file: the only bus between processes. Acknowledged means committed.

`Store` writes, `Database` reads. Importing this costs neither numpy nor pandas nor scipy.
"""

from labctl.store.database import Database
from labctl.store.places import SpaceRule
from labctl.store.store import Store

__all__ = ["Database", "SpaceRule", "Store"]
