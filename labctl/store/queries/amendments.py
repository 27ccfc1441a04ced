"""Amendments of samples and runs."""

from labctl.store.queries.source import Result, Row, Rows, Source

_OF_RUN = """SELECT * FROM amendments
WHERE run_id = ? OR sample_id = (SELECT sample_id FROM runs WHERE id = ?) ORDER BY id"""

_IN_RANGE = """SELECT s.number, avg(p.temperature_k) AS temperature_k, count(*) AS points,
    sum(p.frequency_hz BETWEEN ? AND ?) AS inside
FROM spectra s JOIN impedance_points p ON p.spectrum_id = s.id
WHERE s.run_id = ? AND p.status = 'ok' GROUP BY s.id ORDER BY s.number"""


def all_amendments(db: Source[Result]) -> Result:
    """Every amendment, in the order of writing."""
    return db.rows("SELECT * FROM amendments ORDER BY id", ())


def of_run(db: Source[Result], run_id: int) -> Result:
    """The amendments of a run and of its sample, revoked ones included, in the order of writing."""
    return db.rows(_OF_RUN, (run_id, run_id))


def of_sample(db: Source[Result], sample_id: int) -> Result:
    """The amendments of a sample, revoked ones included, in the order of writing."""
    return db.rows("SELECT * FROM amendments WHERE sample_id = ? ORDER BY id", (sample_id,))


def runs_of_sample(db: Rows, sample_id: int) -> list[int]:
    """The ids of the runs of a sample, oldest first."""
    query = "SELECT id FROM runs WHERE sample_id = ? ORDER BY id"
    return [row["id"] for row in db.rows(query, (sample_id,))]


def spectra_in_range(db: Rows, run_id: int, low_hz: float, high_hz: float) -> list[Row]:
    """Number, mean temperature (K), good points and those between two frequencies of each spectrum."""
    return db.rows(_IN_RANGE, (low_hz, high_hz, run_id))


def newest_id(db: Rows) -> int:
    """Highest id of an amendment: it rises with every amendment; 0 without one."""
    return db.rows("SELECT coalesce(max(id), 0) AS newest FROM amendments", ())[0]["newest"]
