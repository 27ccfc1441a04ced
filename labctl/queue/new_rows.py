"""Rows that a running job has added since the last look, for whoever judges them from another process."""

from collections.abc import Iterator
from typing import Any

from labctl.queue.heartbeat import Heartbeat
from labctl.queue.ledger import Ledger

_NEW_POINTS = {
    "results": """SELECT p.spectrum_id AS parent, p.number, p.temperature_k, p.frequency_hz
        FROM impedance_points p WHERE p.spectrum_id = (SELECT max(id) FROM spectra WHERE run_id = ?)
        ORDER BY p.number DESC LIMIT 20""",
    "current": """SELECT p.polarisation_id AS parent, p.number, p.temperature_k, p.potential_v, p.current_a
        FROM polarisation_points p
        WHERE p.polarisation_id = (SELECT max(id) FROM polarisations WHERE run_id = ?)
        ORDER BY p.number DESC LIMIT 20""",
    "temperature": """SELECT run_id AS parent, number, temperature_k, setpoint_k
        FROM temperature_log WHERE run_id = ? ORDER BY number DESC LIMIT 20""",
}


class Sightings:
    """Follows the run of a heartbeat; the last twenty rows of each kind are enough at four looks a second."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._seen: dict[str, tuple[int, int]] = {}

    def since_last(self, runner: Heartbeat) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield (topic, row) of what is new, oldest first; points get the set point of the heartbeat."""
        for topic, query in _NEW_POINTS.items():
            for row in reversed(self._ledger.rows(query, (runner.run_id,))):
                key = (row.pop("parent"), row.pop("number"))
                if key > self._seen.get(topic, (-1, -1)):
                    self._seen[topic] = key
                    yield topic, {"setpoint_k": runner.setpoint_k, **row}
