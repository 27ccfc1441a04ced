"""A limit on how long the statements of one look at a file may run, for commands that only show something."""

import sqlite3

from labctl.clock import Clock, RealClock

READ_LIMIT_S = 4.0
_STEPS = 20_000  # of SQLite's virtual machine between two looks at the clock: a few milliseconds


class TimeLimit:
    """Interrupts statements once `limit_s` have passed since the last `start`.

    SQLite then raises `OperationalError: interrupted`.
    """

    def __init__(self, limit_s: float = READ_LIMIT_S, clock: Clock | None = None) -> None:
        self._limit_s, self._clock = limit_s, clock or RealClock()
        self._over_s = self._clock.monotonic() + limit_s

    def start(self) -> None:
        """Begin another look."""
        self._over_s = self._clock.monotonic() + self._limit_s

    def watch(self, connection: sqlite3.Connection) -> None:
        """Let the limit hold for the statements of a connection."""
        connection.set_progress_handler(self._is_over, _STEPS)

    def _is_over(self) -> bool:
        return self._clock.monotonic() > self._over_s
