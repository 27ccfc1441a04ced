import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labctl.gui.plots.curves import Curves, Look, thinned_to_pixels
from labctl.gui.plots.plot import Canvas, Plot
from labctl.gui.plots.symbols import CIRCLE, DOWN, FRAME, RING, SQUARE, UP

LINE, DOTS = Look("#336699", line=1.0), Look("#336699", symbol=CIRCLE)


@pytest.fixture
def plot(app, on_screen):
    canvas = Canvas()
    plot = Plot()
    canvas.add(plot, 0, 0)
    on_screen(canvas)
    return plot


def tinted(widget, app, channel):
    """Number of pixels of a widget that are clearly red (0), green (1) or blue (2)."""
    app.processEvents()
    image = widget.grab().toImage()
    pixels = np.frombuffer(image.constBits(), dtype=np.uint8).reshape(image.height(), image.width(), 4)
    blue_green_red = pixels[..., :3].astype(int)
    others = [n for n in range(3) if n != 2 - channel]
    return int((blue_green_red[..., 2 - channel] - blue_green_red[..., others].max(axis=-1) > 60).sum())


def draw(curves, key, look, x, y, source=None, mode=None):
    curves.draw(key, look, source or object(), mode, lambda: (np.array(x, float), np.array(y, float)))
    curves.keep([*curves.drawn(), key])


def test_points_are_asked_for_only_when_source_or_mode_is_another(app):
    curves, asked, source = Curves(), [], object()

    def points():
        asked.append(1)
        return np.zeros(2), np.ones(2)

    for look in (LINE, DOTS, LINE):
        curves.draw("a", look, source, "ohm", points)
    assert (len(asked), curves.look("a")) == (1, LINE)
    curves.draw("a", LINE, source, "in units of R", points)
    curves.draw("a", LINE, object(), "in units of R", points)
    assert len(asked) == 3


def test_the_view_spans_what_counts_and_passes_over_gaps(app):
    curves = Curves()
    draw(curves, "a", LINE, [1, np.nan, 3], [5, 2, np.nan])
    draw(curves, "b", Look("#000000", line=1.0, counts=False), [-100, 100], [-100, 100])
    assert (curves.dataBounds(0), curves.dataBounds(1)) == ((1, 1), (5, 5))
    draw(curves, "c", DOTS, [2, 9], [0, 4])
    assert (curves.dataBounds(0), curves.dataBounds(1)) == ((1, 9), (0, 5))
    curves.keep(["b"])
    assert curves.dataBounds(0) == (None, None)


def test_a_curve_that_becomes_empty_is_gone(app):
    curves = Curves()
    draw(curves, "a", LINE, [1, 2], [1, 2])
    draw(curves, "a", LINE, [], [])
    assert curves.drawn() == []


def test_the_nearest_symbol_is_found_within_reach_and_none_beyond(app):
    curves = Curves()
    draw(curves, "a", DOTS, [0, 10], [0, 0])
    draw(curves, "b", DOTS, [5, 6, np.nan], [0, 0, 0])
    draw(curves, "line", LINE, [5.4], [0])
    assert curves.nearest(5.8, 0.1, (0.1, 0.1), 10) == ("b", 1)
    assert curves.nearest(9.5, 0.0, (0.1, 0.1), 10) == ("a", 1)
    assert curves.nearest(8.0, 0.0, (0.1, 0.1), 10) is None
    assert Curves().nearest(0, 0, (1, 1), 10) is None


@pytest.mark.parametrize("symbol", [CIRCLE, SQUARE, RING, FRAME, UP, DOWN])
def test_every_symbol_is_seen_in_its_colour_where_its_point_is(plot, app, symbol):
    draw(plot.curves, "a", Look("#ff0000", symbol=symbol, size=12.0), [0.0, 1.0, 2.0], [0.0, 1.0, 0.0])
    assert tinted(plot.getViewWidget(), app, 0) > 40


def test_lines_dashes_bars_and_areas_are_seen(plot, app):
    looks = (
        Look("#ff0000", line=1.0),
        Look("#00ff00", line=1.0, dashed=True, pairs=True),
        Look("#0000ff", fill=255),
    )
    for height, look in enumerate(looks):
        draw(plot.curves, height, look, [0, 1, 1, 0], [height, height, height + 0.5, height + 0.5])
    red, green, blue = (tinted(plot.getViewWidget(), app, channel) for channel in range(3))
    assert red > 500
    assert green > 200
    assert blue > 10 * red


def test_what_lies_immensely_far_outside_the_view_does_no_harm(plot, app):
    plot.setRange(xRange=(0, 1), yRange=(0, 1))
    draw(plot.curves, "a", Look("#ff0000", fill=90, line=1.0), [1e15, 2e15, 2e15, 1e15], [0, 0, 1e15, 1e15])
    draw(plot.curves, "b", Look("#00ff00", line=1.0, dashed=True, symbol=CIRCLE), [-1e15, 1e15], [0.5, 0.5])
    assert tinted(plot.getViewWidget(), app, 1) > 100


@given(st.integers(0, 1000), st.floats(0.5, 300.0))
@settings(max_examples=25, deadline=None)
def test_thinning_to_pixels_keeps_the_extremes_of_every_column(seed, width):
    y = np.random.default_rng(seed).normal(size=2000)
    x = np.linspace(0, width, y.size)
    thin_x, thin_y = thinned_to_pixels(x, y)
    assert thin_x.size <= x.size / 2 + 2
    for column in np.unique(np.floor(x)):
        here, kept = y[np.floor(x) == column], thin_y[np.floor(thin_x) == column]
        assert (kept.min(), kept.max()) == (here.min(), here.max())


def test_a_loop_is_not_thinned():
    angle = np.linspace(0, 200 * np.pi, 4000)
    x, y = np.cos(angle), np.sin(angle)
    assert thinned_to_pixels(x, y)[0] is x
