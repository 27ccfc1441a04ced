"""Check, verify, back up, vacuum and merge of results files."""

import os
import platform
import sqlite3
import subprocess
import sys
from contextlib import closing, contextmanager

import pytest
from typer.testing import CliRunner

from labctl.cli.db import app
from labctl.errors import StoreError
from labctl.store import Database, Store, care, migrations
from labctl.store.analyses import Maker
from labctl.store.care import back_up, check, vacuum, verify
from labctl.store.fingerprint import earlier_content_hash
from labctl.store.merging import merge
from labctl.store.processes import process_birth
from labctl.store.queries import check_points
from labctl.store.queries.analyser_checks import newest as newest_check
from labctl.store.queries.bench_checks import of_serial
from labctl.store.transactions import WriteConnection


@pytest.fixture
def finished(path, start):
    """A file with one finished run with rows of every table."""
    with Store.open(path) as store:
        rig = start(store)
        fill(rig)
    return path


def fill(rig):
    store, run = rig.store, rig.run_id
    rig.append_points(20)
    store.append("impedance_points", rig.point(20, z_real_ohm=float("nan"), status="overload"))
    store.record_provenance(run, {"operator": "Ada", "packages": {"numpy": "2.0"}})
    store.append("run_instruments", {"run_id": run, "role": "fra", "settings": {"range": float("inf")}})
    spectrum = {"run_id": run, "number": 1, "started_s": 1.0, "repeat_of": rig.spectrum_id}
    repeat = store.insert("spectra", spectrum)
    store.append("impedance_points", rig.point(0, spectrum_id=repeat))
    polarisation = {"run_id": run, "number": 0, "potential_v": 0.01, "started_s": 1.0}
    polarisation_id = store.insert("polarisations", polarisation)
    point = {"polarisation_id": polarisation_id, "number": 0, "time_s": 1.0, "elapsed_s": 0.0}
    store.append("polarisation_points", point | {"potential_v": 0.01, "current_a": 1e-6})
    reading = {"run_id": run, "number": 0, "time_s": 1.0, "temperature_k": 300.0, "phase": "settling"}
    store.append("temperature_log", reading)
    store.append("records", {"run_id": run, "number": 0, "time_s": 1.0, "data": {"flow": 1.5}})
    event = {"run_id": run, "time_s": 1.0, "level": "info", "kind": "settled", "message": "steady"}
    store.append("events", event)
    store.update("runs", run, {"status": "finished", "ended_s": 9000.0})
    store.replace_derived("conductivities", {"run_id": run}, [rig.conductivity()])


def test_a_run_hashed_by_the_definition_of_the_first_week_is_intact_and_can_be_merged(finished, tmp_path):
    with closing(sqlite3.connect(finished)) as connection:
        earlier = earlier_content_hash(connection, 1)
    tamper(finished, f"UPDATE runs SET content_hash = '{earlier}'")
    (run,) = verify(finished)
    assert run.intact
    assert run.recorded_hash == earlier
    ours = tmp_path / "ours.db"
    Store.open(ours).close()
    assert merge(ours, finished).added == (run.uuid,)
    assert merge(ours, finished).known == (run.uuid,)
    assert verify(ours)[0].intact
    tamper(finished, "UPDATE samples SET lead_ohm = 1.0")
    assert not verify(finished)[0].intact


def tamper(path, statement):
    """Change the file deliberately, with triggers off."""
    connection = sqlite3.connect(path, isolation_level=None)
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    connection.execute(statement)
    connection.close()


def test_a_finished_run_is_intact(finished):
    (run,) = verify(finished)
    assert run.intact
    assert run.recorded_hash.startswith("labctl-1:")
    assert check(finished).problems == ()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE impedance_points SET z_real_ohm = z_real_ohm * (1 + 1e-15) WHERE number = 7",
        "DELETE FROM impedance_points WHERE number = 20",
        "UPDATE samples SET thickness_m = 2e-3",
        "UPDATE runs SET status = 'aborted'",
        "UPDATE run_provenance SET value = '\"Eve\"' WHERE key = 'operator'",
        "UPDATE polarisation_points SET current_a = 2e-6",
        "UPDATE temperature_log SET temperature_k = 301.0",
        "UPDATE records SET data = '{}'",
        "UPDATE spectra SET repeat_of = NULL",
    ],
)
def test_any_later_change_of_what_was_measured_shows(finished, statement):
    tamper(finished, statement)
    assert not verify(finished)[0].intact
    assert "is not what it was at its end" in check(finished).problems[0]


def test_derived_rows_may_be_made_again_without_touching_the_hash(finished):
    with Store.open(finished) as store:
        store.replace_derived("conductivities", {"run_id": 1}, [])
    assert verify(finished)[0].intact


def test_check_finds_a_damaged_page(finished):
    with finished.open("r+b") as file:
        file.seek(4096 * 3)
        file.write(b"\xa5" * 4096 * 2)
    assert check(finished).problems


def test_check_finds_a_reference_to_nothing(finished):
    tamper(finished, "DELETE FROM samples")
    assert "A row of runs refers to a missing row of samples." in check(finished).problems


def test_a_backup_taken_while_a_run_writes_is_whole(rig, path, tmp_path):
    rig.append_points(50)
    rig.store.flush()
    back_up(path, tmp_path / "copy.db")
    rig.append_points(0)
    assert check(tmp_path / "copy.db").problems == ()
    with Database(tmp_path / "copy.db") as db:
        assert len(db.points(rig.spectrum_id)) == 50


def test_a_backup_overwrites_nothing_and_leaves_nothing_half_done(finished, tmp_path, monkeypatch):
    (tmp_path / "copy.db").write_text("precious")
    with pytest.raises(StoreError, match="overwrites nothing"):
        back_up(finished, tmp_path / "copy.db")
    assert (tmp_path / "copy.db").read_text() == "precious"

    def cut(_, target):
        target.write_text("half")
        raise StoreError("cut")

    monkeypatch.setattr("labctl.store.care._copy", cut)
    with pytest.raises(StoreError, match="cut"):
        back_up(finished, tmp_path / "other.db")
    assert not list(tmp_path.glob("other*"))


def test_vacuum_gives_space_back_and_keeps_every_run(finished):
    tamper(finished, "CREATE TABLE ballast AS SELECT randomblob(1000000) AS b")
    tamper(finished, "DROP TABLE ballast")
    before, after = vacuum(finished)
    assert after < before - 900_000
    assert verify(finished)[0].intact


def test_vacuum_waits_for_the_end_of_a_run(rig, path):
    with pytest.raises(StoreError, match="a run is being written"):
        vacuum(path)


def test_what_locks_the_file_for_long_waits_until_the_runner_has_ended(finished, tmp_path):
    """It could not write heartbeats in that time, and would be ended as frozen."""
    back_up(finished, tmp_path / "other.db")
    with a_living("runner", finished) as pid:
        for work in (lambda: vacuum(finished), lambda: merge(finished, tmp_path / "other.db")):
            with pytest.raises(StoreError, match=rf"a runner \(pid {pid}\) uses the file.*stop it first"):
                work()
        back_up(finished, tmp_path / "backups are always possible.db")
    vacuum(finished)


@contextmanager
def a_living(process, path):
    """Another process with a heartbeat in the file."""
    with subprocess.Popen([sys.executable, "-SEc", "input()"], stdin=subprocess.PIPE) as other:
        row = {"process": process, "station": "rig", "state": "alive", "started_s": 0.0, "beat_s": 0.0}
        row |= {"pid": other.pid, "process_birth": process_birth(other.pid), "host": platform.node()}
        with WriteConnection(path) as connection, connection.transaction():
            connection.insert("heartbeats", row)
        yield other.pid
        other.communicate(b"\n")


def test_merge_brings_a_run_in_once_and_whole(finished, tmp_path, start):
    other = tmp_path / "other.db"
    with Store.open(other) as store:
        fill(start(store))
        with store.read() as db:
            theirs = db.run("last")
    merged = merge(finished, other)
    assert merged.added == (theirs["uuid"],)
    again = merge(finished, other)
    assert (again.added, again.known) == ((), (theirs["uuid"],))
    assert [run.intact for run in verify(finished)] == [True, True]
    with Database(finished) as db:
        new = db.run("last")
        assert new["content_hash"] == theirs["content_hash"]
        assert len(db.conductivities("last")) == 1
        assert len(db.spectra("last")) == 2
        assert db.spectra("last")["repeat_of"].dropna().tolist() == [db.spectra("last")["id"][0]]
        assert len(db.events("last")) == 1
        assert len(db.samples()) == 1
    assert check(finished).problems == ()


def amendment(uuid, **about):
    row = {"uuid": uuid, "field": "thickness", "time_s": 1.0, "reason": "measured again"}
    return row | {"new_value": {"thickness_m": 1.05e-3, "thickness_u_m": 1e-5}} | about


def test_merge_brings_what_became_known_about_a_run_once_also_later(finished, tmp_path, start):
    other = tmp_path / "other.db"
    with Store.open(other) as store:
        rig = start(store)
        fill(rig)
        first = store.insert("amendments", amendment("a", sample_id=rig.sample_id))
        store.insert(
            "facts",
            {
                "uuid": "f",
                "sample_id": rig.sample_id,
                "kind": "x_k",
                "value": 1.0,
                "source": "DSC",
                "time_s": 1.0,
            },
        )
        mount = {"uuid": "m", "sample_id": rig.sample_id, "specimen": "s", "number": 2, "origin": "mount"}
        mount_id = store.insert("mounts", mount | {"time_s": 1.0})
        store.insert("run_mounts", {"run_id": rig.run_id, "mount_id": mount_id})
    with Database(finished) as db:
        before = db.run("last")["id"]
    assert merge(finished, other).outdated == (before, before + 1)  # both are of the sample that is amended
    with Store.open(other) as store:
        store.insert("amendments", amendment("b", run_id=rig.run_id))
        store.insert("amendments", amendment("c", sample_id=rig.sample_id, revokes=first))
    assert merge(finished, other).outdated == (before, before + 1)
    assert merge(finished, other).outdated == ()
    with Database(finished) as db:
        rows = db.rows("SELECT * FROM amendments ORDER BY id")
        assert [(row["uuid"], row["run_id"], row["sample_id"]) for row in rows] == [
            ("a", None, 1),
            ("b", before + 1, None),
            ("c", None, 1),
        ]
        assert rows[2]["revokes"] == rows[0]["id"]
        (mounted,) = db.rows(
            "SELECT * FROM run_mounts JOIN mounts ON mounts.id = mount_id WHERE specimen = 's'"
        )
        assert (mounted["run_id"], mounted["number"]) == (before + 1, 2)
        assert [row["uuid"] for row in db.rows("SELECT uuid FROM facts")] == ["f"]
    assert all("stands on the amendments in force" in problem for problem in check(finished).problems)
    assert [run.intact for run in verify(finished)] == [True, True]


def bench_check(**about):
    row = {"time_s": 2.0, "instrument": "oven", "simulated": 0, "serial": "LSCI,MODEL336,1", "driver": "d:D"}
    row |= {"labctl_version": "0.1", "check_name": "the unit", "fingerprint": "f", "expected": "1"}
    return row | {"outcome": "confirmed"} | about


ANALYSER_CHECK = {"time_s": 9.0, "station": "rig", "instrument": "analyser", "simulated": 0, "driver": "d:D"}
ANALYSER_CHECK |= {
    "standard": "resistor",
    "resistance_ohm": 1e4,
    "resistance_u_ohm": 2.0,
    "capacitance_f": 0.0,
}
ANALYSER_CHECK |= {"capacitance_u_f": 0.0, "source": "certificate 77", "amplitude_v": 0.02, "points": []}
ANALYSER_CHECK |= {"ratio": 1.001, "ratio_u": 2e-4, "outcome": "measured", "labctl_version": "0.1"}


def test_merge_brings_each_check_of_an_analyser_once(finished, tmp_path):
    other = tmp_path / "other.db"
    with Store.open(other) as store:
        store.insert("analyser_checks", ANALYSER_CHECK)
        store.insert("analyser_checks", ANALYSER_CHECK | {"time_s": 12.0, "ratio": 1.02})
    merge(finished, other)
    merge(finished, other)
    with Database(finished) as db:
        assert len(db.rows("SELECT * FROM analyser_checks")) == 2
        assert newest_check(db, "rig", "resistor", False)["ratio"] == 1.02


def test_merge_brings_each_bench_check_once_and_the_newest_by_the_clock_rules(finished, tmp_path):
    other = tmp_path / "other.db"
    with Store.open(finished) as store:
        store.insert("bench_checks", bench_check(time_s=3.0, outcome="differs"))
        store.insert("bench_checks", bench_check())
    with Store.open(other) as store:
        store.insert("bench_checks", bench_check())
        store.insert("bench_checks", bench_check(time_s=1.0, outcome="failed"))
    assert merge(finished, other).bench_checks == 1
    assert merge(finished, other).bench_checks == 0
    with Database(finished) as db:
        outcomes = [row["outcome"] for row in of_serial(db, "LSCI,MODEL336,1", "d:D")]
    assert outcomes == ["failed", "confirmed", "differs"]


def with_check_points(rig):
    """Fill a run, with a check point of its first spectrum."""
    rig.append_points(3)
    rig.store.update("spectra", rig.spectrum_id, {"status": "finished", "ended_s": 5.0})
    point = {"spectrum_id": rig.spectrum_id, "number": 0, "repeats": 1, "time_s": 2e3, "frequency_hz": 5e5}
    rig.store.append("check_points", point | {"z_real_ohm": 110.0, "z_imag_ohm": -5.0, "status": "ok"})
    rig.store.update("runs", rig.run_id, {"status": "finished", "ended_s": 9e3})


def test_merge_brings_the_check_points_of_a_run_and_its_hash_covers_them(finished, tmp_path, start):
    other = tmp_path / "other.db"
    with Store.open(other) as store:
        with_check_points(start(store))
    (run,) = verify(other)
    assert merge(finished, other).added == (run.uuid,)
    with Database(finished) as db:
        ours = db.run(run.uuid)["id"]
        (spectrum,) = db.rows("SELECT id FROM spectra WHERE run_id = ?", (ours,))
        (row,) = check_points.of_parts(db, [ours])
    assert (row["spectrum_id"], row["repeats"], row["z_real_ohm"]) == (spectrum["id"], 1, 110.0)
    assert row["first_real_ohm"] == 101.0
    tamper(finished, "UPDATE check_points SET z_real_ohm = 101.0")
    assert [run.intact for run in verify(finished)] == [True, False]
    tamper(finished, "DELETE FROM check_points")
    assert [run.intact for run in verify(finished)] == [True, False]


def test_merge_takes_runs_of_a_file_without_check_points(finished, tmp_path, start, monkeypatch):
    other = tmp_path / "other.db"
    older = {name: step for name, step in migrations.named_steps() if name < "0014"}
    with monkeypatch.context() as patch:
        patch.setattr(migrations, "_MIGRATIONS", older)
        with Store.open(other) as store:
            fill(start(store))
    (run,) = verify(other)
    assert merge(finished, other).added == (run.uuid,)
    assert [run.intact for run in verify(finished)] == [True, True]


def test_check_names_a_run_that_no_analysis_derived_with_the_amendments_in_force(finished):
    with Store.open(finished) as store:
        store.insert("amendments", amendment("a", sample_id=1))
        remark = {"field": "remark", "new_value": {"remark": "x"}}
        with store.read() as db:
            run_id = db.run("last")["id"]
        store.insert("amendments", amendment("r", run_id=run_id) | remark)
    (problem,) = check(finished).problems
    assert problem.startswith(f"no analysis of run {run_id} stands on the amendments in force")
    with Store.open(finished) as store:
        store.record_analysis(run_id, Maker(3.0, amendments=(1,)), {})
    assert check(finished).problems == ()


def test_merge_keeps_the_runs_of_a_job_together_and_queues_nothing(finished, tmp_path, start):
    other = tmp_path / "other.db"
    with Store.open(other) as store:
        rig = start(store)
        job = {"uuid": "j", "protocol_text": "p", "state": "queued", "created_s": 1.0}
        job_id = store.insert("jobs", job)
        for _ in range(2):
            row = {"sample_id": rig.sample_id, "procedure": "p:C", "started_s": 1.0, "job_id": job_id}
            run_id = store.insert("runs", row)
            store.update("runs", run_id, {"status": "aborted", "ended_s": 2.0})
    assert len(merge(finished, other).added) == 2
    with Database(finished) as db:
        (job,) = db.rows("SELECT * FROM jobs")
        assert (job["uuid"], job["state"]) == ("j", "cancelled")
        assert [row["job_id"] for row in db.rows("SELECT job_id FROM runs ORDER BY id")] == [
            None,
            job["id"],
            job["id"],
        ]


def test_merge_keeps_references_to_the_run_that_was_continued(finished, tmp_path, start):
    other = tmp_path / "other.db"
    with Store.open(other) as store:
        rig = start(store)
        store.update("runs", rig.run_id, {"status": "aborted", "ended_s": 2.0})
        row = {"sample_id": rig.sample_id, "procedure": "p:C", "started_s": 3.0}
        second = store.insert("runs", row)
        spectrum = {"run_id": second, "number": 4, "started_s": 3.0, "repeat_of": rig.spectrum_id}
        store.insert("spectra", spectrum)
        store.update("runs", second, {"status": "finished", "ended_s": 4.0})
    assert len(merge(finished, other).added) == 2
    with Database(finished) as db:
        (repeat,) = db.rows("SELECT * FROM spectra WHERE number = 4")
        (repeated,) = db.rows("SELECT * FROM spectra WHERE id = ?", (repeat["repeat_of"],))
    assert (repeated["number"], repeated["status"]) == (0, "aborted")
    assert repeated["run_id"] == repeat["run_id"] - 1


def law_of(run_id, spectra):
    row = {"run_id": run_id, "branch": "all", "law": "arrhenius", "form": "ln_sigma", "n_points": 2}
    return row | {"method": "m", "method_version": "1", "derived_s": 1.0, "spectra": spectra}


def test_merge_leads_a_law_to_the_same_spectra_in_this_file(finished, tmp_path, start):
    other = tmp_path / "other.db"
    with Store.open(other) as store:
        rig = start(store)
        store.update("runs", rig.run_id, {"status": "aborted", "ended_s": 2.0})
        second = store.insert("runs", {"sample_id": rig.sample_id, "procedure": "p:C", "started_s": 3.0})
        own = store.insert("spectra", {"run_id": second, "number": 4, "started_s": 3.0})
        laws = [law_of(second, [own, rig.spectrum_id]), law_of(second, None), law_of(second, [own, 777])]
        store.replace_derived("law_fits", {"run_id": second}, laws)
        store.update("runs", second, {"status": "finished", "ended_s": 4.0})
    assert len(merge(finished, other).added) == 2
    with Database(finished) as db:
        laws = db.rows("SELECT * FROM law_fits WHERE run_id = ? ORDER BY id", (db.run("last")["id"],))
        numbers = dict(db.frame("SELECT id, number FROM spectra")[["id", "number"]].to_numpy())
        runs = dict(db.frame("SELECT id, run_id FROM spectra")[["id", "run_id"]].to_numpy())
    known, unknown, elsewhere = (law["spectra"] for law in laws)
    assert [numbers[spectrum] for spectrum in known] == [4, 0]
    assert [runs[spectrum] - laws[0]["run_id"] for spectrum in known] == [0, -1]
    assert (unknown, elsewhere) == (None, None)


def test_a_column_that_a_later_schema_adds_leaves_the_hash_of_older_runs(finished):
    tamper(finished, "ALTER TABLE polarisations ADD COLUMN ended_with TEXT NOT NULL DEFAULT ''")
    tamper(finished, "ALTER TABLE impedance_points ADD COLUMN phase_error_deg REAL")
    assert verify(finished)[0].intact
    tamper(finished, "UPDATE impedance_points SET phase_error_deg = 0.1 WHERE number = 3")
    assert not verify(finished)[0].intact


def test_merge_refuses_a_run_that_was_changed_and_leaves_running_ones(finished, tmp_path, start):
    other = tmp_path / "other.db"
    with Store.open(other) as store:
        fill(start(store))
        start(store)
    tamper(other, "UPDATE impedance_points SET z_real_ohm = 1.0")
    merged = merge(finished, other)
    assert (merged.added, merged.known) == ((), ())
    assert "is not what it was at its end" in merged.refused[0]
    assert len(merged.refused) == 1


def test_merge_refuses_another_content_under_the_same_uuid(finished, tmp_path, start):
    other = tmp_path / "other.db"
    with Database(finished) as db:
        uuid = db.run("last")["uuid"]
    with Store.open(other) as store:
        rig = start(store)
        row = {"sample_id": rig.sample_id, "procedure": "p:C", "started_s": 1.0, "uuid": uuid}
        run_id = store.insert("runs", row)
        store.update("runs", run_id, {"status": "finished", "ended_s": 2.0})
    assert "here already with other content" in merge(finished, other).refused[0]


def test_the_commands_answer_with_words_and_exit_codes(finished, tmp_path):
    runner = CliRunner()
    assert "No problem found" in runner.invoke(app, ["check", str(finished)]).output
    assert runner.invoke(app, ["verify", str(finished)]).output.startswith("intact  run 1")
    copy = tmp_path / "copy.db"
    assert runner.invoke(app, ["backup", str(copy), "--db", str(finished)]).exit_code == 0
    assert runner.invoke(app, ["backup", str(copy), "--db", str(finished)]).exit_code == 2
    merged = runner.invoke(app, ["merge", str(copy), "--db", str(finished)])
    assert "0 run(s) added, 1 here already" in merged.output
    assert runner.invoke(app, ["vacuum", str(finished)]).exit_code == 0
    tamper(finished, "UPDATE impedance_points SET z_real_ohm = 1.0")
    assert runner.invoke(app, ["verify", str(finished)]).exit_code == 1
    assert '"intact": false' in runner.invoke(app, ["verify", str(finished), "--json"]).output
    assert runner.invoke(app, ["check", str(finished)]).exit_code == 1


@pytest.mark.parametrize(
    "arguments", [["check"], ["verify"], ["vacuum"], ["merge", "none.db"], ["backup", "copy.db"]]
)
def test_a_missing_file_is_a_wrong_request(arguments, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(app, arguments).exit_code == 2
    assert list(tmp_path.iterdir()) == []


def test_a_check_tells_size_migrations_and_runs(rig, path):
    rig.store.update("runs", rig.run_id, {"status": "finished", "ended_s": 2.0})
    rig.store.insert("runs", {"sample_id": rig.sample_id, "procedure": "p:P", "started_s": 3.0})
    found = check(path)
    assert (found.path, found.bytes) == (path, path.stat().st_size)
    assert (found.runs, found.running, found.problems) == (2, 1, ())
    assert len(found.migrations) > 1


def test_a_copy_made_before_a_run_is_sealed_is_sealed(rig, path, tmp_path, monkeypatch):
    def slow(*_):
        raise StoreError("not yet")

    monkeypatch.setattr("labctl.store.store.content_hash", slow)
    rig.append_points(3)
    rig.store.update("runs", rig.run_id, {"status": "finished", "ended_s": 9000.0})
    back_up(path, tmp_path / "copy.db")
    assert check(tmp_path / "copy.db").problems == ()
    assert [run.intact for run in verify(tmp_path / "copy.db")] == [True]


def test_a_check_gives_a_run_that_ended_just_now_a_moment_to_be_sealed(rig, path, monkeypatch):
    looked, there = [], care.being_sealed

    def sealed_at_the_second_look(connection):
        if len(looked) == 1:
            tamper(path, f"UPDATE runs SET content_hash = '{digest}'")
        looked.append(there(connection))
        return looked[-1]

    rig.store.update("runs", rig.run_id, {"status": "finished", "ended_s": 9000.0})
    (run,) = verify(path)
    digest = run.recorded_hash
    tamper(path, "UPDATE runs SET content_hash = NULL")
    monkeypatch.setattr(care, "being_sealed", sealed_at_the_second_look)
    assert check(path).problems == ()
    assert looked == [[rig.run_id], []]


def test_a_check_names_the_run_that_changed_and_the_one_that_was_never_sealed(finished, start):
    with Store.open(finished) as store:
        rig = start(store)
        store.update("runs", rig.run_id, {"status": "finished", "ended_s": 2.0})
    tamper(finished, "UPDATE runs SET content_hash = NULL WHERE id = 2")
    tamper(finished, "UPDATE impedance_points SET z_real_ohm = 1.0 WHERE number = 3")
    uuids = [run.uuid for run in verify(finished)]
    assert check(finished).problems == (
        f"Run 1 ({uuids[0]}) is not what it was at its end.",
        f"Run 2 ({uuids[1]}) ended without a content hash.",
    )
    assert [run.intact for run in verify(finished)] == [False, False]


def test_a_damaged_file_is_not_counted_and_names_twenty_problems_at_most(finished):
    tamper(finished, "PRAGMA foreign_keys = OFF")
    connection = sqlite3.connect(finished, isolation_level=None)
    for name in [n for (n,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")]:
        connection.execute(f"DROP TRIGGER {name}")
    connection.execute("DELETE FROM polarisations")
    for number in range(30):
        connection.execute(
            "INSERT INTO polarisation_points "
            "(polarisation_id, number, time_s, elapsed_s, potential_v, current_a) VALUES (77, ?, 1, 1, 1, 1)",
            (number,),
        )
    connection.close()
    found = check(finished)
    assert (found.runs, found.running) == (0, 0)
    assert found.problems == ("A row of polarisation_points refers to a missing row of polarisations.",) * 20


def test_a_backup_needs_room_for_the_file_and_its_log(rig, path, tmp_path, monkeypatch):
    rig.append_points(200)
    rig.store.flush()
    needed = path.stat().st_size + path.with_name(path.name + "-wal").stat().st_size
    assert needed > path.stat().st_size
    asked = []
    monkeypatch.setattr("labctl.store.care._require_space", lambda target, size: asked.append((target, size)))
    back_up(path, tmp_path / "copy.db")
    assert asked == [(tmp_path / "copy.db", needed)]


def test_a_part_left_by_a_backup_that_was_killed_is_written_over(finished, tmp_path):
    (tmp_path / "copy.db.part").write_text("half")
    back_up(finished, tmp_path / "copy.db")
    assert check(tmp_path / "copy.db").problems == ()
    assert not list(tmp_path.glob("*.part"))


def test_a_backup_is_one_file_without_a_log_beside_it(finished, tmp_path):
    back_up(finished, tmp_path / "copy.db")
    connection = sqlite3.connect(tmp_path / "copy.db")
    assert connection.execute("PRAGMA journal_mode").fetchall() == [("delete",)]
    connection.close()
    assert [found.name for found in tmp_path.glob("copy*")] == ["copy.db"]


def test_vacuum_needs_room_for_a_second_copy_and_its_log(finished, tmp_path, monkeypatch):
    size, asked = finished.stat().st_size, []
    monkeypatch.setattr("labctl.store.care._require_space", lambda target, size: asked.append((target, size)))
    before, after = vacuum(finished)
    assert asked == [(finished, 2 * size)]
    assert (before, after) == (size, finished.stat().st_size)
    with pytest.raises(StoreError, match=r"nothing\.db: no such file"):
        vacuum(tmp_path / "nothing.db")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no umask")
@pytest.mark.parametrize(("umask", "mode"), [(0o002, 0o664), (0o077, 0o600)])
def test_files_are_made_with_the_permissions_that_the_umask_gives(path, start, tmp_path, umask, mode):
    before = os.umask(umask)
    try:
        with Store.open(path) as store:
            fill(start(store))
            files = [path, path.with_name("lab.db-wal"), path.with_name("lab.db-shm")]
            assert [file.stat().st_mode & 0o777 for file in files] == [mode] * 3
        back_up(path, tmp_path / "copy.db")
        assert (tmp_path / "copy.db").stat().st_mode & 0o777 == mode
    finally:
        os.umask(before)
