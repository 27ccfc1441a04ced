"""A step too large for a current proportional to it: corrected and told, or refused."""

import math

import pytest

from labctl.analysis import Estimate, bruce_vincent
from labctl.analysis.transport.linear_range import thermal_voltage_v

ROOM_K = 298.15


def cell(over_electrolyte_v, charges, t_plus=0.3, bulk_ohm=300.0, interphase_ohm=200.0):
    """Inputs of an ideal dilute cell whose steady electrolyte carries so much voltage."""
    half = 2 * thermal_voltage_v(ROOM_K, charges)
    steady_a = t_plus / bulk_ohm * half * math.tanh(over_electrolyte_v / half)
    step_v = over_electrolyte_v + steady_a * interphase_ohm
    return {
        "delta_v_v": step_v,
        "initial_current_a": step_v / (bulk_ohm + interphase_ohm),
        "steady_current_a": steady_a,
        "initial_resistance_ohm": interphase_ohm,
        "steady_resistance_ohm": interphase_ohm,
    }


@pytest.mark.parametrize(
    ("volt", "charges", "low_by"),
    [
        (0.010, (1, 1), 0.003),
        (0.0257, (1, 1), 0.020),
        (0.050, (1, 1), 0.07),
        (0.010, (2, 1), 0.006),
        (0.0257, (2, 1), 0.036),
        (0.050, (2, 1), 0.12),
    ],
)
def test_the_current_of_an_ideal_salt_is_low_by_what_the_page_says(volt, charges, low_by):
    inputs = cell(volt, charges)
    assert 1 - inputs["steady_current_a"] * 1000 / volt == pytest.approx(low_by, rel=0.15)


@pytest.mark.parametrize("charges", [(1, 1), (2, 1), (3, 1)])
@pytest.mark.parametrize("volt", [0.015, 0.03, 0.06])
def test_a_large_step_is_corrected_and_told(volt, charges):
    steps = {"cation_charge": charges[0], "anion_charge": charges[1], "temperature_k": ROOM_K}
    found = bruce_vincent(**cell(volt, charges), **steps)
    naive = bruce_vincent(**cell(volt, charges))
    assert found.value.value == pytest.approx(0.3, rel=1e-3)
    assert naive.value.value < 0.3 * 0.995
    assert any("exceed the linear range of" in flag for flag in found.flags)
    low, high = found.value.interval()
    assert low < 0.3 < high


def test_a_step_within_the_linear_range_is_left_alone():
    inputs = cell(0.010, (1, 1))
    found = bruce_vincent(**inputs, temperature_k=ROOM_K)
    assert found.value == bruce_vincent(**inputs).value
    assert not any("linear range" in flag for flag in found.flags)


def test_a_step_far_outside_is_refused_with_the_range():
    with pytest.raises(ValueError, match=r"120 mV over the electrolyte, above 103 mV: .* below 13 mV it is"):
        bruce_vincent(**cell(0.120, (1, 1)), temperature_k=ROOM_K)


@pytest.mark.parametrize(("charges", "kelvin"), [((0, 1), 298.0), ((1, 1), 0.0), ((1, 1), math.nan)])
def test_charges_and_temperatures_that_cannot_be_are_refused(charges, kelvin):
    with pytest.raises(ValueError, match="must be"):
        thermal_voltage_v(kelvin, charges)


def test_newmans_number_stands_beside_the_current_fraction():
    inputs = cell(0.010, (1, 1))
    inputs["steady_current_a"] = Estimate(inputs["steady_current_a"], 0.01 * inputs["steady_current_a"])
    found = bruce_vincent(**inputs)
    assert found.newman_number.value == pytest.approx(1 / found.value.value - 1)
    relative = found.value.relative_uncertainty
    assert found.newman_number.standard_uncertainty == pytest.approx(relative / found.value.value)
