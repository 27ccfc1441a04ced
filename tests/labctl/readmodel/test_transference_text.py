"""A transference number in words."""

from labctl.readmodel.transference_text import check, newman_number, not_stated, number_in_words

ROW = {"quantity": "rho_plus", "value": 0.2, "standard_uncertainty": 0.01, "low_95": 0.18, "high_95": 0.22}


def test_a_number_is_written_with_uncertainty_and_interval():
    words = "rho+ (Bruce-Vincent) = 0.200 ± 0.010 (95 %: 0.18 to 0.22), Ne = 4.00 ± 0.25"
    assert number_in_words(ROW) == words


def test_the_newman_number_belongs_to_a_current_fraction_above_zero():
    assert newman_number(ROW | {"quantity": "electronic"}) == ""
    assert newman_number(ROW | {"value": -0.1}) == ""
    assert newman_number(ROW | {"standard_uncertainty": None}).startswith("4")


def test_what_is_not_stated_is_named_and_a_row_of_an_older_labctl_says_so():
    assert not_stated(ROW | {"budget": {"not_stated": ["potentiostat"]}}) == ["potentiostat: not stated"]
    assert not_stated(ROW) == ["budget: not kept by the version that derived it"]


def test_the_check_is_the_number_with_the_initial_current_of_the_transient():
    assert check(ROW | {"relaxation": {"value_from_transient": 0.20123}}) == "0.2012"
    assert check(ROW | {"relaxation": {}}) == ""


def test_an_interval_that_is_not_known_is_left_out():
    words = "rho+ (Bruce-Vincent) = 0.200 ± 0.010, Ne = 4.00 ± 0.25"
    assert number_in_words(ROW | {"low_95": None}) == words


def test_where_nothing_can_be_said_there_is_no_number():
    assert number_in_words(ROW | {"value": None}) == "rho+ (Bruce-Vincent): none"
