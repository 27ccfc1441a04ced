"""Cells of a switch measured open or shorted, on the simulated rig."""

import json

import pytest
from typer.testing import CliRunner

from labctl.cli import app
from labctl.errors import ConfigurationError
from labctl.store import Database

STATION = """
name = "rig"
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
[simulation.options.cells]
isolation_ohm = 1e13
[simulation.options.cells.A]
channels = ["1!1", "1!11"]
dummy = { resistance_ohm = OHM_A, capacitance_f = 1e-12 }
[simulation.options.cells.B]
channels = ["1!2", "1!12"]
dummy = { resistance_ohm = OHM_B, capacitance_f = 1e-12 }
"""


@pytest.fixture
def check(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def check(ohm_a, ohm_b, *arguments):
        text = STATION.replace("OHM_A", str(ohm_a)).replace("OHM_B", str(ohm_b))
        (tmp_path / "station.toml").write_text(text)
        given = ["check-cells", "--connected", "--without-supervisor", *arguments]
        result = CliRunner().invoke(app, given)
        with Database(tmp_path / "lab.db") as db:
            return result, db.rows("SELECT * FROM isolation_checks ORDER BY id")

    return check


def test_the_isolation_of_every_cell_is_measured_and_kept(check):
    result, rows = check(1e7, 3e6)
    assert result.exit_code == 0, result.output
    assert [row["resistance_ohm"] for row in rows] == pytest.approx([1e7, 3e6], rel=0.05)
    about = [(row["cell"], row["kind"], row["instrument"], row["channels"]) for row in rows]
    assert about == [("A", "open", "analyser", ["1!1", "1!11"]), ("B", "open", "analyser", ["1!2", "1!12"])]
    assert [len(row["points"]) for row in rows] == [6, 6]
    assert "cell A: isolation" in result.output


def test_one_cell_can_be_measured_shorted(check):
    result, rows = check(2.0, 1e7, "--kind", "short", "--cell", "A", "--json")
    assert result.exit_code == 0, result.output
    (row,) = rows
    assert (row["cell"], row["kind"]) == ("A", "short")
    assert row["resistance_ohm"] == pytest.approx(2.0, rel=0.1)
    assert json.loads(result.stdout)["checks"][0]["outcome"] == "measured"


@pytest.mark.parametrize(
    ("kind", "ohm", "words"), [("open", 500.0, "is the cell empty?"), ("short", 1e5, "is the cell shorted")]
)
def test_a_cell_that_is_not_as_it_should_be_is_told_and_bounds_nothing(check, kind, ohm, words):
    result, rows = check(ohm, ohm, "--kind", kind, "--cell", "A")
    assert result.exit_code == 1
    assert words in result.output
    assert [(row["outcome"], row["resistance_ohm"]) for row in rows] == [("failed", None)]


def test_a_cell_that_the_station_does_not_name_is_refused(check, tmp_path):
    (tmp_path / "station.toml").write_text(STATION.replace("OHM_A", "1e7").replace("OHM_B", "1e7"))
    result = CliRunner().invoke(app, ["check-cells", "--connected", "--cell", "C"])
    assert isinstance(result.exception, ConfigurationError)
    assert "'C' is no cell of this station; there are A, B" in str(result.exception)
