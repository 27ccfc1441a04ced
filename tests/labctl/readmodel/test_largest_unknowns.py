"""What to calibrate first, where nothing is stated."""

import pytest

from labctl.readmodel.largest_unknowns import largest_unknowns, unknowns_in_words

SAMPLE = {"thickness_m": 1e-3, "area_m2": 7.854e-5}
ROWS = [
    {"temperature_k": 323.15 + 10 * n, "conductivity_s_m": 1e-3, "total_resistance_ohm": 1e4 / (n + 1)}
    for n in range(7)
]
FIT = {"law": "arrhenius", "form": "ln_sigma_t", "branch": "all", "activation_energy_ev": 0.84}
ALL = ["thermometer", "sensor to sample", "analyser", "geometry"]


def test_the_largest_effect_comes_first_and_every_missing_statement_has_a_line():
    found = largest_unknowns(ALL, SAMPLE, ROWS, [FIT])
    assert {one.source for one in found} == {
        "thermometer",
        "sensor to sample",
        "analyser",
        "thickness",
        "area",
    }
    assert found[0].source == "thermometer"
    assert [one.relative for one in found] == sorted((one.relative for one in found), reverse=True)


def test_a_thermocouple_of_class_two_leaves_the_energy_of_the_notes():
    found = largest_unknowns(["thermometer"], SAMPLE, ROWS, [FIT])
    by_kind = {one.usual.partition(" (")[0]: one.energy_ev for one in found}
    assert by_kind["type K class 2"] == pytest.approx(7.4e-3, rel=0.1)
    assert by_kind["PT100 class B"] == pytest.approx(1.6e-3, rel=0.1)


def test_what_is_stated_has_no_line():
    found = largest_unknowns(["thickness"], SAMPLE, ROWS, [FIT])
    assert [one.source for one in found] == ["thickness"]
    assert largest_unknowns([], SAMPLE, ROWS, [FIT]) == []


def test_without_a_law_the_temperature_has_no_effect_that_is_known():
    assert largest_unknowns(["thermometer", "sensor to sample"], SAMPLE, ROWS, []) == []


def test_without_a_conductivity_nothing_is_unknown():
    assert unknowns_in_words(largest_unknowns(ALL, SAMPLE, [], [])) == []


def test_a_thermometer_that_cannot_be_of_a_class_at_these_temperatures_is_not_taken_for_one():
    hot = [row | {"temperature_k": row["temperature_k"] + 500} for row in ROWS]
    usual = [one.usual for one in largest_unknowns(["thermometer"], SAMPLE, hot, [FIT])]
    assert len(usual) == 1
    assert usual[0].startswith("type K class 2")


def test_the_lines_say_that_nothing_of_it_is_in_an_interval():
    lines = unknowns_in_words(largest_unknowns(["sensor to sample"], SAMPLE, ROWS, [FIT]))
    assert "none of them in the intervals" in lines[0]
    assert lines[1] == "  sensor to sample, if it were only 1 K off: sigma ± 9.3 %, Ea ± 4.8 meV"
