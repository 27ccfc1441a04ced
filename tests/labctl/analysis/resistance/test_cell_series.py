"""Cells of several thicknesses or areas: material and contacts apart."""

import numpy as np
import pytest

from labctl.analysis.resistance.cell_series import area_series, thickness_series

SIGMA_S_M, CONTACT_OHM_M2, LEAK_S = 1e-3, 0.2, 3e-7
AREA_M2 = np.array([7.9e-5, 7.8e-5, 7.95e-5, 7.85e-5, 7.9e-5])
THICKNESS_M = np.array([0.5e-3, 1e-3, 1.5e-3, 2e-3, 3e-3])


def cells(random, u=0.005, contact_ohm_m2=CONTACT_OHM_M2):
    """Arguments of a series of thicknesses with random errors of the relative size `u` in everything."""
    r = (THICKNESS_M / SIGMA_S_M + contact_ohm_m2) / AREA_M2
    true = {"resistance_ohm": r, "thickness_m": THICKNESS_M, "area_m2": AREA_M2}
    names = {"resistance_ohm": "resistance_u_ohm", "thickness_m": "thickness_u_m", "area_m2": "area_u_m2"}
    seen = {name: values * (1 + u * random.standard_normal(5)) for name, values in true.items()}
    return seen | {names[name]: u * values for name, values in true.items()}


def test_conductivity_and_contact_come_out_of_a_series_of_thicknesses():
    found = thickness_series(**cells(np.random.default_rng(1), u=1e-6))
    assert found.conductivity_s_m.value == pytest.approx(SIGMA_S_M, rel=1e-4)
    assert found.contact_ohm_m2.value == pytest.approx(CONTACT_OHM_M2, rel=1e-2)
    assert found.parallel_s is None


def test_both_intervals_of_a_series_of_thicknesses_cover_the_truth():
    random, covered = np.random.default_rng(2), []
    for _ in range(300):
        found = thickness_series(**cells(random))
        (low, high), (least, most) = found.conductivity_s_m.interval(), found.contact_ohm_m2.interval()
        covered.append((low <= SIGMA_S_M <= high, least <= CONTACT_OHM_M2 <= most))
    assert (np.mean(covered, axis=0) > 0.91).all()
    assert (np.mean(covered, axis=0) < 0.995).all()


def test_a_single_cell_would_have_been_wrong_by_its_contact():
    one = cells(np.random.default_rng(3), u=1e-6)
    apparent = one["thickness_m"] / one["resistance_ohm"] / one["area_m2"]
    assert apparent[0] < 0.75 * SIGMA_S_M
    assert thickness_series(**one).conductivity_s_m.value == pytest.approx(SIGMA_S_M, rel=1e-3)


def test_a_contact_that_is_not_seen_is_told():
    found = thickness_series(**cells(np.random.default_rng(4), contact_ohm_m2=0.0))
    assert "the intercept may be zero: the contacts are not seen" in found.flags


def test_resistances_that_do_not_depend_on_thickness_give_no_conductivity():
    given = cells(np.random.default_rng(5))
    found = thickness_series(**given | {"resistance_ohm": np.full(5, 1000.0), "area_m2": np.full(5, 1e-4)})
    assert found.conductivity_s_m is None
    assert "no conductivity: the slope against thickness may be zero" in found.flags


def test_two_cells_are_told_to_be_unchecked():
    two = {name: values[:2] for name, values in cells(np.random.default_rng(6)).items()}
    assert "two cells: nothing checks that they lie on a line" in thickness_series(**two).flags


def test_cells_that_differ_in_more_than_their_geometry_are_told():
    given = cells(np.random.default_rng(7))
    given["resistance_ohm"][2] *= 1.5
    found = thickness_series(**given)
    assert any("scatter more than stated" in flag for flag in found.flags)
    assert found.line.scatter_decides


def test_a_leak_beside_the_sample_comes_out_of_a_series_of_areas():
    area = np.array([1e-5, 3e-5, 6e-5, 1e-4])
    length = np.full(4, 1e-3)
    r = 1 / (SIGMA_S_M * area / length + LEAK_S)
    found = area_series(
        r, length, area, resistance_u_ohm=1e-5 * r, thickness_u_m=length * 0, area_u_m2=area * 1e-5
    )
    assert found.conductivity_s_m.value == pytest.approx(SIGMA_S_M, rel=1e-4)
    assert found.parallel_s.value == pytest.approx(LEAK_S, rel=1e-2)
    assert found.contact_ohm_m2 is None


def test_a_thickness_of_zero_is_refused_by_name():
    given = cells(np.random.default_rng(8))
    with pytest.raises(ValueError, match="thickness_m must be positive"):
        thickness_series(**given | {"thickness_m": THICKNESS_M * 0})
