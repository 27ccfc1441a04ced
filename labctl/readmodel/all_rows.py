"""Every measured row of a long table, in pages: a screen shows some of them, a file holds them all."""

from collections.abc import Iterator
from typing import Any

from labctl.store import Database

ROWS_AT_ONCE = 20_000


def parts_of(database: Database, run_id: int) -> list[int]:
    """Ids of a run and of the runs that it continues, oldest first."""
    query = "SELECT part_id FROM run_parts WHERE run_id = ? ORDER BY part_id"
    return [row["part_id"] for row in database.rows(query, (run_id,))]


def all_rows(database: Database, table: str, parent: str, key: int) -> Iterator[dict[str, Any]]:
    """Rows of a table whose column `parent` is `key`, in the order measured; raises StoreError."""
    query = f"SELECT * FROM {table} WHERE {parent} = ? AND number > ? ORDER BY number LIMIT ?"
    page = database.rows(query, (key, -1, ROWS_AT_ONCE))
    while page:
        yield from page
        page = database.rows(query, (key, page[-1]["number"], ROWS_AT_ONCE))
