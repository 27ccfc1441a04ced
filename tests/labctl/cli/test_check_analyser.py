"""A reference resistor and a dummy cell in place of the sample, on the simulated rig."""

import json

import pytest
from typer.testing import CliRunner

from labctl.cli import app
from labctl.clock import RealClock
from labctl.store import Database

STATION = """
name = "rig"
[limits]
temperature_degc = [0, 150]
potential_v = 1
current_a = 0.1
[instruments.oven]
driver = "drivers.lakeshore33x:LakeShore336"
address = "GPIB0::12::INSTR"
roles = ["oven"]
[instruments.analyser]
driver = "drivers.solartron1260:Solartron1260"
address = "GPIB0::4::INSTR"
roles = ["fra"]
[simulation]
clock = "virtual"
[simulation.options.dummy]
resistance_ohm = {ohm}
capacitance_f = {farad}
[check]
{keys}
[check.{standard}]
resistance_ohm = 10000
resistance_uncertainty_ohm = 2
source = "certificate 77"
"""
CELL = "capacitance_f = 1e-9\ncapacitance_uncertainty_f = 1e-12\n"
PROTOCOL = """
title = "series"
[sample]
name = "pellet"
thickness_mm = 1.0
diameter_mm = 10.0
[[procedure]]
use = "procedures.eis:EIS"
frequency_max_hz = 1e5
frequency_min_hz = 100
points_per_decade = 3
"""
LIMITS = "largest_deviation = 0.01\nlargest_phase_deg = 0.5\nlargest_age_h = 24\n"


@pytest.fixture
def station(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "protocol.toml").write_text(PROTOCOL)

    def write(ohm=10_000, farad=0.0, keys=LIMITS, standard="resistor", extra=""):
        text = STATION.format(ohm=ohm, farad=farad, keys=keys, standard=standard)
        (tmp_path / "station.toml").write_text(text + (CELL if standard == "cell" else "") + extra)

    return write


def labctl(*arguments):
    return CliRunner().invoke(app, list(arguments))


def check(*options):
    return labctl("check-analyser", "--connected", "--db", "lab.db", *options)


def stored():
    with Database("lab.db") as db:
        return db.rows("SELECT * FROM analyser_checks ORDER BY id")


def test_a_right_resistor_is_stored_with_ratio_uncertainty_and_time(station):
    station()
    before_s = RealClock().time()
    result = check("--person", "Ada")
    assert result.exit_code == 0, result.output
    assert "certificate 77" in result.output
    (row,) = stored()
    assert row["ratio"] == pytest.approx(1.0, abs=1e-3)
    assert 2e-4 <= row["ratio_u"] < 2e-3  # the resistor's 0.02 % and the noise of the rig
    assert row["largest_phase_rad"] < 0.01
    assert before_s <= row["time_s"] <= RealClock().time()
    assert (row["standard"], row["outcome"], row["person"], row["instrument"]) == (
        *("resistor", "measured", "Ada", "analyser"),
    )
    assert len(json.loads(row["points"]) if isinstance(row["points"], str) else row["points"]) == 13


def test_a_dummy_cell_is_compared_in_magnitude_and_phase(station):
    station(farad=1e-9, standard="cell")
    assert check().exit_code == 0
    station(farad=1.05e-9, standard="cell")
    result = check()
    assert result.exit_code == 1
    assert stored()[-1]["largest_phase_rad"] > 0.01


def test_an_analyser_that_is_off_by_two_percent_ends_with_exit_code_1(station):
    station(ohm=10_200)
    result = check("--json")
    assert result.exit_code == 1
    (row,) = json.loads(result.output)["checks"]
    assert row["off"]
    assert row["ratio"] == pytest.approx(1.02, abs=1e-3)


@pytest.mark.parametrize(
    ("ohm", "words"),
    [
        (100_000, "10 times that of the standard"),
        (1e13, "the leads are open"),
        (10, "the leads are shorted"),
    ],
)
def test_another_resistor_and_open_leads_are_a_sentence_and_a_failed_check(station, ohm, words):
    station(ohm=ohm)
    result = check()
    assert result.exit_code == 1
    (row,) = stored()
    assert row["outcome"] == "failed"
    assert words in row["problem"] or "points are not valid" in row["problem"]
    assert "Traceback" not in result.output


def test_without_a_terminal_it_asks_for_the_option_and_touches_nothing(station):
    station()
    result = labctl("check-analyser", "--db", "lab.db")
    assert result.exit_code == 2 or "--connected" in str(result.exception)
    assert not stored_exists()


def stored_exists():
    from pathlib import Path

    return Path("lab.db").exists()


def test_a_station_without_a_standard_says_what_to_write(station, tmp_path):
    station()
    text = (tmp_path / "station.toml").read_text().partition("[check]")[0]
    (tmp_path / "station.toml").write_text(text)
    result = check()
    assert "check.resistor" in str(result.exception)


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ("amplitude_v = 3", "potential"),
        ("frequency_hz = [10, 1e8]", "frequency"),
        ("largest_deviation = 0", "largest_deviation"),
        ("otherwise = 'ask'", "otherwise"),
        ("largest_ag_h = 3", "largest_age_h"),
    ],
)
def test_a_check_beyond_the_limits_or_with_a_wrong_key_is_refused(station, keys, words):
    station(keys=keys)
    result = check()
    assert words in str(result.exception)
    assert not stored_exists()


class TestGate:
    """Whether a measurement may begin."""

    def test_no_key_means_as_before(self, station):
        station(keys="")
        assert labctl("run", "protocol.toml", "--db", "lab.db", "-q").exit_code == 0

    def test_no_check_too_old_and_too_far_off_are_refused_in_words(self, station):
        station()
        result = labctl("run", "protocol.toml", "--db", "lab.db", "-q")
        assert "no check with the reference resistor of 10000 ohm" in str(result.exception)
        station(ohm=10_200)
        check()
        result = labctl("queue", "add", "protocol.toml", "--db", "lab.db")
        assert "was off by 2" in str(result.exception)
        station(keys=LIMITS.replace("= 24", "= 0.01"))
        check()
        with Database("lab.db") as db:
            (count,) = db.rows("SELECT count(*) AS n FROM runs")
        assert count["n"] == 0

    def test_a_good_check_lets_it_begin(self, station):
        station()
        check()
        assert labctl("queue", "add", "protocol.toml", "--db", "lab.db").exit_code == 0
        assert labctl("run", "protocol.toml", "--db", "lab.db", "-q").exit_code == 0

    def test_a_failed_check_after_a_good_one_refuses(self, station):
        station()
        check()
        station(ohm=100_000)
        check()
        result = labctl("run", "protocol.toml", "--db", "lab.db", "-q")
        assert "failed" in str(result.exception)

    def test_a_station_that_only_tells_measures_with_a_warning(self, station):
        station(keys=LIMITS + "otherwise = 'tell'")
        result = labctl("run", "protocol.toml", "--db", "lab.db", "-q")
        assert result.exit_code == 0
        assert "analyser not checked" in result.output
