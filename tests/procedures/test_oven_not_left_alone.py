"""An oven that does not keep what was set is found within minutes, with each kind of controller."""

from dataclasses import replace

import pytest

import labctl
from labctl.clock import VirtualClock
from labctl.config.protocol import parse_protocol
from labctl.config.station import read_station
from labctl.errors import SettingLost
from labctl.measure.run import StopRequest, run_protocol
from labctl.store import Store
from labctl.testing import STATION, watched

SAMPLE = '[sample]\nname = "pellet"\nthickness_mm = 1.0\ndiameter_mm = 10.0\n'
PROTOCOL = """
[[procedure]]
use = "procedures.temperature_stepped_eis:TemperatureSteppedEIS"
temperatures_degc = [60]
frequencies_hz = [1e6, 1e5, 1e4, 1e3, 100, 10]
dwell_min = 20
"""
HOLD = """
[[procedure]]
use = "procedures.temperature_hold:TemperatureHold"
temperature_degc = 60
hold_min = 60
"""
RAMP = """
[[procedure]]
use = "procedures.temperature_ramp_eis:TemperatureRampEIS"
start_degc = 60
end_degc = 70
ramp_k_min = 0.2
frequencies_hz = [1e4, 0.02, 0.01]
"""
pytestmark = pytest.mark.usefixtures("no_evaluation")
CONTROLLERS = {
    "drivers.lakeshore33x:LakeShore336": "lakeshore336",
    "drivers.eurotherm:Eurotherm2400": "eurotherm2400",
    "drivers.huber:Huber": "huber",
}
OVEN, FRA = "ASRL1::INSTR", "GPIB0::4::INSTR"


@pytest.fixture
def rig_with(tmp_path):
    """A station whose oven has this driver, and the keeper of its rig."""

    def make(driver="drivers.lakeshore33x:LakeShore336"):
        path = tmp_path / "station.toml"
        text = STATION.replace("drivers.lakeshore33x:LakeShore336", driver)
        text = text.replace("GPIB0::12::INSTR", OVEN)
        instruments = f'"{OVEN}" = "{CONTROLLERS[driver]}", "{FRA}" = "solartron1260"'
        text += f"[simulation.options]\ninstruments = {{ {instruments} }}\n"
        path.write_text(text, encoding="utf-8")
        return watched(read_station(path))

    return make


class Run:
    """One run in virtual time, in which something happens at the oven at the given minutes."""

    def __init__(self, made, database, protocol, *faults):
        station, keeper = made
        clock = VirtualClock()
        with Store.open(database) as store, station.open(clock) as bench:
            for minute, kind, details in faults:
                keeper.rig.faults.add(kind, instrument=OVEN, after_s=60 * minute, **details)
            parsed = parse_protocol(SAMPLE + protocol, "p.toml")
            (self.outcome,) = run_protocol(parsed, station, bench, store, StopRequest())
            self.took_min = clock.monotonic() / 60
        with labctl.open(database) as db:
            self.events = db.rows("SELECT * FROM events ORDER BY id")
            (run,) = db.rows("SELECT * FROM runs")
        self.energised = keeper.rig.instruments[OVEN].energised
        self.after_min = {
            event["kind"]: (event["time_s"] - run["started_s"]) / 60 for event in reversed(self.events)
        }

    def told(self, kind):
        return [event["message"] for event in self.events if event["kind"] == kind]


@pytest.mark.parametrize("driver", CONTROLLERS)
def test_an_oven_switched_off_at_its_panel_is_set_again_within_minutes_and_the_run_goes_on(
    rig_with, tmp_path, driver
):
    run = Run(rig_with(driver), tmp_path / "lab.db", PROTOCOL, (15, "switched_off", {}))
    assert run.outcome.status == "finished"
    assert run.told("setting lost") == ["oven: it is switched off at the instrument; setting it again"]
    assert run.told("set again") == ["oven: its settings were set again"]
    assert 14.9 <= run.after_min["setting lost"] <= 17


@pytest.mark.parametrize("driver", CONTROLLERS)
def test_an_oven_switched_off_twice_fails_the_run_with_that_reason_within_minutes(rig_with, tmp_path, driver):
    faults = [(minute, "switched_off", {}) for minute in (12, 18)]
    run = Run(rig_with(driver), tmp_path / "lab.db", PROTOCOL, *faults)
    assert run.outcome.status == "failed"
    assert run.outcome.reason == (
        "SettingLost: oven: it is switched off at the instrument, although it was set again"
    )
    assert run.took_min <= 23
    assert not run.energised


@pytest.mark.parametrize("driver", CONTROLLERS)
def test_a_set_point_that_a_third_person_wrote_is_set_again(rig_with, tmp_path, driver):
    run = Run(rig_with(driver), tmp_path / "lab.db", PROTOCOL, (15, "set_at_panel", {"value": 45.0}))
    assert run.outcome.status == "finished"
    (told,) = run.told("setting lost")
    assert "45.0" in told
    assert 14.9 <= run.after_min["setting lost"] <= 17


@pytest.mark.parametrize("driver", [d for d in CONTROLLERS if "eurotherm" not in d])
def test_a_controller_that_was_restarted_is_set_again(rig_with, tmp_path, driver):
    run = Run(rig_with(driver), tmp_path / "lab.db", PROTOCOL, (15, "restarted", {}))
    assert run.outcome.status == "finished"
    assert len(run.told("setting lost")) == 1
    assert 14.9 <= run.after_min["setting lost"] <= 17


def test_a_eurotherm_that_was_restarted_keeps_its_settings_and_rules_on(rig_with, tmp_path):
    made = rig_with("drivers.eurotherm:Eurotherm2400")
    run = Run(made, tmp_path / "lab.db", PROTOCOL, (15, "restarted", {}))
    assert (run.outcome.status, run.told("setting lost")) == ("finished", [])


@pytest.mark.parametrize("protocol", [HOLD, RAMP])
def test_a_hold_and_a_ramp_are_watched_as_well(rig_with, tmp_path, protocol):
    run = Run(rig_with(), tmp_path / "lab.db", protocol, (15, "switched_off", {}))
    assert run.outcome.status == "finished"
    assert len(run.told("setting lost")) == 1


@pytest.mark.parametrize("driver", CONTROLLERS)
def test_a_heater_that_died_ends_the_run_in_less_than_an_hour_with_that_reason(rig_with, tmp_path, driver):
    hours = PROTOCOL.replace("dwell_min = 20", "dwell_min = 300")
    run = Run(rig_with(driver), tmp_path / "lab.db", hours, (60, "heater_dead", {}))
    assert run.outcome.status == "failed"
    assert "although it was set again" in run.outcome.reason, run.events
    assert run.after_min["setting lost"] <= 75
    assert run.took_min <= 110


@pytest.mark.parametrize("fault", ["timeout", "garble"])
def test_a_read_back_without_an_answer_is_tried_again_and_ends_nothing(rig_with, tmp_path, fault):
    details = {"command": "SETP\\? 1;RANGE", "count": 2}
    run = Run(rig_with(), tmp_path / "lab.db", PROTOCOL, (20, fault, details))
    assert run.outcome.status == "finished"
    assert run.told("setting lost") == []
    (told,) = run.told("retry")
    assert told.startswith("the settings could not be read back: oven: ")


def test_the_read_back_costs_at_most_two_messages_a_minute(rig_with, tmp_path):
    station, _ = rig_with()
    clock, sent = VirtualClock(), []
    with station.open(clock) as bench:
        oven = bench.roles["oven"]
        plain, oven.ask = oven.ask, lambda command, *rest: sent.append(command) or plain(command, *rest)
        bench.oven.setpoint_k = 333.15
        sent.clear()
        began_s = clock.monotonic()
        while clock.monotonic() - began_s < 600:
            bench.sample_temperature_k()
            clock.sleep(1.0)
    state = [command for command in sent if "RANGE?" in command]
    assert 15 <= len(state) <= 21
    assert len(sent) - len(state) > 400


def test_a_script_is_told_and_its_oven_set_again_once(rig_with, tmp_path, monkeypatch):
    station, keeper = rig_with()
    monkeypatch.setattr("labctl.scripting.read_station", lambda path: replace(station))
    sample = {"name": "pellet", "thickness_mm": 1.0, "diameter_mm": 10.0}
    database = tmp_path / "lab.db"

    def script():
        with labctl.bench("station.toml", database=database, sample=sample) as bench:
            for minute in (10, 30):
                keeper.rig.faults.add("switched_off", instrument=OVEN, after_s=60 * minute)
            bench.bring_to(60, dwell_min=60)

    with pytest.raises(SettingLost):
        script()
    with labctl.open(database) as db:
        kinds = [row["kind"] for row in db.rows("SELECT kind FROM events ORDER BY id")]
        assert kinds == ["started", "setting lost", "set again", "setting lost", "failed"]
        assert "it is switched off at the instrument" in db.run("last")["reason"]


def test_a_script_may_switch_its_oven_off_and_read_on(rig_with, monkeypatch):
    station, _ = rig_with()
    monkeypatch.setattr("labctl.scripting.read_station", lambda path: station)
    with labctl.bench("station.toml") as bench:
        bench.bring_to(40, dwell_min=1)
        bench.oven.make_safe()
        for _ in range(20):
            bench.sample_temperature_k()
            bench.clock.sleep(60)
        assert not bench.oven.output_state.is_on
