"""A file of a stranger runs no SQL of its own; a file of an older labctl is read as one of this labctl."""

import shutil
import sqlite3
from contextlib import closing

import pytest

from labctl.clock import VirtualClock
from labctl.errors import StoreError
from labctl.store import Database, Store, migrations
from labctl.store.care import back_up, check, verify
from labctl.store.connections import open_for_reading, open_for_writing
from labctl.store.looking import LookConnection
from labctl.store.merging import merge
from labctl.store.queries import jobs as job_queries
from labctl.store.time_limit import TimeLimit

ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT"


def change(path, *statements):
    """Run statements on a file, with its triggers dropped and no rules checked."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        connection.execute("PRAGMA foreign_keys = OFF")
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            connection.execute(*statement) if isinstance(statement, tuple) else connection.execute(statement)


def columns_of(path, table):
    with closing(sqlite3.connect(path)) as connection:
        return [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]


def endless(path, name, kind="TABLE"):
    """Put a view without an end in the place of a table or view."""
    columns = ", ".join(f"i AS {column}" for column in columns_of(path, name))
    change(path, f"DROP {kind} {name}", f"CREATE VIEW {name} AS {ENDLESS} {columns} FROM n")


@pytest.fixture
def finished(rig, path):
    """A file with one finished run, as a stranger would send it."""
    rig.append_points(3)
    rig.store.update("spectra", rig.spectrum_id, {"status": "finished", "ended_s": 5.0})
    rig.store.update("runs", rig.run_id, {"status": "finished", "ended_s": 9.0})
    rig.store.replace_derived("conductivities", {"run_id": rig.run_id}, [rig.conductivity()])
    rig.store.close()
    return path


@pytest.mark.parametrize("opening", [Database, open_for_writing, verify, LookConnection])
def test_a_view_in_the_place_of_a_table_is_refused_unread(finished, opening):
    endless(finished, "runs")
    with pytest.raises(StoreError, match=r"runs is a view, not a table\. No labctl made that"):
        opening(finished)


def test_an_endless_view_in_the_place_of_a_view_is_never_run(finished):
    endless(finished, "run_parts", "VIEW")
    with Database(finished) as db:
        assert db.part_ids("last") == [1]
        assert len(db.spectra("last")) == 1
    with closing(open_for_writing(finished)) as connection:
        assert connection.execute("SELECT part_id FROM run_parts").fetchall() == [(1,)]


def test_a_virtual_table_is_refused(finished):
    change(finished, "DROP TABLE requests", "CREATE VIRTUAL TABLE requests USING fts5(id, kind)")
    with pytest.raises(StoreError, match="requests is a virtual table"):
        Database(finished)


def test_a_computed_column_is_refused(finished):
    change(finished, "ALTER TABLE runs ADD COLUMN more TEXT AS (hex(zeroblob(100000000))) VIRTUAL")
    with pytest.raises(StoreError, match="the column 'more' of runs is computed by the file"):
        Database(finished)


@pytest.mark.parametrize("name", ["own", "runs_end_once"])
def test_a_trigger_of_a_stranger_is_refused_where_it_would_run(finished, name):
    change(
        finished, f"CREATE TRIGGER {name} BEFORE INSERT ON all_resistances BEGIN {ENDLESS} max(i) FROM n; END"
    )
    with pytest.raises(StoreError, match=rf"its trigger '{name}' would run when a row is written"):
        open_for_writing(finished)
    with Database(finished) as db:
        assert len(db.runs()) == 1


def test_tables_views_and_triggers_that_a_laboratory_added_of_its_own_stay(finished):
    with closing(sqlite3.connect(finished, isolation_level=None)) as connection:
        connection.execute("CREATE TABLE notebook (page INTEGER, run_id INTEGER, seen INTEGER DEFAULT 0)")
        connection.execute("CREATE VIEW pages AS SELECT page FROM notebook")
        connection.execute(
            "CREATE TRIGGER seen AFTER INSERT ON notebook BEGIN UPDATE notebook SET seen = 1; END"
        )
    with closing(open_for_writing(finished)) as connection:
        assert connection.execute("SELECT count(*) FROM pages").fetchone() == (0,)


def test_missing_tables_and_columns_are_named(finished, tmp_path):
    other = shutil.copy(finished, tmp_path / "other.db")
    change(finished, "DROP TABLE jobs")
    change(
        other, "DROP VIEW run_parts", "DROP VIEW runs_lab_units", "ALTER TABLE runs RENAME COLUMN host TO h"
    )
    with pytest.raises(StoreError, match=r"lacks the table jobs: damaged, or changed by another program"):
        Database(finished)
    with pytest.raises(StoreError, match=r"the table runs lacks the column host"):
        Database(other)


@pytest.mark.parametrize("opening", [Database, open_for_writing, LookConnection])
def test_an_endless_view_in_the_place_of_the_ledger_is_refused_unread(finished, opening):
    endless(finished, "_sqlite_migrations")
    with pytest.raises(StoreError, match="its ledger of migrations is empty"):
        opening(finished)


def test_an_empty_ledger_is_no_file_in_the_making(finished):
    change(finished, "DELETE FROM _sqlite_migrations")
    with pytest.raises(StoreError, match="its ledger of migrations is empty"):
        Database(finished)


def test_functions_of_the_file_are_not_trusted_and_own_views_are_read_without_log10(finished, monkeypatch):
    def without_log10(connection):
        connection.create_function("log10", 1, lambda value: -2.0, deterministic=True)

    monkeypatch.setattr("labctl.store.connections.add_log10", without_log10)
    with Database(finished) as db:
        assert db.rows("PRAGMA trusted_schema") == [{"trusted_schema": 0}]
        assert db.rows("SELECT log10_conductivity_s_cm AS l FROM conductivities_lab_units") == [{"l": -2.0}]
        with pytest.raises(StoreError, match=r"unsafe use of log10\(\)"):
            db.rows("SELECT log10_conductivity_s_cm FROM main.conductivities_lab_units")


def test_a_statement_ends_when_the_time_of_a_look_is_over(finished):
    clock = VirtualClock()
    with Database(finished, TimeLimit(4.0, clock)) as db:
        assert len(db.rows("SELECT * FROM runs")) == 1
        clock.sleep(5.0)
        with pytest.raises(StoreError, match=r"not read within 4 s: too large, or made to take long"):
            db.rows(f"{ENDLESS} count(*) FROM n")


def test_a_value_too_large_is_not_read(finished):
    change(finished, "UPDATE samples SET note = replace(hex(zeroblob(40000000)), '00', 'xy')")
    with Database(finished) as db, pytest.raises(StoreError, match="a value of more than 64 MiB"):
        db.samples()


def test_text_that_is_not_utf_8_is_shown_with_replacement_characters(finished):
    change(finished, "UPDATE samples SET name = CAST(x'61ff62' AS TEXT)")
    with Database(finished) as db:
        assert db.sample(1)["name"] == "a\ufffdb"
        assert len(db.runs()) == 1


def test_json_that_cannot_be_read_is_shown_as_such(finished):
    columns = "run_id, time_s, level, kind, message, details"
    event = f"INSERT INTO events ({columns}) VALUES (1, 1, 'info', 'k', 'm', ?)"
    deep = "[" * 300 + "]" * 300
    change(
        finished,
        "UPDATE runs SET parameters = '{'",
        ("UPDATE all_conductivities SET flags = ?", (deep,)),
        (event, ("9" * 6000,)),
        (event, ('{"$number": "?"}',)),
    )
    with Database(finished) as db:
        assert "JSONDecodeError" in db.run("last")["parameters"]["$unreadable"]
        assert list(db.conductivities("last")["flags"]) == [["the remarks of this row cannot be read"]]
        details = list(db.events("last")["details"])
    assert "4300 digits" in details[-2]["$unreadable"]
    assert "KeyError" in details[-1]["$unreadable"]


def test_text_where_a_number_belongs_is_no_number(finished, loosen):
    loosen(finished, "impedance_points", "runs")
    change(
        finished,
        "UPDATE impedance_points SET z_real_ohm = 'abc' WHERE number = 1",
        "UPDATE impedance_points SET z_imag_ohm = x'00ff' WHERE number = 2",
    )
    with Database(finished) as db:
        points = db.points(1)
        assert list(points["z_real_ohm"].isna()) == [False, True, False]
        assert list(points["z_imag_ohm"].isna()) == [False, False, True]
        assert len(db.spectrum(1).frequency_hz) == 3


def test_one_run_that_cannot_be_read_leaves_the_others_to_verify_and_merge(path, start, tmp_path, loosen):
    with Store.open(path) as store:
        for _ in range(2):
            rig = start(store)
            rig.append_points(2)
            store.update("runs", rig.run_id, {"status": "finished", "ended_s": 9.0})
    loosen(path, "impedance_points")
    change(path, "UPDATE impedance_points SET status = x'ff00' WHERE spectrum_id = 1")
    assert [run.intact for run in verify(path)] == [False, True]
    assert "not to be computed" in verify(path)[0].actual_hash
    ours = tmp_path / "ours.db"
    Store.open(ours).close()
    found = merge(ours, path)
    assert len(found.added) == 1
    assert [sentence.endswith("is not what it was at its end.") for sentence in found.refused] == [True]
    assert any("status" in problem and "impedance_points" in problem for problem in check(path).problems)


def test_a_check_names_rows_that_labctl_would_not_have_written(finished, loosen):
    loosen(finished, "samples", "spectra")
    change(
        finished, "UPDATE samples SET thickness_m = 0", ("UPDATE spectra SET started_s = ?", ("yesterday",))
    )
    problems = " ".join(check(finished).problems)
    assert "A row of samples (id 1) is not as labctl writes it: CHECK constraint failed" in problems
    assert "A row of spectra (id 1)" in problems


NAMES = [name for name, _ in migrations.named_steps()]


@pytest.fixture
def older(path, start, monkeypatch, insert_as_before):
    """Make a file of an older schema with one finished run."""

    def made(newest):
        steps = {name: step for name, step in migrations.named_steps() if name <= newest}
        with monkeypatch.context() as patch:
            patch.setattr(migrations, "_MIGRATIONS", steps)
            with Store.open(path) as store:
                rig = start(store)
                rig.append_points(2)
                store.update("spectra", rig.spectrum_id, {"status": "finished", "ended_s": 5.0})
                if "0012_analyses" in steps:
                    where = {"spectrum_id": rig.spectrum_id}
                    store.replace_derived("conductivities", where, [rig.conductivity()])
                store.update("runs", rig.run_id, {"status": "finished", "ended_s": 9.0})
            if "0012_analyses" not in steps:
                insert_as_before(path, "conductivities", rig.conductivity())
        return path

    return made


@pytest.mark.parametrize("newest", NAMES[:-1])
def test_a_file_of_every_older_schema_is_read_unchanged(older, newest, tmp_path):
    path = older(newest)
    change(path, "INSERT INTO jobs (uuid, protocol_text, created_s) VALUES ('u', 'x', 1.0)")
    before = path.read_bytes()
    with Database(path) as db:
        described = {(row["table_name"], row["column_name"]) for row in db.rows("SELECT * FROM columns")}
        for table in {name for name, _ in described}:
            columns = set(db.frame(f"SELECT * FROM {table}").columns)
            assert columns == {column for name, column in described if name == table}, table
        assert len(db.runs()) == len(db.spectra("last")) == len(db.conductivities("last")) == 1
        assert len(db.transference_numbers("last")) == len(db.fits("last")) == 0
    with LookConnection(path) as connection:
        (job,) = job_queries.listed_jobs(connection)
        assert (job["title"], job["cleared"], job["duration_s"]) == ("", 0, None)
    assert [run.intact for run in verify(path)] == [True]
    assert path.read_bytes() == before
    ours = tmp_path / "ours.db"
    Store.open(ours).close()
    assert len(merge(ours, path).added) == 1
    assert [run.intact for run in verify(ours)] == [True]


def test_a_backup_copies_a_newer_file(finished, tmp_path):
    columns, values = "migration_set, name, applied_at", "'labctl', '9999_later', 'x'"
    change(finished, f"INSERT INTO _sqlite_migrations ({columns}) VALUES ({values})")
    with pytest.raises(StoreError, match="made by a newer labctl"):
        Database(finished)
    back_up(finished, tmp_path / "copy.db")
    with closing(sqlite3.connect(tmp_path / "copy.db")) as copy:
        assert copy.execute("SELECT count(*) FROM runs").fetchone() == (1,)


def test_a_look_writes_nothing(finished):
    with LookConnection(finished) as connection:
        with pytest.raises(StoreError, match="opened to read only"), connection.transaction():
            pass
        with pytest.raises(StoreError, match="readonly"):
            connection.execute("DELETE FROM jobs")
    with closing(open_for_reading(finished)) as connection, pytest.raises(sqlite3.OperationalError):
        connection.execute("CREATE TEMP TABLE t (a)")
