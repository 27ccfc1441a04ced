"""Check rows against the schema of their table, in the thread that emits them.

1. A column that does not exist, a required column that is missing, a value of the wrong type: `StoreError`.
2. NaN means "no value" and is stored as NULL. Where a value is required, and in a measured point of status
   ok, it is refused.
3. Infinity means "beyond the range". It is stored in a measured point of another status than ok, and as the
   uncertainty of a derived quantity; everywhere else it is refused.
4. A number that the column could not give back unchanged is refused (an integer above 2**53 as a float).
"""

import math
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from labctl.errors import StoreError
from labctl.store.encoding import checked_text, encode, python_scalar
from labctl.store.migrations.part_law_tables import TABLE_OF

DERIVED_TABLES = tuple(TABLE_OF)
"""Public names of the derived rows, each a view of the current analyses; `TABLE_OF` names their tables."""
_DERIVED = frozenset((*TABLE_OF, *TABLE_OF.values()))
_KINDS: dict[str, type] = {"REAL": float, "INTEGER": int, "TEXT": str, "BLOB": bytes}


class Json:
    """Marks a column that holds JSON; no value has this type."""


@dataclass(frozen=True)
class Column:
    """One column: its Python type (`Json` for JSON) and the values it accepts."""

    table: str
    name: str
    kind: type
    nullable: bool
    required: bool
    measured: bool

    @property
    def may_be_infinite(self) -> bool:
        """Whether infinity is allowed: in an uncertainty, where it means that no finite value is known."""
        return self.table in _DERIVED and ("uncertainty" in self.name or "_u_" in self.name)


@dataclass(frozen=True)
class Table:
    """Name and columns of a table, as read from the file."""

    name: str
    columns: dict[str, Column]

    @cached_property
    def required(self) -> frozenset[str]:
        """Columns that a new row must have."""
        return frozenset(name for name, column in self.columns.items() if column.required)


@dataclass(frozen=True)
class Insertion:
    """An INSERT statement for rows with the same columns in the same order."""

    table: str
    columns: tuple[Column, ...]

    @cached_property
    def sql(self) -> str:
        """The statement for one row."""
        return self.sql_for(1)

    def sql_for(self, count: int) -> str:
        """The statement for `count` rows at once."""
        if count not in self._statements:
            marks = f"({', '.join('?' * len(self.columns))})"
            names = ", ".join(column.name for column in self.columns)
            self._statements[count] = (
                f"INSERT INTO {self.table} ({names}) VALUES {', '.join([marks] * count)}"
            )
        return self._statements[count]

    def values(self, row: Mapping[str, Any]) -> Sequence[Any]:
        """The values as SQLite gets them.

        Raises
        ------
        StoreError
            A value that the column cannot hold; it names table and column.
        """
        values = tuple(row.values())
        if self._valid_as_given(values):
            return values
        return [stored(column, value, row) for value, column in zip(values, self.columns, strict=True)]

    def _valid_as_given(self, values: tuple[Any, ...]) -> bool:
        """Quick check that all values fit their columns: finite, of 64 bits, ASCII. True for most rows."""
        if tuple(map(type, values)) != self._kinds:
            return False
        reals, integers, texts = self._places
        total = 0.0
        for place in reals:
            total += values[place]
        return (
            total - total == 0.0
            and all(-(2**62) < values[place] < 2**62 for place in integers)
            and all(values[place].isascii() for place in texts)
        )

    @cached_property
    def _statements(self) -> dict[int, str]:
        return {}

    @cached_property
    def _kinds(self) -> tuple[type, ...]:
        return tuple(column.kind for column in self.columns)

    @cached_property
    def _places(self) -> tuple[list[int], ...]:
        kinds = self._kinds
        return tuple([place for place, kind in enumerate(kinds) if kind is one] for one in (float, int, str))


def read_tables(connection: sqlite3.Connection) -> dict[str, Table]:
    """The tables that the file describes, with their columns."""
    query = "SELECT table_name, column_name FROM columns WHERE unit = 'JSON'"
    json_columns = set(connection.execute(query))
    query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name IN (SELECT table_name FROM columns)"
    names = [name for (name,) in connection.execute(query).fetchall()]
    return {name: _read_table(connection, name, json_columns) for name in names}


def _read_table(connection: sqlite3.Connection, table: str, json_columns: set[tuple[str, str]]) -> Table:
    infos = connection.execute(f"PRAGMA table_info({table})").fetchall()
    measured = any(name == "status" and default == "'ok'" for _, name, _, _, default, _ in infos)
    columns = {}
    for _, name, declared, not_null, default, _ in infos:
        numbered = name == "id" and declared == "INTEGER"
        kind = Json if (table, name) in json_columns else _KINDS[declared]
        required = bool(not_null) and default is None and not numbered
        columns[name] = Column(table, name, kind, not (not_null or numbered), required, measured)
    return Table(table, columns)


def insertion(tables: Mapping[str, Table], table: str, names: tuple[str, ...]) -> Insertion:
    """The statement that inserts these columns.

    Raises
    ------
    StoreError
        No such table, no such column, or a required column missing.
    """
    known = known_table(tables, table)
    check_columns(known, names)
    if missing := sorted(known.required.difference(names)):
        raise StoreError(f"{table}: missing {', '.join(missing)}")
    return Insertion(table, tuple(known.columns[name] for name in names))


def known_table(tables: Mapping[str, Table], table: str) -> Table:
    """The table of that name, or a `StoreError` that lists the known tables."""
    if table not in tables:
        raise StoreError(f"no table {table!r}; there are {', '.join(sorted(tables))}")
    return tables[table]


def check_columns(table: Table, names: tuple[str, ...]) -> None:
    """Raise `StoreError` when a name is not a column of the table."""
    if unknown := [name for name in names if name not in table.columns]:
        raise StoreError(f"{table.name} has no column {unknown[0]!r}; it has {', '.join(table.columns)}")
    if not names:
        raise StoreError(f"{table.name}: a row needs at least one column")


def stored(column: Column, value: Any, row: Mapping[str, Any]) -> Any:
    """`value` in the form passed to SQLite; `row` holds the status of the point."""
    try:
        if column.kind is Json:
            return None if value is None and column.nullable else encode(value)
        return _stored_scalar(column, python_scalar(value), row)
    except (ValueError, TypeError, RecursionError) as error:
        raise StoreError(f"{column.table}.{column.name}: {error}") from error


def _stored_scalar(column: Column, value: Any, row: Mapping[str, Any]) -> Any:
    if value is None:
        if not column.nullable:
            raise ValueError("a value is required, got None")
        return None
    if column.kind is str and isinstance(value, str):
        return checked_text(value)
    if column.kind is bytes and isinstance(value, bytes):
        return value
    if column.kind is int and isinstance(value, int):
        return _stored_integer(value)
    if column.kind is float and isinstance(value, int | float) and not isinstance(value, bool):
        return _stored_real(column, value, row)
    raise ValueError(f"{value!r} is a {type(value).__name__}, the column holds {column.kind.__name__}")


def _stored_integer(value: int) -> int:
    if not -(2**63) <= value < 2**63:
        raise ValueError(f"{value} does not fit 64 bits")
    return int(value)


def _stored_real(column: Column, value: float, row: Mapping[str, Any]) -> float | None:
    if isinstance(value, int):
        if abs(value) > 2**1000 or float(value) != value:
            raise ValueError(f"the integer {value} has no exact double-precision equal")
        return float(value)
    if math.isfinite(value):
        return float(value)
    claims_good = column.measured and row.get("status", "ok") == "ok"
    if math.isnan(value):
        if column.nullable and not claims_good:
            return None
        raise ValueError("not a number (NaN), but a value is required" + _advice(claims_good))
    if (column.measured and column.nullable and not claims_good) or column.may_be_infinite:
        return float(value)
    raise ValueError("infinite, but a finite value is required" + _advice(claims_good))


def _advice(claims_good: bool) -> str:
    return ": the point's status says ok" if claims_good else ""
