"""Checkpoints for connections that write all day and must never wait for the disk.

Heartbeats write 25 kB/s all day. A checkpoint waits for the disk, so a separate thread makes it, through its
own connection. A `PASSIVE` checkpoint waits for no other program. If the -wal still grows, because writers
never pause, a `RESTART` checkpoint makes them wait for a moment.
"""

import logging
import os
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

from labctl.store.wal import checkpoint

log = logging.getLogger(__name__)
EVERY = 100
"""Transactions between two checkpoints: less than 1 MB, and half a minute of heartbeats."""
RESTART_ABOVE_FRAMES = 400  # of 4 kB
LAG_PATIENCE_S = 1.0
LOCK_PATIENCE_S = 0.2
CLOSES_WITHIN_S = 1.0


class BackgroundCheckpoints:
    """A thread that copies the -wal into the database, once for every `EVERY` transactions.

    Parameters
    ----------
    path : Path
        The database.
    """

    def __init__(self, path: Path) -> None:
        self._path = Path(os.path.realpath(path))
        self._transactions = 0
        self._due, self._done, self._over = threading.Event(), threading.Event(), False
        self._done.set()
        self._thread: threading.Thread | None = None

    def count(self) -> None:
        """Count a transaction that was committed.

        Returns at once. Only where the last checkpoint still lasts when the next one is due, because the disk
        is stuck or transactions come very fast, it waits for `LAG_PATIENCE_S`.
        """
        self._transactions += 1
        if self._transactions < EVERY:
            return
        self._transactions = 0
        if self._has_thread():
            self._done.wait(LAG_PATIENCE_S)
            self._done.clear()
            self._due.set()

    def close(self) -> None:
        """End the thread, without waiting longer than `CLOSES_WITHIN_S` for a stuck disk."""
        self._over = True
        self._due.set()
        if self._thread is not None:
            self._thread.join(CLOSES_WITHIN_S)

    def _has_thread(self) -> bool:
        """Start the thread when the first checkpoint is due; False while there is no memory for one."""
        if self._thread is None:
            thread = threading.Thread(target=self._live, name="labctl checkpoints", daemon=True)
            try:
                thread.start()
            except (RuntimeError, MemoryError) as error:
                log.warning("%s: not copied from the -wal yet: %s", self._path, error)
                return False
            self._thread = thread
        return True

    def _live(self) -> None:
        while True:
            self._due.wait()
            self._due.clear()
            if self._over:
                return
            try:
                self._checkpoint()
            except (sqlite3.Error, MemoryError) as error:
                log.warning("%s: not copied from the -wal yet: %s", self._path, error)
            self._done.set()

    def _checkpoint(self) -> None:
        address = f"{self._path.as_uri()}?mode=rw"
        with closing(
            sqlite3.connect(address, uri=True, timeout=LOCK_PATIENCE_S, isolation_level=None)
        ) as own:
            if checkpoint(own, self._path).frames > RESTART_ABOVE_FRAMES:
                checkpoint(own, self._path, "RESTART")
