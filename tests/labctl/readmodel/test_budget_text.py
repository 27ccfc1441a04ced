"""Uncertainties by source as a table."""

import pytest

from labctl.analysis.numerics.budget import Component, estimate_of
from labctl.derive.budgets import CONDUCTIVITY, NOT_KEPT, as_kept
from labctl.readmodel.budget_text import budget_lines, largest_unknowns, with_lists

PARTS = (
    Component("fit and noise", 1e-6),
    Component("thermometer", 3e-6, "B", True, "thermometer oven offset"),
    Component("thermometer", 4e-6, "B", True, "thermometer oven gain"),
    Component("area", 2e-6, "B", True, "area"),
)
SIGMA = estimate_of(1e-3, PARTS)


def conductivity(not_stated=(), **more):
    row = {"spectrum": 4, "temperature_k": 323.15, "conductivity_s_m": 1e-3, "preferred": None}
    return with_lists(row | {"budget": as_kept({CONDUCTIVITY: SIGMA}, not_stated)} | more, CONDUCTIVITY)


def law(not_stated=(), **more):
    energy = estimate_of(0.8, [one.scaled(1e3) for one in PARTS])
    parameters = {"activation_energy": {"value": 0.8, "unit": "eV"}, "weight": {"value": 1.0, "unit": "1"}}
    row = {"law": "arrhenius", "form": "ln_sigma_t", "preferred": 1, "parameters": parameters}
    return with_lists(row | {"budget": as_kept({"activation_energy": energy}, not_stated)} | more)


def test_a_row_lists_each_source_once_largest_first():
    assert conductivity()["budget"] == [
        {"source": "thermometer", "standard_uncertainty": pytest.approx(5e-6), "type": "B", "common": True},
        {"source": "area", "standard_uncertainty": 2e-6, "type": "B", "common": True},
        {"source": "fit and noise", "standard_uncertainty": 1e-6, "type": "A", "common": False},
    ]


def test_a_law_lists_its_energy_and_each_parameter():
    row = law()
    assert [entry["source"] for entry in row["budget"]] == ["thermometer", "area", "fit and noise"]
    assert row["parameters"]["activation_energy"]["budget"] == row["budget"]
    assert "budget" not in row["parameters"]["weight"]


def test_each_number_is_a_table_that_ends_with_what_is_not_stated_and_what_to_calibrate_first():
    assert budget_lines([conductivity(["leads"])], [law(["analyser"])], []) == [
        "Ea, Arrhenius, ln(sigma T) = 0.8 eV, u = 0.0055 eV",
        "   thermometer              0.005 eV       B  common    83%",
        "   area                     0.002 eV       B  common    13%",
        "   fit and noise            0.001 eV       A             3%",
        "sigma of spectrum 4 at 50.00 °C = 1e-05 S/cm, u = 5.5e-08 S/cm",
        "   thermometer              5e-08 S/cm     B  common    83%",
        "   area                     2e-08 S/cm     B  common    13%",
        "   fit and noise            1e-08 S/cm     A             3%",
        "not stated: analyser, leads",
        "state first: analyser, leads",
        "largest source: thermometer; calibrate the thermometer",
    ]


def test_no_line_is_wider_than_80_columns():
    many = [f"source number {number}" for number in range(20)]
    assert max(map(len, budget_lines([conductivity(many)], [law(many)], []))) <= 80


def test_a_row_of_an_older_labctl_says_that_it_kept_no_budget():
    assert budget_lines([conductivity(budget=None)], [], []) == [NOT_KEPT]


def test_a_run_without_a_number_has_no_budget():
    assert budget_lines([], [], []) == ["no number yet"]


@pytest.mark.parametrize("kept", [{"components": 3, "not_stated": 4}, [], "text"])
def test_a_budget_that_other_people_wrote_is_empty(kept):
    assert conductivity(budget=kept)["budget"] == []
    assert law(budget=kept)["budget"] == []


def test_the_preferred_law_decides_what_is_calibrated_first():
    rows = [law(["thermometer"], preferred=0), law(["leads (2 of 7 points)"])]
    assert largest_unknowns(rows) == [
        "not stated: leads (2 of 7 points)",
        "state first: leads (2 of 7 points)",
        "largest source: thermometer; calibrate the thermometer",
    ]
