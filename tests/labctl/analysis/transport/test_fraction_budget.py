"""The current fraction by source of its uncertainty, and without the electrons."""

import math

import pytest

from labctl.analysis import Estimate
from labctl.analysis.transport import fraction_budget as fraction

BULK_OHM, INTERFACE_OHM, STEP_V, RHO = 2000.0, 800.0, 0.01, 0.3
STEADY_A = STEP_V / (BULK_OHM / RHO + INTERFACE_OHM)
VALUES = {
    fraction.STEP: STEP_V,
    fraction.STEADY: STEADY_A,
    fraction.BULK: BULK_OHM,
    fraction.INTERFACE: INTERFACE_OHM,
}


def test_the_fraction_is_that_of_bruce_and_vincent():
    assert fraction.current_fraction(VALUES) == pytest.approx(RHO)


def beside_the_cell(share):
    """What a cell shows whose electrons pass from electrode to electrode."""
    electronic_ohm = BULK_OHM * (1 - share) / share
    bulk_ohm = 1 / (1 / BULK_OHM + 1 / electronic_ohm)
    both_ohm = 1 / (1 / (BULK_OHM + INTERFACE_OHM) + 1 / electronic_ohm)
    return VALUES | {
        fraction.STEADY: STEADY_A + STEP_V / electronic_ohm,
        fraction.BULK: bulk_ohm,
        fraction.INTERFACE: both_ohm - bulk_ohm,
        fraction.ELECTRONS: share,
        fraction.PASSING: 1.0,
    }


def beside_the_bulk(share):
    """What a cell shows whose layers on the electrodes stop the electrons: the electrolyte alone has them."""
    electronic_ohm = BULK_OHM * (1 - share) / share
    bulk_ohm = 1 / (1 / BULK_OHM + 1 / electronic_ohm)
    electrolyte_ohm = 1 / (RHO / BULK_OHM + 1 / electronic_ohm)
    return VALUES | {
        fraction.STEADY: STEP_V / (electrolyte_ohm + INTERFACE_OHM),
        fraction.BULK: bulk_ohm,
        fraction.ELECTRONS: share,
        fraction.PASSING: 0.0,
    }


@pytest.mark.parametrize("share", [0.001, 0.03, 0.2])
@pytest.mark.parametrize("cell", [beside_the_cell, beside_the_bulk])
def test_a_known_share_of_the_electrons_is_taken_out(cell, share):
    seen = cell(share)
    assert fraction.current_fraction({**seen, fraction.ELECTRONS: 0.0}) > RHO
    assert fraction.current_fraction(seen) == pytest.approx(RHO, rel=1e-9)


def test_each_doubt_is_a_component_and_their_squares_add_up():
    doubts = [
        *fraction.doubts_of(fraction.STEADY, Estimate(STEADY_A, 0.01 * STEADY_A, 9.0), "steady current"),
        fraction.Doubt(fraction.STEP, "potentiostat", 0.002 * STEP_V, "B", True, "gain"),
    ]
    found = fraction.with_budget(VALUES, doubts)
    current, potential = found.components
    slope = 1 + STEADY_A * INTERFACE_OHM / (STEP_V - STEADY_A * INTERFACE_OHM)
    assert current.change == pytest.approx(RHO * 0.01 * slope, rel=1e-4)
    assert potential.change == pytest.approx(-RHO * 0.002 * slope, rel=1e-4)
    assert found.standard_uncertainty == pytest.approx(math.hypot(current.change, potential.change))
    assert (potential.kind, potential.common, potential.cause) == ("B", True, "gain")
    assert current.degrees_of_freedom == 9.0


def test_parts_of_an_estimate_keep_their_sources():
    total = Estimate(BULK_OHM, 3.0).with_component()
    (part,) = fraction.doubts_of(fraction.BULK, total, "bulk resistance")
    assert (part.source, part.change) == ("bulk resistance", 3.0)


def test_a_quotient_with_an_uncertain_denominator_has_the_interval_of_its_drawn_values():
    values = VALUES | {fraction.STEP: STEADY_A * (BULK_OHM + 1.1 * INTERFACE_OHM)}
    doubt = fraction.Doubt(fraction.INTERFACE, "interface resistance", 400.0)
    low, high = fraction.with_budget(values, [doubt]).interval()
    ends = [
        fraction.current_fraction(values | {fraction.INTERFACE: INTERFACE_OHM + sign * 1.959964 * 400.0})
        for sign in (-1, 1)
    ]
    assert (low, high) == (pytest.approx(ends[0], rel=1e-3), pytest.approx(ends[1], rel=1e-3))
    middle = fraction.current_fraction(values)
    assert high - middle > 1.5 * (middle - low)


def test_a_limit_of_the_current_bounds_the_fraction():
    """Near 0 a limit of error of the current cannot leave less than the current less its limit."""
    limit_a = 0.5 * STEADY_A
    doubt = fraction.Doubt(
        fraction.STEADY, "potentiostat", limit_a / math.sqrt(3), "B", distribution="rectangular"
    )
    estimate = fraction.with_budget(VALUES, [doubt])
    low, high = estimate.interval()
    ends = [
        fraction.current_fraction(VALUES | {fraction.STEADY: STEADY_A + sign * 0.95 * limit_a})
        for sign in (-1, 1)
    ]
    assert (low, high) == (pytest.approx(ends[0], rel=0.03), pytest.approx(ends[1], rel=0.03))
    assert 1.959964 * estimate.standard_uncertainty > limit_a * RHO / STEADY_A


def test_a_small_doubt_keeps_the_linear_interval():
    doubt = fraction.Doubt(fraction.INTERFACE, "interface resistance", 1.0)
    low, high = fraction.with_budget(VALUES, [doubt]).interval()
    assert high - RHO == pytest.approx(RHO - low, rel=1e-3)
