import json
import math

import pytest
from typer.testing import CliRunner

from labctl.cli import app
from labctl.cli.material_measurements import Measured, _at
from labctl.cli.verify import Question, _bound, _inside, allowed_outside, questions, without_number

runner = CliRunner()
INFINITE = float("inf")


def asked(**changes):
    about = {"material": "x", "references": (1,), "rows": (1,), "temperature_k": 300.0}
    return Question(**(about | {"quantity": "conductivity", "published": 1e-3} | changes))


def test_every_row_of_the_review_is_in_the_table_once_or_more():
    rows = {row for question in questions() for row in question.rows}
    rows |= {row["row"] for row in without_number()}
    missing = set(range(1, 59)) - rows
    assert missing <= {13, 17, 26, 27, 30, 32, 33, 36, 40, 41, 42, 43, 45, 50}, missing


def test_transference_numbers_are_asked_where_they_are_printed():
    kinds = {question.material: question.quantity for question in questions() if question.quantity == "rho+"}
    assert set(kinds) == {"Mg0.5Zr2(PO4)3", "(Mg0.1Hf0.9)4/3.8Nb(PO4)3"}
    mixed = {question.material for question in questions() if question.quantity == "t_el"}
    assert mixed == {"MgSc2Se4", "MgY2Se4", "PVdF-HFP:Zn(Tf)2"}


@pytest.mark.parametrize(
    ("question", "measured", "inside"),
    [
        (asked(), Measured(1.1e-3, 1e-4, 0.9e-3, 1.3e-3), True),
        (asked(), Measured(1.1e-3, 1e-5, 1.08e-3, 1.12e-3), False),
        (asked(), Measured(float("nan"), 0.0, float("nan"), float("nan")), False),
        (asked(is_bound=True), Measured(1e-9, 0.0, 0.0, 1e-9, "upper"), True),
        (asked(is_bound=True), Measured(1e-10, 1e-12, 0.9e-10, 1.1e-10), False),
        (asked(is_bound=True), Measured(2e-3, 0.0, 0.0, 2e-3, "upper"), False),
    ],
)
def test_a_row_is_inside_only_if_its_interval_or_bound_says_so(question, measured, inside):
    assert _inside(question, measured) is inside


@pytest.mark.parametrize(
    ("value", "side", "words"),
    [
        (3.01e-13, "upper", "< 3.1e-13"),
        (3e-13, "upper", "< 3e-13"),
        (9.99e-13, "upper", "< 1e-12"),
        (3.19e3, "lower", "> 3.1e+03"),
    ],
)
def test_a_bound_is_rounded_to_the_side_where_it_holds(value, side, words):
    assert _bound(value, side) == words


def test_chance_allows_few_outside():
    assert [allowed_outside(count) for count in (0, 1, 20, 40)] == [0, 1, 4, 6]


def test_one_material_is_measured_through_the_whole_stack():
    result = runner.invoke(app, ["verify", "materials", "--only", "MgSc2Se4", "--json"])
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)["materials"]
    assert [row["quantity"] for row in found] == ["conductivity", "t_el"]
    assert [row["inside"] for row in found] == [True, True]


def test_a_bound_is_confirmed_by_a_bound_that_lies_below_it():
    result = runner.invoke(app, ["verify", "materials", "--only", "Mg(BH4)2", "--json"])
    assert result.exit_code == 0, result.output
    (row,) = (row for row in json.loads(result.stdout)["materials"] if row["is_bound"])
    assert row["bound"] == "upper"
    assert row["inside"] is True
    assert 3e-11 < row["value"] < row["published"]


def test_a_material_that_is_not_there_is_a_wrong_request():
    result = runner.invoke(app, ["verify", "materials", "--only", "unobtainium"])
    assert result.exit_code != 0
    assert "unobtainium" in str(result.exception)


def measured_row(kelvin, **about):
    row = {"temperature_k": kelvin, "conductivity_s_m": 1e-3, "standard_uncertainty_s_m": 1e-5}
    return row | {"bound": None, "flags": []} | about


def test_a_number_is_carried_from_spectra_with_a_temperature_alone():
    rows = [measured_row(None, conductivity_s_m=1.0), measured_row(300.0)]
    assert _at(rows, 300.0).value == pytest.approx(1e-3)
    assert _at([measured_row(None)], 300.0).flags == ("no spectrum has a temperature reading",)


def test_an_unknown_uncertainty_makes_no_interval():
    found = _at([measured_row(300.0, standard_uncertainty_s_m=None)], 300.0)
    assert math.isnan(found.value)
    assert found.flags == ("the uncertainty of the conductivity is not known",)
