"""The structure that a results file must have before a row of it is read or written.

1. What labctl reads under the name of a table is a plain table. A view or a virtual table of that name, or a
   generated column, would run SQL of the person who made the file.
2. Views are labctl's own text: a temporary view stands before each one of the file.
3. A trigger of labctl's tables that labctl did not make, or made with another text, refuses a file that is
   opened for writing.
4. To read a file of an older labctl, temporary views stand before its tables and give each later column its
   default, and each later table as empty. The file is not changed.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from labctl.errors import StoreError
from labctl.store import migrations
from labctl.store.log10 import add_log10
from labctl.store.migrations.analysis_tables import FIRST_ANALYSES, FIRST_COLUMNS, RUN_OF, TABLE_OF

_EARLIER_TRIGGERS = {
    "runs_end_once": (
        "CREATE TRIGGER runs_end_once BEFORE UPDATE ON runs WHEN OLD.status <> 'running' "
        "BEGIN SELECT RAISE(ABORT, 'runs: this row has ended'); END"
    ),
}
_EARLIER_NAMES = {table: public for public, table in TABLE_OF.items()}
_HIDDEN = 6  # index in a row of PRAGMA table_xinfo; not 0: a generated or hidden column


@dataclass(frozen=True)
class Structure:
    """Everything that a sequence of migrations makes, by name.

    `tables`: the declared type and the default, as SQL, of each column; `keys`: its primary key;
    `sql`, `views` and `triggers`: their SQL; `described`: the rows of the table `columns`.
    """

    tables: Mapping[str, Mapping[str, tuple[str, str]]]
    keys: Mapping[str, tuple[str, ...]]
    sql: Mapping[str, str]
    views: Mapping[str, str]
    triggers: Mapping[str, str]
    described: tuple[tuple[str, str, str, str], ...]


def newest() -> Structure:
    """Return the structure of a file made by this labctl."""
    return _made_by(tuple(step for _, step in migrations.named_steps()))


@dataclass(frozen=True)
class Kinds:
    """Names of the columns, of any table, that hold JSON, numbers or text."""

    json: frozenset[str]
    numbers: frozenset[str]
    text: frozenset[str]


def kinds_of(described: Iterable[tuple[str, str]]) -> Kinds:
    """Return the kinds of columns, given name and unit of each."""
    names: dict[str, set[str]] = {"JSON": set(), "text": set(), "blob": set(), "": set()}
    for name, unit in described:
        names["text" if unit == "UTC" else unit if unit in names else ""].add(name)
    words = names["JSON"] | names["text"]
    return Kinds(frozenset(names["JSON"]), frozenset(names[""] - words), frozenset(names["text"]))


def own_kinds() -> Kinds:
    """Return the kinds of the columns of a file made by this labctl."""
    return kinds_of((name, unit) for _, name, unit, _ in newest().described)


def promised(connection: sqlite3.Connection) -> Structure:
    """Return the structure that the ledger of a file promises."""
    done = set(migrations.applied(connection))
    return _made_by(tuple(step for name, step in migrations.named_steps() if name in done))


def require_plain_tables(path: Path, connection: sqlite3.Connection) -> None:
    """Raise `StoreError` unless every table that the ledger promises is a plain table with its columns."""
    expected = promised(connection)
    found = {name: (kind, root) for kind, name, root, _ in _objects(connection)}
    for table, columns in expected.tables.items():
        kind, root = found.get(table, ("", 0))
        if not kind:
            raise StoreError(f"{path}: lacks the table {table}: damaged, or changed by another program")
        if kind != "table" or not root:
            what = "virtual table" if kind == "table" else kind
            raise _not_ours(path, f"{table} is a {what}, not a table")
        _require_columns(path, connection, table, columns)


def require_own_triggers(path: Path, connection: sqlite3.Connection) -> None:
    """Raise `StoreError` if writing would run a trigger that labctl did not make.

    Triggers of tables that a laboratory added stay allowed: labctl does not write to these tables.
    """
    current = newest()
    for name, table, sql in _triggers(connection):
        own = [_words(made.get(name, "")) for made in (current.triggers, _EARLIER_TRIGGERS)]
        if table.lower() in current.tables and _words(sql) not in own:
            raise _not_ours(path, f"its trigger {name!r} would run when a row is written")


def show_as_newest(connection: sqlite3.Connection) -> None:
    """Let a reader find every table, view and column of this labctl, also in an older file: rules 2, 4."""
    current = newest()
    if migrations.pending(connection):
        for table in current.tables:
            _stand_before(connection, table, current)
        _describe_later_columns(connection, current)
    for sql in current.views.values():
        connection.execute(sql.replace("CREATE VIEW", "CREATE TEMP VIEW", 1))


def stand_on(connection: sqlite3.Connection, analyses: Mapping[int, int]) -> None:
    """Let a reader see other analyses as the current ones, given by the ids of their runs."""
    if not analyses:
        return
    names = [name for name in newest().tables["analyses"] if name != "is_current"]
    pairs = ", ".join(f"({int(run_id)}, {int(analysis_id)})" for run_id, analysis_id in analyses.items())
    runs = ", ".join(str(int(run_id)) for run_id in analyses)
    if "analyses" not in promised(connection).tables:
        return  # an older file has one analysis of each run
    connection.execute(
        f"""CREATE TEMP VIEW analyses AS SELECT {", ".join(names)},
        CASE WHEN run_id IN ({runs}) THEN (run_id, id) IN (VALUES {pairs}) ELSE is_current END AS is_current
        FROM main.analyses"""
    )


def own_views(connection: sqlite3.Connection) -> None:
    """Let a writer read labctl's own text of each view."""
    for sql in newest().views.values():
        connection.execute(sql.replace("CREATE VIEW", "CREATE TEMP VIEW", 1))


def _stand_before(connection: sqlite3.Connection, table: str, current: Structure) -> None:
    present = _columns(connection, table)
    columns = current.tables[table]
    if not present and (table == "analyses" or table in _EARLIER_NAMES):
        _show_first_analyses(connection, table, columns)
        return
    later = [f"{default} AS {name}" for name, (_, default) in columns.items() if name not in present]
    if not present:
        connection.execute(f"CREATE TEMP VIEW {table} AS SELECT {', '.join(later)} WHERE 0")
    elif later and table != "columns":
        kept = ", ".join(f"t.{name}" for name in columns if name in present)
        connection.execute(
            f"CREATE TEMP VIEW {table} AS SELECT {kept}, {', '.join(later)} FROM main.{table} t"
        )


def _show_first_analyses(
    connection: sqlite3.Connection, table: str, columns: Mapping[str, tuple[str, str]]
) -> None:
    """Show the rows of a file without analyses as migration 0012 would keep them."""
    defaults = {name: default for name, (_, default) in columns.items()}
    if table == "analyses":
        known, source = {name: f"t.{name}" for name in FIRST_COLUMNS}, f"({FIRST_ANALYSES}) t"
    else:
        earlier = _EARLIER_NAMES[table]
        known = {name: f"t.{name}" for name in _columns(connection, earlier)}
        known["analysis_id"], source = RUN_OF[earlier], f"main.{earlier} t"
    shown = ", ".join(f"{known.get(name, default)} AS {name}" for name, default in defaults.items())
    connection.execute(f"CREATE TEMP VIEW {table} AS SELECT {shown} FROM {source}")


def _describe_later_columns(connection: sqlite3.Connection, current: Structure) -> None:
    """The table `columns` of an older file, with the descriptions of later columns."""
    kept = {
        (row[0], row[1]) for row in connection.execute("SELECT table_name, column_name FROM main.columns")
    }
    later = [row for row in current.described if (row[0], row[1]) not in kept]
    values = ", ".join(f"({', '.join(map(_quoted, row))})" for row in later)
    added = f" UNION ALL VALUES {values}" if later else ""
    connection.execute(f"CREATE TEMP VIEW columns AS SELECT * FROM main.columns{added}")


def _require_columns(
    path: Path, connection: sqlite3.Connection, table: str, columns: Mapping[str, tuple[str, str]]
) -> None:
    found = {row[1]: row[_HIDDEN] for row in connection.execute(f"PRAGMA main.table_xinfo({table})")}
    for name in columns:
        if name not in found:
            raise StoreError(
                f"{path}: the table {table} lacks the column {name}: damaged, or changed by another program"
            )
    for name, hidden in found.items():
        if hidden:
            raise _not_ours(path, f"the column {name!r} of {table} is computed by the file")


def _not_ours(path: Path, what: str) -> StoreError:
    return StoreError(
        f"{path}: {what}. No labctl made that, and labctl runs no SQL of a file (docs/explanation/trust.md)"
    )


@lru_cache
def _made_by(steps: Sequence[Callable[[Any], None]]) -> Structure:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        add_log10(connection)
        connection.execute("BEGIN IMMEDIATE")
        is_newest = steps == tuple(step for _, step in migrations.named_steps())
        if is_newest and (statements := migrations.newest_statements()):
            for statement in statements:
                connection.execute(statement)
        else:
            for step in steps:
                step(connection)
        objects = list(_objects(connection))
        tables = {name: _columns(connection, name) for kind, name, _, _ in objects if kind == "table"}
        described = connection.execute("SELECT * FROM columns").fetchall() if "columns" in tables else []
        keys = {table: _key(connection, table) for table in tables}
    return Structure(
        tables,
        keys,
        {name: sql for kind, name, _, sql in objects if kind == "table"},
        {name: sql for kind, name, _, sql in objects if kind == "view"},
        {name: sql for kind, name, _, sql in objects if kind == "trigger"},
        tuple(described),
    )


def _objects(connection: sqlite3.Connection) -> Iterator[tuple[str, str, int, str]]:
    """Kind, name, root page (0: virtual) and SQL of everything in the file but SQLite's own tables."""
    query = "SELECT type, name, rootpage, sql FROM main.sqlite_master ORDER BY type, name"
    for kind, name, root, sql in connection.execute(query).fetchall():
        if not str(name).startswith("sqlite_"):
            yield str(kind), str(name), root if isinstance(root, int) else 0, str(sql)


def _triggers(connection: sqlite3.Connection) -> list[tuple[str, str, str]]:
    """Name, table and SQL of each trigger of the file."""
    query = "SELECT name, tbl_name, sql FROM main.sqlite_master WHERE type = 'trigger' ORDER BY name"
    return [(str(name), str(table), str(sql)) for name, table, sql in connection.execute(query).fetchall()]


def _columns(connection: sqlite3.Connection, table: str) -> dict[str, tuple[str, str]]:
    rows = connection.execute(f"PRAGMA main.table_info({table})").fetchall()
    return {row[1]: (row[2], row[4] if row[4] is not None else "NULL") for row in rows}


def _key(connection: sqlite3.Connection, table: str) -> tuple[str, ...]:
    rows = connection.execute(f"PRAGMA main.table_info({table})").fetchall()
    return tuple(row[1] for row in sorted(rows, key=lambda row: row[5]) if row[5])


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _words(sql: str) -> str:
    return " ".join(sql.split())
