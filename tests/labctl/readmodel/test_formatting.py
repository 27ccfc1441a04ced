"""Numbers as people read them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labctl.readmodel.formatting import si, si_scale, typeset

PREFIXES = dict(zip("qryzafpnµm kMGTPEZYRQ", range(-30, 33, 3), strict=True))


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (1234.0, 4, "1.234 kV"),
        (0.01, 4, "10 mV"),
        (1e-6, 3, "1 µV"),
        (-2.5e6, 3, "-2.5 MV"),
        (999.6, 3, "1 kV"),
        (1e9, 3, "1 GV"),
        (1.0, 3, "1 V"),
        (0.0, 3, "0 V"),
        (math.inf, 3, "inf V"),
        (math.nan, 3, "nan V"),
    ],
)
def test_a_value_gets_the_prefix_that_a_person_would_write(value, digits, text):
    assert si(value, "V", digits) == text


@given(st.floats(1e-29, 1e29), st.integers(3, 8), st.sampled_from((1, -1)))
def test_the_text_gives_the_value_back_and_needs_no_power_of_ten(size, digits, sign):
    number, _, unit = si(sign * size, "V", digits).partition(" ")
    prefix = unit.removesuffix("V") or " "
    assert "e" not in number
    assert 1 <= abs(float(number)) < 1000
    assert float(number) * 10.0 ** PREFIXES[prefix] == pytest.approx(
        sign * size, rel=0.5 * 10 ** (1 - digits)
    )


@pytest.mark.parametrize("value", [0.0, math.inf, math.nan, 1e34, 1e-34])
def test_what_no_prefix_can_shorten_is_left_as_it_is(value):
    assert si_scale(value) == (1.0, "")


def test_a_window_has_letters_that_a_terminal_lacks():
    assert typeset("sigma / S/cm") == "σ / S cm⁻¹"
    assert typeset("Arrhenius, ln(sigma T)") == "Arrhenius, ln(σT)"
    assert typeset("two lines, ln(sigma)") == "two lines, ln(σ)"
    assert typeset("R / ohm") == "R / Ω"
    assert typeset("rho+ (Bruce-Vincent)") == "ρ+ (Bruce-Vincent)"
