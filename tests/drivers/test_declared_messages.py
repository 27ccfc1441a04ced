"""Every message of every shipped driver is in its table, and every row of a table is sent."""

from contextlib import suppress
from dataclasses import replace

import pytest

from drivers import catalogue
from drivers.huber import SENSORS
from drivers.namur_watchdog import NamurWatchdog
from drivers.relay_watchdog import RelayWatchdog
from drivers.solartron1260 import VOLTAGE_RATIO
from labctl.command_table import bench_checks_of, messages_of, undeclared
from labctl.errors import ConfigurationError, InstrumentError
from labctl.testing.adapters import Silent
from labctl.testing.declarations import *  # noqa: F403 - every rule
from labctl.testing.declarations import sent_by, spelt


def values(floats, read, written):
    """Read and write parameters of a Eurotherm with or without its region of floats."""

    def act(trial):
        trial.driver._floats = floats
        for address in read:
            with suppress(InstrumentError):
                trial.driver.read_value(address)
        for address in written:
            with suppress(InstrumentError):
                trial.driver.write_value(address, 0.0)

    return act


def an_undetected_cell_error(trial):
    trial.driver.last_error = lambda: 5
    trial.driver.cell_off()


def a_compensated_sweep(trial):
    trial.driver.write(":SENS1:CORR2:OPEN 1")
    list(trial.driver.sweep([1e3], 0.02))


def an_unanswered_form_of_query(trial):
    trial.rig.faults.add("timeout", command=r"\?VA")
    trial.driver.reported("VA")


def a_watchdog_time(trial):
    trial.driver.set_and_confirm("watchdog_setting_s", 60)


def a_limit(trial):
    trial.driver.input.temperature_limit_k = 400.0


def identity(trial):
    return trial.driver.identity


def temperature(trial):
    return trial.driver.temperature_k


def sensor(trial):
    return trial.driver.read_variable(SENSORS[trial.driver.sensor])


def a_ramp(trial):
    trial.driver.prepare()
    trial.driver.ramp_rate_k_s = 0.1
    trial.driver.setpoint_k = 330.0


def power_at_a_sensor_break(trial):
    (model,) = trial.rig.instruments.values()
    model.loop.break_percent = 10.0
    trial.driver.prepare()


def an_adapter_lost_by_the_reset(trial):
    found = iter(["M1", "OFF"])
    trial.driver._adapter = lambda: next(found)
    trial.driver.prepare()


def preparing(trial):
    trial.driver.prepare()


def a_sweep_table_left_on(trial):
    (cryostat,) = trial.rig.instruments.values()
    cryostat.swept = True
    trial.driver.prepare()


def a_flow(trial):
    trial.driver.prepare()
    trial.driver.setpoint = 5e-7
    return trial.driver.identity


def a_humidity(trial):
    trial.driver.prepare()
    trial.driver.setpoint = 2000.0
    return trial.driver.value


LAKE_SHORE = [({}, a_limit), ({"curve": 6}, lambda trial: trial.driver.prepare())]
THERMOCOUPLE = [({"sensor": "K", "reference_junction_degc": 23.0}, preparing)]
ON_RS485 = ({"rs485_address": 1}, identity)
EXTERNAL = ({"external": True}, temperature)
IN_TWO_WORDS = {"address": 0x103, "type": "uint32", "value": 0}
OTHER_REGISTERS = [
    {"single_writes": False},
    {
        "off": [IN_TWO_WORDS],
        "temperature": {"address": 0x10, "type": "float32", "function": 3},
        "word_order": "high_first",
    },
]
OF_3200 = [({}, values(floats, (1, 2, 4, 5, 35), (2, 35))) for floats in (True, False)]
SITUATIONS = {
    "AlicatMC": [({}, a_flow)],
    "CellkraftP10": [({}, a_humidity)],
    "LakeShore335": LAKE_SHORE,
    "LakeShore336": LAKE_SHORE,
    "LakeShore350": LAKE_SHORE,
    "Eurotherm2400": [
        ({}, values(False, (1, 2, 5, 34, 35, 111), (2, 35))),
        ({}, values(True, (), (34,))),
    ],
    "Eurotherm2200": [
        ({}, values(False, (1, 2, 5, 34, 35, 111), (2, 35))),
        ({}, values(True, (), (34,))),
        ({"rate_per": "min"}, a_ramp),
    ],
    "Eurotherm3200": OF_3200,
    "Eurotherm3216": OF_3200,
    "Eurotherm3500": [({}, values(False, (1, 2, 5, 35), (2, 35)))],
    "Nanodac": [
        ({"rate_per": "min"}, a_ramp),
        ({"rate_per": "min", "loop": 2}, a_ramp),
        ({}, power_at_a_sensor_break),
    ],
    "OmronE5C": [({"rate_decimals": 1}, a_ramp)],
    "ModbusOven": [(settings, act) for settings in OTHER_REGISTERS for act in (a_ramp, temperature)],
    "JulaboCF": [ON_RS485, EXTERNAL],
    "JulaboFC": [ON_RS485, EXTERNAL],
    "JulaboCorio": [ON_RS485],
    "JulaboFL": [ON_RS485],
    "JulaboPresto": [ON_RS485, EXTERNAL, ({}, a_watchdog_time)],
    "Huber": [
        ({"sensor": "external"}, sensor),
        ({"sensor": "process"}, sensor),
        ({"keep_circulating": False}, lambda trial: trial.driver.switch_off()),
    ],
    "Agilent4294A": [({}, an_adapter_lost_by_the_reset)],
    "Keithley2000": THERMOCOUPLE,
    "KeithleyDMM6500": THERMOCOUPLE,
    "OxfordMercuryITC": [({}, a_sweep_table_left_on)],
    "KeysightE4990A": [({}, a_compensated_sweep)],
    "Solartron1260": [
        ({}, an_unanswered_form_of_query),
        ({}, lambda trial: list(trial.driver.spectrum(VOLTAGE_RATIO, [1e3], 0.01))),
    ],
    "Solartron1287": [
        ({}, an_undetected_cell_error),
        ({"range_map_verified": True}, lambda trial: trial.driver.impose_current(1e-3)),
    ],
}
SITUATIONS["Solartron1260With1287"] = SITUATIONS["Solartron1287"]
"""Settings and an action for the rows of a table that say when they are sent."""


def sent_in(candidate, settings, act):
    with replace(candidate, settings={**candidate.settings, **settings}).connected() as trial:
        with suppress(InstrumentError, ConfigurationError):
            act(trial)
        return spelt(candidate, trial.sent)


def test_every_row_that_says_when_is_sent_then_and_nothing_undeclared_is(candidate):
    situations = SITUATIONS.get(candidate.driver_class.__name__, [])
    texts = [text for settings, act in situations for text in sent_in(candidate, settings, act)]
    assert undeclared(candidate.driver_class, texts) == []
    rare = [message for message in messages_of(candidate.driver_class) if message.when and message.is_sent]
    seen = [*texts, *sent_by(candidate)]
    assert [m.command for m in rare if not any(m.matches(text) for text in seen)] == []


def test_what_is_never_sent_is_not_sent(candidate):
    never = [message for message in messages_of(candidate.driver_class) if not message.is_sent]
    others = [message for message in messages_of(candidate.driver_class) if message.is_sent]
    for text in sent_by(candidate):
        assert any(m.matches(text) for m in others) or not any(m.matches(text) for m in never), text


def test_every_shipped_driver_declares_messages_and_bench_checks():
    shipped = {*catalogue.TEMPERATURE_CONTROLLERS, *catalogue.ANALYZERS, *catalogue.POTENTIOSTATS}
    shipped |= {*catalogue.THERMOMETERS, *catalogue.SWITCHES, *catalogue.MONITORS}
    for driver_class in shipped | set(catalogue.WATCHDOGS):
        assert messages_of(driver_class), driver_class.__name__
        assert bench_checks_of(driver_class), driver_class.__name__


@pytest.mark.parametrize("watchdog_class", [NamurWatchdog, RelayWatchdog])
def test_a_watchdog_sends_what_it_declares(watchdog_class):
    adapter = Silent()
    watchdog = watchdog_class(adapter)
    for act in (watchdog.prepare, watchdog.kick, watchdog.kick):
        with suppress(InstrumentError):
            act()
    texts = [text for message in adapter.sent for text in watchdog_class.declared_texts(message)]
    assert undeclared(watchdog_class, texts) == []
    assert all(any(m.matches(text) for text in texts) for m in messages_of(watchdog_class))


def test_a_driver_that_resets_says_what_that_may_put_at_the_cell(candidate):
    resets = any(
        message.command == "*RST" and message.is_sent for message in messages_of(candidate.driver_class)
    )
    stimulates = not set(candidate.roles) <= {"thermometer", "monitor"}
    assert bool(candidate.driver_class.shown_on_reset) is (resets and stimulates)
    assert resets is ("*RST" in sent_by(candidate))
