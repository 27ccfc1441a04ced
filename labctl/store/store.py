"""The writing side of the file."""

import atexit
import os
import platform
import sqlite3
import uuid
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from labctl.errors import StoreError
from labctl.store import amending, analyses, importing, mounting
from labctl.store.amending import DerivedRows
from labctl.store.analyses import Maker
from labctl.store.causes import explaining
from labctl.store.connections import BUSY_TIMEOUT_S, open_as_it_is, open_for_writing
from labctl.store.electrode_columns import as_columns
from labctl.store.ending import change_row, end_run, seal
from labctl.store.fingerprint import content_hash
from labctl.store.importing import AlreadyImported, ImportedRun
from labctl.store.interruptions import mark_interrupted, seal_ended
from labctl.store.migrations.part_law_tables import TABLE_OF
from labctl.store.places import SpaceRule, refuse_network_share
from labctl.store.processes import process_birth
from labctl.store.rows import (
    DERIVED_TABLES,
    Insertion,
    check_columns,
    insertion,
    known_table,
    read_tables,
    stored,
)
from labctl.store.writer import Writer, do_nothing

if TYPE_CHECKING:
    from labctl.store.database import Database

CHANGEABLE = {
    "runs": ("status", "reason", "ended_s", "percent"),
    "spectra": ("status", "ended_s"),
    "polarisations": ("status", "ended_s", "rest_potential_v", "steady_spectrum_id", "ended_by", "saved_s"),
    "jobs": (
        "state",
        "reason",
        "priority",
        "position",
        "not_before_s",
        "deadline_s",
        "failure_policy",
        "person",
    ),
}
"""Tables and columns that `Store.update` may write; everything else that was measured stays as it is."""


class Store:
    """Writes rows; one for each process that writes. Make it with `Store.open`.

    Any thread may call it. Rows counted by `acknowledged` are on disk and survive a power cut.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection, space: SpaceRule) -> None:
        self.path = path
        self._space = space
        self._tables = read_tables(connection)
        self._insertions: dict[tuple[str, ...], Insertion] = {}
        self._writer = Writer(path, connection, space)
        atexit.register(self.close)

    @classmethod
    def open(
        cls,
        path: str | os.PathLike[str],
        *,
        on_network_share: bool = False,
        space: SpaceRule | None = None,
        busy_timeout_s: float = BUSY_TIMEOUT_S,
    ) -> Self:
        """Open a file for writing, creating or migrating it; mark runs of ended processes as interrupted.

        Parameters
        ----------
        path : str or path
        on_network_share : bool
            Accept a folder on another computer.
        space : SpaceRule, optional
            Free disk space required before and during a run.
        busy_timeout_s : float
            How long to wait for another program that holds a lock.

        Raises
        ------
        StoreError
            The file cannot be used, or was made by a newer labctl; the message says why.
        """
        path = Path(path)
        if not on_network_share:
            refuse_network_share(path)
        connection = open_for_writing(path, busy_timeout_s)
        try:
            with explaining(path):
                mark_interrupted(connection)
                seal_ended(connection)
                return cls(path, connection, space or SpaceRule())
        except BaseException:
            connection.close()
            raise

    def insert(self, table: str, row: Mapping[str, Any]) -> int:
        """Insert a row; return its id once it is committed.

        A run gets a uuid and the identity of this process unless the row has them.

        Raises
        ------
        StoreError
            The row does not fit its table, the file cannot be written, or the disk is too full for a run.
        """
        if table == "runs":
            self._space.check_before_run(self.path)
            row = {**_identity(), **row}
        into = self._insertion(table, row)
        values = into.values(row)
        return self._writer.call(lambda connection: connection.execute(into.sql, values).lastrowid, rows=1)

    def append(self, table: str, row: Mapping[str, Any]) -> None:
        """Hand a row to the writer, which commits it within 50 ms.

        Raises
        ------
        StoreError
            The row does not fit its table, or an earlier row could not be stored. This row is not taken.
        """
        into = self._insertion(table, row)
        self._writer.append(into, into.values(row))

    def flush(self) -> None:
        """Return when every appended row is committed; raises `StoreError` if that fails."""
        self._writer.call(do_nothing)

    @property
    def acknowledged(self) -> int:
        """Rows committed by this store so far."""
        return self._writer.acknowledged

    def update(self, table: str, row_id: int, changes: Mapping[str, Any]) -> None:
        """Change the columns that may change: the end of a run, spectrum or polarisation, and jobs.

        Spectra and polarisations still marked as running end with their run.

        Raises
        ------
        StoreError
            No such row, a column that may not change, an end written twice, or a file that cannot be written.
        """
        columns = known_table(self._tables, table)
        check_columns(columns, tuple(changes))
        for name in changes:
            if name not in CHANGEABLE.get(table, ()):
                raise StoreError(f"{table}.{name} cannot be changed once it is written")
        values = {name: stored(columns.columns[name], value, changes) for name, value in changes.items()}
        work = partial(_update, table=table, row_id=row_id, changes=values)
        (self._writer.end_part if _ends_a_part(table, changes) else self._writer.call)(work)
        if _ends_a_run(table, changes):
            with suppress(StoreError):  # the run has ended all the same, and the next opening seals it
                self._seal(row_id)

    def replace_derived(
        self,
        table: str,
        where: Mapping[str, Any],
        rows: Sequence[Mapping[str, Any]],
        maker: Maker | None = None,
    ) -> list[int]:
        """Replace the rows of a provisional analysis that match `where` by `rows`, in one transaction.

        Parameters
        ----------
        table : str
            One of `resistances`, `conductivities`, `law_fits`, `transference_numbers`, `relaxation_times`,
            `part_laws`.
        where : mapping
            Columns that the replaced rows have; one of them names the run, spectrum or polarisation.
        rows : sequence of mapping
            Without `analysis_id`.
        maker : Maker, optional
            For the provisional analysis, where it is begun with these rows.

        Returns
        -------
        list of int
            Ids of the new rows; an id is never used twice.

        Raises
        ------
        StoreError
            `table` holds measured rows, `where` names no run, a row does not fit, or the analyses of the run
            are closed.
        """
        if table not in DERIVED_TABLES:
            raise StoreError(f"{table} is not derived: its rows cannot be replaced")
        columns = known_table(self._tables, TABLE_OF[table])
        check_columns(columns, tuple(where))
        wanted = [stored(columns.columns[name], value, where) for name, value in where.items()]
        same = " AND ".join(f"{name} IS ?" for name in where)
        inserts = [self._derived(table, row) for row in rows]

        def replace(connection: sqlite3.Connection) -> list[int]:
            run_id = _run_of(connection, where)
            made = maker or Maker(created_s=rows[0]["derived_s"] if rows else 0.0)
            analysis_id = analyses.provisional(connection, run_id, made)
            connection.execute(
                f"DELETE FROM {TABLE_OF[table]} WHERE {same} AND analysis_id = ?", (*wanted, analysis_id)
            )
            return [connection.execute(sql, (*values, analysis_id)).lastrowid or 0 for sql, values in inserts]

        return self._writer.call(replace, rows=len(inserts))

    def amend(
        self,
        amendments: Sequence[Mapping[str, Any]],
        derived: Mapping[int, tuple[Maker, DerivedRows]],
        seen: tuple[Any, ...],
    ) -> list[int] | None:
        """Write amendments, and an analysis of each run that stands on them, in one transaction.

        The analysis of a run that still grows replaces its provisional one.

        Parameters
        ----------
        amendments : sequence of mapping
            Rows of `amendments`.
        derived : mapping
            Maker and derived rows of each run concerned, by its id.
        seen : tuple
            What `labctl.store.amending.seen` gave of these runs before they were derived.

        Returns
        -------
        list of int or None
            Ids of the amendments; None, and nothing is written, if the file has changed since.

        Raises
        ------
        StoreError
            A row does not fit, or the file cannot be written.
        """
        statements = [self._statement("amendments", row) for row in amendments]
        prepared = [(run_id, maker, self._insertions_of(rows)) for run_id, (maker, rows) in derived.items()]

        def write(connection: sqlite3.Connection) -> list[int] | None:
            if amending.seen_by(connection, tuple(derived)) != seen:
                return None
            ids = [connection.execute(sql, values).lastrowid or 0 for sql, values in statements]
            for run_id, maker, insertions in prepared:
                amending.keep_analysis(connection, run_id, maker, insertions)
            return ids

        return self._writer.call(write, rows=len(statements))

    def _statement(self, table: str, row: Mapping[str, Any]) -> tuple[str, Sequence[Any]]:
        into = self._insertion(table, row)
        return into.sql, into.values(row)

    def replace_provisional(
        self, run_id: int, maker: Maker, rows: Mapping[str, Sequence[Mapping[str, Any]]]
    ) -> int:
        """Replace all rows of the provisional analysis of a run, in one transaction; return its id.

        `rows` holds the rows of each derived table by its public name. Raises as `replace_derived`.
        """
        insertions = self._insertions_of(rows)

        def replace(connection: sqlite3.Connection) -> int:
            analysis_id = analyses.provisional(connection, run_id, maker)
            analyses.describe_provisional(connection, analysis_id, maker)
            analyses.clear(connection, analysis_id, run_id)
            analyses.fill(connection, analysis_id, insertions)
            return analysis_id

        return self._writer.call(replace, rows=sum(map(len, rows.values())))

    def record_analysis(
        self, run_id: int, maker: Maker, rows: Mapping[str, Sequence[Mapping[str, Any]]], name: str = ""
    ) -> int:
        """Write a closed analysis of a run with all its rows, in one transaction; return its id.

        It becomes the current one, unless the run still grows and has another. `rows` as in
        `replace_provisional`.

        Raises
        ------
        InvalidRequest
            The run has an analysis of this name.
        StoreError
            A row does not fit, or the file cannot be written.
        """
        insertions = self._insertions_of(rows)
        return self._writer.call(
            lambda connection: analyses.record(connection, run_id, maker, name, insertions),
            rows=sum(map(len, rows.values())),
        )

    def choose_analysis(self, run_id: int, analysis_id: int, time_s: float, person: str = "") -> None:
        """Make an analysis the current one of its run. Raises InvalidRequest while the run is measured."""
        self._writer.call(lambda connection: analyses.choose(connection, run_id, analysis_id, time_s, person))

    def close_provisional(self, run_id: int, closed_s: float) -> None:
        """Close the provisional analysis of a run that was interrupted, if it has one."""
        self._writer.call(lambda connection: analyses.close_provisional(connection, run_id, closed_s))

    def find_or_add_sample(self, sample: Mapping[str, Any]) -> int:
        """Id of the sample that is equal in every column; added if there is none."""
        return self._writer.call(partial(self._find_or_add_sample, sample=sample))

    def _find_or_add_sample(self, connection: sqlite3.Connection, sample: Mapping[str, Any]) -> int:
        sample = as_columns(sample)
        into = self._insertion("samples", sample)
        columns = {name: column for name, column in self._tables["samples"].columns.items() if name != "id"}
        connection.execute("SAVEPOINT a_sample")
        new = connection.execute(into.sql, into.values(sample)).lastrowid or 0
        same = " AND ".join(f"old.{name} IS new.{name}" for name in columns)
        query = f"SELECT min(old.id) FROM samples new JOIN samples old ON {same} WHERE new.id = ?"
        (first,) = connection.execute(query, (new,)).fetchone()
        if first != new:
            connection.execute("ROLLBACK TO a_sample")
        connection.execute("RELEASE a_sample")
        return first

    def import_run(self, new: ImportedRun) -> int | AlreadyImported:
        """Write a run that was measured elsewhere, with its files, in one transaction; return its id.

        `AlreadyImported`, and nothing is written, where the file has a run with the content of one of them.

        Raises
        ------
        StoreError
            A row does not fit, the file cannot be written, or the disk is too full for a run.
        """
        self._space.check_before_run(self.path)
        whole = replace(new, run={**_identity(), **new.run})
        rows = sum(1 + len(points) for _, points in (*new.spectra, *new.polarisations))

        def write(connection: sqlite3.Connection) -> int | AlreadyImported:
            known = importing.already_imported(connection, whole)
            if known is not None:
                return known
            sample_id = self._find_or_add_sample(connection, whole.sample)
            return importing.write_imported(connection, whole, sample_id, self._inserted)

        return self._writer.call(write, rows=rows)

    def _inserted(self, connection: sqlite3.Connection, table: str, row: Mapping[str, Any]) -> int:
        return connection.execute(*self._statement(table, row)).lastrowid or 0

    def assign_to_mount(self, run_id: int) -> int:
        """Assign a run to the mount of its sample (`labctl.store.mounting`); return the id of the mount."""
        return self._writer.call(lambda connection: mounting.assign_run(connection, run_id), rows=1)

    def add_mount(self, sample_id: int, origin: str, time_s: float, **about: Any) -> int:
        """Enter a mount as `labctl.store.mounting.add_mount` does; return its id."""
        work = partial(mounting.add_mount, sample_id=sample_id, origin=origin, time_s=time_s, **about)
        return self._writer.call(work, rows=1)

    def record_provenance(self, run_id: int, provenance: Mapping[str, Any]) -> None:
        """Store the provenance of a run, one row for each key; committed when this returns."""
        for key, value in provenance.items():
            self.append("run_provenance", {"run_id": run_id, "key": key, "value": value})
        self.flush()

    def read(self) -> "Database":
        """A read-only view of the same file; it sees committed rows."""
        from labctl.store.database import Database

        return Database(self.path)

    def close(self) -> None:
        """Commit the remaining rows and close the file. A second call does nothing."""
        atexit.unregister(self.close)
        self._writer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _seal(self, run_id: int) -> None:
        """Hash the measured rows without a lock, then write the hash."""
        with explaining(self.path), closing(open_as_it_is(self.path)) as connection:
            digest = content_hash(connection, run_id)
        self._writer.call(lambda connection: seal(connection, run_id, digest))

    def _derived(self, table: str, row: Mapping[str, Any]) -> tuple[str, Sequence[Any]]:
        """Statement and values of a derived row, but for the last, the id of its analysis."""
        whole = {name: value for name, value in row.items() if name != "analysis_id"} | {"analysis_id": 0}
        into = self._insertion(TABLE_OF[table], whole)
        return into.sql, into.values(whole)[:-1]

    def _insertions_of(
        self, rows: Mapping[str, Sequence[Mapping[str, Any]]]
    ) -> list[tuple[str, list[Sequence[Any]]]]:
        """Statements with the values of their rows; the rows of one statement follow each other."""
        found: dict[str, list[Sequence[Any]]] = {}
        for table, of_table in rows.items():
            for row in of_table:
                sql, values = self._derived(table, row)
                found.setdefault(sql, []).append(values)
        return list(found.items())

    def _insertion(self, table: str, row: Mapping[str, Any]) -> Insertion:
        shape = (table, *row)
        known = self._insertions.get(shape)
        if known is None:
            known = self._insertions[shape] = insertion(self._tables, table, shape[1:])
        return known


def _update(connection: sqlite3.Connection, table: str, row_id: int, changes: Mapping[str, Any]) -> None:
    if _ends_a_run(table, changes):
        end_run(connection, row_id, changes)
    else:
        change_row(connection, table, row_id, changes)


def _run_of(connection: sqlite3.Connection, where: Mapping[str, Any]) -> int:
    """The run that columns of a derived row belong to."""
    if "run_id" in where:
        return where["run_id"]
    for column, table in (("spectrum_id", "spectra"), ("polarisation_id", "polarisations")):
        if column in where:
            query = f"SELECT run_id FROM {table} WHERE id = ?"
            found = connection.execute(query, (where[column],)).fetchone()
            if found is None:
                raise StoreError(f"{table} has no row {where[column]}")
            return found[0]
    raise StoreError("rows are replaced for one run, spectrum or polarisation: name it")


def _ends_a_part(table: str, changes: Mapping[str, Any]) -> bool:
    """Whether a spectrum, a polarisation or a run ends."""
    return table in ("spectra", "polarisations", "runs") and changes.get("status", "running") != "running"


def _ends_a_run(table: str, changes: Mapping[str, Any]) -> bool:
    return table == "runs" and changes.get("status", "running") != "running"


def _identity() -> dict[str, Any]:
    pid = os.getpid()
    birth = process_birth(pid) or ""
    return {"uuid": str(uuid.uuid4()), "pid": pid, "process_birth": birth, "host": platform.node()}
