"""Oracles, by their own account, do as asked of the driver, and the driver reads from them the truth."""

from pathlib import Path

import pytest
from oracle_rig.table import ORACLES

from drivers import catalogue
from labctl.errors import InstrumentError
from labctl.testing.measurement import energise

OVENS = ["lakeshore335", "lakeshore336", "lakeshore350", "julabo-magio", "julabo-corio-cd"]
WITH_GAPS = [oracle.name for oracle in ORACLES if oracle.gaps and oracle.distribution != "lewis"]
SOURCE_METERS = ["keithley2450", "keithley2400"]
OVER_MODBUS = ["eurotherm2400-pty", "eurotherm3200-socket", "eurotherm3500-pty"]
LAKE_SHORES = [name for name in OVENS if name.startswith("lakeshore")]
DOCUMENT = Path(__file__).parents[2] / "docs" / "reference" / "oracles.md"
ROLES = (
    catalogue.TEMPERATURE_CONTROLLERS,
    catalogue.ANALYZERS,
    catalogue.POTENTIOSTATS,
    catalogue.THERMOMETERS,
    catalogue.SWITCHES,
    catalogue.WATCHDOGS,
    catalogue.PARTNERS,
)
TARGET_K = 320.0


def test_an_oracle_is_off_when_prepared_and_on_when_energised(candidate):
    with candidate.connected() as trial:
        trial.driver.prepare()
        assert not trial.energised
        end = energise(trial)
        assert trial.energised
        end()
        trial.driver.make_safe()


@pytest.mark.parametrize("name", [*OVENS, "lewis-julabo", *OVER_MODBUS, "modbus_oven"])
def test_the_set_point_of_the_oracle_is_the_one_asked_for(oracle_named, name):
    with oracle_named(name).connected() as trial:
        trial.driver.prepare()
        trial.driver.setpoint_k = TARGET_K
        resolution_k = 0.051 if name in OVER_MODBUS else 0.006
        assert trial.rig.truth()["setpoint_k"] == pytest.approx(TARGET_K, abs=resolution_k)
        assert trial.driver.setpoint_k == pytest.approx(TARGET_K, abs=resolution_k)


@pytest.mark.parametrize(
    ("name", "after_s"), [*((name, 7200) for name in OVENS), ("lewis-julabo", 900), ("lewis-linkam_t95", 300)]
)
def test_an_oracle_gets_to_the_set_point_and_the_driver_reads_its_temperature(oracle_named, name, after_s):
    with oracle_named(name).connected() as trial:
        trial.driver.prepare()
        trial.driver.setpoint_k = TARGET_K
        trial.clock.sleep(after_s)
        trial.rig.truth()  # the simulator computes these hours now, where no time-out waits for it
        assert trial.driver.temperature_k == pytest.approx(TARGET_K, abs=0.5)
        assert trial.driver.temperature_k == pytest.approx(trial.rig.truth()["temperature_k"], abs=0.1)
        trial.driver.make_safe()


@pytest.mark.parametrize("name", LAKE_SHORES)
def test_a_ramp_left_on_at_the_panel_is_off_after_preparing(oracle_named, name):
    with oracle_named(name).connected() as trial:
        trial.rig.set_at_panel("ramp", 0.1)
        trial.driver.prepare()
        assert not trial.rig.truth()["ramps"]


@pytest.mark.parametrize("name", LAKE_SHORES)
def test_a_ramp_begins_at_the_temperature_and_has_the_rate_asked_for(oracle_named, name):
    with oracle_named(name).connected() as trial:
        trial.driver.prepare()
        trial.driver.ramp_rate_k_s = 0.05
        trial.driver.setpoint_k = 50.0
        truth = trial.rig.truth()
        assert (truth["ramps"], truth["ramp_k_min"]) == (True, pytest.approx(3.0))
        trial.clock.sleep(300)
        assert trial.driver.temperature_k == pytest.approx(4.2 + 300 * 0.05, abs=1.5)


@pytest.mark.parametrize("name", LAKE_SHORES)
def test_every_heater_left_on_at_the_panel_is_off_when_made_safe(oracle_named, name):
    with oracle_named(name).connected() as trial:
        trial.rig.set_at_panel("ranges", 1)
        trial.driver.make_safe()
        assert set(trial.rig.truth()["ranges"].values()) == {0}


@pytest.mark.parametrize("name", LAKE_SHORES)
def test_an_instrument_in_degrees_celsius_gets_the_set_point_asked_for(oracle_named, name):
    with oracle_named(name).connected() as trial:
        trial.rig.set_at_panel("unit", 2)
        trial.driver.prepare()
        trial.driver.setpoint_k = TARGET_K
        assert trial.rig.truth()["setpoint_k"] == pytest.approx(TARGET_K, abs=0.006)


def test_a_circulator_in_local_mode_is_refused(oracle_named):
    with oracle_named("julabo-magio").connected() as trial:
        trial.rig.set_at_panel("local", 1)
        with pytest.raises(InstrumentError, match=r"NOT ALLOWED|remote"):
            trial.driver.prepare()


def test_an_alarm_of_a_circulator_is_no_temperature(oracle_named):
    with oracle_named("julabo-magio").connected() as trial:
        trial.driver.prepare()
        trial.rig.set_at_panel("alarm", "-01 LOW LEVEL ALARM")
        with pytest.raises(InstrumentError, match="LOW LEVEL"):
            _ = trial.driver.temperature_k


def test_a_set_point_beyond_the_warning_limits_of_a_circulator_is_an_error(oracle_named):
    with oracle_named("julabo-magio").connected() as trial:
        trial.driver.prepare()
        with pytest.raises(InstrumentError, match="VALUE EXCEEDS TEMPERATURE LIMITS"):
            trial.driver.setpoint_k = 273.15 + 160
        assert not trial.energised


@pytest.mark.parametrize("name", SOURCE_METERS)
def test_the_current_through_the_resistor_of_the_oracle_is_measured(oracle_named, name):
    with oracle_named(name).connected() as trial:
        trial.driver.prepare()
        resistance_ohm = trial.rig.truth()["resistance_ohm"]
        points = list(trial.driver.hold(0.1, [0.0, 1.0, 2.0], 1e-3))
        assert [point.status for point in points] == ["ok"] * 3
        for point in points:
            assert point.current_a == pytest.approx(0.1 / resistance_ohm, rel=1e-3)
            assert point.potential_v == pytest.approx(0.1, rel=1e-3)


@pytest.mark.parametrize("name", SOURCE_METERS)
def test_a_current_at_the_limit_of_the_oracle_is_flagged(oracle_named, name):
    with oracle_named(name).connected() as trial:
        trial.driver.prepare()
        (point,) = trial.driver.hold(1.0, [0.0], 1e-4)
        assert "at the current limit" in point.status
        assert point.current_a == pytest.approx(1e-4, rel=1e-3)


@pytest.mark.parametrize("name", SOURCE_METERS)
def test_the_oracle_senses_with_the_wires_and_terminals_of_the_settings(oracle_named, name):
    with oracle_named(name).connected() as trial:
        trial.driver.prepare()
        list(trial.driver.hold(0.1, [0.0], 1e-3))
        assert trial.rig.truth()["four_wire"]
        assert trial.rig.truth()["terminals"] == "FRON"


@pytest.mark.parametrize("name", SOURCE_METERS)
def test_a_source_left_on_at_the_panel_is_off_after_preparing(oracle_named, name):
    with oracle_named(name).connected() as trial:
        trial.rig.set_at_panel("output", 1)
        assert trial.energised
        trial.driver.prepare()
        assert not trial.energised


@pytest.mark.parametrize("name", OVER_MODBUS)
def test_a_register_that_the_server_does_not_have_is_refused_with_its_exception(oracle_named, name):
    with oracle_named(name).connected() as trial, pytest.raises(InstrumentError, match="no such address"):
        trial.driver.read_word(4000)


@pytest.mark.parametrize("name", OVER_MODBUS)
def test_another_unit_number_is_an_error_and_changes_nothing(oracle_named, name):
    with oracle_named(name).connected() as trial:
        before = trial.rig.truth()
        trial.driver.unit = 2
        for attempt in (trial.driver.prepare, trial.driver.make_safe):
            with pytest.raises(InstrumentError):
                attempt()
        assert trial.rig.truth() == before


def test_a_hotplate_that_is_kicked_in_time_goes_on_heating(oracle_named):
    with oracle_named("ika").connected() as trial:
        trial.rig.set_at_panel("heating", 1)
        trial.driver.prepare()
        for _ in range(10):
            trial.driver.kick()
            trial.clock.sleep(trial.driver.period_s - 5)
            assert trial.energised
        assert trial.rig.truth()["watchdog_s"] == trial.driver.period_s


def test_a_hotplate_that_is_not_kicked_switches_itself_off(oracle_named):
    with oracle_named("ika").connected() as trial:
        trial.rig.set_at_panel("heating", 1)
        trial.driver.kick()
        trial.clock.sleep(trial.driver.period_s + 5)
        assert not trial.energised
        assert trial.rig.truth()["has_tripped"]


def test_a_potentiostat_states_its_device_and_serial_number(oracle_named):
    with oracle_named("palmsens").connected() as trial:
        assert trial.driver.identity == "PalmSens,espico1600#Sep 30 2025 12:00:00,ESPSIM01"


@pytest.mark.parametrize("act", ["prepare", "make_safe", "switch_off"])
def test_a_cell_left_on_is_off_when_prepared_made_safe_and_switched_off(oracle_named, act):
    with oracle_named("palmsens").connected() as trial:
        trial.rig.set_at_panel("cell", 1)
        assert trial.energised
        for _ in range(2):
            getattr(trial.driver, act)()
            assert not trial.energised


def test_a_potentiostat_is_made_safe_after_it_was_switched_off(oracle_named):
    with oracle_named("palmsens").connected() as trial:
        trial.driver.switch_off()
        trial.rig.set_at_panel("cell", 1)
        trial.driver.make_safe()
        assert not trial.energised


NOT_UNDERSTOOD = {
    "lakeshore": lambda voice: bool(int(voice.hear("*ESR?")) & 32),
    "julabo": lambda voice: voice.hear("STATUS").startswith("-08"),
    "keithley": lambda voice: voice.hear("SYST:ERR?").startswith("-113"),
}


@pytest.mark.parametrize("name", WITH_GAPS)
def test_the_relay_answers_only_what_the_oracle_does_not_understand(oracle_named, name):
    with oracle_named(name).connected() as trial:
        is_not_understood = NOT_UNDERSTOOD[trial.rig.oracle.arguments[0]]
        for gap in trial.rig.oracle.gaps:
            assert trial.rig.voice.hear(gap.example) is None
            assert is_not_understood(trial.rig.voice), gap.example


def test_the_document_has_the_row_of_every_oracle():
    text = DOCUMENT.read_text(encoding="utf-8")
    assert [oracle.row for oracle in ORACLES if oracle.row not in text.splitlines()] == []


def test_the_document_names_every_driver_with_and_without_an_oracle():
    with_oracle, without = DOCUMENT.read_text(encoding="utf-8").split("## Drivers without an oracle")
    have = {oracle.driver.partition(":")[2] for oracle in ORACLES}
    shipped = {driver.__name__ for table in ROLES for driver in table}
    assert {name for name in shipped if f"`{name}`" in with_oracle} == have
    assert {name for name in shipped if f"`{name}`" in without} == shipped - have
