"""Every run of a file at once: its sample, mount, laws and transference numbers."""

from labctl.store.queries.source import Row, Rows

LAW_COLUMNS = (
    "run_id",
    "law",
    "form",
    "activation_energy_ev",
    "standard_uncertainty_ev",
    "parameters",
)
CONDITION_COLUMNS = ("condition_quantity", "condition_setpoint")  # an older file may not have them
"""Columns of a law that overviews read: decoding the others of 2000 laws takes as long as reading them."""
_CURVE = """curve AS curve_text,
    CASE WHEN json_valid(curve) THEN json_extract(curve, '$.temperature_range_k[0]') END AS low_k,
    CASE WHEN json_valid(curve) THEN json_extract(curve, '$.temperature_range_k[1]') END AS high_k,
    CASE WHEN json_valid(curve) THEN json_type(curve, '$.common') = 'array' END AS knows_common"""
_NO_CURVE = "NULL AS curve_text, NULL AS low_k, NULL AS high_k, NULL AS knows_common"  # of an older file


def runs_with_samples(db: Rows) -> list[Row]:
    """Every run with all columns of its sample (prefixed nowhere) and its mount, oldest first.

    `specimen` and `mount` are NULL for a run of a labctl that did not know mounts.
    """
    query = """SELECT s.*, r.id AS run_id, r.uuid AS run_uuid, r.sample_id, r.procedure, r.status, r.clock,
               r.started_s, r.ended_s, r.station, m.specimen, m.number AS mount
               FROM runs r JOIN samples s ON s.id = r.sample_id
               LEFT JOIN run_mounts rm ON rm.run_id = r.id LEFT JOIN mounts m ON m.id = rm.mount_id
               ORDER BY r.id"""
    return db.rows(query, ())


def amendments_of_analyses(db: Rows) -> list[Row]:
    """The ids of the amendments that the current analysis of every run stands on, by run."""
    return db.rows("SELECT run_id, amendments FROM analyses WHERE is_current = 1 ORDER BY run_id", ())


def preferred_laws(db: Rows) -> list[Row]:
    """Return the preferred law of all points of every run that has one, by run.

    `curve_text` is the column `curve` as stored: most overviews need no more of it than the range of its
    temperatures, `low_k` to `high_k`, and whether it `knows_common` errors of its points (1, else 0 or NULL).
    """
    known = {row["name"] for row in db.rows("SELECT name FROM pragma_table_info('law_fits')", ())}
    conditions = [name for name in CONDITION_COLUMNS if name in known]
    columns = ", ".join([*LAW_COLUMNS, *conditions, _CURVE if "curve" in known else _NO_CURVE])
    query = f"SELECT {columns} FROM law_fits WHERE branch = 'all' AND preferred = 1 ORDER BY run_id, id"
    return db.rows(query, ())


def conductivities_between(db: Rows, low_k: float, high_k: float) -> list[Row]:
    """The conductivities of all runs at temperatures between two, by run."""
    query = """SELECT run_id, temperature_k, conductivity_s_m, standard_uncertainty_s_m, bound
               FROM conductivities WHERE temperature_k BETWEEN ? AND ? ORDER BY run_id, id"""
    return db.rows(query, (low_k, high_k))


def transference_numbers(db: Rows) -> list[Row]:
    """The transference numbers of all runs, by run."""
    return db.rows("SELECT * FROM transference_numbers ORDER BY run_id, id", ())
