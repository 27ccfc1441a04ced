"""Declared ranges: what is in them, how they read, what is refused; the unknown stays unknown."""

import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labctl.capabilities import NO_RAMP, QUANTITIES, Above, Capabilities, OneOf, Range
from labctl.errors import BeyondInstrument, ConfigurationError, LabctlError
from labctl.instrument import Instrument

LCR = Capabilities(
    frequency_hz=Range(20.0, 2e6),
    amplitude_v=Range(0.005, 2.0),
    amplitude_v_above_hz=(Above(1e6, Range(0.005, 1.0)),),
    bias_v=Range(-40.0, 40.0),
)
SMU = Capabilities(
    potential_v=Range(-210.0, 210.0),
    current_a=Range(1e-9, 1.05),
    current_a_above_v=(Above(21.0, Range(1e-9, 0.105)),),
)


@given(low=st.floats(-1e6, 1e6), width=st.floats(0, 1e6), share=st.floats(0, 1))
def test_a_range_has_what_is_between_its_ends_and_nothing_beyond(low, width, share):
    allowed = Range(low, low + width)
    assert allowed.has(low)
    assert allowed.has(low + width)
    assert allowed.has(min(low + share * width, low + width))
    assert not allowed.has(low + width + 1e-3 + 1e-6 * abs(low + width))
    assert not allowed.has(low - 1e-3 - 1e-6 * abs(low))


@pytest.mark.parametrize("value", [math.nan, math.inf, True, "1", None])
def test_what_is_no_number_is_in_no_range(value):
    assert not Range(0.0, 10.0).has(value)


@pytest.mark.parametrize("kind", [np.int64, np.int32, np.float32, np.float64])
def test_a_number_of_numpy_is_a_number(kind):
    assert Range(20.0, 2e6).has(kind(1000))
    assert not Range(20.0, 2e6).has(kind(10))
    LCR.check_sweep("lcr", np.array([1000, 100], kind), 0.01)


def test_a_truth_value_of_numpy_is_no_number():
    assert not Range(0.0, 10.0).has(np.bool_(True))


def test_a_small_lower_end_is_not_blurred_by_a_large_upper_end():
    assert not Range(1e-5, 3.2e7).has(1e-6)


def test_a_range_may_exclude_its_lower_end_or_be_of_whole_numbers():
    assert not Range(0.0, 1.0, excludes_low=True).has(0.0)
    assert Range(1, 254, whole=True).has(254)
    assert not Range(1, 254, whole=True).has(1.5)


@pytest.mark.parametrize(
    ("allowed", "words"),
    [
        (Range(20.0, 2e6), "20 to 2e+06 Hz"),
        (Range(0.0, 1e6, excludes_low=True), "above 0 to 1e+06 Hz"),
        (Range(0.05, math.inf), "at least 0.05 Hz"),
        (Range(1, 254, whole=True), "a whole number, 1 to 254 Hz"),
    ],
)
def test_a_range_reads_as_a_person_would_write_it(allowed, words):
    assert allowed.words("Hz") == words


def test_true_is_not_one_of_the_numbers():
    assert not OneOf((1, 2)).has(True)
    assert OneOf((False,)).has(False)
    assert OneOf((False,), "it has no external sensor").words() == "False (it has no external sensor)"


BEYOND = {
    "frequency 5e+06 Hz is not possible; possible: 20 to 2e+06 Hz": lambda: sweep([1e3, 5e6]),
    "amplitude (rms) 3 V is not possible; possible: 0.005 to 2 V": lambda: sweep([1e3], 3.0),
    "possible: 0.005 to 1 V above 1e+06 Hz": lambda: sweep([1e3, 1.5e6], 1.5),
    "DC bias -41 V is not possible; possible: -40 to 40 V": lambda: sweep([1e3], 1.0, -41.0),
    "potential 300 V is not possible; possible: -210 to 210 V": lambda: hold(300.0),
    "current limit 2 A is not possible; possible: 1e-09 to 1.05 A": lambda: hold(1.0, 2.0),
    "possible: 1e-09 to 0.105 A above 21 V": lambda: hold(-100.0, 1.0),
}


def sweep(frequencies_hz, amplitude_v=1.0, bias_v=0.0):
    LCR.check_sweep("the meter", frequencies_hz, amplitude_v, bias_v)


def hold(potential_v, current_a=None):
    SMU.check_hold("the meter", potential_v, current_a)


@pytest.mark.parametrize(("words", "check"), BEYOND.items())
def test_what_is_beyond_an_instrument_is_refused_with_value_and_range(words, check):
    with pytest.raises(BeyondInstrument, match=re.escape(words)) as raised:
        check()
    assert str(raised.value).startswith("the meter: ")


def test_temperatures_are_told_in_degrees_and_ramps_per_minute():
    oven = Capabilities(temperature_k=Range(248.15, 573.15), ramp_rate_k_s=Range(0.1 / 60, 10 / 60))
    with pytest.raises(BeyondInstrument, match=r"set point 400 degC .* possible: -25 to 300"):
        oven.check_temperature("oven", 673.15)
    with pytest.raises(BeyondInstrument, match=r"ramp 20 K/min .* possible: 0\.1 to 10 K/min or 0"):
        oven.check_ramp("oven", 20 / 60)
    oven.check_ramp("oven", 0.0)
    with pytest.raises(BeyondInstrument, match="it has no ramp: give 0"):
        Capabilities(ramp_rate_k_s=NO_RAMP).check_ramp("bath", 1 / 60)


def test_a_ramp_that_a_setting_would_allow_is_not_said_to_be_absent():
    can = Capabilities(ramp_rate_k_s=NO_RAMP, ramp_needs="rate_per")
    with pytest.raises(BeyondInstrument, match=r"possible: 0; any other needs settings\.rate_per$"):
        can.check_ramp("oven", 1 / 60)


def test_an_error_names_instrument_quantity_and_value_and_is_a_value_error():
    with pytest.raises(ValueError, match="lcr") as raised:
        LCR.check_sweep("lcr", [10.0], 1.0)
    beyond = raised.value
    assert isinstance(beyond, LabctlError)
    assert (beyond.instrument, beyond.quantity, beyond.value) == ("lcr", "frequency_hz", 10.0)


def test_a_setting_is_held_against_its_possible_values():
    declared = Capabilities(settings={"sensor": OneOf(("A", "B")), "unit": Range(1, 254, whole=True)})
    declared.check_settings("oven", sensor="A", unit=None, other=5)
    with pytest.raises(ConfigurationError, match=r"oven: settings\.sensor: is 'C'; possible: 'A', 'B'"):
        declared.check_settings("oven", sensor="C")


def test_what_is_not_declared_is_unknown_and_not_refused():
    nothing = Instrument.capabilities({})
    assert nothing.undeclared(("oven", "fra")) == (
        "temperature_k",
        "ramp_rate_k_s",
        "frequency_hz",
        "amplitude_v",
        "bias_v",
    )
    assert LCR.undeclared(("fra", "thermometer")) == ()
    nothing.check_temperature("oven", 1e6)


def test_every_quantity_is_a_field_with_words_and_a_unit():
    assert all(hasattr(Capabilities(), name) for name in QUANTITIES)
    assert all(quantity.words and quantity.unit for quantity in QUANTITIES.values())
