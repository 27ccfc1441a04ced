"""What may be a mistake is told, by `labctl check` and before a job is queued; it is not refused."""

import sqlite3
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from labctl.capabilities import Capabilities, Range
from labctl.cli import app
from labctl.config import doubts
from labctl.config.doubts import doubts_about_parameters

STATION = """
name = "rig"
[limits]
temperature_degc = [0, 150]
potential_v = 1.0
current_a = 0.1
[instruments.oven]
driver = "drivers.lakeshore33x:LakeShore336"
address = "GPIB0::12::INSTR"
roles = ["oven"]
[instruments.analyser]
driver = "drivers.solartron1260:Solartron1260"
address = "GPIB0::4::INSTR"
roles = ["fra"]
"""
PROTOCOL = """
title = "series"
[sample]
name = "pellet"
thickness_mm = 1.0
thickness_uncertainty_mm = 0.2
diameter_mm = 10.0
[[procedure]]
use = "procedures.temperature_stepped_eis:TemperatureSteppedEIS"
temperatures_degc = "50:110:10"
frequency_max_hz = 1e6
frequency_min_hz = 10
dwell_min = 30
"""


@pytest.fixture
def told(tmp_path, monkeypatch):
    """Return a function: exit code and all output of a command, with a text of the files replaced."""
    monkeypatch.chdir(tmp_path)

    def told(old: str, new: str, *words: str, **options: Any) -> tuple[int, str]:
        (tmp_path / "station.toml").write_text(STATION.replace(old, new))
        (tmp_path / "p.toml").write_text(PROTOCOL.replace(old, new))
        result = CliRunner().invoke(app, [*(words or ("check", "p.toml"))], **options)
        return result.exit_code, " ".join((result.stdout + result.stderr).split())

    return told


def test_usual_files_raise_no_doubt(told):
    code, words = told("", "")
    assert code == 0
    assert "?" not in words
    assert "begun now, it ends " in words


@pytest.mark.parametrize(
    ("old", "new", "doubt"),
    [
        ("uncertainty_mm = 0.2", "uncertainty_mm = 0.3", "the thickness has an uncertainty of 30 %"),
        ("diameter_mm = 10.0", "area_cm2 = 1\narea_uncertainty_cm2 = 0.5", "the electrode area has an unc"),
        ("50:110:10", "50:115:10", "temperatures_degc: '50:115:10' ends at 110"),
        ("GPIB0::12::INSTR", "gpib0::40", "instruments.oven.address: the GPIB address '40' is not a number"),
        (
            "GPIB0::12::INSTR",
            "COM3",
            "few VISA libraries know; the VISA address is ASRL3::",
        ),
        ("dwell_min = 30", "dwell_min = 1800", "takes 210 h: begun now, it ends "),
        ("current_a = 0.1", "current_a = 100", "more than this station can (none declares a current)"),
    ],
)
def test_what_may_be_a_mistake_is_told_and_not_refused(told, old, new, doubt):
    code, words = told(old, new)
    assert code == 0
    assert doubt in words


def test_a_job_of_more_than_three_days_is_doubted_unless_it_is_said_to_be_meant(told):
    add = ("queue", "add", "p.toml", "--no-rehearsal")
    assert "takes 210 h" in told("dwell_min = 30", "dwell_min = 1800", *add)[1]
    assert "takes 210 h" not in told("dwell_min = 30", "dwell_min = 1800", *add, "--long")[1]


def test_a_person_at_a_terminal_is_asked_and_may_refuse(told, tmp_path, monkeypatch):
    monkeypatch.setattr("labctl.cli.long_protocols.is_at_terminal", lambda: True)
    code, words = told("dwell_min = 30", "dwell_min = 1800", "queue", "add", "p.toml", input="n\n")
    assert code != 0
    assert "Go on?" in words
    assert not (tmp_path / "lab.db").exists(), "nothing was queued"


@pytest.mark.parametrize(
    "text", ["30", "30:60:15", "60:30:-15", "30:inf:1", "30:60:0", "a:b:c", "9,30:60:10"]
)
def test_ranges_that_end_as_they_say_or_are_none_raise_no_doubt(text):
    assert doubts_about_parameters({"temperatures_degc": text}) == []


PAIR = """
name = "rig"
[limits]
temperature_degc = [0, 150]
potential_v = 1.0
current_a = 2.1
[instruments.cell]
driver = "drivers.solartron_pair:Solartron1260With1287"
address = "GPIB0::6::INSTR"
roles = ["fra", "potentiostat"]
with = "analyser"
settings = { standard_resistor_ohm = 100.0 }
[instruments.analyser]
driver = "drivers.solartron1260:Solartron1260"
address = "GPIB0::4::INSTR"
[simulation]
"""
ONE_SPECTRUM = """
title = "spectrum"
[sample]
name = "pellet"
thickness_mm = 1.0
diameter_mm = 10.0
[[procedure]]
use = "procedures.eis:EIS"
frequency_max_hz = 1e4
frequency_min_hz = 1e3
"""
SCALE = "instruments.cell: the scale of its impedances is not confirmed"


@pytest.mark.parametrize(
    "command",
    [
        ("check", "p.toml"),
        ("queue", "add", "p.toml"),
        ("instruments", "check", "station.toml"),
        ("run", "p.toml", "--quiet", "--without-supervisor"),
    ],
)
def test_the_unverified_map_of_standard_resistors_is_told_for_impedances_too(told, command):
    told("", "")
    for verified in ("", ", range_map_verified = true"):
        station = PAIR.replace("= 100.0", f"= 100.0{verified}")
        Path("station.toml").write_text(station)
        Path("p.toml").write_text(ONE_SPECTRUM)
        result = CliRunner().invoke(app, command)
        words = " ".join((result.stdout + result.stderr).split())
        assert result.exit_code == 0, words
        assert (SCALE in words) == (not verified)


def test_a_run_on_an_unverified_map_records_that_its_scale_is_not_confirmed(told):
    told("", "")
    Path("station.toml").write_text(PAIR)
    Path("p.toml").write_text(ONE_SPECTRUM)
    CliRunner().invoke(app, ["run", "p.toml", "--quiet", "--without-supervisor"])
    with closing(sqlite3.connect("lab.db")) as db:
        (message,) = db.execute("SELECT message FROM events WHERE kind = 'not confirmed'").fetchone()
    assert message.startswith(SCALE)


@pytest.mark.parametrize(
    ("limit_a", "ranges", "is_doubted"),
    [
        (0.1, {}, False),
        (10.0, {}, False),
        (100.0, {}, True),
        (100.0, {"cell": 2.0}, True),
        (2.0, {"cell": 2.0}, False),
        (20.0, {"cell": 2.0, "booster": 25.0}, False),
    ],
)
def test_a_limit_of_the_current_beyond_every_instrument_is_doubted(limit_a, ranges, is_doubted, monkeypatch):
    entries = [SimpleNamespace(name=name) for name in ranges]
    able = {name: Capabilities(current_a=Range(1e-9, high_a)) for name, high_a in ranges.items()}
    monkeypatch.setattr(doubts, "declared_by", lambda entry: able[entry.name])
    found = doubts.doubts_about_current(limit_a, entries)
    assert bool(found) == is_doubted
    for sentence in found:
        assert f"limits.current_a is {limit_a:g} A" in sentence
        assert "is it meant in mA?" in sentence
