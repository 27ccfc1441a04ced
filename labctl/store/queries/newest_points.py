"""Queries about the newest measured points of a run: the last twenty of each kind."""

from labctl.store.transactions import Row, WriteConnection

_QUERIES = {
    "results": """SELECT p.spectrum_id AS parent, p.number, p.temperature_k, p.frequency_hz
        FROM impedance_points p WHERE p.spectrum_id = (SELECT max(id) FROM spectra WHERE run_id = ?)
        ORDER BY p.number DESC LIMIT 20""",
    "current": """SELECT p.polarisation_id AS parent, p.number, p.temperature_k, p.potential_v, p.current_a
        FROM polarisation_points p
        WHERE p.polarisation_id = (SELECT max(id) FROM polarisations WHERE run_id = ?)
        ORDER BY p.number DESC LIMIT 20""",
    "temperature": """SELECT run_id AS parent, number, temperature_k, setpoint_k
        FROM temperature_log WHERE run_id = ? ORDER BY number DESC LIMIT 20""",
    "monitor": """SELECT run_id AS parent, number, time_s, instrument, quantity, value, status
        FROM monitor_readings WHERE run_id = ? ORDER BY number DESC LIMIT 20""",
}
TOPICS = tuple(_QUERIES)


def newest_points(connection: WriteConnection, topic: str, run_id: int | None) -> list[Row]:
    """Return the newest rows of a run, newest first: `parent` (its spectrum, ...), `number` and values.

    Parameters
    ----------
    topic : str
        One of `TOPICS`: `results` (of the last spectrum), `current` (of the last polarisation),
        `temperature`, `monitor`.
    """
    return connection.rows(_QUERIES[topic], (run_id,))
