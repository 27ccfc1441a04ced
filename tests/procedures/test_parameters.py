import pytest
from hypothesis import given
from hypothesis import strategies as st

from procedures.parameters import FloatListParameter


def listed(value, **limits):
    parameter = FloatListParameter("Temperatures", units="degC", **limits)
    parameter.value = value
    return parameter.value


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("30, 60, 90", [30, 60, 90]),
        ("30:90:30", [30, 60, 90]),
        ("30:95:30", [30, 60, 90]),
        ("90:30:-30", [90, 60, 30]),
        ("25, 30:40:5", [25, 30, 35, 40]),
        ("[30.0,60.0] degC", [30, 60]),
        ("", []),
    ],
)
def test_a_line_of_text_lists_numbers_and_ranges(text, numbers):
    assert listed(text) == numbers


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("30:90", "first:last:step"),
        ("30:90:0", "first:last:step"),
        ("30:90:-5", "wrong sign"),
        ("abc", "'abc' is not a number"),
        ("30 60", "separate numbers by commas"),
        ("30:120:1e-6", "90000001 values; at most 10000"),
        ([30, "60"], "'60' is not a number"),
        ([30, True], "True is not a number"),
        ([30, float("nan")], "nan is not a number"),
        (30.0, "give a list"),
        ([30, 1000], "1000 is not from 0 to 500"),
        ("nan", "nan"),
    ],
)
def test_what_is_not_a_list_of_allowed_numbers_is_refused_in_words(value, problem):
    with pytest.raises(ValueError, match=problem):
        listed(value, minimum=0, maximum=500)


@given(st.lists(st.floats(min_value=-200, max_value=1500), max_size=20))
def test_what_a_csv_header_keeps_reads_back_exactly(numbers):
    parameter = FloatListParameter("Temperatures", units="degC")
    parameter.value = numbers
    again = FloatListParameter("Temperatures", units="degC")
    again.value = str(parameter)
    assert again.value == numbers
