"""Measured rows of a run by their place in it, a page at a time: a table of any length."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from labctl.store import Database
from labctl.store.queries.numbered_rows import last_number, next_page

TABLES = {"rows of the procedure": "records", "temperature log": "temperature_log"}
LEFT_OUT = ("run_id", "data")


@dataclass(frozen=True)
class Parts:
    """The parts of a run in a table, and how many rows each has; rows are numbered from 0 in each."""

    table: str
    ids: tuple[int, ...]
    counts: tuple[int, ...]

    @property
    def rows(self) -> int:
        """Rows of all parts."""
        return sum(self.counts)


def parts_of(database: Database, run_id: int, table: str) -> Parts:
    """Count the rows of a run; raises StoreError."""
    ids = tuple(database.part_ids(run_id))
    last = [last_number(database, table, part) for part in ids]
    return Parts(table, ids, tuple(0 if number is None else number + 1 for number in last))


def page_of(database: Database, parts: Parts, begin: int, count: int) -> list[dict[str, Any]]:
    """Return `count` rows from place `begin` on, each by column as emitted; raises StoreError."""
    found: list[dict[str, Any]] = []
    first = 0
    for part, rows in zip(parts.ids, parts.counts, strict=True):
        if begin + count > first and begin < first + rows and len(found) < count:
            after = max(begin - first, 0) - 1
            found += next_page(database, parts.table, part, after, count - len(found))
        first += rows
    return [_flat(row) for row in found]


def columns_of(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Return the columns of rows, in the order in which they come first."""
    return list(dict.fromkeys(name for row in rows for name in row))


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in row.items() if name not in LEFT_OUT}
    return kept | row.get("data", {})
