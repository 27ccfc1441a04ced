"""A series over a gas flow, through the queue: settled by read-back, stored, resumed, with a law of each."""

from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

import labctl
from labctl.cli import app
from labctl.clock import VirtualClock
from labctl.config.protocol import parse_protocol, plan_of
from labctl.config.station import read_station
from labctl.errors import ConfigurationError
from labctl.measure.run import run_protocol
from labctl.measure.stop import StopRequest
from labctl.store import Store
from procedures.condition_series import TEMPERATURES_AT_EACH_CONDITION, ConditionSeries
from sim_instruments.rig import build

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
[instruments.gas]
driver = "drivers.alicat:AlicatMC"
address = "ASRL7::INSTR"
roles = ["atmosphere"]
settings = { flow_unit = "NCCM", full_scale = 100.0, when_safe = "purge", purge_flow = 30.0 }
[simulation]
clock = "virtual"
[simulation.options.instruments]
"GPIB0::12::INSTR" = "lakeshore336"
"GPIB0::4::INSTR" = "solartron1260"
"ASRL7::INSTR" = "alicat"
"""
PROTOCOL = """
[sample]
name = "pellet"
thickness_mm = 1.0
diameter_mm = 10.0
electrodes = "blocking"

[[procedure]]
use = "procedures.condition_series:ConditionSeries"
temperatures_degc = {temperatures}
condition = "flow_ml_min"
conditions = {conditions}
condition_tolerance = 1.0
condition_dwell_min = 1
dwell_min = 2
frequency_max_hz = 1e6
frequency_min_hz = 100
points_per_decade = 3
{more}
"""
GAS = "ASRL7::INSTR"


@pytest.fixture
def rigs(monkeypatch):
    built = []

    def keep(*args, **options):
        built.append(build(*args, **options))
        return built[-1]

    monkeypatch.setattr("sim_instruments.rig.build", keep)
    return built


@pytest.fixture
def measure(tmp_path, rigs):
    (tmp_path / "station.toml").write_text(STATION)
    station, path = read_station(tmp_path / "station.toml"), tmp_path / "lab.db"

    def measure(temperatures=(60,), conditions=(20, 60), more="", spoil=lambda rig: None):
        text = PROTOCOL.format(temperatures=list(temperatures), conditions=list(conditions), more=more)
        protocol = parse_protocol(text, "protocol.toml")
        protocol.check_against(station)
        with Store.open(path) as store, station.open(VirtualClock()) as bench:
            spoil(rigs[-1])
            (outcome,) = run_protocol(protocol, station, bench, store, StopRequest())
        return outcome, labctl.open(path)

    return measure


def set_points_ml_min(db):
    rows = db.rows("SELECT setpoint_k, condition_setpoint FROM spectra ORDER BY number")
    return [(round(row["setpoint_k"] - 273.15), round(row["condition_setpoint"] * 6e7)) for row in rows]


def test_the_condition_of_every_spectrum_is_stored_with_its_reading(measure, rigs):
    outcome, db = measure()
    with db:
        assert (outcome.status, outcome.reason) == ("finished", "")
        rows = db.rows("SELECT * FROM spectra ORDER BY number")
        assert set_points_ml_min(db) == [(60, 20), (60, 60)]
        frame = db.conductivities()
    assert {row["condition_quantity"] for row in rows} == {"flow_m3_s"}
    assert all(abs(row["condition_value"] - row["condition_setpoint"]) < 1.7e-8 for row in rows)
    assert list(frame["condition_setpoint"] * 6e7) == pytest.approx([20, 60])
    assert rigs[-1].instruments[GAS].setpoint == pytest.approx(30.0)  # purged, as the station says


def test_the_temperature_settles_once_for_all_conditions_at_it(measure):
    _, db = measure()
    with db:
        phases = db.rows("SELECT phase, count(*) AS n FROM temperature_log GROUP BY phase")
    dwell = {row["phase"]: row["n"] for row in phases}
    assert dwell["condition"] >= 2 * 12
    assert dwell["dwell"] <= 2 * 60 / 5 + 2


def test_each_condition_has_a_temperature_law_of_its_own(measure):
    _, db = measure(temperatures=(50, 60, 70))
    with db:
        assert set_points_ml_min(db) == [(50, 20), (50, 60), (60, 20), (60, 60), (70, 20), (70, 60)]
        laws = db.fits()
    preferred = laws[laws["preferred"] == 1]
    assert sorted(preferred["condition_setpoint"] * 6e7) == pytest.approx([20, 60])
    assert set(preferred["n_points"]) == {3}
    assert all("of the spectra at flow " in flags[0] for flags in preferred["flags"])


def test_conditions_may_be_the_outer_axis(measure):
    _, db = measure((50, 60), (20, 60), f'order = "{TEMPERATURES_AT_EACH_CONDITION}"')
    with db:
        assert set_points_ml_min(db) == [(50, 20), (60, 20), (50, 60), (60, 60)]


def test_a_flow_that_does_not_follow_its_set_point_ends_the_run_in_words(measure, monkeypatch):
    def block(rig):
        monkeypatch.setattr(type(rig.instruments[GAS]), "flow", 3.0)

    outcome, db = measure(more="condition_timeout_min = 5", spoil=block)
    with db:
        assert outcome.status == "failed"
        assert "no stable flow_m3_s of 3.33333e-07 after 300 s" in outcome.reason
        assert db.rows("SELECT * FROM spectra") == []


def test_the_plan_counts_the_dwell_of_each_condition_and_of_the_temperature_once():
    series = ConditionSeries()
    series.temperatures_degc, series.conditions, series.condition = [60], [1e3, 1e4, 2e4], "oxygen_pa"
    series.dwell_min, series.condition_dwell_min = 30, 20
    settling = [step for step in plan_of(series) if step.label.startswith("settle")]
    assert [step.duration_s - 60 * 20 for step in settling[1:]] == [0, 0]
    assert settling[0].duration_s > 60 * 50
    assert "oxygen pa 1000" in settling[0].label


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"conditions": []}, "conditions is empty"),
        ({"refine": "activation_energy"}, "for series over the temperature alone"),
        ({"repeat_first": True}, "for series over the temperature alone"),
    ],
)
def test_what_a_series_over_conditions_cannot_do_is_refused_in_words(changes, words):
    series = ConditionSeries()
    series.conditions = [1e3]
    for name, value in changes.items():
        setattr(series, name, value)
    with pytest.raises(ValueError, match=words):
        series.steps()


def test_an_atmosphere_of_another_quantity_is_refused_before_anything_is_set():
    series: Any = ConditionSeries()
    series.condition = "oxygen_pa"
    series.bench = SimpleNamespace(atmosphere=SimpleNamespace(quantity="flow_m3_s"))
    with pytest.raises(ConfigurationError, match="the atmosphere of the station sets flow_m3_s"):
        series.startup()


def test_show_lists_the_conductivities_of_each_condition_apart(measure, tmp_path):
    _, db = measure(temperatures=(50, 60))
    db.close()
    shown = CliRunner().invoke(app, ["show", "last", "--db", str(tmp_path / "lab.db")]).stdout
    assert shown.index("at flow 20 mL/min (set point):") < shown.index("at flow 60 mL/min (set point):")
    assert "of the spectra at flow 20 mL/min only" in shown
    assert "monitor gas: flow" in shown
