"""Amendments of samples and runs."""

from labctl.store.queries.source import Result, Rows, Source

_OF_RUN = """SELECT * FROM amendments
WHERE run_id = ? OR sample_id = (SELECT sample_id FROM runs WHERE id = ?) ORDER BY id"""


def all_amendments(db: Source[Result]) -> Result:
    """Every amendment, in the order of writing."""
    return db.rows("SELECT * FROM amendments ORDER BY id", ())


def of_run(db: Source[Result], run_id: int) -> Result:
    """The amendments of a run and of its sample, revoked ones included, in the order of writing."""
    return db.rows(_OF_RUN, (run_id, run_id))


def of_sample(db: Source[Result], sample_id: int) -> Result:
    """The amendments of a sample, revoked ones included, in the order of writing."""
    return db.rows("SELECT * FROM amendments WHERE sample_id = ? ORDER BY id", (sample_id,))


def count(db: Rows) -> int:
    """Number of amendments in the file."""
    return db.rows("SELECT count(*) AS n FROM amendments", ())[0]["n"]
