"""Import the ended runs of another file, each once, by uuid and content hash."""

import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labctl.errors import InvalidRequest, StoreError
from labctl.store.care import RunCheck, require_nobody_else, verify_runs
from labctl.store.causes import ROW_ERRORS, explaining
from labctl.store.connections import open_as_it_is, open_for_writing
from labctl.store.encoding import decode, encode
from labctl.store.ending import change_row
from labctl.store.fingerprint import content_hash, earlier_content_hash, references
from labctl.store.merging_amendments import Pair, copy_knowledge, has_amendments
from labctl.store.merging_bench_checks import copy_checks
from labctl.store.migrations import applied
from labctl.store.migrations.analysis_tables import FIRST_ANALYSES, FIRST_COLUMNS
from labctl.store.migrations.part_law_tables import PUBLIC as PART_LAWS
from labctl.store.migrations.part_law_tables import RUN_CONDITION, TABLE_OF
from labctl.store.migrations.relaxation_tables import PUBLIC as RELAXATION_TIMES
from labctl.store.structure import newest

_ENDINGS = ("status", "reason", "ended_s", "content_hash")
_OVER = ("finished", "failed", "cancelled")
_POINTS = {
    "spectra": ("impedance_points", "spectrum_id"),
    "polarisations": ("polarisation_points", "polarisation_id"),
}
_REPEATED_POINTS = {"check_points": "0014_check_points", "linearity_points": "0020_night_checks"}
"""Tables of points measured again after a spectrum, and the migration that makes each."""
_LATER_OF_A_RUN = {
    "imported_files": "0017_imported_files",
    "monitor_readings": "0034_conditions",
    "thermal_steps": "0034_conditions",
}
"""Later tables with rows of a run, and the migration that makes each."""
_OF_A_RUN = ("run_provenance", "run_instruments", "temperature_log", "records", "events")


@dataclass(frozen=True)
class Merged:
    """uuids of the added runs, uuids of runs already present, and reasons for each refused run.

    `outdated`: ids of runs of the file that stand on an amendment that came, or that lack an amendment of
    this file: they have to be derived again. `bench_checks`: number of added checks of instruments.
    """

    added: tuple[str, ...]
    known: tuple[str, ...]
    refused: tuple[str, ...]
    outdated: tuple[int, ...] = ()
    bench_checks: int = 0


def merge(path: Path, source: Path, only: Collection[str] | None = None) -> Merged:
    """Copy every ended run of `source` that `path` lacks, with its sample, points, events and analyses.

    A run that both have gets the closed analyses that it lacks; its current one stays. A run is copied in one
    transaction and hashed again before it counts. Runs still running are left out. Bench checks are copied.
    `only`: the uuids of the runs that are copied; None: all.

    Raises
    ------
    StoreError
        One of the files cannot be used, or a runner uses `path`.
    """
    if not path.is_file():
        raise InvalidRequest(f"{path}: no such file; use `labctl db backup` to copy a whole file")
    theirs = open_as_it_is(source)
    try:
        ours = open_for_writing(path)
        try:
            with explaining(path):
                require_nobody_else(path, ours)
                return _merge(ours, theirs, only)
        finally:
            ours.close()
    finally:
        theirs.close()


def _merge(
    ours: sqlite3.Connection, theirs: sqlite3.Connection, only: Collection[str] | None = None
) -> Merged:
    known_hashes = dict(ours.execute("SELECT uuid, content_hash FROM runs").fetchall())
    added, known, refused = [], [], []
    outdated: set[int] = set()
    for run in verify_runs(theirs, only):
        if run.recorded_hash is None:
            refused.append(f"Run {run.uuid} ended without a content hash.")
        elif not run.intact:
            refused.append(f"Run {run.uuid} is not what it was at its end.")
        elif run.uuid not in known_hashes:
            try:
                outdated.update(_copy_run(ours, theirs, run))
                added.append(run.uuid)
            except (StoreError, LookupError, TypeError, ValueError, *ROW_ERRORS) as error:
                refused.append(f"Run {run.uuid}: {error}.")
        elif known_hashes[run.uuid] == run.recorded_hash:
            outdated.update(_copy_later_knowledge(ours, theirs, run))
            refused += _refused_analyses(ours, theirs, run)
            known.append(run.uuid)
        else:
            refused.append(f"Run {run.uuid} is here already with other content.")
    with _transaction(ours):
        bench_checks = copy_checks(ours, theirs, "bench_checks")
        copy_checks(ours, theirs, "analyser_checks")
        copy_checks(ours, theirs, "preflights")
        copy_checks(ours, theirs, "isolation_checks")
    return Merged(tuple(added), tuple(known), tuple(refused), tuple(sorted(outdated)), bench_checks)


def _copy_run(ours: sqlite3.Connection, theirs: sqlite3.Connection, run: RunCheck) -> list[int]:
    """Copy a run; return the ids of our runs that have to be derived again."""
    with _transaction(ours):
        copy = _Copy(ours, theirs, run.run_id)
        copy.run(run)
        return copy.outdated


def _copy_later_knowledge(ours: sqlite3.Connection, theirs: sqlite3.Connection, run: RunCheck) -> list[int]:
    """Copy amendments, facts and mount of a run that is here; return our runs to be derived again."""
    query = "SELECT id, sample_id FROM runs WHERE uuid = ?"
    our, their = (connection.execute(query, (run.uuid,)).fetchone() for connection in (ours, theirs))
    with _transaction(ours):
        return copy_knowledge(ours, theirs, Pair(*our, *their))


def _refused_analyses(ours: sqlite3.Connection, theirs: sqlite3.Connection, run: RunCheck) -> tuple[str, ...]:
    """Copy the closed analyses that a run lacks here; return why it cannot be done, if so."""
    try:
        with _transaction(ours):
            _Copy(ours, theirs, run.run_id).missing_analyses(run)
    except (StoreError, LookupError, TypeError, ValueError, *ROW_ERRORS) as error:
        return (f"Analyses of run {run.uuid}: {error}.",)
    return ()


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        connection.rollback()
        raise


class _Copy:
    """Copies one run from one file to the other."""

    def __init__(self, ours: sqlite3.Connection, theirs: sqlite3.Connection, run_id: int) -> None:
        self._ours, self._theirs, self._old_id = ours, theirs, run_id
        self._new_id = self._our_sample = self._their_sample = 0
        self.outdated: list[int] = []
        done = applied(theirs)
        self._has_analyses = "0012_analyses" in done
        self._repeated_points = [table for table, since in _REPEATED_POINTS.items() if since in done]
        since = {RELAXATION_TIMES: "0015_relaxation_times", PART_LAWS: "0021_part_laws"}
        self._later = tuple(table for table, step in since.items() if step not in done)  # tables it lacks

    def run(self, run: RunCheck) -> None:
        """Insert as running, fill, end, and compare the hash."""
        (row,) = self._rows("runs", "id = ?", self._old_id)
        (sample,) = self._rows("samples", "id = ?", row["sample_id"])
        self._their_sample, self._our_sample = row["sample_id"], self._sample(sample)
        links = {"job_id": self._job(row["job_id"]), "sample_id": self._our_sample}
        self._new_id = self._insert("runs", _without(row, ("id", *_ENDINGS)) | links)
        for table in (*_OF_A_RUN, *self._later_tables()):
            for part in self._rows(table, "run_id = ?", self._old_id):
                self._insert(table, self._linked(table, part))
        for table in _POINTS:
            self._series(table)
        change_row(self._ours, "runs", self._new_id, {name: row[name] for name in _ENDINGS[:-1]})
        made_by = content_hash if content_hash(self._theirs, self._old_id) == run.recorded_hash else None
        actual = (made_by or earlier_content_hash)(self._ours, self._new_id)
        if actual != run.recorded_hash:
            raise StoreError(f"it did not arrive whole: {actual}, not {run.recorded_hash}")
        change_row(self._ours, "runs", self._new_id, {"content_hash": actual})
        self.outdated = self._knowledge()
        for analysis in self._analyses():
            self._analysis(analysis)

    def _later_tables(self) -> tuple[str, ...]:
        """Tables with rows of a run that a file of an older labctl does not have."""
        done = applied(self._theirs)
        return tuple(table for table, since in _LATER_OF_A_RUN.items() if since in done)

    def _knowledge(self) -> list[int]:
        """Copy what became known later; return the ids of our runs that have to be derived again."""
        ours_alone = has_amendments(self._ours, self._our_sample)
        pair = Pair(self._new_id, self._our_sample, self._old_id, self._their_sample)
        return sorted({*copy_knowledge(self._ours, self._theirs, pair), *([self._new_id] * ours_alone)})

    def _series(self, table: str) -> None:
        """Spectra or polarisations with their points."""
        points, parent = _POINTS[table]
        for row in self._rows(table, "run_id = ?", self._old_id):
            new = self._insert(table, _without(self._linked(table, row), ("status", "ended_s")))
            for point in self._rows(points, f"{parent} = ?", row["id"]):
                self._insert(points, point | {parent: new})
            change_row(self._ours, table, new, {"status": row["status"], "ended_s": row["ended_s"]})
            for repeated in self._repeated_points if table == "spectra" else ():
                for point in self._rows(repeated, "spectrum_id = ?", row["id"]):
                    self._insert(repeated, point | {"spectrum_id": new})

    def missing_analyses(self, run: RunCheck) -> None:
        """Copy the closed analyses that the run, which is here already, lacks; none becomes current."""
        (self._new_id,) = self._ours.execute("SELECT id FROM runs WHERE uuid = ?", (run.uuid,)).fetchone()
        here = {uuid for (uuid,) in self._ours.execute("SELECT uuid FROM analyses").fetchall()}
        for analysis in self._analyses():
            if analysis["uuid"] not in here and analysis["closed_s"] is not None:
                self._analysis(analysis | {"is_current": 0, "name": self._free_name(analysis["name"])})

    def _analyses(self) -> list[dict[str, Any]]:
        """The analyses of the run in the other file; for an older file, as a migration would make it."""
        if self._has_analyses:
            return self._rows("analyses", "run_id = ?", self._old_id)
        query = f"SELECT * FROM ({FIRST_ANALYSES}) WHERE run_id = ?"
        found = self._theirs.execute(query, (self._old_id,)).fetchall()
        return [dict(zip(FIRST_COLUMNS, row, strict=True)) for row in found]

    def _analysis(self, analysis: Mapping[str, Any]) -> None:
        """Copy an analysis with its rows, which are written while it is open, and its choices."""
        row: dict[str, Any] = _without(analysis, ("id", "closed_s")) | {"run_id": self._new_id}
        if row.get("amendments"):
            row["amendments"] = self._same_amendments(row["amendments"])
        new = self._insert("analyses", row)
        for public, table in ((p, t) for p, t in TABLE_OF.items() if p not in self._later):
            self._derived(public, table, analysis["id"], new)
        if analysis["closed_s"] is not None:
            self._ours.execute("UPDATE analyses SET closed_s = ? WHERE id = ?", (analysis["closed_s"], new))
        if self._has_analyses and analysis["is_current"]:
            for choice in self._rows("analysis_choices", "analysis_id = ?", analysis["id"]):
                self._insert(
                    "analysis_choices",
                    _without(choice, ("id",)) | {"run_id": self._new_id, "analysis_id": new},
                )

    def _derived(self, public: str, table: str, old_analysis: int, new_analysis: int) -> None:
        """Copy the derived rows of one analysis; of an older file, all rows of the run."""
        source, of_run = (table, " AND analysis_id = ?") if self._has_analyses else (public, "")
        condition = RUN_CONDITION[public] + of_run
        values = (self._old_id, old_analysis) if self._has_analyses else (self._old_id,)
        for row in self._rows(source, condition, *values):
            linked = self._linked(table, _without(row, ("analysis_id",)))
            if linked.get("spectra") is not None:
                linked["spectra"] = self._same_spectra(linked["spectra"])
            self._insert(table, linked | {"analysis_id": new_analysis})

    def _same_amendments(self, text: str) -> str:
        """A JSON list of ids of amendments in this file's ids; their rows came before."""
        found = []
        for old_id in decode(text):
            query = "SELECT uuid FROM amendments WHERE id = ?"
            named = self._theirs.execute(query, (old_id,)).fetchone()
            query = "SELECT id FROM amendments WHERE uuid = ?"
            here = named and self._ours.execute(query, named).fetchone()
            if not here:
                raise StoreError(f"an analysis stands on amendment {old_id}, which did not come with it")
            found.append(here[0])
        return encode(found)

    def _free_name(self, name: str) -> str:
        """The name, or one with a number behind it where the run has another analysis of this name."""
        query = "SELECT name FROM analyses WHERE run_id = ?"
        taken = {taken for (taken,) in self._ours.execute(query, (self._new_id,)).fetchall()}
        free = (f"{name} ({count})" for count in range(2, len(taken) + 3))
        return name if not name or name not in taken else next(one for one in free if one not in taken)

    def _same_spectra(self, text: str) -> str | None:
        """A JSON list of spectrum ids in this file's ids; None (not known) where one of them is not here."""
        try:
            return encode([self._same_row("spectra", old_id) for old_id in decode(text)])
        except StoreError:
            return None

    def _linked(self, table: str, row: Mapping[str, Any]) -> dict[str, Any]:
        """The row without its id, with foreign keys translated to this file."""
        linked = _without(row, ("id",))
        for column, leads_to in references(self._ours, table).items():
            if leads_to == "runs":
                linked[column] = self._new_id
            elif row.get(column) is not None:
                linked[column] = self._same_row(leads_to, row[column])
        return linked

    def _same_row(self, table: str, old_id: int) -> int:
        """The id in this file of a spectrum or polarisation, also of an earlier part of a continued run."""
        query = f"SELECT r.uuid, t.number FROM {table} t JOIN runs r ON r.id = t.run_id WHERE t.id = ?"
        named = self._theirs.execute(query, (old_id,)).fetchone()
        if named is None:
            raise StoreError(f"it refers to row {old_id} of {table}, which its own file does not have")
        uuid, number = named
        query = f"SELECT t.id FROM {table} t JOIN runs r ON r.id = t.run_id WHERE r.uuid = ? AND t.number = ?"
        found = self._ours.execute(query, (uuid, number)).fetchone()
        if found is None:
            raise StoreError(f"it refers to number {number} of {table} of run {uuid}, which is not here")
        return found[0]

    def _sample(self, sample: Mapping[str, Any]) -> int:
        columns = [info[1] for info in self._ours.execute("PRAGMA table_info(samples)").fetchall()]
        row = _without(dict.fromkeys(columns) | dict(sample), ("id",))  # an older file has fewer columns
        same = " AND ".join(f"{name} IS ?" for name in row)
        query = f"SELECT min(id) FROM samples WHERE {same}"
        (found,) = self._ours.execute(query, tuple(row.values())).fetchone()
        return found if found is not None else self._insert("samples", row)

    def _job(self, job_id: int | None) -> int | None:
        """The job that links the parts of a continued run, in a state that no runner starts."""
        if job_id is None:
            return None
        (job,) = self._rows("jobs", "id = ?", job_id)
        found = self._ours.execute("SELECT id FROM jobs WHERE uuid = ?", (job["uuid"],)).fetchone()
        if found:
            return found[0]
        if job["state"] not in _OVER:
            job |= {"state": "cancelled", "reason": "came with its runs from another file"}
        return self._insert("jobs", _without(job, ("id",)))

    def _rows(self, table: str, condition: str, *values: int | None) -> list[dict[str, Any]]:
        cursor = self._theirs.execute(f"SELECT * FROM {table} WHERE {condition} ORDER BY 1, 2", values)
        names = [column[0] for column in cursor.description]
        known = newest().tables[TABLE_OF.get(table, table)]  # the names of others would become SQL
        return [
            {name: value for name, value in zip(names, row, strict=True) if name in known}
            for row in cursor.fetchall()
        ]

    def _insert(self, table: str, row: Mapping[str, Any]) -> int:
        marks = ", ".join("?" * len(row))
        sql = f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})"
        return self._ours.execute(sql, tuple(row.values())).lastrowid or 0


def _without(row: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in names}
