import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labctl.gui.plots.axes import CelsiusAxis, DecadeAxis, power_of_ten
from labctl.gui.plots.curves import Look
from labctl.gui.plots.plot import Canvas, Plot

SUPERSCRIPTS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")


def labels(axis, low, high, size):
    return [
        (value, text)
        for spacing, values in axis.tickValues(low, high, size)
        for value, text in zip(values, axis.tickStrings(values, 1.0, spacing), strict=True)
        if text
    ]


def number(text):
    """Text of a label."""
    mantissa, _, power = text.rpartition("·") if "·" in text else ("1", "", text)
    if power.startswith("10") and power[2:].translate(SUPERSCRIPTS) != power[2:]:
        return float(mantissa) * 10 ** int(power[2:].translate(SUPERSCRIPTS))
    return float(text)


@given(st.floats(-12, 9), st.floats(0.05, 12), st.floats(150, 1500))
@settings(deadline=None)
def test_a_decade_axis_labels_at_least_two_ticks_with_the_numbers_they_stand_for(app, low, span, size):
    found = labels(DecadeAxis("left"), low, low + span, size)
    assert len(found) >= 2
    for value, text in found:
        assert low - 1e-9 <= value <= low + span + 1e-9
        assert math.log10(number(text)) == pytest.approx(value, abs=3e-3)


@given(st.floats(-12, 9), st.floats(2.6, 12), st.floats(150, 1500))
@settings(deadline=None)
def test_labels_of_decades_have_room(app, low, span, size):
    places = sorted(value for value, _ in labels(DecadeAxis("bottom"), low, low + span, size))
    pixels = [(b - a) * size / span for a, b in itertools.pairwise(places)]
    assert min(pixels, default=100) >= 37


def test_powers_of_ten_are_written_as_people_write_them():
    assert [power_of_ten(x) for x in (-5, -4.69897, 0, 2, 3, 6.30103)] == [
        "10⁻⁵",
        "2·10⁻⁵",
        "1",
        "100",
        "10³",
        "2·10⁶",
    ]


@given(st.floats(1.0, 4.5), st.floats(0.05, 2.0), st.floats(200, 1500))
@settings(deadline=None)
def test_degrees_over_1000_by_t_are_whole_inside_and_apart(app, low, span, size):
    found = labels(CelsiusAxis("top"), low, low + span, size)
    for inverse, text in found:
        assert low - 1e-9 <= inverse <= low + span + 1e-9
        assert 1000 / inverse - 273.15 == pytest.approx(int(text), abs=1e-6)
    places = sorted(inverse * size / span for inverse, _ in found)
    assert min((b - a for a, b in itertools.pairwise(places)), default=100) >= 33


def test_a_celsius_axis_without_a_range_has_no_ticks(app):
    assert CelsiusAxis("top").tickValues(0.0, 0.0, 500) == []


def test_a_plot_that_is_pressed_flat_is_painted_without_a_crash(on_screen):
    canvas, plot = Canvas(), Plot()
    canvas.add(plot, 0, 0)
    canvas.setMinimumSize(1, 1)
    look = Look("#ff0000", line=1.0, symbol="circle")
    plot.curves.draw("curve", look, object(), None, lambda: (np.arange(5.0), np.arange(5.0)))
    plot.curves.keep(["curve"])
    on_screen(canvas)
    for size in ((900, 190), (900, 55), (900, 1), (60, 300), (1, 300), (900, 400)):
        canvas.resize(*size)
        assert not canvas.grab().isNull()
    assert len(plot.grid._lines) > 2
