"""Statements about the accuracy of a run's instruments, as text."""

from labctl.readmodel.accuracy_text import analyser_left_out

STATED = {"analyser": {"source": "data sheet", "ranges": []}}


def point(spectrum, analyser):
    row = {"spectrum": spectrum, "standard_uncertainty_s_m": 1e-6}
    return row | {"relative_uncertainty_analyser": analyser}


def test_a_stated_error_of_the_analyser_that_is_in_no_interval_is_told():
    told = analyser_left_out(STATED, [point(0, None), point(1, None)])
    assert told.startswith("analyser: its error is not in the interval of any spectrum: ")
    told = analyser_left_out(STATED, [point(0, 1e-3), point(1, None), point(2, None)])
    assert told.startswith("analyser: its error is not in the interval of spectrum 1, 2: ")


def test_of_many_spectra_only_the_first_are_named():
    told = analyser_left_out(STATED, [point(0, 1e-3), *(point(number, None) for number in range(1, 31))])
    assert "of spectrum 1, 2, 3, 4, 5, 6, 7, 8 and 22 more: " in told


def test_nothing_is_told_where_it_is_in_every_interval_or_not_stated():
    assert analyser_left_out(STATED, [point(0, 1e-3)]) == ""
    assert analyser_left_out({"analyser": None}, [point(0, None)]) == ""
    assert analyser_left_out({}, [point(0, None)]) == ""


def test_a_bound_has_no_interval_that_could_contain_it():
    bound = point(0, None) | {"standard_uncertainty_s_m": None}
    assert analyser_left_out(STATED, [bound, point(1, 1e-3)]) == ""
