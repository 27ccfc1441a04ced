"""Runs."""

from labctl.store.queries.fetching import Fetch, FetchRows, Result, Row


def all_runs(fetch: Fetch[Result]) -> Result:
    """Every run, oldest first."""
    return fetch("SELECT * FROM runs ORDER BY id", ())


def named(rows: FetchRows, run: int | str) -> list[Row]:
    """The runs that a name fits: an id, `"last"`, or the beginning of a uuid."""
    if run == "last":
        return rows("SELECT * FROM runs ORDER BY id DESC LIMIT 1", ())
    if isinstance(run, int) or run.isdecimal():
        return rows("SELECT * FROM runs WHERE id = ?", (int(run),))
    return rows("SELECT * FROM runs WHERE substr(uuid, 1, ?) = ?", (len(run), run.lower()))


def with_samples(rows: FetchRows) -> list[Row]:
    """Every run with the name of its sample and the process that wrote it, oldest first."""
    return rows(
        """SELECT r.id, r.uuid, r.job_id, s.name AS sample, r.procedure, r.status, r.reason, r.started_s,
           r.ended_s, r.clock, r.pid, r.process_birth, r.host
           FROM runs r JOIN samples s ON s.id = r.sample_id ORDER BY r.id""",
        (),
    )


def counts_by_status(rows: FetchRows) -> list[Row]:
    """Number, last id and last end of the runs of each status: they differ when any run is new or ended."""
    return rows("SELECT status, count(*), max(id), max(ended_s) FROM runs GROUP BY status", ())


def of_procedure(rows: FetchRows, reference: str) -> list[Row]:
    """Id, start (UTC, as text) and status of the runs of a procedure `module:Class`, the last first."""
    query = """SELECT id, datetime(started_s, 'unixepoch') AS start, status FROM runs
               WHERE procedure = ? ORDER BY id DESC"""
    return rows(query, (reference,))


def protocol_and_sample(rows: FetchRows, run_id: int) -> Row:
    """Protocol text, procedure and parameters of a run, with all columns of its sample."""
    query = """SELECT r.protocol_text, r.procedure, r.parameters, s.* FROM runs r
               JOIN samples s ON s.id = r.sample_id WHERE r.id = ?"""
    return rows(query, (run_id,))[0]


def provenance(rows: FetchRows, run_id: int) -> list[Row]:
    """Keys and values of what is known of the origin of a run, by key."""
    return rows("SELECT key, value FROM run_provenance WHERE run_id = ? ORDER BY key", (run_id,))
