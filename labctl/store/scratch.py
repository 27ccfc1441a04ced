"""A view of the file in which derived rows and amendments can be replaced without writing to the file.

Temporary tables stand before the tables of derived rows and of amendments. They are in memory, belong to one
connection and end with it, so that a read-only file and a full disk will do.
"""

import os
from collections.abc import Mapping, Sequence
from typing import Any

from labctl.store.analyses import Maker
from labctl.store.database import Database
from labctl.store.encoding import encode
from labctl.store.queries.source import marks
from labctl.store.rows import DERIVED_TABLES

Row = Mapping[str, Any]
_OF_RUNS = {
    "resistances": "spectrum_id IN (SELECT id FROM spectra WHERE run_id IN ({marks}))",
    "amendments": "1 OR id IN ({marks})",
}
_NO_RESISTANCES = """DELETE FROM temp.resistances
WHERE spectrum_id IN (SELECT id FROM spectra WHERE run_id = ?)"""
_INDEXED = {"resistances": "spectrum_id", "conductivities": "spectrum_id", "law_fits": "run_id"}


class ScratchDatabase(Database):
    """The file as a `Database`, with other rows for some runs.

    Parameters
    ----------
    path : str or path
    runs : sequence of int
        Runs that rows can be replaced of, with those that they continue.
    """

    def __init__(self, path: str | os.PathLike[str], runs: Sequence[int]) -> None:
        super().__init__(path)
        try:
            self._connection.execute("PRAGMA query_only = OFF")
            self._connection.execute("PRAGMA temp_store = MEMORY")
            for table in (*DERIVED_TABLES, "amendments", "analyses"):
                self._stand_before(table, runs)
        except BaseException:
            self.close()
            raise

    def replace(self, table: str, where: Row, rows: Sequence[Row]) -> list[int]:
        """Replace the rows that match `where`; return the ids of the new ones, unique in this view."""
        same = " AND ".join(f"{name} IS ?" for name in where)
        self._connection.execute(f"DELETE FROM temp.{table} WHERE {same}", tuple(where.values()))
        return [self.add(table, row) for row in rows]

    def add(self, table: str, row: Row) -> int:
        """Add a row; return its id."""
        (last,) = self._connection.execute(f"SELECT coalesce(max(id), 0) FROM temp.{table}").fetchone()
        whole = {**row, "id": last + 1}
        values = [encode(v) if isinstance(v, list | dict | tuple) else v for v in whole.values()]
        statement = f"INSERT INTO temp.{table} ({', '.join(whole)}) VALUES ({marks(values)})"
        self._connection.execute(statement, values)
        return last + 1

    def keep(self, run_id: int, maker: Maker, rows: Mapping[str, Sequence[Row]]) -> None:
        """Replace the current analysis of a run and its rows."""
        for table in DERIVED_TABLES:
            key = {"run_id": run_id}
            if table == "resistances":
                self._connection.execute(_NO_RESISTANCES, (run_id,))
                for row in rows[table]:
                    self.add(table, row)
            else:
                self.replace(table, key, rows[table])
        about = {"run_id": run_id, "uuid": maker.uuid, "name": "", "origin": "fit", "is_current": 1}
        self._connection.execute("DELETE FROM temp.analyses WHERE run_id = ?", (run_id,))
        self.add("analyses", about | {"created_s": maker.created_s})

    def _stand_before(self, table: str, runs: Sequence[int]) -> None:
        condition = _OF_RUNS.get(table, "run_id IN ({marks})").format(marks=marks(runs))
        statement = f"CREATE TEMP TABLE scratch_{table} AS SELECT * FROM {table} WHERE {condition}"
        self._connection.execute(statement, runs)
        self._connection.execute(f"DROP VIEW IF EXISTS temp.{table}")  # of an older file
        self._connection.execute(f"ALTER TABLE temp.scratch_{table} RENAME TO {table}")
        if column := _INDEXED.get(table):
            self._connection.execute(f"CREATE INDEX temp.scratch_{table}_index ON {table} ({column})")

    def _look_anew_if_changed(self) -> bool:
        """Keep the connection, which holds the temporary tables."""
        return False
