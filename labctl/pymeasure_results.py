"""Former name of `labctl.pymeasure.results`, kept for programs that import it."""

from labctl.pymeasure.results import STATE_OF, STATUS_OF, OwnTime, SQLiteResults, SQLiteWorker

__all__ = ["STATE_OF", "STATUS_OF", "OwnTime", "SQLiteResults", "SQLiteWorker"]
