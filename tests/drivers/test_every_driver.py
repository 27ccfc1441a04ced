"""Tests of all shipped drivers: the contract, and the completeness of the catalogue."""

import importlib
import inspect
import os
import pkgutil
import re
from pathlib import Path
from random import Random

import pytest

import drivers
from drivers import catalogue
from drivers.keithley_multimeters import Multimeter
from drivers.modbus_instrument import ModbusInstrument
from labctl.bench import Watchdog
from labctl.instrument import Instrument
from labctl.testing.contract import *  # noqa: F403 - every rule of the contract
from labctl.testing.measurement import readings, spoil
from labctl.testing.trial import PROTOCOL_OF
from sim_instruments.stand_ins import DRIVERS as STAND_INS

PROJECT = Path(__file__).parents[2]
MODULES = [importlib.import_module(f"drivers.{info.name}") for info in pkgutil.iter_modules(drivers.__path__)]
OF_ROLE = {
    "oven": catalogue.TEMPERATURE_CONTROLLERS,
    "fra": catalogue.ANALYZERS,
    "potentiostat": catalogue.POTENTIOSTATS,
    "thermometer": catalogue.THERMOMETERS,
    "switch": catalogue.SWITCHES,
    "monitor": catalogue.MONITORS,
    "atmosphere": catalogue.ATMOSPHERES,
}
SHIPPED = {driver for table in OF_ROLE.values() for driver in table}


def classes():
    found = [c for module in MODULES for c in vars(module).values() if inspect.isclass(c)]
    found = {c for c in found if hasattr(c, "prepare") and issubclass(c, Instrument)}
    return {c for c in found if not hasattr(c, "kick") or hasattr(c, "make_safe")}


def watchdogs():
    found = [c for module in MODULES for c in vars(module).values() if inspect.isclass(c)]
    return {c for c in found if issubclass(c, Instrument) and hasattr(c, "kick")}


def test_every_driver_is_in_the_catalogue_under_every_role_it_claims(shipped_candidates):
    families = {base for c in SHIPPED for base in c.__mro__[1:]} - SHIPPED
    assert classes() - families == SHIPPED | set(catalogue.PARTNERS)
    for candidate in shipped_candidates:
        assert candidate.claimed_roles == [
            role for role in PROTOCOL_OF if candidate.driver_class in OF_ROLE[role]
        ]


def test_every_driver_has_a_stand_in_and_is_held_to_the_contract(shipped_candidates):
    assert {candidate.driver_class for candidate in shipped_candidates} == SHIPPED
    alone = [driver for driver, roles in STAND_INS.values() if roles in ((), ("watchdog",))]
    assert len(shipped_candidates) == len(STAND_INS) - len(alone) + 2  # the pairs have two each


def test_every_watchdog_is_in_the_catalogue_and_says_so():
    assert watchdogs() == set(catalogue.WATCHDOGS)
    for watchdog in watchdogs():
        assert "`labctl.bench.Watchdog`" in watchdog.__doc__
        members = [name for name in vars(Watchdog) if not name.startswith("_")]
        assert not [name for name in members if not hasattr(watchdog, name)]


def test_what_to_check_on_the_bench_is_written_down(shipped_candidates):
    text = (PROJECT / "docs" / "bench-checks.md").read_text(encoding="utf-8")
    missing = [c.__name__ for c in classes() | watchdogs() if not re.search(rf"`{c.__name__}`", text)]
    assert not missing
    for candidate in shipped_candidates:
        assert f"    pytest --labctl-driver {candidate.reference}" in text


def test_every_shipped_driver_that_stimulates_switches_off_without_reading_back():
    stimulating = [c for c in classes() if not issubclass(c, Multimeter)]
    assert [c.__name__ for c in stimulating if c.switch_off is Instrument.switch_off] == []


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_no_module_of_a_driver_sleeps_or_reads_a_clock_of_its_own(module):
    source = inspect.getsource(module)
    assert not re.search(r"\btime\.(sleep|time|monotonic)|import time|from time|\.sleep\(", source)


def test_the_condition_is_text_and_energises_nothing(candidate):
    with candidate.connected() as trial:
        trial.driver.prepare()
        if hasattr(trial.driver, "condition"):
            at_rest = ("no ", "none", "good", "stop", "STOP", "off", "OFF", "heater 0 %")
            assert any(word in trial.driver.condition for word in at_rest)
        assert not trial.energised


MAY_HAVE_MORE = ("STATUS", "FETC?")  # free text of a Julabo; a bin number of an LCR meter
LINES_OF_A_SCRIPT = ("script",)  # marks without a value


def test_a_field_more_than_the_reply_has_is_never_taken_for_a_number(candidate):
    if issubclass(candidate.driver_class, ModbusInstrument):
        pytest.skip("its replies are framed by length: bytes after one spoil the next")
    chance = Random(f"{candidate.reference} {os.environ.get('LABCTL_SEED', '1')}")
    name, reading = chance.choice(sorted(readings(candidate).items()))
    for skip in range(chance.randrange(2), 8, 2):
        outcome = spoil(candidate, reading, skip=skip, kind="surplus")
        is_free = outcome.struck[:1] and outcome.struck[0] in (*MAY_HAVE_MORE, *LINES_OF_A_SCRIPT)
        refused = outcome.error or outcome.is_doubted
        assert not outcome.struck or is_free or refused, f"{name}: {outcome.struck[0]}"


def test_what_prepares_by_a_reset_is_no_temperature_controller(candidate):
    with candidate.connected() as trial:
        trial.driver.prepare()
        resets = [message for message in trial.sent if re.search(r"\*RST|:PRES", message)]
    may_reset = candidate.driver_class.__name__ in (
        "Keithley2450", "Keithley2400", "Keithley6430", "KeysightE4980A", "Agilent4284A", "KeysightE4990A",
        "Keithley2000", "KeithleyDMM6500", "Keithley6517B",
        "Agilent4294A", "Keithley2400With6514",
    )  # fmt: skip
    assert bool(resets) == may_reset
    assert not (resets and "oven" in candidate.roles)
    if not set(candidate.roles) <= {"thermometer", "monitor"}:
        assert all(message.startswith("*RST;") for message in resets), "the off messages come with the reset"
