"""Every shipped driver refuses by its declaration, before anything is sent."""

import inspect
import math

import pytest

from drivers.catalogue import ANALYZERS, POTENTIOSTATS, TEMPERATURE_CONTROLLERS, WATCHDOGS
from drivers.keithley6514 import Keithley2400With6514, Keithley6514
from drivers.modbus_oven import ModbusOven
from drivers.solartron1260 import Solartron1260
from drivers.solartron_pair import Solartron1260With1287
from labctl.errors import BeyondInstrument
from labctl.instrument import NO_RAMP
from sim_instruments.stand_ins import MODELS

SMALL = 1e-3
NEEDED = {
    ModbusOven: MODELS["modbus_oven"].settings,
    Solartron1260With1287: {"standard_resistor_ohm": 1e3},
}
"""Settings without which a driver cannot be."""
PARTNER = {Solartron1260With1287: Solartron1260, Keithley2400With6514: Keithley6514}
"""Instruments with which a driver works."""


def can(driver_class):
    return driver_class.capabilities(NEEDED.get(driver_class, {}))


def beyond(allowed):
    """Return a value above and, where there is one, a value below a range."""
    values = [allowed.high * (1 + SMALL) + SMALL] if math.isfinite(allowed.high) else []
    return [*values, allowed.low - SMALL * max(abs(allowed.low), 1e-9)]


@pytest.fixture
def silent(dialogue):
    """Return a function that opens a driver to which nothing may be sent."""

    def opened(driver_class):
        settings = NEEDED.get(driver_class, {})
        if driver_class not in PARTNER:
            return dialogue(driver_class, [], **settings)
        with dialogue(PARTNER[driver_class], []) as partner:
            return dialogue(driver_class, [], partner=partner, **settings)

    return opened


def declares(drivers, quantity):
    """Return the drivers that declare a range of a quantity."""
    return [one for one in drivers if getattr(can(one), quantity) not in (None, NO_RAMP)]


@pytest.mark.parametrize("driver_class", declares(TEMPERATURE_CONTROLLERS, "temperature_k"))
def test_a_set_point_beyond_the_declared_range_is_never_sent(driver_class, silent):
    with silent(driver_class) as oven:
        for kelvin in [*beyond(can(driver_class).temperature_k), math.nan]:
            with pytest.raises(BeyondInstrument, match="set point"):
                oven.setpoint_k = kelvin


@pytest.mark.parametrize("driver_class", declares(TEMPERATURE_CONTROLLERS, "ramp_rate_k_s"))
def test_a_ramp_beyond_the_declared_range_is_never_sent(driver_class, silent):
    with silent(driver_class) as oven:
        for rate_k_s in beyond(can(driver_class).ramp_rate_k_s):
            with pytest.raises(BeyondInstrument, match="ramp"):
                oven.ramp_rate_k_s = rate_k_s


@pytest.mark.parametrize(
    "driver_class", [one for one in TEMPERATURE_CONTROLLERS if can(one).ramp_rate_k_s == NO_RAMP]
)
def test_an_oven_that_declares_no_ramp_refuses_one(driver_class, silent):
    needs = can(driver_class).ramp_needs
    words = f"any other needs settings.{needs}" if needs else "it has no ramp: give 0"
    with silent(driver_class) as oven, pytest.raises(BeyondInstrument, match=words):
        oven.ramp_rate_k_s = 1 / 60


@pytest.mark.parametrize("driver_class", ANALYZERS)
def test_a_spectrum_beyond_a_declared_range_is_never_sent(driver_class, silent):
    declared = can(driver_class)
    hertz, volts = 1e3, 0.01
    declared.check_sweep("", [hertz], volts)
    spectra = [([value], volts, 0.0) for value in beyond(declared.frequency_hz)]
    spectra += [([hertz], value, 0.0) for value in beyond(declared.amplitude_v)]
    spectra += [([hertz], volts, value) for value in beyond(declared.bias_v)]
    with silent(driver_class) as fra:
        for frequencies_hz, amplitude_v, bias_v in spectra:
            with pytest.raises(BeyondInstrument):
                next(fra.sweep(frequencies_hz, amplitude_v, bias_v=bias_v))


@pytest.mark.parametrize("driver_class", POTENTIOSTATS)
def test_a_hold_beyond_a_declared_range_is_never_sent(driver_class, silent):
    declared = can(driver_class)
    holds = [(value, 1e-3) for value in beyond(declared.potential_v)]
    holds += [(0.1, value) for value in beyond(declared.current_a)]
    with silent(driver_class) as cell:
        for potential_v, current_a in holds:
            with pytest.raises(BeyondInstrument):
                next(cell.hold(potential_v, [0.0], current_a))


def test_every_driver_declares_the_settings_that_have_few_values():
    drivers = {*TEMPERATURE_CONTROLLERS, *ANALYZERS, *POTENTIOSTATS, *WATCHDOGS}
    few = ("sensor", "output", "unit", "relay", "external", "standard_resistor_ohm")
    lacking = {
        f"{one.__name__}.{key}"
        for one in drivers
        for key in inspect.signature(one).parameters
        if key in few and key not in can(one).settings
    }
    of_the_boards, a_table = "OxfordMercuryITC.sensor", "ModbusOven.output"
    assert lacking == {of_the_boards, a_table}


def test_the_drivers_that_leave_a_range_undeclared_are_these():
    roles = {"oven": TEMPERATURE_CONTROLLERS, "fra": ANALYZERS, "potentiostat": POTENTIOSTATS}
    lacking = {
        one.__name__: can(one).undeclared([role])
        for role, drivers in roles.items()
        for one in drivers
        if can(one).undeclared([role])
    }
    of_the_model, of_the_set_up = ("temperature_k",), ("temperature_k", "ramp_rate_k_s")
    assert lacking == {
        **dict.fromkeys(("JulaboCF", "JulaboFC", "JulaboCorio", "JulaboFL", "JulaboPresto"), of_the_model),
        **dict.fromkeys(("Eurotherm2400", "Eurotherm3200", "Eurotherm3216", "Eurotherm3500"), of_the_set_up),
        **dict.fromkeys(("Eurotherm2200", "Nanodac", "OmronE5C"), of_the_model),
        "ModbusOven": ("ramp_rate_k_s",),
    }
