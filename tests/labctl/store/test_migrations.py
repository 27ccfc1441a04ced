"""Schema: descriptions of all columns, and protection against changes by other programs."""

import sqlite3
import subprocess
import sys
import threading
from contextlib import closing

import pytest

from labctl.errors import StoreError
from labctl.store import Database, Store, connections, migrations
from labctl.store.care import verify
from labctl.store.migrations import described_columns
from labctl.store.migrations.first_tables import TABLES
from labctl.store.processes import process_birth
from labctl.store.queries import analyser_checks, check_points, linearity_points, monitor_readings


@pytest.fixture
def stranger(rig, path):
    """A connection as another program would open it."""
    rig.append_points(2)
    rig.store.flush()
    connection = sqlite3.connect(path, isolation_level=None)
    yield connection
    connection.close()


def tables_and_views(connection):
    query = "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE '%sqlite%'"
    return [name for (name,) in connection.execute(query).fetchall()]


def test_every_column_of_every_table_and_view_is_described(stranger):
    described = set(stranger.execute("SELECT table_name, column_name FROM columns"))
    actual = {
        (table, info[1])
        for table in tables_and_views(stranger)
        for info in stranger.execute(f"PRAGMA table_xinfo({table})")
    }
    assert described == actual
    assert len(actual) > 150


def test_every_table_is_strict(stranger):
    sql = "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '%sqlite%'"
    assert [name for name, text in stranger.execute(sql) if "STRICT" not in text] == []


def test_units_in_column_names_agree_with_their_description(stranger):
    endings = {
        "_k": "K",
        "_hz": "Hz",
        "_ohm": "ohm",
        "_v": "V",
        "_a": "A",
        "_m": "m",
        "_m2": "m2",
        "_ev": "eV",
    }
    endings |= {"_per_k": "1/K", "_k_s": "K/s"}
    endings |= {"_s_m": "S/m", "_degc": "degC", "_s_cm": "S/cm"}
    for table, column, unit in stranger.execute("SELECT table_name, column_name, unit FROM columns"):
        ending = max((end for end in endings if column.endswith(end)), key=len, default="")
        exceptions = column.startswith(("log10", "inverse")) or column in ("elapsed_s", "integration_s")
        assert exceptions or not ending or unit == endings[ending], (table, column, unit)


def test_a_name_that_holds_json_holds_json_or_numbers_everywhere(stranger):
    """Readers decode by column name."""
    query = """SELECT table_name, column_name FROM columns WHERE unit = 'text'
               AND column_name IN (SELECT column_name FROM columns WHERE unit = 'JSON')"""
    assert stranger.execute(query).fetchall() == []


RAW = ("samples", "runs", "spectra", "impedance_points")


@pytest.mark.parametrize("table", RAW)
def test_no_program_can_delete_a_measured_row(stranger, table):
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        stranger.execute(f"DELETE FROM {table}")


@pytest.mark.parametrize("table", RAW)
def test_no_program_can_change_a_measured_row(stranger, table):
    column = stranger.execute(f"PRAGMA table_info({table})").fetchall()[2][1]
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        stranger.execute(f"UPDATE {table} SET {column} = {column}")


@pytest.mark.parametrize("table", RAW)
def test_no_program_can_replace_a_measured_row(stranger, table):
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        stranger.execute(f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}")


MEASURED = {
    "samples", "runs", "run_provenance", "run_instruments", "spectra", "impedance_points", "polarisations",
    "polarisation_points", "temperature_log", "records", "events", "job_history", "bench_checks",
    "check_points", "linearity_points", "analyser_checks",
    "monitor_readings", "thermal_steps", "isolation_checks",
    "imported_files",
}  # fmt: skip


def test_every_measured_table_refuses_update_delete_and_replace(stranger):
    names = {name for (name,) in stranger.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")}
    kinds = ("no_update", "no_delete", "no_replace")
    assert {f"{table}_{kind}" for table in MEASURED for kind in kinds} <= names


def test_an_ended_spectrum_takes_no_more_points(rig):
    rig.store.update("spectra", rig.spectrum_id, {"status": "finished", "ended_s": 5.0})
    rig.store.append("impedance_points", rig.point(0))
    with pytest.raises(StoreError, match="its row in spectra has ended"):
        rig.store.flush()


def test_views_speak_the_units_of_the_field(rig, path):
    where = {"spectrum_id": rig.spectrum_id}
    row = rig.conductivity(temperature_k=373.15, conductivity_s_m=4.1e-3)
    rig.store.replace_derived("conductivities", where, [row])
    with Database(path) as db:
        (shown,) = db.rows("SELECT * FROM conductivities_lab_units")
    assert shown["temperature_degc"] == pytest.approx(100.0)
    assert shown["conductivity_s_cm"] == pytest.approx(4.1e-5)
    assert shown["inverse_temperature_1000_k"] == pytest.approx(2.67989, abs=1e-5)
    assert shown["log10_conductivity_s_cm"] == pytest.approx(-4.387216, abs=1e-6)


def test_every_view_can_be_read(rig, path):
    rig.append_points(1)
    rig.store.flush()
    with Database(path) as db:
        for view in db.rows("SELECT name FROM sqlite_master WHERE type = 'view'"):
            db.rows(f"SELECT * FROM {view['name']}")
        assert (
            db.rows("SELECT minus_z_imag_ohm FROM impedance_points_lab_units")[0]["minus_z_imag_ohm"] == 5.0
        )


def test_the_ledger_names_the_migrations(rig, path):
    with Database(path) as db:
        assert migrations.applied(db._connection) == list(migrations._MIGRATIONS)
        assert migrations.pending(db._connection) == []


def test_a_newer_file_is_refused_with_words(path, start):
    with Store.open(path) as store:
        start(store)
    connection = sqlite3.connect(path)
    values = ("labctl", "9999_from_the_future", "2040-01-01")
    connection.execute(
        "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES (?, ?, ?)", values
    )
    connection.commit()
    connection.close()
    for opening in (Store.open, Database):
        with pytest.raises(StoreError, match=r"made by a newer labctl .*9999_from_the_future.*update labctl"):
            opening(path)


def test_an_older_file_is_migrated_after_a_backup_beside_it(path, start, monkeypatch):
    with Store.open(path) as store:
        start(store)

    def add_a_table(db):
        db.execute("CREATE TABLE later (id INTEGER PRIMARY KEY) STRICT")

    newer = migrations._MIGRATIONS | {"9998_later": add_a_table}
    monkeypatch.setattr(migrations, "_MIGRATIONS", newer)
    with Store.open(path) as store, store.read() as db:
        assert len(db.runs()) == 1
        assert db.rows("SELECT * FROM later") == []
    copy = sqlite3.connect(path.with_name("lab.before-9998_later.db"))
    assert "9998_later" not in migrations.applied(copy)
    assert copy.execute("SELECT count(*) FROM runs").fetchone() == (1,)
    copy.close()


def test_a_file_that_a_program_of_the_older_labctl_uses_is_not_migrated_under_it(path, start, monkeypatch):
    with subprocess.Popen([sys.executable, "-SEc", "input()"], stdin=subprocess.PIPE) as older:
        with Store.open(path) as store:
            rig = start(store)
            store.update("runs", rig.run_id, {"status": "finished", "ended_s": 1.0})
            row = {"sample_id": rig.sample_id, "procedure": "p:C", "started_s": 1.0}
            store.insert("runs", row | {"pid": older.pid, "process_birth": process_birth(older.pid)})
        newer = migrations._MIGRATIONS | {"9998_later": lambda _db: None}
        monkeypatch.setattr(migrations, "_MIGRATIONS", newer)
        with pytest.raises(
            StoreError, match=rf"run 2 \(pid {older.pid}\) of the older one still uses it; stop"
        ):
            Store.open(path)
        older.communicate(b"\n")
    Store.open(path).close()
    assert path.with_name("lab.before-9998_later.db").exists()


def test_of_two_programs_that_migrate_at_once_one_makes_the_backup(path, start, monkeypatch):
    with Store.open(path) as store:
        start(store)
    backups = []
    back_up, pending = connections._back_up_beside, migrations.pending
    both_looked = threading.Barrier(2, timeout=20)

    def look(connection):
        missing = pending(connection)
        if not connection.in_transaction:
            both_looked.wait()
        return missing

    def counted(path, migration):
        backups.append(migration)
        back_up(path, migration)

    newer = migrations._MIGRATIONS | {"9998_later": lambda db: db.execute("CREATE TABLE later (id INTEGER)")}
    monkeypatch.setattr(migrations, "_MIGRATIONS", newer)
    monkeypatch.setattr(migrations, "pending", look)
    monkeypatch.setattr(connections, "_back_up_beside", counted)
    programs = [threading.Thread(target=lambda: Store.open(path).close()) for _ in range(2)]
    for program in programs:
        program.start()
    for program in programs:
        program.join()
    assert backups == ["9998_later"]
    with closing(sqlite3.connect(path)) as migrated:
        assert migrations.applied(migrated).count("9998_later") == 1
    with closing(sqlite3.connect(path.with_name("lab.before-9998_later.db"))) as copy:
        assert "9998_later" not in migrations.applied(copy)


def test_a_failed_migration_leaves_the_file_as_it_was(path, start, monkeypatch):
    with Store.open(path) as store:
        start(store)

    def fail_half_way(db):
        db.execute("CREATE TABLE later (id INTEGER PRIMARY KEY) STRICT")
        db.execute("NONSENSE")

    with monkeypatch.context() as patch:
        patch.setattr(migrations, "_MIGRATIONS", migrations._MIGRATIONS | {"9998_later": fail_half_way})
        with pytest.raises(StoreError, match="syntax error"):
            Store.open(path)
    with Store.open(path) as store, store.read() as db:
        assert "later" not in tables_and_views(db._connection)


def test_a_file_of_another_program_is_refused(path):
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE recipes (name TEXT)")
    connection.close()
    with pytest.raises(StoreError, match="another program"):
        Store.open(path)


def test_a_file_that_is_no_database_is_refused(path):
    path.write_text("frequency, Z'\n" * 200)
    with pytest.raises(StoreError, match="not a database"):
        Store.open(path)


def test_an_empty_file_is_not_mistaken_for_results(path):
    path.touch()
    with pytest.raises(StoreError, match="empty, not a labctl database"):
        Database(path)


def test_a_python_with_an_old_sqlite_is_told(path, monkeypatch):
    monkeypatch.setattr("labctl.store.connections.OLDEST_SQLITE", (99, 0, 0))
    with pytest.raises(StoreError, match=r"this Python has SQLite 3.*, 99.0.0 is needed"):
        Store.open(path)


def test_columns_added_later_to_measured_tables_are_empty_in_older_runs(stranger):
    """Otherwise the content hash of an older run would change with the schema."""
    first = {(table, column) for table, column, _, _ in described_columns(TABLES)}
    for table in MEASURED:
        for _, column, _, _, default, _ in stranger.execute(f"PRAGMA table_info({table})").fetchall():
            assert (table, column) in first or default in (None, "''"), (table, column)


NAMES = list(migrations._MIGRATIONS)
WITHOUT_LAW_COLUMNS = NAMES[: NAMES.index("0005_law_columns")]
WITH_HEARTBEATS = NAMES[NAMES.index("0002_queue") : NAMES.index("0006_unsafe")]


def earlier(newest):
    return {name: step for name, step in migrations._MIGRATIONS.items() if name <= newest}


@pytest.mark.parametrize("newest", WITHOUT_LAW_COLUMNS)
def test_a_file_of_every_older_schema_keeps_its_laws_and_gets_the_new_columns(
    path, start, monkeypatch, insert_as_before, newest
):
    law = {"branch": "all", "law": "arrhenius", "form": "ln_sigma_t", "preferred": 1, "n_points": 7}
    law |= {"activation_energy_ev": 0.5, "standard_uncertainty_ev": 0.01, "flags": ["a reservation"]}
    law |= {"parameters": {"activation_energy": {"value": 0.5}}}
    law |= {"method": "m", "method_version": "1", "derived_s": 2.0}
    with monkeypatch.context() as patch:
        patch.setattr(migrations, "_MIGRATIONS", earlier(newest))
        with Store.open(path) as store:
            law |= {"run_id": start(store).run_id}
            insert_as_before(path, "law_fits", law)
            with store.read() as db:
                (before,) = db.rows("SELECT * FROM law_fits")
                assert "spectra" not in before
            store.update("runs", law["run_id"], {"status": "finished", "ended_s": 3.0})
    with Store.open(path) as store, store.read() as db:
        (after,) = db.rows("SELECT * FROM law_fits")
        described = set(db.columns().query("table_name == 'law_fits'")["column_name"])
        hashed = db.run("last")["content_hash"]
    assert after == before | {
        "spectra": None,
        "curve": None,
        "budget": None,
        "condition_quantity": None,
        "condition_setpoint": None,
        "analysis_id": law["run_id"],
    }
    assert {name: after[name] for name in law} == law
    assert set(after) == described
    assert [run.intact for run in verify(path)] == [True]
    assert verify(path)[0].recorded_hash == hashed


@pytest.mark.parametrize("newest", WITH_HEARTBEATS)
def test_the_heartbeats_of_every_older_schema_are_kept_and_may_become_unsafe(
    path, start, monkeypatch, newest
):
    beat = {"process": "runner", "station": "rig", "pid": 7, "host": "pc", "state": "ended", "doing": "idle"}
    beat |= {"started_s": 1.0, "beat_s": 2.0, "temperature_k": 300.0, "last_event_id": 3}
    with monkeypatch.context() as patch:
        patch.setattr(migrations, "_MIGRATIONS", earlier(newest))
        with Store.open(path) as store:
            store.update("runs", start(store).run_id, {"status": "finished", "ended_s": 3.0})
            store.insert("heartbeats", beat)
            with store.read() as db:
                (before,) = db.rows("SELECT * FROM heartbeats")
    with Store.open(path) as store, store.read() as db:
        assert db.rows("SELECT * FROM heartbeats") == [before | {"unsafe": "", "percent": None}]
    connection = sqlite3.connect(path)
    connection.execute("UPDATE heartbeats SET state = 'unsafe', unsafe = 'oven: no answer'")
    connection.execute("UPDATE heartbeats SET state = 'dismissed'")
    with pytest.raises(sqlite3.IntegrityError):
        connection.execute("UPDATE heartbeats SET state = 'safe, probably'")
    connection.close()


BEFORE_OWNERS = NAMES[: NAMES.index("0008_job_owners")]
JOB = "INSERT INTO jobs (id, uuid, protocol_text, state, created_s) VALUES (?, ?, 'p', ?, 1.0)"
CHANGE = "INSERT INTO job_history (job_id, time_s, state) VALUES (?, ?, ?)"


@pytest.mark.parametrize("newest", BEFORE_OWNERS)
def test_the_jobs_of_every_older_schema_learn_their_owner_and_claims_from_runs_and_history(
    path, start, monkeypatch, newest
):
    with monkeypatch.context() as patch:
        patch.setattr(migrations, "_MIGRATIONS", earlier(newest))
        with Store.open(path) as store:
            rig = start(store)
            store.update("runs", rig.run_id, {"status": "finished", "ended_s": 3.0})
        with closing(sqlite3.connect(path)) as connection:
            connection.execute(JOB, (1, "u1", "interrupted"))
            connection.execute(JOB, (2, "u2", "queued"))
            changes = [(1, 2.0, "queued"), (1, 3.0, "running"), (1, 4.0, "interrupted"), (1, 5.0, "running")]
            connection.executemany(CHANGE, [*changes, (1, 6.0, "interrupted"), (2, 2.0, "queued")])
            run = {"uuid": "u", "job_id": 1, "sample_id": rig.sample_id, "procedure": "p:C"}
            run |= {"station": "rig", "started_s": 3.0, "pid": 1, "host": "another", "status": "interrupted"}
            marks = ", ".join("?" * len(run))
            connection.execute(f"INSERT INTO runs ({', '.join(run)}) VALUES ({marks})", [*run.values()])
            connection.commit()
    with Store.open(path) as store, store.read() as db:
        query = """SELECT owner, claims, begun_s, claimed_s, deaths, runner_pid, state, rehearsal
                   FROM jobs ORDER BY id"""
        begun, waiting = db.rows(query)
        events = db.rows("SELECT station FROM events")
    assert begun == {
        "owner": "rig", "claims": 2, "begun_s": 3.0, "claimed_s": 5.0, "deaths": 0, "runner_pid": None,
        "state": "interrupted", "rehearsal": "",
    }  # fmt: skip
    assert (waiting["owner"], waiting["claims"], waiting["begun_s"]) == ("", 0, None)
    assert {row["station"] for row in events} <= {""}


def test_the_station_of_an_event_cannot_be_changed(rig, path):
    rig.store.append("events", {"time_s": 1.0, "level": "info", "kind": "k", "message": "m", "station": "a"})
    rig.store.flush()
    refused = pytest.raises(sqlite3.IntegrityError, match="append-only")
    with closing(sqlite3.connect(path)) as connection, refused:
        connection.execute("UPDATE events SET station = 'b'")


def test_the_runs_of_an_older_file_get_one_mount_for_each_sample(path, start, monkeypatch):
    steps = {name: step for name, step in migrations.named_steps() if name < "0013"}
    with monkeypatch.context() as patch:
        patch.setattr(migrations, "_MIGRATIONS", steps)
        with Store.open(path) as store:
            rig = start(store)
            row = {"sample_id": rig.sample_id, "procedure": "p:P", "started_s": 2.0}
            second = store.insert("runs", row)
            other = store.find_or_add_sample(
                {"name": "b", "thickness_m": 1e-3, "area_m2": 1e-4, "electrodes": "blocking"}
            )
            third = store.insert("runs", row | {"sample_id": other})
    Store.open(path).close()
    with Database(path) as db:
        rows = db.rows("SELECT * FROM run_mounts JOIN mounts ON mounts.id = mount_id ORDER BY run_id")
        first_uuid, third_uuid = db.run(rig.run_id)["uuid"], db.run(third)["uuid"]
    assert [(row["run_id"], row["number"]) for row in rows] == [(rig.run_id, 1), (second, 1), (third, 1)]
    assert [row["specimen"] for row in rows] == [first_uuid, first_uuid, third_uuid]


BEFORE_CELLS = NAMES[: NAMES.index("0016_cell")]


@pytest.mark.parametrize("newest", BEFORE_CELLS)
def test_the_samples_of_every_older_schema_keep_their_electrodes_and_state_no_pellet(
    path, start, monkeypatch, newest
):
    with monkeypatch.context() as patch:
        patch.setattr(migrations, "_MIGRATIONS", earlier(newest))
        with Store.open(path) as store:
            run_id = start(store).run_id
            store.update("runs", run_id, {"status": "finished", "ended_s": 3.0})
    with Database(path) as db:  # read as it is, then migrated: both show the same
        unmigrated = db.sample(1)
    with Store.open(path) as store, store.read() as db:
        after = db.sample(1)
    assert unmigrated == after
    assert after["electrodes"] == "blocking"
    assert after["pellet_area_m2"] is None
    assert [run.intact for run in verify(path)] == [True]


BEFORE_CHECK_POINTS = NAMES[: NAMES.index("0014_check_points")]
CHECK_POINT = {"number": 0, "repeats": 2, "time_s": 9.0, "frequency_hz": 1e3, "status": "ok"}
CHECK_POINT |= {"z_real_ohm": 101.0, "z_imag_ohm": -5.0, "temperature_k": 300.0}


@pytest.mark.parametrize("newest", BEFORE_CHECK_POINTS)
def test_a_file_of_every_older_schema_keeps_its_hash_and_takes_check_points(path, start, monkeypatch, newest):
    with monkeypatch.context() as patch:
        patch.setattr(migrations, "_MIGRATIONS", earlier(newest))
        with Store.open(path) as store:
            rig = start(store)
            rig.append_points(3)
            store.update("runs", rig.run_id, {"status": "finished", "ended_s": 3.0})
        (before,) = verify(path)
    with Database(path) as db:  # as it is, without a migration
        assert check_points.of_spectrum(db, rig.spectrum_id) == []
    with Store.open(path) as store, store.read() as db:
        assert [run.recorded_hash for run in verify(path)] == [before.recorded_hash]
        assert [run.intact for run in verify(path)] == [True]
        assert check_points.of_spectrum(db, rig.spectrum_id) == []
        with pytest.raises(StoreError, match="its row in runs has ended"):
            store.insert("check_points", CHECK_POINT | {"spectrum_id": rig.spectrum_id})


def test_a_check_point_follows_the_end_of_its_spectrum_and_is_never_changed(rig, path):
    rig.append_points(3)
    rig.store.update("spectra", rig.spectrum_id, {"status": "finished", "ended_s": 5.0})
    rig.store.append("check_points", CHECK_POINT | {"spectrum_id": rig.spectrum_id})
    rig.store.flush()
    with Database(path) as db:
        (row,) = check_points.of_spectrum(db, rig.spectrum_id)
        assert len(db.points(rig.spectrum_id)) == 3
    assert (row["first_real_ohm"], row["z_real_ohm"]) == (102.0, 101.0)
    refused = pytest.raises(sqlite3.IntegrityError, match="append-only")
    with closing(sqlite3.connect(path)) as connection:
        for statement in (
            "DELETE FROM check_points",
            "UPDATE check_points SET z_real_ohm = 1.0",
            "INSERT OR REPLACE INTO check_points SELECT * FROM check_points",
        ):
            with refused:
                connection.execute(statement)


BEFORE_NIGHT_CHECKS = NAMES[: NAMES.index("0020_night_checks")]
LINEARITY_POINT = CHECK_POINT | {"amplitude_v": 0.04}
ANALYSER_CHECK = {"time_s": 9.0, "station": "rig", "instrument": "analyser", "simulated": 0, "driver": "d:D"}
ANALYSER_CHECK |= {
    "standard": "resistor",
    "resistance_ohm": 1e4,
    "resistance_u_ohm": 2.0,
    "capacitance_f": 0.0,
}
ANALYSER_CHECK |= {"capacitance_u_f": 0.0, "source": "certificate 77", "amplitude_v": 0.02, "points": []}
ANALYSER_CHECK |= {"ratio": 1.001, "ratio_u": 2e-4, "outcome": "measured", "labctl_version": "0.1"}


@pytest.mark.parametrize("newest", BEFORE_NIGHT_CHECKS)
def test_a_file_of_every_older_schema_keeps_its_hash_and_takes_night_checks(path, start, monkeypatch, newest):
    with monkeypatch.context() as patch:
        patch.setattr(migrations, "_MIGRATIONS", earlier(newest))
        with Store.open(path) as store:
            rig = start(store)
            rig.append_points(3)
            store.update("runs", rig.run_id, {"status": "finished", "ended_s": 3.0})
        (before,) = verify(path)
    with Database(path) as db:  # as it is, without a migration
        assert linearity_points.of_spectrum(db, rig.spectrum_id) == []
        assert analyser_checks.newest(db, "rig", "resistor", False) is None
    with Store.open(path) as store, store.read() as db:
        assert [run.recorded_hash for run in verify(path)] == [before.recorded_hash]
        store.insert("analyser_checks", ANALYSER_CHECK)
        assert analyser_checks.newest(db, "rig", "resistor", False)["ratio"] == 1.001
        with pytest.raises(StoreError, match="its row in runs has ended"):
            store.insert("linearity_points", LINEARITY_POINT | {"spectrum_id": rig.spectrum_id})


def test_a_point_at_another_amplitude_is_in_the_hash_and_is_no_point_of_its_spectrum(rig, path):
    rig.append_points(3)
    rig.store.update("spectra", rig.spectrum_id, {"status": "finished", "ended_s": 5.0})
    rig.store.append("linearity_points", LINEARITY_POINT | {"spectrum_id": rig.spectrum_id})
    rig.store.flush()
    with Database(path) as db:
        (row,) = linearity_points.of_spectrum(db, rig.spectrum_id)
        assert len(db.points(rig.spectrum_id)) == 3
    assert (row["first_real_ohm"], row["z_real_ohm"], row["amplitude_v"]) == (102.0, 101.0, 0.04)
    rig.store.update("runs", rig.run_id, {"status": "finished", "ended_s": 9.0})
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TRIGGER linearity_points_no_update")
        connection.execute("UPDATE linearity_points SET z_real_ohm = 1.0")
        connection.commit()
    assert [run.intact for run in verify(path)] == [False]


BEFORE_BUDGETS = NAMES[: NAMES.index("0018_budgets")]
DERIVED = ("conductivities", "law_fits", "transference_numbers")


@pytest.mark.parametrize("newest", BEFORE_BUDGETS)
def test_derived_rows_of_every_older_schema_have_no_budget_and_keep_the_hash_of_their_run(
    path, start, monkeypatch, newest
):
    with monkeypatch.context() as patch:
        patch.setattr(migrations, "_MIGRATIONS", earlier(newest))
        with Store.open(path) as store:
            rig = start(store)
            rig.append_points(3)
            store.update("runs", rig.run_id, {"status": "finished", "ended_s": 3.0})
        (before,) = verify(path)
    with Database(path) as db:  # as it is, without a migration
        assert all("budget" in db.frame(f"SELECT * FROM {table}").columns for table in DERIVED)
    with Store.open(path) as store, store.read() as db:
        assert all("budget" in db.frame(f"SELECT * FROM {table}").columns for table in DERIVED)
    assert [(run.recorded_hash, run.intact) for run in verify(path)] == [(before.recorded_hash, True)]


def test_a_budget_is_json(rig, path):
    analysis = {"uuid": "a", "run_id": rig.run_id, "origin": "inline", "created_s": 1.0}
    law = {"run_id": rig.run_id, "analysis_id": rig.store.insert("analyses", analysis), "branch": "all"}
    law |= {"law": "vtf", "form": "", "preferred": 0, "parameters": "{}", "n_points": 3, "flags": "[]"}
    law |= {"method": "m", "method_version": "1", "derived_s": 1.0, "budget": "not JSON"}
    statement = f"INSERT INTO all_law_fits ({', '.join(law)}) VALUES ({', '.join('?' * len(law))})"
    refused = pytest.raises(sqlite3.IntegrityError, match="CHECK constraint failed: budget")
    with closing(sqlite3.connect(path)) as connection, refused:
        connection.execute(statement, (*law.values(),))


@pytest.mark.parametrize("newest", ["0001_first", "0012_analyses", NAMES[NAMES.index("0021_part_laws") - 1]])
def test_the_resistances_of_older_schemas_have_no_capacitance_and_their_runs_no_laws_of_parts(
    path, start, monkeypatch, newest
):
    with monkeypatch.context() as patch:
        patch.setattr(migrations, "_MIGRATIONS", earlier(newest))
        with Store.open(path) as store:
            rig = start(store)
            store.update("runs", rig.run_id, {"status": "finished", "ended_s": 3.0})
    with Database(path) as db:  # as it is, without a migration
        assert db.part_fits().empty
    with Store.open(path) as store, store.read() as db:
        assert db.part_fits().empty
        described = set(db.columns().query("table_name == 'resistances'")["column_name"])
    assert {"capacitance_f", "specific_resistance_ohm", "readings"} <= described


BEFORE_CIRCUITS = NAMES[: NAMES.index("0023_circuits")]


@pytest.mark.parametrize("newest", BEFORE_CIRCUITS)
def test_the_resistances_of_every_older_schema_keep_their_circuit_and_have_no_parameters(
    path, start, monkeypatch, insert_as_before, newest
):
    row = {"quantity": "total", "resistance_ohm": 5e4, "circuit": "p(R1,CPE1)-CPE2", "flags": ["a flag"]}
    row |= {"method": "m", "method_version": "1", "derived_s": 2.0}
    with monkeypatch.context() as patch:
        patch.setattr(migrations, "_MIGRATIONS", earlier(newest))
        with Store.open(path) as store:
            rig = start(store)
            row |= {"spectrum_id": rig.spectrum_id}
            if "0012_analyses" in earlier(newest):
                store.replace_derived("resistances", {"spectrum_id": rig.spectrum_id}, [row])
            else:
                insert_as_before(path, "resistances", row)
            store.update("runs", rig.run_id, {"status": "finished", "ended_s": 3.0})
        (before,) = verify(path)
    with Database(path) as db:  # as it is, without a migration
        (read,) = db.rows("SELECT * FROM resistances")
    with Store.open(path) as store, store.read() as db:
        (after,) = db.rows("SELECT * FROM resistances")
        described = set(db.columns().query("table_name == 'resistances'")["column_name"])
    for found in (read, after):
        assert {name: found[name] for name in row} == row
        assert found["circuit_fit"] is None
    assert described == set(after)
    assert [(run.recorded_hash, run.intact) for run in verify(path)] == [(before.recorded_hash, True)]


def test_the_parameters_of_a_circuit_are_json(rig, path):
    row = {"spectrum_id": rig.spectrum_id, "quantity": "total", "circuit": "R1", "circuit_fit": "not JSON"}
    analysis = {"uuid": "a", "run_id": rig.run_id, "origin": "inline", "created_s": 1.0}
    row |= {"method": "m", "method_version": "1", "derived_s": 1.0, "flags": "[]"}
    row |= {"analysis_id": rig.store.insert("analyses", analysis)}
    statement = f"INSERT INTO all_resistances ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})"
    refused = pytest.raises(sqlite3.IntegrityError, match="CHECK constraint failed: circuit_fit")
    with closing(sqlite3.connect(path)) as connection, refused:
        connection.execute(statement, (*row.values(),))


@pytest.mark.parametrize("newest", ["0001_first", "0021_part_laws", "0023_circuits"])
def test_laws_of_parts_of_every_older_schema_have_no_budget(path, start, monkeypatch, newest):
    with monkeypatch.context() as patch:
        patch.setattr(migrations, "_MIGRATIONS", earlier(newest))
        with Store.open(path) as store:
            rig = start(store)
            store.update("runs", rig.run_id, {"status": "finished", "ended_s": 3.0})
        (before,) = verify(path)
    with Store.open(path) as store, store.read() as db:
        described = set(db.columns().query("table_name == 'part_laws'")["column_name"])
        assert described == set(db.part_fits().columns) | {"budget"}
        assert "budget" in db.frame("SELECT * FROM part_laws").columns
    assert [(run.recorded_hash, run.intact) for run in verify(path)] == [(before.recorded_hash, True)]


BEFORE_CONDITIONS = NAMES[: NAMES.index("0034_conditions")]
MONITOR_READING = {"number": 0, "time_s": 9.0, "instrument": "room", "quantity": "oxygen_pa", "value": 3.0}
MONITOR_READING |= {"status": "ok"}


@pytest.mark.parametrize("newest", [BEFORE_CONDITIONS[0], BEFORE_CONDITIONS[-1]])
def test_a_file_of_an_older_schema_keeps_its_hash_and_takes_conditions(path, start, monkeypatch, newest):
    with monkeypatch.context() as patch:
        patch.setattr(migrations, "_MIGRATIONS", earlier(newest))
        with Store.open(path) as store:
            rig = start(store)
            rig.append_points(3)
            store.update("runs", rig.run_id, {"status": "finished", "ended_s": 3.0})
        (before,) = verify(path)
    with Database(path) as db:  # as it is, without a migration
        assert db.rows("SELECT condition_quantity FROM spectra") == [{"condition_quantity": None}]
        assert monitor_readings.summary(db, [rig.run_id]) == []
    with Store.open(path) as store:
        assert [run.recorded_hash for run in verify(path)] == [before.recorded_hash]
        with pytest.raises(StoreError, match="its row in runs has ended"):
            store.insert("monitor_readings", MONITOR_READING | {"run_id": rig.run_id})


def test_a_reading_of_a_monitor_is_in_the_hash_of_its_run(rig, path):
    rig.store.append("monitor_readings", MONITOR_READING | {"run_id": rig.run_id})
    rig.store.update("runs", rig.run_id, {"status": "finished", "ended_s": 9.0})
    assert [run.intact for run in verify(path)] == [True]
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TRIGGER monitor_readings_no_update")
        connection.execute("UPDATE monitor_readings SET value = 1.0")
        connection.commit()
    assert [run.intact for run in verify(path)] == [False]
