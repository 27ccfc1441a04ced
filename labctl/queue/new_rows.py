"""Rows that a running job has added since the last look, for a process that judges them from outside."""

from collections.abc import Iterator

from labctl.queue.heartbeat import Heartbeat
from labctl.store.queries.newest_points import TOPICS, newest_points
from labctl.store.transactions import Row, WriteConnection


class NewRows:
    """Follows the run of a heartbeat; the last twenty rows of each kind are enough at four looks a second."""

    def __init__(self, connection: WriteConnection) -> None:
        self._connection = connection
        self._seen: dict[str, tuple[int, int]] = {}

    def since_last(self, runner: Heartbeat) -> Iterator[tuple[str, Row]]:
        """Yield (topic, row) of new rows, oldest first; points get the set point of the heartbeat."""
        for topic in TOPICS:
            for row in reversed(newest_points(self._connection, topic, runner.run_id)):
                key = (row.pop("parent"), row.pop("number"))
                if key > self._seen.get(topic, (-1, -1)):
                    self._seen[topic] = key
                    yield topic, {"setpoint_k": runner.setpoint_k, **row}
