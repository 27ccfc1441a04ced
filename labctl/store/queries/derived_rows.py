"""The newest derived rows of a run: they show whether there is anything new."""

from collections.abc import Sequence

from labctl.store.queries.source import Row, Rows, marks


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
