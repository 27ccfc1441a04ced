"""Cells of the table of conductivities."""

import pytest

from labctl.readmodel.shown_columns import CONDUCTIVITY, number

POINT = {
    "temperature_k": 323.15,
    "total_resistance_ohm": 153130.0,
    "conductivity_s_m": 8.31e-5,
    "standard_uncertainty_s_m": 0.12e-5,
    "bound": None,
}


def cells(**changes):
    return {column.heading: column.text(POINT | changes) for column in CONDUCTIVITY}


def test_a_conductivity_is_written_in_the_units_of_the_field():
    assert cells() == {
        "T / °C": "50.00",
        "1000 K / T": "3.0945",
        "R / ohm": "1.5313e+05",
        "sigma / S/cm": "(8.31 ± 0.12)e-07",
    }


@pytest.mark.parametrize(("bound", "sign"), [("upper", "<"), ("lower", ">")])
def test_a_bound_has_a_sign_and_no_uncertainty(bound, sign):
    assert cells(bound=bound)["sigma / S/cm"] == f"{sign} 8.3e-07"


def test_an_uncertainty_that_is_not_known_is_said_so():
    assert cells(standard_uncertainty_s_m=None)["sigma / S/cm"] == "8.31e-07 ± ?"


def test_a_number_that_is_missing_gives_an_empty_cell():
    assert [number("a", ".3g")(row) for row in ({"a": 2.5}, {"a": 0.0}, {"a": None}, {})] == [
        "2.5",
        "0",
        "",
        "",
    ]


def test_headings_for_a_terminal_need_no_letter_that_a_western_code_page_lacks():
    for column in CONDUCTIVITY:
        assert column.heading.encode("cp1252").decode("cp1252") == column.heading
    assert [column.typeset_heading for column in CONDUCTIVITY][2:] == ["R / Ω", "σ / S cm⁻¹"]
