"""What is in no interval is named once, also where both a statement and a budget leave it out."""

from labctl.readmodel.largest_unknowns import Unknown
from labctl.readmodel.run_unknowns import RunUnknowns, effect_in_words, grouped, unknowns_of_rows

SAMPLE = {"thickness_m": 1e-3, "area_m2": 5e-5}
STATED = ("thermometer: not stated", "analyser: 0.1 % (data sheet)")


def point(*not_stated, **about):
    row = {"temperature_k": 300.0, "conductivity_s_m": 1e-3, "total_resistance_ohm": 1e4, "value": None}
    return row | {"budget": {"components": {}, "not_stated": list(not_stated)}} | about


def names(points, stated=STATED, fits=()):
    return unknowns_of_rows(stated, SAMPLE, points, fits, []).names


def test_statements_and_budgets_are_joined_each_name_once():
    assert names([point("thermometer", "leads")]) == ("thermometer", "leads")


def test_a_part_of_the_points_is_named_unless_all_are():
    assert names([point("analyser (3 of 4 points)")]) == ("thermometer", "analyser (3 of 4 points)")
    assert names([point("analyser (3 of 4 points)"), point("analyser")]) == ("thermometer", "analyser")


def test_the_effect_of_a_part_of_the_points_is_that_of_the_whole():
    found = unknowns_of_rows((), SAMPLE, [point("analyser (3 of 4 points)")], [], [])
    assert [one.source for one in found.effects] == ["analyser"]


def test_a_budget_that_was_not_kept_is_named():
    assert names([point(budget=None)], stated=()) == ("parts of the budget (not kept)",)


def test_a_run_without_a_number_has_no_unknowns():
    assert unknowns_of_rows(STATED, SAMPLE, [], [], [point(value=None)]) == RunUnknowns()


def test_runs_with_the_same_names_share_a_line_with_the_largest_effect():
    small, large = Unknown("leads", "1 ohm", 0.01), Unknown("thermometer", "type K", 0.1, 0.007)
    silent = RunUnknowns(("leads", "thermometer"), (large, small))
    lines = grouped({1: silent, 2: RunUnknowns(("leads",), (small,)), 3: silent, 4: RunUnknowns()})
    assert lines == [
        "runs 1, 3: not stated, and in no interval: leads, thermometer",
        "  the largest: thermometer, if it were only type K: sigma ± 10 %, Ea ± 7 meV",
        "run 2: not stated, and in no interval: leads",
        "  the largest: leads, if it were only 1 ohm: sigma ± 1 %",
    ]
    assert effect_in_words(small) == "leads, if it were only 1 ohm: sigma ± 1 %"
