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
