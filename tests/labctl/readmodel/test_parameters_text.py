"""Parameters of jobs and runs as text."""

import pytest

from labctl.readmodel.parameters_text import of_protocol, of_run, told_apart, value_in_words


def test_rows_of_one_kind_are_told_apart_by_what_differs():
    rows = {
        1: ("EIS", {"amplitude_v": 0.01, "dwell_min": 5}),
        2: ("EIS", {"amplitude_v": 0.02, "dwell_min": 5}),
        3: ("Hold", {"hold_min": 60}),
    }
    assert told_apart(rows) == {1: "amplitude_v 0.01", 2: "amplitude_v 0.02", 3: ""}


def test_at_most_four_differences_are_shown_and_the_rest_counted():
    rows = {n: ("EIS", dict.fromkeys("abcdef", n)) for n in (1, 2)}
    assert told_apart(rows)[1] == "a 1, b 1, c 1, d 1, and 2 more"


def test_a_long_list_is_shortened():
    assert value_in_words([float(t) for t in range(30, 100, 10)]) == "30, 40, … 90 (7)"
    assert value_in_words([0.1, 0.2]) == "0.1, 0.2"


def test_several_procedures_of_a_protocol_are_named():
    text = '[sample]\nname = "film"\n[[procedure]]\nuse = "p:A"\nx = 1\n[[procedure]]\nuse = "p:B"\nx = 2\n'
    assert of_protocol(text) == {"sample name": "film", "1 A x": 1, "2 B x": 2}


@pytest.mark.parametrize("text", ["no toml [", "sample = 3", "procedure = [1]"])
def test_a_damaged_protocol_has_no_parameters(text):
    assert of_protocol(text) == {}


@pytest.mark.parametrize("text", [None, "not json", "[1]"])
def test_a_damaged_run_has_no_parameters(text):
    assert of_run(text) == {}
