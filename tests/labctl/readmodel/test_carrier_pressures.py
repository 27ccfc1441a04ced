"""Slopes of the conductivity against a pressure, from the conditions that a run has stored."""

import pytest

from labctl.readmodel import carrier_pressures
from labctl.readmodel.carrier_pressures import slopes_of
from labctl.readmodel.carriers import _slope_line


def row(pressure_pa, sigma, kelvin=900.0, quantity="oxygen_pa", **more):
    return {
        "condition_quantity": quantity,
        "condition_value": pressure_pa,
        "temperature_k": kelvin,
        "conductivity_s_m": sigma,
        "standard_uncertainty_s_m": None if sigma is None else 0.01 * sigma,
        "bound": "",
        "budget": None,
    } | more


@pytest.fixture
def slopes(monkeypatch):
    """Slopes of the run 3 with these conductivities."""

    def of(*rows):
        monkeypatch.setattr(carrier_pressures.conductivities, "of_parts", lambda db, parts: list(rows))
        return slopes_of(None, [3])

    return of


HOLES = [row(p, 1e-3 * (p / 1e3) ** 0.25) for p in (1e1, 1e2, 1e3, 1e4)]


def test_the_slope_of_a_hole_conductor_in_oxygen_is_a_quarter(slopes):
    (slope,) = slopes(*HOLES)
    assert (slope.run, slope.gas, slope.pressures) == (3, "O2", 4)
    assert slope.found.slope.value == pytest.approx(0.25)
    low, high = slope.found.slope.interval()
    assert low < 0.25 < high < 0.27
    line = _slope_line(slope)
    assert "not excluded: holes beside ionic disorder fixed by a dopant" in line.text
    assert line.evidence == ()
    assert any("pressure is not stated" in flag for flag in line.flags)


def test_each_temperature_and_each_gas_has_a_slope_of_its_own(slopes):
    warmer = [row(p, 1e-2, kelvin=1000.0) for p in (1e2, 1e3, 1e4)]
    moist = [row(p, 1e-3 * (p / 1e3) ** 0.5, quantity="water_pa") for p in (1e2, 1e3, 1e4)]
    found = slopes(*HOLES, *warmer, *moist)
    assert [(one.gas, one.temperature_k) for one in found] == [("O2", 900.0), ("O2", 1000.0), ("H2O", 900.0)]
    assert [one.found.slope.value for one in found] == pytest.approx([0.25, 0.0, 0.5], abs=1e-9)


def test_a_pressure_that_was_only_set_or_a_bound_does_not_count(slopes):
    unread, bounded = row(None, 5.0), row(1e5, 5.0, bound="below")
    (slope,) = slopes(*HOLES, unread, bounded, row(1e5, None))
    assert slope.pressures == 4


def test_one_pressure_gives_no_slope_and_says_why(slopes):
    (slope,) = slopes(row(1e3, 1e-3))
    assert slope.found is None
    assert "cannot be said" in _slope_line(slope).text


def test_other_conditions_have_no_slope(slopes):
    assert slopes(row(1e-6, 1.0, quantity="flow_m3_s"), row(2e-6, 1.0, quantity="flow_m3_s")) == []
