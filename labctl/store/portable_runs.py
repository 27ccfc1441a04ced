"""Ended runs as tables of columns that leave the results file, and come back into an empty one.

A series is a run with the earlier runs that it continues. Ids of rows are unique within a series only.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labctl.errors import StoreError
from labctl.store.causes import explaining
from labctl.store.connections import open_as_it_is, open_for_reading
from labctl.store.migrations.part_law_tables import TABLE_OF
from labctl.store.queries.run_parts import FIRST_OF
from labctl.store.structure import newest

EARLIER = "earlier_"
"""Prefix of the tables with the derived rows of analyses that are not the current ones."""
OF_THE_COMPUTER = (
    "_sqlite_migrations",
    "columns",
    "job_history",
    "queue_pauses",
    "requests",
    "heartbeats",
    "bench_checks",
    "analyser_checks",
    "preflights",
    "isolation_checks",
)
"""Tables that describe a station or a file and not its runs."""
_SERIES = f"""
SELECT first.uuid, r.id, r.uuid, r.content_hash, r.sample_id
FROM runs r JOIN runs first ON first.id = {FIRST_OF.format(run="r.id")}
WHERE r.status <> 'running' AND r.content_hash IS NOT NULL ORDER BY r.id"""
_KNOWN = (
    "SELECT 'analysis ' || uuid || CASE WHEN closed_s IS NULL THEN ' provisional' ELSE '' END "
    "FROM analyses WHERE run_id = :run",
    "SELECT 'amendment ' || uuid FROM amendments WHERE run_id = :run OR sample_id = :sample",
    "SELECT 'fact ' || uuid FROM facts WHERE sample_id = :sample",
    "SELECT 'mount ' || uuid FROM mounts WHERE id IN (SELECT mount_id FROM run_mounts WHERE run_id = :run)",
    "SELECT 'choice ' || a.uuid || ' ' || c.time_s FROM analysis_choices c "
    "JOIN analyses a ON a.id = c.analysis_id WHERE a.run_id = :run AND a.is_current",
)
_NEWEST = """
SELECT max(a.created_s, coalesce(c.time_s, 0)) FROM analyses a
LEFT JOIN analysis_choices c ON c.analysis_id = a.id WHERE a.run_id = ? AND a.is_current"""


@dataclass(frozen=True)
class SeriesState:
    """The knowledge of a file about one series.

    Attributes
    ----------
    series : str
        uuid of its first run.
    runs : tuple of str
        uuids of its ended runs, oldest first.
    known : frozenset of str
        Its runs with their content hashes, analyses, amendments, facts, mounts and choices, by uuid.
    newest_s : float
        When its newest current analysis was made or chosen, s since 1970-01-01 UTC; 0: none.
    """

    series: str
    runs: tuple[str, ...]
    known: frozenset[str]
    newest_s: float


@dataclass(frozen=True)
class PortableTable:
    """The rows of one table as columns.

    `types`: SQLite's type of each column. The columns `series_uuid`, `run_uuid`, `sample` and `station` are
    added to the columns of the results file.
    """

    name: str
    types: Mapping[str, str]
    columns: Mapping[str, Sequence[Any]]

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(next(iter(self.columns.values()), ()))


ADDED = ("series_uuid", "run_uuid", "sample", "station")
ADDED_MEANINGS = {
    "series_uuid": ("text", "uuid of the first run of the series; ids of rows are unique within it"),
    "run_uuid": ("text", "uuid of the run; NULL in rows that belong to no single run"),
    "sample": ("text", "name of the sample of the run"),
    "station": ("text", "name of the station that measured the run"),
}


def series_of(path: Path, only_runs: Sequence[str] | None = None) -> list[SeriesState]:
    """Return the knowledge of a file about each series with ended runs, oldest first.

    `only_runs`: uuids of runs; only the series that hold one of them. Raises StoreError for a file that
    cannot be read.
    """
    with closing(open_for_reading(path)) as connection, explaining(path):
        found: dict[str, list[tuple[int, str, str, int]]] = {}
        for series, *run in connection.execute(_SERIES).fetchall():
            found.setdefault(series, []).append(tuple(run))
        wanted = None if only_runs is None else set(only_runs)
        return [
            _state(connection, series, runs)
            for series, runs in found.items()
            if wanted is None or wanted.intersection(run[1] for run in runs)
        ]


def _state(
    connection: sqlite3.Connection, series: str, runs: Sequence[tuple[int, str, str, int]]
) -> SeriesState:
    known, newest_s = set(), 0.0
    for run_id, uuid, content_hash, sample_id in runs:
        known.add(f"run {uuid} {content_hash}")
        about = {"run": run_id, "sample": sample_id}
        for query in _KNOWN:
            known.update(words for (words,) in connection.execute(query, about).fetchall())
        for (time_s,) in connection.execute(_NEWEST, (run_id,)).fetchall():
            newest_s = max(newest_s, time_s or 0.0)
    return SeriesState(series, tuple(run[1] for run in runs), frozenset(known), newest_s)


def table_names() -> tuple[str, ...]:
    """Return the names of the portable tables, derived rows of current analyses under their public names."""
    measured = [table for table in newest().tables if table not in (*OF_THE_COMPUTER, *TABLE_OF.values())]
    return (*measured, *TABLE_OF, *(EARLIER + public for public in TABLE_OF))


def columns_of(name: str) -> dict[str, str]:
    """Return the columns of a portable table with their SQLite types, added ones first."""
    own = newest().tables[_source(name)[0]]
    return dict.fromkeys(ADDED, "TEXT") | {column: kind for column, (kind, _) in own.items()}


def meanings_of(name: str) -> dict[str, tuple[str, str]]:
    """Return unit and meaning of the columns of a portable table."""
    source = _source(name)[0]
    public = {kept: public for public, kept in TABLE_OF.items()}.get(source, source)
    own = {
        column: (unit, meaning)
        for table, column, unit, meaning in newest().described
        if table in (source, public)
    }
    return ADDED_MEANINGS | own


def _source(name: str) -> tuple[str, str]:
    """Return the table of the results file that holds the rows, and a condition for them."""
    public = name.removeprefix(EARLIER)
    if public not in TABLE_OF:
        return name, "1"
    which = "NOT IN" if name.startswith(EARLIER) else "IN"
    return TABLE_OF[public], f"analysis_id {which} (SELECT id FROM analyses WHERE is_current)"


def portable_tables(path: Path) -> list[PortableTable]:
    """Return the tables of a file that holds one series and nothing else; tables without rows are left out.

    Raises
    ------
    StoreError
        The file cannot be read, or holds another number of series.
    """
    with closing(open_as_it_is(path)) as connection, explaining(path):
        found = connection.execute(_SERIES).fetchall()
        if len({row[0] for row in found}) != 1:
            raise StoreError(f"{path}: holds {len({row[0] for row in found})} series of runs, not one")
        owners = _Owners(connection, found[0][0])
        tables = [_table(connection, name, owners) for name in table_names()]
    return [table for table in tables if table.rows]


def _table(connection: sqlite3.Connection, name: str, owners: "_Owners") -> PortableTable:
    source, condition = _source(name)
    types = columns_of(name)
    own = [column for column in types if column not in ADDED or column in newest().tables[source]]
    names = ", ".join(f'"{column}"' for column in own)
    order = ", ".join(f'"{column}"' for column in newest().keys[source]) or "rowid"
    rows = connection.execute(f'SELECT {names} FROM "{source}" WHERE {condition} ORDER BY {order}').fetchall()
    columns = dict(zip(own, map(list, zip(*rows, strict=True)), strict=True)) if rows else {}
    return PortableTable(name, types, owners.added(source, columns, len(rows)) | columns if rows else {})


class _Owners:
    """Finds the run of a row, and with it uuid, sample and station."""

    def __init__(self, connection: sqlite3.Connection, series: str) -> None:
        self._series = series
        query = "SELECT r.id, r.uuid, s.name, r.station FROM runs r JOIN samples s ON s.id = r.sample_id"
        self._runs = {row[0]: row[1:] for row in connection.execute(query).fetchall()}
        self._samples = dict(connection.execute("SELECT id, name FROM samples").fetchall())
        self._of = {
            "id": {run_id: run_id for run_id in self._runs},
            "run_id": {run_id: run_id for run_id in self._runs},
            "spectrum_id": dict(connection.execute("SELECT id, run_id FROM spectra").fetchall()),
            "polarisation_id": dict(connection.execute("SELECT id, run_id FROM polarisations").fetchall()),
        }

    def added(self, source: str, columns: Mapping[str, Sequence[Any]], rows: int) -> dict[str, list[Any]]:
        """Return the added columns of a table with `rows` rows."""
        links = ("id",) if source == "runs" else ("run_id", "spectrum_id", "polarisation_id")
        link = next((name for name in links if name in columns), None)
        nothing = (None, None, None)
        owners = [self._of[link].get(row) for row in columns[link]] if link else [None] * rows
        about = [nothing if owner is None else self._runs[owner] for owner in owners]
        found = dict(zip(ADDED[1:], map(list, zip(*about, strict=True)), strict=True))
        if (by_sample := columns.get("id" if source == "samples" else "sample_id")) and not link:
            found["sample"] = [self._samples.get(sample_id) for sample_id in by_sample]
        own = {name: column for name, column in found.items() if name not in columns}
        return {"series_uuid": [self._series] * rows} | own


def fill(path: Path, tables: Sequence[PortableTable]) -> None:
    """Write the rows of a series into an empty results file; unknown columns are left out.

    The rows come from elsewhere: nothing of the file counts before `labctl.store.merging.merge` has hashed
    it again.

    Raises
    ------
    StoreError
        A row does not fit its table.
    """
    known = set(table_names())
    with closing(sqlite3.connect(path, isolation_level=None)) as connection, explaining(path):
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("BEGIN IMMEDIATE")
        triggers = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            connection.execute(f'DROP TRIGGER "{name}"')
        for table in tables:
            if table.name in known and table.rows:
                _insert(connection, table)
        for _, sql in triggers:
            connection.execute(sql)
        connection.execute("COMMIT")


def _insert(connection: sqlite3.Connection, table: PortableTable) -> None:
    source, _ = _source(table.name)
    own = [column for column in newest().tables[source] if column in table.columns]
    names, marks = ", ".join(f'"{column}"' for column in own), ", ".join("?" * len(own))
    rows = zip(*(table.columns[column] for column in own), strict=True)
    connection.executemany(f'INSERT INTO "{source}" ({names}) VALUES ({marks})', rows)
