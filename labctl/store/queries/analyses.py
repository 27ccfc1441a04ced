"""Analyses: the ledger of derivations."""

from collections.abc import Sequence
from typing import Any

from labctl.store.migrations.part_law_tables import RUN_CONDITION, TABLE_OF
from labctl.store.queries.source import Result, Row, Rows, Source, marks

_CURRENT = "SELECT * FROM analyses WHERE run_id IN ({marks}) AND is_current = 1 ORDER BY run_id"


def of_run(db: Source[Result], run_id: int) -> Result:
    """The analyses of a run, oldest first."""
    return db.rows("SELECT * FROM analyses WHERE run_id = ? ORDER BY id", (run_id,))


def current(db: Rows, parts: Sequence[int]) -> list[Row]:
    """The current analyses of some runs, in the order of the runs."""
    return db.rows(_CURRENT.format(marks=marks(parts)), parts)


def named(db: Rows, run_id: int, name: int | str) -> list[Row]:
    """The analysis of a run with this name or id, or the current one; none where there is no such one."""
    if name == "current":
        return current(db, (run_id,))
    found = db.rows(
        "SELECT * FROM analyses WHERE run_id = ? AND name = ? AND name <> ''", (run_id, str(name))
    )
    if found or not str(name).isdecimal() or len(str(name)) > 18:
        return found
    return db.rows("SELECT * FROM analyses WHERE run_id = ? AND id = ?", (run_id, int(name)))


def with_uuid(db: Rows, uuid: str) -> list[Row]:
    """The analysis with this uuid, or none."""
    return db.rows("SELECT * FROM analyses WHERE uuid = ?", (uuid,))


def derived_rows(db: Rows, run_id: int, analysis_id: int) -> dict[str, list[dict[str, Any]]]:
    """All rows of one analysis, by the public names of their tables, in the order written."""
    return {
        public: db.rows(
            f"SELECT * FROM {table} WHERE {RUN_CONDITION[public]} AND analysis_id = ? ORDER BY id",
            (run_id, analysis_id),
        )
        for public, table in TABLE_OF.items()
    }


def counts(db: Rows, run_id: int) -> dict[int, int]:
    """Number of conductivities of each analysis of a run, by its id."""
    query = "SELECT analysis_id, count(*) AS n FROM all_conductivities WHERE run_id = ? GROUP BY analysis_id"
    return {row["analysis_id"]: row["n"] for row in db.rows(query, (run_id,))}


def choices(db: Rows, run_id: int) -> list[Row]:
    """When which analysis of a run became the current one, oldest first."""
    return db.rows("SELECT * FROM analysis_choices WHERE run_id = ? ORDER BY id", (run_id,))
