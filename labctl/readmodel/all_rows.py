"""Every measured row of a long table, in pages: a screen shows some of them, a file holds them all."""

from collections.abc import Iterator
from typing import Any

from labctl.store import Database
from labctl.store.queries.numbered_rows import next_page

ROWS_AT_ONCE = 20_000


def all_rows(database: Database, table: str, parent: int) -> Iterator[dict[str, Any]]:
    """Rows of a run, spectrum or polarisation in a long table, in the order measured; raises StoreError."""
    page = next_page(database, table, parent, -1, ROWS_AT_ONCE)
    while page:
        yield from page
        page = next_page(database, table, parent, page[-1]["number"], ROWS_AT_ONCE)
