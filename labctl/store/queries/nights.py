"""Runs, jobs and faults since a moment, and how well temperatures were held."""

from collections.abc import Sequence

from labctl.store.queries.source import Row, Rows, marks


def runs_since(db: Rows, since_s: float) -> list[Row]:
    """Every run that was under way at a moment or began after it, oldest first, with its sample's name."""
    query = """SELECT r.id, r.uuid, r.job_id, s.name AS sample, r.procedure, r.station, r.clock, r.status,
               r.reason, r.started_s, r.ended_s
               FROM runs r LEFT JOIN samples s ON s.id = r.sample_id
               WHERE r.started_s >= ? OR r.ended_s >= ? OR r.status = 'running' ORDER BY r.id"""
    return db.rows(query, (since_s, since_s))


def jobs_changed_since(db: Rows, since_s: float) -> list[int]:
    """Numbers of the jobs that came to another state since a moment, rising."""
    query = "SELECT DISTINCT job_id FROM job_history WHERE time_s >= ? ORDER BY job_id"
    return [row["job_id"] for row in db.rows(query, (since_s,))]


def station_events_since(db: Rows, since_s: float, most: int) -> list[Row]:
    """The newest warnings and errors since a moment that belong to no run, at most so many, oldest first."""
    query = """SELECT * FROM (SELECT * FROM events WHERE run_id IS NULL AND level <> 'info' AND time_s >= ?
               ORDER BY id DESC LIMIT ?) ORDER BY id"""
    return db.rows(query, (since_s, most))


def faults_of(db: Rows, parts: Sequence[int], most: int) -> list[Row]:
    """How often each kind of warning and error came up in some runs, with the last message of each."""
    query = f"""SELECT kind, level, count(*) AS count, max(id) AS id FROM events
                WHERE run_id IN ({marks(parts)}) AND level <> 'info'
                GROUP BY kind, level ORDER BY max(id) DESC LIMIT ?"""
    found = db.rows(query, (*parts, most))
    messages = db.rows(
        f"SELECT id, message FROM events WHERE id IN ({marks(found)})", [row["id"] for row in found]
    )
    by_id = {row["id"]: row["message"] for row in messages}
    return [row | {"message": by_id[row["id"]]} for row in found]


def spectra_of(db: Rows, parts: Sequence[int]) -> Row:
    """Count spectra of runs: all, `finished`, `repeated`, `without_number`; the ends of their set points."""
    query = f"""SELECT count(*) AS count, total(status = 'finished') AS finished,
                count(repeat_of) AS repeated, min(setpoint_k) AS lowest_k, max(setpoint_k) AS highest_k
                FROM spectra WHERE run_id IN ({marks(parts)})"""
    (counted,) = db.rows(query, parts)
    silent = f"""SELECT count(*) AS count FROM spectra s WHERE s.run_id IN ({marks(parts)})
                 AND s.status = 'finished'
                 AND NOT EXISTS (SELECT 1 FROM conductivities c WHERE c.spectrum_id = s.id)"""
    return counted | {"without_number": db.rows(silent, parts)[0]["count"]}


def largest_departure_k(db: Rows, parts: Sequence[int]) -> float | None:
    """The largest distance of a temperature from its set point during a finished spectrum; None: unknown."""
    query = f"""SELECT max(abs(p.temperature_k - s.setpoint_k)) AS departure_k
                FROM spectra s JOIN impedance_points p ON p.spectrum_id = s.id
                WHERE s.run_id IN ({marks(parts)}) AND s.status = 'finished'"""
    return db.rows(query, parts)[0]["departure_k"]


def highest_temperature_k(db: Rows, parts: Sequence[int]) -> float | None:
    """The highest temperature that some runs logged; None where they logged none."""
    query = f"SELECT max(temperature_k) AS highest_k FROM temperature_log WHERE run_id IN ({marks(parts)})"
    return db.rows(query, parts)[0]["highest_k"]
