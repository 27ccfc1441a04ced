"""The derived rows of a run: the newest ids, which show whether there is anything new, and all rows."""

from collections.abc import Sequence

from labctl.store.queries.source import Row, Rows, marks

_ALL = "SELECT * FROM {table} WHERE {condition} ORDER BY id"
_OF_A_RUN = {
    "resistances": "spectrum_id IN (SELECT id FROM spectra WHERE run_id = ?)",
    "conductivities": "run_id = ?",
    "law_fits": "run_id = ?",
    "transference_numbers": "run_id = ?",
    "relaxation_times": "run_id = ?",
    "part_laws": "run_id = ?",
}


def newest_ids(db: Rows, run_id: int, parts: Sequence[int]) -> Row:
    """Highest ids of the conductivities and transference numbers of the parts and of the laws of the run.

    `analyses` names the current analyses of the parts: it differs when another one became current.
    """
    newest_of_part = "max((SELECT max(d.id) FROM {table} d WHERE d.run_id = part.id))"  # by index, for each
    conductivities, numbers = (
        newest_of_part.format(table=table) for table in ("conductivities", "transference_numbers")
    )
    query = f"""SELECT {conductivities} AS conductivities, {numbers} AS numbers,
                (SELECT max(id) FROM law_fits WHERE run_id = ?) AS fits,
                group_concat((SELECT a.id FROM analyses a WHERE a.run_id = part.id AND a.is_current = 1))
                AS analyses
                FROM runs part WHERE part.id IN ({marks(parts)})"""
    return db.rows(query, (run_id, *parts))[0]


def of_run(db: Rows, run_id: int) -> dict[str, list[Row]]:
    """All derived rows of a run by their table, in the order derived, without ids."""
    return {
        table: [_without_id(row) for row in db.rows(_ALL.format(table=table, condition=condition), (run_id,))]
        for table, condition in _OF_A_RUN.items()
    }


def _without_id(row: Row) -> Row:
    return {name: value for name, value in row.items() if name not in ("id", "analysis_id")}
