"""Queries about how much was measured: whether a run has any valid row, and the missing parts of a job."""

from labctl.store.queries.run_parts import part_ids
from labctl.store.queries.source import Row, Rows, marks

_POINTS = """SELECT p.status, count(*) AS n FROM spectra s JOIN impedance_points p ON p.spectrum_id = s.id
    WHERE s.run_id IN ({runs}) GROUP BY p.status
    UNION ALL SELECT p.status, count(*) AS n FROM polarisations s
    JOIN polarisation_points p ON p.polarisation_id = s.id WHERE s.run_id IN ({runs}) GROUP BY p.status"""
_OWN_ROWS = """SELECT EXISTS (SELECT 1 FROM records WHERE run_id IN ({runs})
        AND json_extract(data, '$.spectrum_id') IS NULL AND json_extract(data, '$.polarisation_id') IS NULL)
    OR (EXISTS (SELECT 1 FROM temperature_log WHERE run_id IN ({runs}))
        AND NOT EXISTS (SELECT 1 FROM spectra WHERE run_id IN ({runs}))
        AND NOT EXISTS (SELECT 1 FROM polarisations WHERE run_id IN ({runs}))) AS has"""
_SKIPPED = """SELECT count(*) AS n FROM requests q JOIN runs r ON r.job_id = q.job_id
    WHERE r.id = ? AND q.kind = 'skip step' AND q.outcome = 'obeyed'"""


def points_by_status(db: Rows, run_id: int) -> dict[str, int]:
    """Count the points of spectra and polarisations of a run, with its earlier parts, by their status."""
    counts: dict[str, int] = {}
    parts = part_ids(db, run_id)
    for row in db.rows(_POINTS.format(runs=marks(parts)), [*parts, *parts]):
        counts[row["status"]] = counts.get(row["status"], 0) + row["n"]
    return counts


def has_own_rows(db: Rows, run_id: int) -> bool:
    """Return whether a run, with its earlier parts, has rows of its procedure's own columns.

    A run with temperature readings has, too, where no spectrum and no polarisation was begun: it held a
    temperature.
    """
    parts = part_ids(db, run_id)
    (row,) = db.rows(_OWN_ROWS.format(runs=marks(parts)), [*parts] * 4)
    return bool(row["has"])


def steps_skipped(db: Rows, run_id: int) -> int:
    """Count the requests to skip a step that the job of a run obeyed."""
    return db.rows(_SKIPPED, (run_id,))[0]["n"]


def notes_of_job(db: Rows, job_id: int, kind: str) -> list[str]:
    """Return the messages of one kind of event of all runs of a job, oldest first, each once."""
    query = """SELECT e.message, min(e.id) AS first FROM events e JOIN runs r ON r.id = e.run_id
               WHERE r.job_id = ? AND e.kind = ? GROUP BY e.message ORDER BY first"""
    return [row["message"] for row in db.rows(query, (job_id, kind))]


def shortcomings_of_job(db: Rows, job_id: int) -> Row:
    """Count what of a job is not as it was asked for.

    Returns
    -------
    dict
        `spectra` finished, those `without` a conductivity; `polarisations` finished, those that ended at
        their maximum time (`cut`); requests to skip a step that were obeyed (`skipped`).
    """
    query = """SELECT
        (SELECT count(*) FROM spectra s JOIN runs r ON r.id = s.run_id
            WHERE r.job_id = ? AND s.status = 'finished') AS spectra,
        (SELECT count(*) FROM spectra s JOIN runs r ON r.id = s.run_id
            WHERE r.job_id = ? AND s.status = 'finished'
            AND NOT EXISTS (SELECT 1 FROM conductivities c WHERE c.spectrum_id = s.id)) AS without,
        (SELECT count(*) FROM polarisations p JOIN runs r ON r.id = p.run_id
            WHERE r.job_id = ? AND p.status = 'finished') AS polarisations,
        (SELECT count(*) FROM polarisations p JOIN runs r ON r.id = p.run_id
            WHERE r.job_id = ? AND p.status = 'finished' AND p.ended_by = 'maximum time') AS cut,
        (SELECT count(*) FROM requests
            WHERE job_id = ? AND kind = 'skip step' AND outcome = 'obeyed') AS skipped"""
    (row,) = db.rows(query, [job_id] * 5)
    return row
