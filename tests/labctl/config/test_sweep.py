"""Nested sweeps: pymeasure's text format, labctl's spelling of lists, nothing understood wrongly."""

import io

import pytest
from pymeasure.experiment import (
    BooleanParameter,
    FloatParameter,
    IntegerParameter,
    ListParameter,
    Parameter,
    Procedure,
)
from pymeasure.experiment.sequencer import SequenceEvaluationError, SequenceHandler

from labctl.config.sweep import Sweep, combinations, sweep_in_words, values_of
from labctl.typed_number import NotUnderstood


class Swept(Procedure):
    field = FloatParameter("Field", units="T", default=0.0, minimum=-9, maximum=9)
    points = IntegerParameter("Points", default=10)
    gain = ListParameter("Gain", choices=["low", "high"], default="low")
    quick = BooleanParameter("Quick", default=False)
    note = Parameter("Note", default="")


NESTED = """- "Field", "(0, 1.5)"
-- "Points", "range(3, 6)"
--- "Gain", "['low', 'high']"
- "Quick", "[True]"
"""


def read(text):
    return Sweep(file_obj=io.StringIO(text))


def test_levels_are_nested_and_follow_each_other():
    found = combinations(read(NESTED), Swept)
    assert len(found) == 2 * 3 * 2 + 1
    assert found[:3] == [
        {"field": 0, "points": 3, "gain": "low"},
        {"field": 0, "points": 3, "gain": "high"},
        {"field": 0, "points": 4, "gain": "low"},
    ]
    assert found[-1] == {"quick": True}


@pytest.mark.parametrize(
    "text",
    [
        '- "Field", "linspace(0, 1, 5)"\n-- "Points", "range(2, 5)"\n',
        '- "Field", "(0, 1)"\n-- "Points", "(2, 3)"\n--- "Field", "arange(3, 5)"\n',
        '- "Field", "[10**-2, 2*10**-2]"\n- "Points", "[1]"\n',
    ],
)
def test_the_jobs_are_those_of_pymeasure(text):
    names = {"Field": "field", "Points": "points"}
    theirs = SequenceHandler(file_obj=io.StringIO(text)).parameters_sequence(names)
    expected = [{k: v for part in entry for k, v in part.items()} for entry in theirs]
    assert combinations(read(text), Swept) == expected


def test_what_is_saved_is_read_by_pymeasure():
    sweep = Sweep()
    first, _ = sweep.add_node("Field")
    first.expression = "0:1:0.25"
    inner, _ = sweep.add_node("Gain", first)
    inner.expression = '["low", "high"]'
    file = io.StringIO()
    sweep.save(file)
    assert file.getvalue() == '- "Field", "[0.0, 0.25, 0.5, 0.75, 1.0]"\n-- "Gain", "[\'low\', \'high\']"\n'
    assert len(SequenceHandler(file_obj=file).parameters_sequence()) == 10
    assert combinations(read(file.getvalue()), Swept) == combinations(sweep, Swept)


def test_lists_are_understood_as_in_a_field():
    assert values_of("30; 45; 60") == values_of("30, 45, 60") == [30, 45, 60]
    assert values_of("30:90:15") == [30, 45, 60, 75, 90]
    assert values_of("50, 100 mT", "T") == pytest.approx([0.05, 0.1])
    with pytest.raises(NotUnderstood, match="37"):
        values_of("37,5")


def test_a_line_that_is_not_a_level_is_refused_and_nothing_is_changed():
    sweep = read('- "Field", "[1]"\n')
    with pytest.raises(SequenceEvaluationError, match="line 2"):
        sweep.load(io.StringIO('- "Field", "[1, 2]"\n- Points, [1]\n'))
    assert combinations(sweep, Swept) == [{"field": 1}]


def test_a_value_that_would_become_another_is_refused():
    with pytest.raises(ValueError, match=r"Points: 1\.5 would become 1"):
        combinations(read('- "Points", "[1.5]"\n'), Swept)
    with pytest.raises(ValueError, match="Field"):
        combinations(read('- "Field", "[10]"\n'), Swept)
    with pytest.raises(ValueError, match="Gain"):
        combinations(read('- "Gain", "[\'middle\']"\n'), Swept)


def test_what_a_function_computes_for_whole_numbers_is_made_whole_and_that_is_said():
    sweep = read('- "Points", "exp(linspace(1, 5, 3))"\n')
    assert combinations(sweep, Swept) == [{"points": 2}, {"points": 20}, {"points": 148}]
    assert sweep_in_words(sweep, Swept) == "Points 2, 20, 148 (made whole)"
    assert sweep_in_words(read('- "Points", "arange(1, 4)"\n'), Swept) == "Points 1, 2, 3"


def test_an_unknown_parameter_is_refused_with_those_that_there_are():
    with pytest.raises(ValueError, match="it has Field, Gain, Note, Points, Quick"):
        combinations(read('- "Fields", "[1]"\n'), Swept)


@pytest.mark.parametrize(
    "expression",
    [
        "().__class__",
        "[c for c in ().__class__.__base__.__subclasses__()]",
        "__import__('os')",
        "open('x')",
        "range(10**9)",
        "arange(0, 1, 1e-9)",
        "linspace(0, 1, 10**8)",
        "[9**9**9]",
        "(lambda: [1])()",
        "5 +",
        "",
        "sin(1)",
        "[1]*'a'",
    ],
)
def test_an_expression_runs_no_code_and_makes_no_huge_list(expression):
    with pytest.raises(ValueError, match=r"\w"):
        values_of(expression)


def test_too_many_jobs_are_refused_before_they_are_made():
    text = "".join(f'{"-" * n} "Field", "linspace(0, 1, 9000)"\n' for n in range(1, 6))
    with pytest.raises(ValueError, match="at most 1000"):
        combinations(read(text), Swept)


def test_the_values_are_told_as_understood():
    words = sweep_in_words(read('- "Field", "0:1:0.1"\n-- "Gain", "[\'low\']"\n'), Swept)
    assert words == "Field 0, 0.1, 0.2, 0.3, … 1 (11 values); within it Gain low"
