"""Commands that look at a results file show what can be shown, say what cannot, and run nothing it names."""

import json
import os
import re
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest
from typer.testing import CliRunner

from labctl.cli import app
from labctl.errors import ConfigurationError, LabctlError, StoreError
from labctl.store import Store

STATION = """
name = "rig"
[limits]
temperature_degc = [0, 150]
potential_v = 1.0
current_a = 0.1
[instruments.analyser]
driver = "drivers.solartron1260:Solartron1260"
address = "GPIB0::4::INSTR"
roles = ["fra"]
[simulation]
clock = "virtual"
"""
PROTOCOL = """
title = "series"
[sample]
name = "pellet"
thickness_mm = 1.0
diameter_mm = 10.0
[[procedure]]
use = "evil:Spectrum"
"""
EVIL = """
from pathlib import Path
from procedures.eis import EIS
Path(__file__).with_name("executed").touch()
class Spectrum(EIS):
    pass
"""
LOOKS = (
    ("show",), ("show", "1"), ("show", "--json"), ("show", "1", "--json"), ("status",), ("status", "--json"),
    ("queue", "list"), ("queue", "list", "--json"), ("queue", "show", "1"), ("fit", "1"), ("db", "check"),
    ("db", "verify"),
)  # fmt: skip


class Desk:
    """A folder with a station file, a results file, and commands about them."""

    def __init__(self, folder):
        self.folder, self.db = folder, folder / "lab.db"
        (folder / "station.toml").write_text(STATION)
        self.environment = {
            "LABCTL_STATION": str(folder / "station.toml"),
            "LABCTL_DB": str(self.db),
            "COLUMNS": "200",
        }

    def __call__(self, *arguments):
        """Return what a command prints; raise what it raises."""
        result = CliRunner().invoke(app, [str(word) for word in arguments], env=self.environment)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.output

    def said(self, *arguments):
        """Return what a command prints, its refusal included."""
        try:
            return self(*arguments)
        except LabctlError as error:
            return str(error)

    def change(self, *statements):
        """Change the file as another program would, without rules."""
        with closing(sqlite3.connect(self.db, isolation_level=None)) as connection:
            connection.execute("PRAGMA ignore_check_constraints = ON")
            connection.execute("PRAGMA foreign_keys = OFF")
            query = "SELECT name, type FROM sqlite_master WHERE type = 'trigger'"
            for name, _ in connection.execute(query).fetchall():
                connection.execute(f"DROP TRIGGER {name}")
            for statement in statements:
                connection.execute(statement)


@pytest.fixture
def desk(tmp_path):
    """A desk with two finished runs and two jobs."""
    desk = Desk(tmp_path)
    with Store.open(desk.db) as store:
        for name in ("good", "odd"):
            row = {"name": name, "thickness_m": 1e-3, "area_m2": 5e-5, "electrodes": "blocking"}
            sample = store.find_or_add_sample(row)
            run = {"sample_id": sample, "procedure": "evil:Spectrum", "started_s": 1e9, "station": "rig"}
            run_id = store.insert("runs", run)
            spectrum = store.insert("spectra", {"run_id": run_id, "number": 0, "started_s": 1e9})
            point = {"spectrum_id": spectrum, "time_s": 1e9, "z_real_ohm": 1e3, "z_imag_ohm": -5.0}
            for number in range(12):
                frequency = {"number": number, "frequency_hz": 10.0 ** (6 - number / 3), "status": "ok"}
                store.append("impedance_points", point | frequency)
            store.update("spectra", spectrum, {"status": "finished", "ended_s": 1e9 + 60})
            store.update("runs", run_id, {"status": "finished", "ended_s": 1e9 + 60})
            fit = {"run_id": run_id, "branch": "all", "law": "arrhenius", "form": "ln_sigma", "n_points": 7}
            energy = {"value": 0.5, "standard_uncertainty": 0.01, "unit": "eV"}
            fit |= {"parameters": {"activation_energy": energy}, "method": "m", "method_version": "1"}
            store.replace_derived("law_fits", {"run_id": run_id}, [fit | {"derived_s": 1.0}])
            sigma = {"spectrum_id": spectrum, "run_id": run_id, "total_resistance_ohm": 1e3, "derived_s": 1.0}
            sigma |= {"conductivity_s_m": 0.02, "method": "m", "method_version": "1"}
            store.replace_derived("conductivities", {"run_id": run_id}, [sigma])
        for title in ("first", "second"):
            job = {"uuid": title, "protocol_text": PROTOCOL, "title": title, "station": "rig"}
            store.insert("jobs", job | {"source": str(tmp_path / "away" / "p.toml"), "created_s": 1.0})
        beat = {"process": "runner", "station": "rig", "pid": 1, "host": "away", "state": "alive"}
        store.insert("heartbeats", beat | {"started_s": 1.0, "beat_s": 2.0})
    return desk


def test_one_odd_run_leaves_the_list_of_runs(desk, loosen):
    loosen(desk.db, "runs", "samples")
    desk.change("UPDATE runs SET started_s = 'abc', ended_s = x'ff' WHERE id = 2")
    lines = desk("show").splitlines()
    assert any("good" in line and "2001-09-09" in line for line in lines)
    assert any("2" in line and "cannot be shown: TypeError" in line for line in lines)
    desk.change(
        "UPDATE runs SET started_s = 1e18, ended_s = 1e18 WHERE id = 2", "DELETE FROM samples WHERE id = 2"
    )
    assert "no date" in desk("show")
    assert [run["id"] for run in json.loads(desk("show", "--json"))["runs"]] == [1, 2]


def test_odd_values_of_a_run_are_shown_as_such_beside_the_others(desk, loosen):
    loosen(desk.db, "samples", "all_conductivities", "all_law_fits")
    desk.change(
        "UPDATE samples SET thickness_m = 'thin'",
        "UPDATE all_conductivities SET conductivity_s_m = 'high', flags = '{'",
        """INSERT INTO all_law_fits (run_id, analysis_id, branch, law, form, preferred, parameters, flags,
           n_points, method, method_version, derived_s)
           VALUES (1, 1, 'all', 'vtf', 'T^-0.5', 0, '[1]', NULL, 7, 'm', '1', 1)""",
    )
    said = desk("show", "1")
    assert "good: cannot be shown: TypeError" in said
    assert "spectrum 1" in said
    assert "a temperature law cannot be shown: AttributeError" in said
    assert "Ea = 0.500 ± 0.010 eV" in said


def test_one_odd_job_leaves_the_queue(desk, loosen):
    loosen(desk.db, "jobs")
    desk.change("UPDATE jobs SET failure_policy = '[' , not_before_s = 'soon' WHERE id = 1")
    said = desk("queue", "list")
    assert "second" in said
    assert "job 1 cannot be read: JSONDecodeError" in said.replace("\n", " ")
    assert "job 1 cannot be read" in desk("queue", "show", "1")
    desk.change("UPDATE jobs SET failure_policy = '{}', not_before_s = 1e18, duration_s = 1e300 WHERE id = 1")
    assert "second" in desk("queue", "list")
    assert "not before no date;" in desk("queue", "show", "1")
    assert len(json.loads(desk("queue", "list", "--json"))["jobs"]) == 2


def test_status_shows_the_processes_that_it_can(desk, loosen):
    loosen(desk.db, "heartbeats")
    desk.change(
        "INSERT INTO heartbeats (process, station, pid, host, state, started_s, beat_s) "
        "VALUES ('supervisor', 'other', 1, 'away', 'odd', 'x', 'y')"
    )
    said = desk("status")
    assert "runner      rig:" in said
    assert "supervisor  other: cannot be shown: TypeError" in said
    assert len(json.loads(desk("status", "--json"))["processes"]) == 2


def test_a_run_that_cannot_be_evaluated_is_told_with_the_row_at_fault(desk, loosen):
    loosen(desk.db, "samples")
    desk.change("UPDATE samples SET thickness_m = 'thin' WHERE id = 2")
    with pytest.raises(StoreError, match=r"run 2 cannot be evaluated: TypeError.*A row of samples \(id 2\)"):
        desk("fit", "2")
    assert "good" in desk("fit", "1")
    assert "A row of samples (id 2) is not as labctl writes it" in desk("db", "check")


@pytest.mark.parametrize("words", LOOKS, ids=" ".join)
def test_an_endless_view_is_answered_by_a_sentence(desk, words):
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
    with closing(sqlite3.connect(desk.db)) as connection:
        names = [row[1] for row in connection.execute("PRAGMA table_info(runs)")]
    columns = ", ".join(f"i AS {name}" for name in names)
    desk.change("DROP TABLE runs", f"CREATE VIEW runs AS {endless} SELECT {columns} FROM n")
    assert "runs is a view, not a table. No labctl made that" in desk.said(*words)


def test_what_only_looks_executes_nothing_that_the_file_names(desk, tmp_path, monkeypatch):
    away = tmp_path / "away"
    away.mkdir()
    (away / "evil.py").write_text(EVIL)
    monkeypatch.chdir(away)
    monkeypatch.syspath_prepend(str(away))
    for words in LOOKS:
        desk.said(*words)
    desk.said("check", _protocol(tmp_path, "procedures.eis:EIS"))  # looks at the pace of earlier runs
    assert not (away / "executed").exists()
    assert "evil" not in sys.modules


def _protocol(folder, reference):
    path = folder / "p.toml"
    path.write_text(PROTOCOL.replace("evil:Spectrum", reference))
    return path


def test_rehearse_executes_code_of_the_station_folder_and_of_trusted_folders_only(
    desk, tmp_path, monkeypatch
):
    away = tmp_path / "away"
    away.mkdir()
    (away / "evil.py").write_text(EVIL)
    protocol = _protocol(away, "evil:Spectrum")
    for words in ((), (protocol,)):
        with pytest.raises(
            ConfigurationError, match=rf"names the module 'evil' in {re.escape(str(away))}, which"
        ):
            desk("rehearse", *words)
    assert not (away / "executed").exists()
    monkeypatch.chdir(away)
    monkeypatch.syspath_prepend(str(away))
    beside = _protocol(tmp_path, "evil:Spectrum")
    with pytest.raises(ConfigurationError, match=rf"--trust {re.escape(str(away))}"):
        desk("rehearse", beside)
    assert not (away / "executed").exists()
    assert "would finish" in desk("rehearse", protocol, "--trust", away)
    assert (away / "executed").exists()
    (tmp_path / "evil.py").write_text(EVIL)
    assert "would finish" in desk("rehearse", beside)


def test_packages_named_as_those_of_labctl_in_the_working_directory_are_not_executed(desk, tmp_path):
    """As `python -m labctl` would find them: the working directory is first on sys.path."""
    away = tmp_path / "away"
    (away / "procedures").mkdir(parents=True)
    (away / "procedures" / "evil.py").write_text(EVIL)
    (away / "procedures" / "__init__.py").touch()
    command = [sys.executable, "-m", "labctl", "rehearse", _protocol(tmp_path, "procedures.evil:Spectrum")]
    environment = os.environ | desk.environment
    done = subprocess.run(command, cwd=away, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert f"--trust {away}" in done.stderr
    assert not (away / "procedures" / "executed").exists()


def test_a_job_whose_code_the_runner_will_not_trust_is_queued_with_a_warning(desk, tmp_path):
    away = tmp_path / "away"
    away.mkdir()
    for folder in (away, tmp_path):
        (folder / "evil.py").write_text(EVIL)
    said = desk("queue", "add", _protocol(away, "evil:Spectrum")).replace("\n", " ")
    assert f"executes it only with --trust {away}" in said
    assert "--trust" not in desk("queue", "add", _protocol(tmp_path, "evil:Spectrum"))


def test_the_runner_fails_a_job_whose_code_is_not_trusted_and_goes_on(desk, tmp_path):
    away = tmp_path / "away"
    away.mkdir()
    (away / "evil.py").write_text(EVIL)
    desk.change("DELETE FROM heartbeats")
    desk("runner", "--until-empty", "--without-supervisor")
    said = desk("queue", "show", "2")
    assert f"give --trust {away}" in said
    assert "failed" in said
    assert not (away / "executed").exists()


@pytest.mark.parametrize("command", ["runner", "gui", "supervisor"])
def test_a_folder_to_trust_must_be_there(desk, command):
    assert "does not exist" in desk(command, "--trust", "/no/such/folder")
