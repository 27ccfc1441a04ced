"""The schema and its ledger. sqlite-utils is imported only when there is something to migrate."""

import re
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from labctl.store import newest_schema
from labctl.store.migrations import (
    analysis_tables,
    condition_tables,
    imported_polarisations,
    interval_columns,
    part_law_tables,
    relaxation_tables,
    run_cells,
    run_progress,
)
from labctl.store.migrations.amendment_tables import FROM_RUNS
from labctl.store.migrations.amendment_tables import TABLES as AMENDMENT_TABLES
from labctl.store.migrations.amendment_tables import triggers as amendment_triggers
from labctl.store.migrations.bench_check_table import TABLE as BENCH_CHECKS
from labctl.store.migrations.budget_columns import ADDED_TO_CONDUCTIVITIES as CONDUCTIVITY_BUDGETS
from labctl.store.migrations.budget_columns import ADDED_TO_LAW_FITS as LAW_BUDGETS
from labctl.store.migrations.budget_columns import ADDED_TO_TRANSFERENCE_NUMBERS as TRANSFERENCE_BUDGETS
from labctl.store.migrations.ceiling_columns import ADDED_TO_SAMPLES as CEILINGS
from labctl.store.migrations.ceiling_columns import FIXED_TRIGGER as CEILING_TRIGGER
from labctl.store.migrations.cell_columns import ADDED_TO_CONDUCTIVITIES as ANALYSER_PARTS
from labctl.store.migrations.cell_columns import ADDED_TO_RESISTANCES as ANALYSER_OHMS
from labctl.store.migrations.cell_columns import ADDED_TO_SAMPLES as CELL
from labctl.store.migrations.cell_columns import FIXED_TRIGGER as CELL_TRIGGER
from labctl.store.migrations.check_point_table import TABLE as CHECK_POINTS
from labctl.store.migrations.circuit_columns import ADDED_TO_RESISTANCES as CIRCUITS
from labctl.store.migrations.first_tables import TABLES
from labctl.store.migrations.first_triggers import triggers
from labctl.store.migrations.first_views import VIEWS
from labctl.store.migrations.fixture_columns import ADDED_TO_SAMPLES
from labctl.store.migrations.fixture_columns import FIXED_TRIGGER as FIXTURE_TRIGGER
from labctl.store.migrations.geometry_columns import ADDED_TO_CONDUCTIVITIES as LAGS
from labctl.store.migrations.geometry_columns import ADDED_TO_SAMPLES as GEOMETRY
from labctl.store.migrations.geometry_columns import FIXED_TRIGGER as GEOMETRY_TRIGGER
from labctl.store.migrations.imported_files import TABLE as IMPORTED_FILES
from labctl.store.migrations.job_owners import (
    ADDED_TO_EVENTS,
    ADDED_TO_PAUSES,
    ADDED_TO_REQUESTS,
    FROM_HISTORY,
    PENDING_STAY,
)
from labctl.store.migrations.job_owners import ADDED_TO_JOBS as OWNERS
from labctl.store.migrations.job_owners import FIXED_TRIGGER as EVENT_TRIGGER
from labctl.store.migrations.job_rehearsals import ADDED_TO_JOBS as REHEARSALS
from labctl.store.migrations.law_columns import ADDED_TO_LAW_FITS
from labctl.store.migrations.night_check_tables import TABLES as NIGHT_CHECKS
from labctl.store.migrations.polarisation_tables import ADDED_TO_POLARISATIONS, FIXED_TRIGGER
from labctl.store.migrations.polarisation_tables import TABLES as POLARISATION_TABLES
from labctl.store.migrations.preflight_table import TABLE as PREFLIGHTS
from labctl.store.migrations.progress_column import ADDED_TO_HEARTBEATS
from labctl.store.migrations.queue_tables import ADDED_TO_JOBS
from labctl.store.migrations.queue_tables import TABLES as QUEUE_TABLES
from labctl.store.migrations.temperature_columns import ADDED_TO_CONDUCTIVITIES as SPANS
from labctl.store.migrations.temperature_columns import ADDED_TO_SPECTRA as BANDS
from labctl.store.migrations.temperature_columns import FIXED_TRIGGER as BAND_TRIGGER
from labctl.store.migrations.unsafe_processes import HEARTBEATS, STATE, UNSAFE

if TYPE_CHECKING:
    from sqlite_utils import Database as Sqlite

LEDGER = "_sqlite_migrations"
SET_NAME = "labctl"
APPLICATION_ID = 0x6C616263  # "labc": tells a labctl file from any other SQLite file

_CREATED = re.compile(r"CREATE (?:TABLE|VIEW) (\w+)")
_DESCRIBED = re.compile(r" +-- \[(.+?)\] (.+)$")
_NAMED = re.compile(r".* AS (\w+),?$| +(\w+) (?:INTEGER|REAL|TEXT|BLOB)\b")


def _m0001_first(db: "Sqlite") -> None:
    for statement in _statements(TABLES + VIEWS):
        db.execute(statement)
    columns_of: dict[str, list[str]] = {}
    for table, column, unit, meaning in described_columns(TABLES + VIEWS):
        columns_of.setdefault(table, []).append(column)
        db.execute("INSERT INTO columns VALUES (?, ?, ?, ?)", (table, column, unit, meaning))
    for statement in triggers(columns_of):
        db.execute(statement)
    db.execute(f"PRAGMA application_id = {APPLICATION_ID}")


def _m0002_queue(db: "Sqlite") -> None:
    _add_columns(db, "jobs", ADDED_TO_JOBS)
    for statement in _statements(QUEUE_TABLES):
        db.execute(statement)
    for described in described_columns(QUEUE_TABLES):
        db.execute("INSERT INTO columns VALUES (?, ?, ?, ?)", described)


def _m0003_polarisation(db: "Sqlite") -> None:
    _add_columns(db, "polarisations", ADDED_TO_POLARISATIONS)
    db.execute(FIXED_TRIGGER)
    db.execute("DELETE FROM columns WHERE table_name = 'transference_numbers'")
    for statement in _statements(POLARISATION_TABLES):
        db.execute(statement)
    for described in described_columns(POLARISATION_TABLES):
        db.execute("INSERT INTO columns VALUES (?, ?, ?, ?)", described)


def _m0004_fixture(db: "Sqlite") -> None:
    _add_columns(db, "samples", ADDED_TO_SAMPLES)
    db.execute(FIXTURE_TRIGGER)


def _m0005_law_columns(db: "Sqlite") -> None:
    _add_columns(db, "law_fits", ADDED_TO_LAW_FITS)


def _m0006_unsafe(db: "Sqlite") -> None:
    for statement in _statements(HEARTBEATS):
        db.execute(statement)
    where = "table_name = 'heartbeats' AND column_name = 'state'"
    db.execute(f"UPDATE columns SET meaning = ? WHERE {where}", (STATE,))
    db.execute("INSERT INTO columns VALUES ('heartbeats', 'unsafe', 'text', ?)", (UNSAFE,))


def _m0007_ceilings(db: "Sqlite") -> None:
    _add_columns(db, "samples", CEILINGS)
    db.execute(CEILING_TRIGGER)


def _m0008_job_owners(db: "Sqlite") -> None:
    _add_columns(db, "jobs", OWNERS)
    _add_columns(db, "requests", ADDED_TO_REQUESTS)
    _add_columns(db, "queue_pauses", ADDED_TO_PAUSES)
    _add_columns(db, "events", ADDED_TO_EVENTS)
    db.execute(EVENT_TRIGGER)
    db.execute(FROM_HISTORY)
    db.execute(PENDING_STAY)


def _m0009_temperature(db: "Sqlite") -> None:
    _add_columns(db, "spectra", BANDS)
    _add_columns(db, "conductivities", SPANS)
    db.execute(BAND_TRIGGER)


def _m0010_rehearsals(db: "Sqlite") -> None:
    _add_columns(db, "jobs", REHEARSALS)


def _m0011_bench_checks(db: "Sqlite") -> None:
    for statement in _statements(BENCH_CHECKS):
        db.execute(statement)
    for described in described_columns(BENCH_CHECKS):
        db.execute("INSERT INTO columns VALUES (?, ?, ?, ?)", described)


def _m0012_analyses(db: "Sqlite") -> None:
    statements = {match[1]: sql for sql in _statements(VIEWS) if (match := _CREATED.match(sql))}
    for name in analysis_tables.LAB_UNITS:
        db.execute(f"DROP VIEW {name}")
    for statement in _statements(analysis_tables.TABLES):
        db.execute(statement)
    for described in described_columns(analysis_tables.TABLES):
        db.execute("INSERT INTO columns VALUES (?, ?, ?, ?)", described)
    first = ", ".join(analysis_tables.FIRST_COLUMNS)
    db.execute(f"INSERT INTO analyses ({first}) {analysis_tables.FIRST_ANALYSES}")
    db.execute("PRAGMA legacy_alter_table = ON")  # views of a laboratory go on reading the public names
    for public, table in analysis_tables.TABLE_OF.items():
        _keep_all_analyses(db, public, table)
    db.execute("PRAGMA legacy_alter_table = OFF")
    for statement in (*(statements[name] for name in analysis_tables.LAB_UNITS), *analysis_tables.triggers()):
        db.execute(statement)


def _keep_all_analyses(db: "Sqlite", public: str, table: str) -> None:
    """Rename a table of derived rows; its public name becomes the view of the current analyses."""
    column, unit, meaning = analysis_tables.ANALYSIS_ID
    db.execute(f"ALTER TABLE {public} RENAME TO {table}")
    db.execute(f"ALTER TABLE {table} ADD COLUMN {column} INTEGER REFERENCES analyses")
    db.execute(f"UPDATE {table} SET {column} = {analysis_tables.RUN_OF[public]}")
    db.execute("INSERT INTO columns VALUES (?, ?, ?, ?)", (public, column, unit, meaning))
    copied = "SELECT ?, column_name, unit, meaning FROM columns WHERE table_name = ?"
    db.execute(f"INSERT INTO columns {copied}", (table, public))
    db.execute(analysis_tables.view(public))


def _m0013_amendments(db: "Sqlite") -> None:
    for statement in _statements(AMENDMENT_TABLES):
        db.execute(statement)
    for described in described_columns(AMENDMENT_TABLES):
        db.execute("INSERT INTO columns VALUES (?, ?, ?, ?)", described)
    for statement in (*FROM_RUNS, *amendment_triggers()):
        db.execute(statement)


def _m0033_preflights(db: "Sqlite") -> None:
    for statement in _statements(PREFLIGHTS):
        db.execute(statement)
    for described in described_columns(PREFLIGHTS):
        db.execute("INSERT INTO columns VALUES (?, ?, ?, ?)", described)


def _m0014_check_points(db: "Sqlite") -> None:
    for statement in _statements(CHECK_POINTS):
        db.execute(statement)
    for described in described_columns(CHECK_POINTS):
        db.execute("INSERT INTO columns VALUES (?, ?, ?, ?)", described)


def _m0015_relaxation_times(db: "Sqlite") -> None:
    _add_derived(db, relaxation_tables.PUBLIC, relaxation_tables.TABLE)
    for statement in (relaxation_tables.VIEW, *relaxation_tables.triggers()):
        db.execute(statement)


def _m0016_cell(db: "Sqlite") -> None:
    _add_columns(db, "samples", CELL)
    _add_columns(db, "resistances", ANALYSER_OHMS)
    _add_columns(db, "conductivities", ANALYSER_PARTS)
    db.execute(CELL_TRIGGER)


def _m0017_imported_files(db: "Sqlite") -> None:
    for statement in _statements(IMPORTED_FILES):
        db.execute(statement)
    for described in described_columns(IMPORTED_FILES):
        db.execute("INSERT INTO columns VALUES (?, ?, ?, ?)", described)


def _m0018_budgets(db: "Sqlite") -> None:
    _add_columns(db, "conductivities", CONDUCTIVITY_BUDGETS)
    _add_columns(db, "law_fits", LAW_BUDGETS)
    _add_columns(db, "transference_numbers", TRANSFERENCE_BUDGETS)


def _m0019_imported_polarisations(db: "Sqlite") -> None:
    made = imported_polarisations
    db.execute(made.KEPT)
    db.execute(made.DROPPED)
    db.execute("DELETE FROM columns WHERE table_name = 'imported_files'")
    steps = (*_statements(made.TABLE), made.COPIED, made.FORGOTTEN, *_statements(made.PROTECTED))
    for statement in steps:
        db.execute(statement)
    for described in described_columns(made.TABLE):
        db.execute("INSERT INTO columns VALUES (?, ?, ?, ?)", described)


def _m0020_night_checks(db: "Sqlite") -> None:
    for statement in _statements(NIGHT_CHECKS):
        db.execute(statement)
    for described in described_columns(NIGHT_CHECKS):
        db.execute("INSERT INTO columns VALUES (?, ?, ?, ?)", described)


def _m0021_part_laws(db: "Sqlite") -> None:
    _add_columns(db, "resistances", part_law_tables.ADDED_TO_RESISTANCES)
    _add_derived(db, part_law_tables.PUBLIC, part_law_tables.TABLE)
    for statement in (part_law_tables.VIEW, *part_law_tables.triggers()):
        db.execute(statement)


def _add_derived(db: "Sqlite", public: str, schema: str) -> None:
    """Make a table of derived rows; its columns are described by its own and by its public name."""
    for statement in _statements(schema):
        db.execute(statement)
    for table, *described in described_columns(schema):
        for name in (table, public):
            db.execute("INSERT INTO columns VALUES (?, ?, ?, ?)", (name, *described))


def _m0022_geometry(db: "Sqlite") -> None:
    _add_columns(db, "samples", GEOMETRY)
    _add_columns(db, "conductivities", LAGS)
    db.execute(GEOMETRY_TRIGGER)


def _m0023_circuits(db: "Sqlite") -> None:
    _add_columns(db, "resistances", CIRCUITS)


def _m0024_intervals(db: "Sqlite") -> None:
    _add_columns(db, "resistances", interval_columns.ADDED_TO_RESISTANCES)
    _add_columns(db, "conductivities", interval_columns.ADDED_TO_CONDUCTIVITIES)
    _add_columns(db, part_law_tables.PUBLIC, interval_columns.ADDED_TO_PART_LAWS)


def _m0029_run_cells(db: "Sqlite") -> None:
    db.execute(run_cells.WITHOUT_PARTS)
    _add_columns(db, "runs", run_cells.ADDED_TO_RUNS)
    db.execute(run_cells.FIXED_TRIGGER)
    db.execute(run_cells.PARTS)


def _m0032_progress(db: "Sqlite") -> None:
    _add_columns(db, "heartbeats", ADDED_TO_HEARTBEATS)


def _m0038_run_progress(db: "Sqlite") -> None:
    _add_columns(db, "runs", run_progress.ADDED_TO_RUNS)


def _m0034_conditions(db: "Sqlite") -> None:
    for statement in _statements(condition_tables.TABLES):
        db.execute(statement)
    for described in described_columns(condition_tables.TABLES):
        db.execute("INSERT INTO columns VALUES (?, ?, ?, ?)", described)
    _add_columns(db, "spectra", condition_tables.ADDED_TO_SPECTRA)
    _add_columns(db, "law_fits", condition_tables.ADDED_TO_LAW_FITS)
    _add_columns(db, "resistances", condition_tables.ADDED_TO_RESISTANCES)
    for statement in condition_tables.triggers():
        db.execute(statement)


def _add_columns(db: "Sqlite", table: str, added: Sequence[tuple[str, str, str, str]]) -> None:
    """Add columns, each given as name, declaration, unit and meaning.

    A column of `conductivities` and the like is added to the table with the rows of all analyses; the view of
    the current ones then has it too.
    """
    kept = part_law_tables.TABLE_OF.get(table, table)
    query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name = ?"
    tables = [table] if not db.execute(query, (kept,)).fetchall() else list(dict.fromkeys((kept, table)))
    for column, declaration, unit, meaning in added:
        db.execute(f"ALTER TABLE {tables[0]} ADD COLUMN {column} {declaration}")
        for described in tables:
            db.execute("INSERT INTO columns VALUES (?, ?, ?, ?)", (described, column, unit, meaning))


_MIGRATIONS = {
    "0001_first": _m0001_first,
    "0002_queue": _m0002_queue,
    "0003_polarisation": _m0003_polarisation,
    "0004_fixture": _m0004_fixture,
    "0005_law_columns": _m0005_law_columns,
    "0006_unsafe": _m0006_unsafe,
    "0007_ceilings": _m0007_ceilings,
    "0008_job_owners": _m0008_job_owners,
    "0009_temperature": _m0009_temperature,
    "0010_rehearsals": _m0010_rehearsals,
    "0011_bench_checks": _m0011_bench_checks,
    "0012_analyses": _m0012_analyses,
    "0013_amendments": _m0013_amendments,
    "0014_check_points": _m0014_check_points,
    "0015_relaxation_times": _m0015_relaxation_times,
    "0016_cell": _m0016_cell,
    "0017_imported_files": _m0017_imported_files,
    "0018_budgets": _m0018_budgets,
    "0019_imported_polarisations": _m0019_imported_polarisations,
    "0020_night_checks": _m0020_night_checks,
    "0021_part_laws": _m0021_part_laws,
    "0022_geometry": _m0022_geometry,
    "0023_circuits": _m0023_circuits,
    "0024_intervals": _m0024_intervals,
    "0029_run_cells": _m0029_run_cells,
    "0032_progress": _m0032_progress,
    "0033_preflights": _m0033_preflights,
    "0034_conditions": _m0034_conditions,
    "0038_run_progress": _m0038_run_progress,
}


def named_steps() -> tuple[tuple[str, Callable[[Any], None]], ...]:
    """Name and function of every migration, oldest first; a function needs only `execute` of a connection."""
    return tuple(_MIGRATIONS.items())


def applied(connection: sqlite3.Connection) -> list[str]:
    """Names in the ledger of this file, oldest first; empty for a file without one."""
    query = "SELECT 1 FROM sqlite_master WHERE name = ? AND type = 'table' AND rootpage > 0"
    if not connection.execute(query, (LEDGER,)).fetchall():
        return []
    query = f"SELECT name FROM {LEDGER} WHERE migration_set = ? ORDER BY id"
    return [name for (name,) in connection.execute(query, (SET_NAME,))]


def pending(connection: sqlite3.Connection) -> list[str]:
    """Names of the migrations that this file lacks."""
    done = set(applied(connection))
    return [name for name in _MIGRATIONS if name not in done]


def unknown(connection: sqlite3.Connection) -> list[str]:
    """Names in the ledger that this labctl does not know: the file is newer."""
    return [name for name in applied(connection) if name not in _MIGRATIONS]


def apply(connection: sqlite3.Connection) -> None:
    """Apply the pending migrations, inside the transaction begun by the caller."""
    from sqlite_utils import Database as Sqlite
    from sqlite_utils import Migrations

    ledger = Migrations(SET_NAME)
    for name, migrate in _steps_of(connection):
        ledger(name=name)(migrate)
    ledger.apply(Sqlite(connection))


def newest_statements() -> tuple[str, ...]:
    """Return the statements that make the newest schema in an empty file; empty where its text is older."""
    return newest_schema.statements(next(reversed(_MIGRATIONS)))


def _steps_of(connection: sqlite3.Connection) -> Sequence[tuple[str, Callable[[Any], None]]]:
    """Return name and function of every migration; in an empty file the first one makes all."""
    is_empty = not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if not is_empty or not newest_statements():
        return named_steps()
    first, *later = _MIGRATIONS
    return [(first, _make_newest), *((name, _made_already) for name in later)]


def _make_newest(db: "Sqlite") -> None:
    for statement in newest_statements():
        db.execute(statement)


def _made_already(_: object) -> None:
    """Do nothing: what the migration makes stands in the newest schema."""


def described_columns(sql: str) -> Iterator[tuple[str, str, str, str]]:
    """(table, column, unit, meaning) of every column that a schema text describes on the line above it."""
    table, unit, meaning = "", "", ""
    for line in sql.splitlines():
        if created := _CREATED.match(line):
            table = created[1]
        elif described := _DESCRIBED.match(line):
            unit, meaning = described[1], described[2]
        elif meaning and (named := _NAMED.match(line)):
            yield table, named[1] or named[2], unit, meaning
            unit, meaning = "", ""


def _statements(sql: str) -> Iterator[str]:
    statement = ""
    for line in sql.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement.strip()
            statement = ""
