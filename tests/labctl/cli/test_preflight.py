"""`labctl preflight`: as a person types it; the verdict is stored, shown by status, and ends with a code."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from labctl.cli import app
from labctl.errors import ConfigurationError, StoreError
from labctl.store import Database, Store
from labctl.store.queries.preflights import add_preflight
from labctl.store.transactions import WriteConnection
from labctl.testing import STATION

PROTOCOL = """
title = "series"
[sample]
name = "pellet"
thickness_mm = {thickness_mm}
diameter_mm = 10.0
[[procedure]]
use = "procedures.eis:EIS"
frequency_max_hz = 1e5
frequency_min_hz = 100
points_per_decade = 3
amplitude_v = 0.02
"""


@pytest.fixture
def typed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def type_(*words, thickness_mm=1.0, simulation=""):
        (tmp_path / "protocol.toml").write_text(PROTOCOL.format(thickness_mm=thickness_mm))
        (tmp_path / "station.toml").write_text(STATION + 'clock = "virtual"\n' + simulation)
        return CliRunner().invoke(app, ["preflight", "protocol.toml", "--db", "lab.db", *words])

    return type_


def stored():
    with Database("lab.db") as db:
        return db.rows("SELECT * FROM preflights ORDER BY id")


def test_a_sound_rig_is_ready_and_the_verdict_is_stored(typed):
    done = typed("--person", "Ada")
    assert done.exit_code == 0, (done.output, done.exception)
    assert done.output.splitlines()[0] == "pre-flight of pellet"
    assert done.output.splitlines()[-1] == "ready"
    (row,) = stored()
    assert (row["outcome"], row["person"], row["sample"], row["simulated"]) == ("passed", "Ada", "pellet", 1)
    assert row["amplitude_v"] == 0.02
    status = CliRunner().invoke(app, ["status", "--db", "lab.db"])
    assert "pre-flight of pellet" in status.output
    assert "ready" in status.output
    content = json.loads(CliRunner().invoke(app, ["status", "--db", "lab.db", "--json"]).output)
    assert content["preflights"][0]["outcome"] == "passed"


@pytest.mark.parametrize(
    ("thickness_mm", "simulation", "words"),
    [
        (10.0, "", "relative permittivity"),
        (1.0, "[simulation.options.dummy]\nresistance_ohm = 0.1\ncapacitance_f = 0\n", "shorted"),
        (1.0, "[simulation.options.dummy]\nresistance_ohm = 1e13\ncapacitance_f = 0\n", "open"),
    ],
)
def test_a_fault_ends_with_exit_code_1_and_is_kept(typed, thickness_mm, simulation, words):
    done = typed("--json", thickness_mm=thickness_mm, simulation=simulation)
    assert done.exit_code == 1, (done.output, done.exception)
    (row,) = json.loads(done.output)["preflights"]
    assert row["outcome"] == "faults"
    assert words in row["words"] or "are the leads connected" in row["words"]
    assert stored()[0]["words"] == row["words"]


def test_an_amplitude_that_the_limits_forbid_is_refused_before_anything_is_touched(typed):
    done = typed("--amplitude-mv", "1500")
    assert isinstance(done.exception, ConfigurationError)
    assert "--amplitude-mv" in str(done.exception)
    assert not stored_exists()


def stored_exists():
    from pathlib import Path

    return Path("lab.db").exists()


def test_a_preflight_is_never_changed_or_deleted(typed):
    import sqlite3
    from contextlib import closing

    typed()
    with closing(sqlite3.connect("lab.db")) as connection:
        for statement in ("DELETE FROM preflights", "UPDATE preflights SET words = ''"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                connection.execute(statement)


def test_a_run_names_the_preflight_of_its_sample_before_it(typed):
    assert typed("--person", "Ada").exit_code == 0
    with WriteConnection(Path("lab.db")) as connection, connection.transaction() as writing:
        add_preflight(writing, stored()[0] | {"id": 2, "time_s": 4e9, "words": "after it"})
        add_preflight(writing, stored()[0] | {"id": 3, "sample": "another pellet"})
    with Store.open(Path("lab.db")) as store:
        about = {"name": "pellet", "thickness_m": 1e-3, "area_m2": 1e-4, "electrodes": "blocking"}
        run = {"sample_id": store.find_or_add_sample(about), "procedure": "p:P"}
        run |= {"station": stored()[0]["station"], "started_s": stored()[0]["time_s"] + 120.0}
        store.insert("runs", run)
        other = {"sample_id": store.find_or_add_sample(about | {"name": "third pellet"})}
        store.insert("runs", run | other)
    shown = CliRunner().invoke(app, ["show", "1", "--db", "lab.db"]).output
    assert "pre-flight 1, 2 min 00 s before: ready" in shown
    assert "pre-flight" not in CliRunner().invoke(app, ["show", "2", "--db", "lab.db"]).output


def test_on_a_full_disk_the_verdict_is_told_all_is_off_and_nothing_is_stored(typed, monkeypatch):
    def full(*_):
        raise StoreError("lab.db: database or disk is full")

    monkeypatch.setattr("labctl.store.queries.preflights.add_preflight", full)
    done = typed()
    assert isinstance(done.exception, StoreError)
    assert done.output.splitlines()[-1] == "ready"
    assert stored() == []
    with Database("lab.db") as db:
        assert db.rows("SELECT * FROM heartbeats WHERE unsafe <> ''") == []


SWITCHED = """
name = "switched rig"
[limits]
temperature_degc = [0, 150]
potential_v = 1
current_a = 0.1
[instruments.analyser]
driver = "drivers.solartron1260:Solartron1260"
address = "GPIB0::4::INSTR"
roles = ["fra"]
[instruments.relays]
driver = "drivers.keithley_switches:Keithley7001"
address = "GPIB0::7::INSTR"
roles = ["switch"]
[cells.A]
switch_channels = ["1!1", "1!11"]
[cells.B]
switch_channels = ["1!2", "1!12"]
[simulation]
clock = "virtual"
[simulation.options.instruments]
"GPIB0::4::INSTR" = "solartron1260"
"GPIB0::7::INSTR" = "keithley7001"
[simulation.options.cells.A]
channels = ["1!1", "1!11"]
dummy = { resistance_ohm = 1e5, capacitance_f = 1e-11 }
[simulation.options.cells.B]
channels = ["1!2", "1!12"]
dummy = { resistance_ohm = 0.1, capacitance_f = 0 }
"""
IN_CELLS = """
[[sample]]
cell = "A"
name = "pellet a"
thickness_mm = 1.0
diameter_mm = 10.0
[[sample]]
cell = "B"
name = "pellet b"
thickness_mm = 1.0
diameter_mm = 10.0
[[procedure]]
use = "procedures.eis:EIS"
cells = ["A", "B"]
frequency_min_hz = 100
"""


@pytest.fixture
def in_cells(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "station.toml").write_text(SWITCHED)
    (tmp_path / "protocol.toml").write_text(IN_CELLS)

    def type_(*words):
        return CliRunner().invoke(app, ["preflight", "protocol.toml", "--without-supervisor", *words])

    return type_


def test_each_cell_behind_a_switch_is_judged_for_itself_or_the_named_one_alone(in_cells):
    both = in_cells()
    assert both.exit_code == 1, (both.output, both.exception)
    assert [(row["sample"], "shorted" in row["words"]) for row in stored()] == [
        ("pellet a", False),
        ("pellet b", True),
    ]
    alone = in_cells("--cell", "A")
    assert alone.output.splitlines()[0] == "pre-flight of pellet a"
    assert [row["sample"] for row in stored()] == ["pellet a", "pellet b", "pellet a"]
    wrong = in_cells("--cell", "C")
    assert isinstance(wrong.exception, ConfigurationError)
    assert "'C' is no cell" in str(wrong.exception)
    assert len(stored()) == 3
