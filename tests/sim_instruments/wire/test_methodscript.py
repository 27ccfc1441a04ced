import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim_instruments.wire.methodscript import ScriptError, Variable, encode_number, package, parse_script

EXPONENTS = dict(zip("afpnum kMGTPE", range(-18, 21, 3), strict=True))


def decode(text):
    return (int(text[:7], 16) - 0x8000000) * 10.0 ** EXPONENTS[text[7]]


@given(st.floats(-1e15, 1e15).filter(lambda x: x == 0 or abs(x) > 1e-11))
def test_numbers_keep_seven_digits(value):
    text = encode_number(value)
    assert len(text) == 8
    assert decode(text) == pytest.approx(value, rel=1e-5, abs=1e-18)


def test_published_values_are_written_as_published():
    assert encode_number(99.999732) == "DF5DFF4u"
    assert encode_number(9885.956) == "896D904m"
    assert package([Variable("ba", 2.799987e-9, 4, 0x84)]).endswith(",14,284")


def test_not_a_number_is_five_blanks_and_nan():
    assert encode_number(math.nan) == "     nan"


@pytest.mark.parametrize(
    ("lines", "code", "line"),
    [
        (["var a", "brew coffee"], 0x4001, 2),
        (["set_e"], 0x4200, 1),
        (["var p", "meas_loop_ocp p 1 2"], 0x4018, 2),
        (["endloop"], 0x400C, 1),
        (["var p", "var p"], 0x4026, 2),
        (["pck_add q"], 0x4004, 1),
        (["var p", "meas_loop_cv p p 0 1 1 1 1"], 0x001B, 2),
        (["var p", "meas_loop_ocp p 1 2", "meas_loop_ocp p 1 2"], 0x400B, 3),
    ],
)
def test_a_wrong_script_is_refused_with_code_and_line(lines, code, line):
    with pytest.raises(ScriptError) as refused:
        parse_script(lines)
    assert (refused.value.code, refused.value.line) == (code, line)


@pytest.mark.parametrize(
    ("literal", "value"), [("100m", 0.1), ("200k", 2e5), ("11i", 11), ("-500m", -0.5), ("7", 7)]
)
def test_literals_are_integers_with_a_prefix(literal, value):
    (statement,) = parse_script([f"set_e {literal}"]).body
    assert statement.number(0) == pytest.approx(value)


def test_a_decimal_point_is_no_literal():
    (statement,) = parse_script(["set_e 0.1"]).body
    with pytest.raises(ScriptError):
        statement.number(0)
