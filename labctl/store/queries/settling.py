"""The last readings of a run that waits for its temperature."""

from labctl.store.queries.source import Row, Rows

DWELL, APPROACH = "dwell", "approach"


def last_readings(db: Rows, run_id: int, most: int) -> list[Row]:
    """The last rows of the temperature log of a run, newest first."""
    query = """SELECT number, time_s, temperature_k, setpoint_k, phase FROM temperature_log
               WHERE run_id = ? ORDER BY number DESC LIMIT ?"""
    return db.rows(query, (run_id, most))


def beginning_of_phase(db: Rows, run_id: int) -> Row | None:
    """Number and time of the first row after the last one of another phase or set point; None without one."""
    newest = "SELECT phase, setpoint_k FROM temperature_log WHERE run_id = ? ORDER BY number DESC LIMIT 1"
    query = f"""SELECT number, time_s FROM temperature_log WHERE run_id = ? AND number > coalesce(
                (SELECT number FROM temperature_log WHERE run_id = ? AND (phase, setpoint_k) IS NOT ({newest})
                 ORDER BY number DESC LIMIT 1), -1) ORDER BY number LIMIT 1"""
    found = db.rows(query, (run_id,) * 3)
    return found[0] if found else None


def last_point_s(db: Rows, run_id: int) -> float | None:
    """When the last point of the last spectrum of a run was measured; None where there is none."""
    query = """SELECT max(time_s) AS last FROM impedance_points WHERE spectrum_id =
               (SELECT id FROM spectra WHERE run_id = ? ORDER BY number DESC LIMIT 1)"""
    return db.rows(query, (run_id,))[0]["last"]
