"""Transported charge of each ion from the masses of a stack."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labctl.analysis import Estimate
from labctl.analysis.transport.tubandt import Ion, Place, Weighed, charge_passed_c, tubandt

SILVER, IODIDE = Ion("Ag+", 1, 0.1078682), Ion("I-", -1, 0.1269045)
LEAD, CHLORIDE = Ion("Pb2+", 2, 0.2072), Ion("Cl-", -1, 0.035453)
FARADAY = 96485.33212
U_KG = 1e-8  # 0.01 mg


def stack(cation, anion, t_cation, t_anion, charge, rng=None, *, metals=True, lost_kg=0.0):
    """Masses counted ion by ion across the planes of contact, for a metal cell M | MX | MX | MX | M."""
    moles = charge / FARADAY
    over = -moles * t_cation * cation.molar_mass_kg_mol / cation.charge
    over += moles * t_anion * anion.molar_mass_kg_mol / abs(anion.charge)
    dissolved = moles * (t_cation + t_anion) * cation.molar_mass_kg_mol / cation.charge
    changes: dict[Place, float] = {"anode side": over, "middle": 0.0, "cathode side": -over - lost_kg}
    if metals:
        changes |= {"anode metal": -dissolved, "cathode metal": dissolved}

    def weighing(kg):
        return Estimate(kg + (U_KG * rng.standard_normal() if rng else 0.0), U_KG)

    return [
        Weighed(place, weighing(1e-3), weighing(1e-3 + by), cation if "metal" in place else None)
        for place, by in changes.items()
    ]


def test_alpha_silver_iodide_conducts_by_silver_and_the_anode_loses_what_a_coulometer_gains():
    """Tubandt's result for AgI: 1.118 mg of silver for each coulomb, all of it from the anode."""
    charge = 90.0
    assert SILVER.mass_per_charge / FARADAY == pytest.approx(1.118e-6, rel=1e-3)
    found = tubandt(charge, stack(SILVER, IODIDE, 1.0, 0.0, charge), [SILVER, IODIDE])
    assert found.shares["Ag+"].value == pytest.approx(1.0)
    assert found.shares["I-"].value == pytest.approx(0.0, abs=1e-9)
    assert found.not_carried is not None
    assert abs(found.not_carried.value) < 1e-9


def test_lead_chloride_conducts_by_chloride():
    found = tubandt(50.0, stack(LEAD, CHLORIDE, 0.0, 1.0, 50.0), [LEAD, CHLORIDE])
    assert found.shares["Cl-"].value == pytest.approx(1.0)
    assert found.shares["Pb2+"].interval()[0] < 0 < found.shares["Pb2+"].interval()[1]


@given(st.floats(0, 1), st.floats(0, 1), st.floats(5, 500))
@settings(max_examples=12, deadline=None)
def test_all_three_shares_come_back_from_exact_masses(one, other, charge):
    cation, anion = one * other, one * (1 - other)
    found = tubandt(charge, stack(LEAD, CHLORIDE, cation, anion, charge), [LEAD, CHLORIDE])
    assert found.shares["Pb2+"].value == pytest.approx(cation, abs=1e-9)
    assert found.shares["Cl-"].value == pytest.approx(anion, abs=1e-9)
    assert found.not_carried is not None
    assert found.not_carried.value == pytest.approx(1 - one, abs=1e-9)
    low, high = found.bounds["Pb2+"]
    assert low - 1e-9 <= cation <= high + 1e-9


def test_sides_alone_do_not_separate_two_ions_and_bound_them():
    parts = stack(SILVER, IODIDE, 0.7, 0.3, 90.0, metals=False)
    found = tubandt(90.0, parts, [SILVER, IODIDE])
    assert not found.shares
    assert found.not_carried is None
    low, high = found.bounds["Ag+"]
    assert 0 < low < 0.7 <= high < 0.75


def test_with_one_ion_named_its_share_follows_from_the_sides():
    found = tubandt(90.0, stack(SILVER, IODIDE, 0.9, 0.0, 90.0, metals=False), [SILVER])
    assert found.shares["Ag+"].value == pytest.approx(0.9)
    assert any("carried by no ion" in flag for flag in found.flags)


def test_the_stated_intervals_cover_the_truth_as_often_as_they_say():
    rng, within = np.random.default_rng(7), 0
    for _ in range(75):
        parts = stack(LEAD, CHLORIDE, 0.3, 0.6, 100.0, rng)
        gauged = Estimate(100.0 * (1 + 1e-3 * rng.standard_normal()), 0.1)
        found = tubandt(gauged, parts, [LEAD, CHLORIDE])
        for name, truth in (("Pb2+", 0.3), ("Cl-", 0.6)):
            low, high = found.shares[name].interval()
            within += low <= truth <= high
    assert within >= 0.9 * 150


def test_lost_mass_contradicts_the_other_parts():
    found = tubandt(90.0, stack(SILVER, IODIDE, 1.0, 0.0, 90.0, lost_kg=2e-7), [SILVER, IODIDE])
    assert any("contradict each other" in flag for flag in found.flags)


def test_a_changed_middle_is_named():
    parts = stack(SILVER, IODIDE, 1.0, 0.0, 90.0)
    parts[1] = Weighed("middle", Estimate(1e-3, U_KG), Estimate(1.001e-3, U_KG))
    assert any("middle" in flag for flag in tubandt(90.0, parts, [SILVER, IODIDE]).flags)


def test_masses_that_no_shares_explain_leave_no_bounds():
    parts = [Weighed("anode side", Estimate(1e-3, U_KG), Estimate(1.5e-3, U_KG))]
    found = tubandt(10.0, parts, [SILVER, IODIDE])
    assert not found.bounds
    assert any("no shares" in flag for flag in found.flags)


def test_the_charge_is_the_integral_with_gain_and_zero():
    time = np.linspace(0, 3600, 361)
    found = charge_passed_c(time, np.full(361, 1e-3), gain_u=0.002, zero_u_a=1e-6)
    assert found.value == pytest.approx(3.6)
    assert found.standard_uncertainty == pytest.approx(math.hypot(0.002 * 3.6, 3.6e-3))


@pytest.mark.parametrize(
    ("charge", "parts", "ions", "message"),
    [
        (0.0, [Weighed("middle", Estimate(1, 0.1), Estimate(1, 0.1))], [SILVER], "charge_c must be positive"),
        (1.0, [], [SILVER], "at least one entry"),
        (1.0, [Weighed("middle", Estimate(1, 0.1), Estimate(1, 0.1))], [SILVER, SILVER], "ions must differ"),
        (1.0, [Weighed("middle", Estimate(1, 0.0), Estimate(1, 0.0))], [SILVER], "need an uncertainty"),
    ],
)
def test_impossible_input_is_named(charge, parts, ions, message):
    with pytest.raises(ValueError, match=message):
        tubandt(charge, parts, ions)


def test_a_metal_electrode_needs_its_ion():
    with pytest.raises(ValueError, match="name the ion"):
        Weighed("anode metal", Estimate(1, 0.1), Estimate(1, 0.1))
