"""Former name of `labctl.pymeasure.window`, kept for programs that import it."""

from labctl.pymeasure.window import SQLiteManager, SQLiteWindow

__all__ = ["SQLiteManager", "SQLiteWindow"]
