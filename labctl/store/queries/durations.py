"""Queries about how long finished runs took."""

from labctl.store.transactions import Row, WriteConnection


def last_finished_runs(connection: WriteConnection, station: str, most: int) -> list[Row]:
    """Return id, job_id, procedure, parameters (JSON), started_s of a station's runs, newest first."""
    query = """SELECT id, job_id, procedure, parameters, started_s FROM runs
               WHERE station = ? AND status = 'finished' ORDER BY id DESC LIMIT ?"""
    return connection.rows(query, (station, most))


def finished_spectra_times(connection: WriteConnection, run_id: int) -> list[Row]:
    """Return started_s, ended_s of the finished spectra of a run with a known end, in order."""
    query = """SELECT started_s, ended_s FROM spectra
               WHERE run_id = ? AND status = 'finished' AND ended_s IS NOT NULL ORDER BY number"""
    return connection.rows(query, (run_id,))
