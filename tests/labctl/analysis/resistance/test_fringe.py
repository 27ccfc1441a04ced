"""The fringe of electrodes smaller than the pellet."""

import math

import numpy as np
import pytest

from labctl.analysis import Estimate
from labctl.analysis.resistance.fringe import effective_area, fringe_m


def disc(diameter_mm: float, u_mm: float = 0.0) -> Estimate:
    return Estimate(math.pi / 4 * (diameter_mm * 1e-3) ** 2, math.pi / 2 * diameter_mm * u_mm * 1e-6)


def solved_width(thickness: float, margin: float, half_width: float, step: float) -> float:
    """Width that carries the current of a plate with an edge, by finite differences of its upper half."""
    rows, columns = round(thickness / 2 / step), round((half_width + margin) / step)
    electrode = np.arange(columns) * step + step / 2 < half_width
    v = np.tile(np.linspace(0, 1, rows + 1)[1:, None] * 0.5, (1, columns))
    for _ in range(6000):
        left = np.concatenate([v[:, :1], v[:, :-1]], axis=1)
        right = np.concatenate([v[:, 1:], v[:, -1:]], axis=1)
        below = np.concatenate([np.zeros((1, columns)), v[:-1]])
        above = np.concatenate([v[1:], v[-2:-1]])
        new = (left + right + below + above) / 4
        new[-1, electrode] = 0.5
        v = v + 1.0 * (new - v)
    current = v[0].sum()  # through the lowest row of cells, each of conductance 1
    return float(current / 0.5 * thickness / 2)


def test_a_wide_margin_adds_ln_two_over_pi_of_the_thickness():
    assert fringe_m(1e-3, 1.0) == pytest.approx(1e-3 * math.log(2) / math.pi)


def test_a_narrow_margin_adds_itself_and_none_adds_nothing():
    assert fringe_m(1e-3, 1e-6) == pytest.approx(1e-6, rel=2e-3)
    assert fringe_m(1e-3, 0.0) == 0.0
    assert fringe_m(1e-3, -1e-4) == 0.0


@pytest.mark.parametrize(("diameter_mm", "share"), [(10.0, 0.09), (5.0, 0.18)])
def test_a_pellet_of_one_millimetre_has_the_fringe_of_the_notes(diameter_mm, share):
    area = disc(diameter_mm)
    wide = effective_area(Estimate(1e-3, 0.0), area, disc(30.0))
    assert wide.value / area.value - 1 == pytest.approx(share, abs=0.005)
    assert wide.standard_uncertainty == pytest.approx(0.1 * (wide.value - area.value))


@pytest.mark.parametrize("margin", [0.25, 0.5, 1.0])
def test_the_field_of_an_edge_solved_by_finite_differences_has_this_fringe(margin):
    added = solved_width(1.0, margin, 2.0, 1 / 24) - 2.0
    assert added == pytest.approx(fringe_m(1.0, margin), rel=0.12)


def test_a_pellet_that_is_not_stated_or_as_wide_as_its_electrodes_leaves_the_area():
    area = disc(10.0, 0.05)
    assert effective_area(Estimate(1e-3, 0.0), area, None) is area
    assert effective_area(Estimate(1e-3, 0.0), area, disc(10.0)) is area


def test_an_electrode_whose_margin_is_narrow_counts_with_the_pellet_and_not_with_itself():
    thick = Estimate(10e-3, 0.0)
    by_electrode = effective_area(thick, disc(10.0, 0.1), disc(10.2))
    by_pellet = effective_area(thick, disc(10.0), disc(10.2, 0.1))
    assert by_pellet.standard_uncertainty > 4 * by_electrode.standard_uncertainty
