"""Laws at several conditions: each is named, and none is the law of the run."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from labctl.errors import InvalidRequest
from labctl.readmodel.across_runs import OverviewRun, _of_the_run, _several
from labctl.readmodel.comparing import compare_runs
from labctl.readmodel.law_conditions import at_condition, preferred_of_each
from labctl.readmodel.law_text import for_the_thesis, law_in_words


def law(pascal=None, preferred=1, **more) -> dict[str, Any]:
    at = {"condition_quantity": pascal and "water_pa", "condition_setpoint": pascal}
    row = {"run_id": 1, "law": "arrhenius", "form": "ln_sigma_t", "branch": "all", "preferred": preferred}
    return row | at | {"flags": [], "parameters": {}, "n_points": 4} | more


WET_AND_DRY = [law(500.0), law(500.0, 0, law="vtf"), law(2000.0)]


def test_a_law_without_a_condition_is_written_as_before():
    assert at_condition(law()) == ""
    assert law_in_words(law()).count(", at ") == 0


def test_each_condition_has_its_preferred_law():
    assert [row["condition_setpoint"] for row in preferred_of_each(WET_AND_DRY)] == [500.0, 2000.0]


def test_the_line_for_the_thesis_names_the_condition_of_each_law():
    lines = for_the_thesis(WET_AND_DRY).splitlines()
    assert len(lines) == 2
    assert "at water 500 Pa" in lines[0]
    assert "at water 2000 Pa" in lines[1]
    assert "\n" not in for_the_thesis([law()])


def test_no_law_of_several_conditions_is_that_of_the_run():
    assert _several(WET_AND_DRY) == ("water 500 Pa", "water 2000 Pa")
    assert _of_the_run(WET_AND_DRY) is None
    assert _several([law(500.0)]) == ()
    assert _of_the_run([law(500.0)]) == law(500.0)


def test_a_run_at_several_conditions_is_not_compared_by_one_of_them():
    row: Any = SimpleNamespace()
    run = OverviewRun({"run_id": 7}, row, "1", 1, None, [], [], ("water 500 Pa", "water 2000 Pa"))
    with pytest.raises(InvalidRequest, match=r"run 7 has a law at each of 2 conditions \(water 500 Pa"):
        compare_runs([run, replace(run, row={"run_id": 8})])
