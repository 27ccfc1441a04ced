"""A transference number in words."""

from labctl.readmodel.transference_text import number_in_words

ROW = {"quantity": "rho_plus", "value": 0.2, "standard_uncertainty": 0.01, "low_95": 0.18, "high_95": 0.22}


def test_a_number_is_written_with_uncertainty_and_interval():
    assert number_in_words(ROW) == "rho+ (Bruce-Vincent) = 0.200 ± 0.010 (95 %: 0.18 to 0.22)"


def test_an_interval_that_is_not_known_is_left_out():
    assert number_in_words(ROW | {"low_95": None}) == "rho+ (Bruce-Vincent) = 0.200 ± 0.010"


def test_where_nothing_can_be_said_there_is_no_number():
    assert number_in_words(ROW | {"value": None}) == "rho+ (Bruce-Vincent): none"
