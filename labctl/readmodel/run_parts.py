"""The runs that make up one: itself and those of its job that it continues; and SELECTs over them."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from labctl.readmodel.snapshot import Array
from labctl.store import Database


class Parts:
    """A run with the parts it continues.

    Raises
    ------
    StoreError
        From every method, when the file cannot be read.
    """

    def __init__(self, database: Database, run_id: int) -> None:
        self._db, self.run_id = database, run_id
        query = "SELECT part_id FROM run_parts WHERE run_id = ? ORDER BY part_id"
        self.ids: list[int] = [row["part_id"] for row in database.rows(query, (run_id,))]
        self._marks = ", ".join("?" * len(self.ids))

    def rows_of(self, query: str, parameters: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """Rows of a query in which `{parts}`, wherever it stands, means the runs followed.

        Their ids come first; a second `{parts}` takes them again at its place in `parameters`.
        """
        return self._db.rows(query.format(parts=self._marks), [*self.ids, *parameters])

    def rows(self, query: str, parameters: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """Rows of any query."""
        return self._db.rows(query, parameters)

    def rows_since(self, table: str, part: int, last_key: Any) -> list[dict[str, Any]]:
        """Rows of a table of one part that came after `last_key`."""
        return self._db.rows_since(table, part, last_key)

    def array(self, query: str, parameters: Sequence[Any]) -> Array:
        """A SELECT of numbers as an array (n, columns); NULL is NaN."""
        rows = self._db.rows(query, parameters)
        return np.array([[*row.values()] for row in rows], dtype=float)
