"""A typed number has one reading, or it is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labctl.typed_number import (
    Ambiguous,
    NotUnderstood,
    comma_readings,
    end_before_last,
    shown_number,
    understand,
    understand_list,
)


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("1,05", "mm", 1.05),
        ("0,125", "mm", 0.125),
        (",5", "mm", 0.5),
        ("1 000", "Hz", 1000.0),
        ("1\u202f000,5", "Hz", 1000.5),
        ("1\u2009000", "Hz", 1000.0),
        ("1'000", "Hz", 1000.0),
        ("1.000,5", "Hz", 1000.5),
        ("1,000.5", "Hz", 1000.5),
        ("1,000,000", "Hz", 1e6),
        ("5m", "V", 0.005),
        ("5n", "A", 5e-9),
        ("5 kΩ", "ohm", 5000.0),
        ("1e-3", "V", 0.001),
        ("1.5×10⁻³ V", "V", 0.0015),
        ("50 mV", "V", 0.05),
        ("90 s", "min", 1.5),
        ("2 h 30 min", "min", 150.0),
        ("300 K", "degC", 26.85),
        ("120 K/h", "K/min", 2.0),
        ("1e-5 /K", "ppm/K", 10.0),
        ("78,5 mm²", "cm²", 0.785),
        ("１．０５", "mm", 1.05),
        ("−5", "K", -5.0),
        ("7 mAh/g", "mAh/g", 7.0),
    ],
)
def test_what_a_person_types_is_understood(text, unit, value):
    assert understand(text, unit) == value


@pytest.mark.parametrize("text", ["", "  ", "\u202f"])
def test_nothing_typed_is_no_number(text):
    assert understand(text, "mm") is None


@pytest.mark.parametrize(
    ("text", "unit", "readings"),
    [
        ("1,000", "mm", ("1", "1000")),
        ("5m", "min", ("5 min", "5 ms")),
        ("5 m", "mm", ("5 m", "5 mm")),
        ("12,345", "", ("12.345", "12345")),
    ],
)
def test_a_number_with_two_readings_is_refused_with_both(text, unit, readings):
    with pytest.raises(Ambiguous) as refused:
        understand(text, unit)
    assert refused.value.readings == readings


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        *(("nan", ""), ("inf", ""), ("1_000", ""), ("1/2", ""), ("0x10", ""), ("5,", ""), ("--5", "")),
        *(("1 05", "mm"), ("1e", ""), ("1e400", ""), ("abc", "V"), ("1,2,3", ""), ("1.2.3", "")),
        *(
            ("50 mv", "V"),
            ("5 V", "mm"),
            ("5 °C", "K"),
            ("5k", "K"),
            ("5 m", "mV"),
            ("2h30", "min"),
            ("½", ""),
        ),
    ],
)
def test_what_has_no_reading_is_refused(text, unit):
    with pytest.raises(NotUnderstood):
        understand(text, unit)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_as_python_writes_it_is_itself(value):
    assert understand(repr(value)) == value


@given(
    st.floats(min_value=-1e12, max_value=1e12), st.sampled_from(["V", "mm", "min", "degC", "Hz", "cm²", ""])
)
def test_a_number_as_a_field_shows_it_is_read_back(value, unit):
    shown = shown_number(value, 17)
    assert understand(f"{shown} {unit}", unit) == value


@given(st.text(max_size=12), st.sampled_from(["V", "mm", "min", "degC", "K/min", ""]))
def test_any_text_is_a_finite_number_or_refused(text, unit):
    try:
        value = understand(text, unit)
    except NotUnderstood:
        return
    assert value is None or abs(value) < float("inf")


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("30, 60, 90", (30, 60, 90)),
        ("30,60,90", (30, 60, 90)),
        ("140,160", (140, 160)),
        ("37,5; 40,5", (37.5, 40.5)),
        ("0.01,0.02", (0.01, 0.02)),
        ("30:90:15 °C", (30, 45, 60, 75, 90)),
        ("[30, 60]", (30, 60)),
        ("", ()),
    ],
)
def test_a_list_is_separated_by_commas_or_semicolons(text, values):
    assert understand_list(text, "degC").values == values


@pytest.mark.parametrize("text", ["37,5", "30,60", "1,000", "37,5,40,5", "37,5, 40", "30:90:7,5"])
def test_a_list_whose_commas_can_be_decimal_is_refused_with_both_readings(text):
    with pytest.raises(Ambiguous) as refused:
        understand_list(text)
    assert len(refused.value.readings) == 2


@pytest.mark.parametrize("text", ["30 60 90", "30, x", "5:1:1", "1:2", "1:9:0", "300:350:10 K", "0:1e9:1e-9"])
def test_a_list_without_a_reading_is_refused(text):
    with pytest.raises(NotUnderstood):
        understand_list(text, "degC")


def test_a_unit_after_the_last_number_holds_for_all():
    assert understand_list("10, 20, 50 mV", "V").values == (0.01, 0.02, 0.05)
    with pytest.raises(NotUnderstood, match="some have none"):
        understand_list("10 mV, 20, 50 mV", "V")


def test_a_range_says_where_it_ends():
    found = understand_list("50:115:10", "degC")
    assert (found.values[-1], found.remarks) == (110, ("50:115:10 ends at 110",))
    assert understand_list("50:110:10", "degC").remarks == ()
    assert end_before_last(0.1, 0.7, 0.1) is None


def test_a_comma_on_the_command_line_has_two_readings():
    assert comma_readings("1,05") == ("1.05", "the list 1 and 05")
    assert comma_readings("1.05") is None
