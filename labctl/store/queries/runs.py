"""Runs."""

from typing import Any

from labctl.store.electrode_columns import as_text
from labctl.store.queries.source import Result, Row, Rows, Source

LARGEST_ID = 2**63 - 1
LONGEST_ID = len(str(LARGEST_ID))


def all_runs(db: Source[Result]) -> Result:
    """Every run, oldest first."""
    return db.rows("SELECT * FROM runs ORDER BY id", ())


def of_sample(db: Source[Result], sample_id: int) -> Result:
    """Every run of a sample, oldest first."""
    return db.rows("SELECT * FROM runs WHERE sample_id = ? ORDER BY id", (sample_id,))


def named(db: Rows, run: int | str) -> list[Row]:
    """The runs that a name fits: an id, `"last"`, or the beginning of a uuid."""
    if run == "last":
        return db.rows("SELECT * FROM runs ORDER BY id DESC LIMIT 1", ())
    if isinstance(run, int) or (run.isdecimal() and len(run) <= LONGEST_ID):
        number = int(run)
        known = 0 < number <= LARGEST_ID
        return db.rows("SELECT * FROM runs WHERE id = ?", (number,)) if known else []
    return db.rows("SELECT * FROM runs WHERE substr(uuid, 1, ?) = ?", (len(run), run.lower()))


def with_samples(db: Rows) -> list[Row]:
    """Every run with the name of its sample and the process that wrote it, oldest first.

    `imported_from` is the first file of an imported run, `n_imported_files` how many it has.
    """
    return db.rows(
        """SELECT r.id, r.uuid, r.job_id, s.name AS sample, r.cell, r.procedure, r.status, r.reason,
           r.started_s, r.ended_s, r.percent, r.clock, r.pid, r.process_birth, r.host,
           (SELECT f.name FROM imported_files f WHERE f.run_id = r.id AND f.number = 0) AS imported_from,
           (SELECT count(*) FROM imported_files f WHERE f.run_id = r.id) AS n_imported_files
           FROM runs r LEFT JOIN samples s ON s.id = r.sample_id ORDER BY r.id""",
        (),
    )


def parameters_after(db: Rows, run_id: int) -> dict[int, str]:
    """The parameters, as JSON text, of the runs with a greater id, by their id."""
    found = db.rows("SELECT id, parameters AS json_text FROM runs WHERE id > ?", (run_id,))
    return {row["id"]: row["json_text"] for row in found}


def ids_of(db: Rows, sample: str | None) -> list[int]:
    """Ids of all runs, or of the runs of samples with this name, rising."""
    if sample is None:
        found = db.rows("SELECT id FROM runs ORDER BY id", ())
    else:
        query = "SELECT r.id FROM runs r JOIN samples s ON s.id = r.sample_id WHERE s.name = ? ORDER BY r.id"
        found = db.rows(query, (sample,))
    return [row["id"] for row in found]


def of_job(db: Rows, job_id: int) -> list[Row]:
    """Id, uuid and sample's name of the runs of a job, oldest first."""
    return db.rows(
        """SELECT r.id, r.uuid, s.name AS sample FROM runs r LEFT JOIN samples s ON s.id = r.sample_id
           WHERE r.job_id = ? ORDER BY r.id""",
        (job_id,),
    )


def counts_by_status(db: Rows) -> list[Row]:
    """Number, last id and last end of the runs of each status: they differ when any run is new or ended."""
    return db.rows("SELECT status, count(*), max(id), max(ended_s) FROM runs GROUP BY status", ())


def of_procedure(db: Rows, reference: str) -> list[Row]:
    """Id, start (UTC, as text) and status of the runs of a procedure `module:Class`, the last first."""
    query = """SELECT id, datetime(started_s, 'unixepoch') AS start, status FROM runs
               WHERE procedure = ? ORDER BY id DESC"""
    return db.rows(query, (reference,))


def protocol_and_sample(db: Rows, run_id: int) -> Row:
    """Protocol text, procedure and parameters of a run, with all columns of its sample."""
    query = """SELECT r.protocol_text, r.procedure, r.parameters, s.* FROM runs r
               JOIN samples s ON s.id = r.sample_id WHERE r.id = ?"""
    return as_text(db.rows(query, (run_id,))[0])


def job_of(db: Rows, run_id: int) -> int | None:
    """The job that a run belongs to; None where it has none."""
    found = db.rows("SELECT job_id FROM runs WHERE id = ?", (run_id,))
    return found[0]["job_id"] if found else None


def sample_id(db: Rows, run_id: int) -> int | None:
    """The sample of a run; None where there is no such run."""
    found = db.rows("SELECT sample_id FROM runs WHERE id = ?", (run_id,))
    return found[0]["sample_id"] if found else None


def provenance_value(db: Rows, run_id: int, key: str) -> Any:
    """One value of the origin of a run; None where it has none."""
    found = db.rows("SELECT value FROM run_provenance WHERE run_id = ? AND key = ?", (run_id, key))
    return found[0]["value"] if found else None


def provenance(db: Rows, run_id: int) -> list[Row]:
    """Keys and values of the origin of a run, by key."""
    return db.rows("SELECT key, value FROM run_provenance WHERE run_id = ? ORDER BY key", (run_id,))
