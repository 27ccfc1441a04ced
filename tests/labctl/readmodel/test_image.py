"""The map of one column over two others."""

import numpy as np
import pytest

from labctl.readmodel.image import image_of


def scan(xs, ys):
    x, y = (part.ravel() for part in np.meshgrid(xs, ys, indexing="ij"))
    return x, y, 10 * x + y


def test_each_row_is_in_its_cell_in_any_order():
    x, y, z = scan([0.0, 0.1, 0.2], [5.0, 6.0])
    order = np.random.default_rng(1).permutation(x.size)
    found = image_of(x[order], y[order], z[order])
    assert found.x == pytest.approx([0, 0.1, 0.2])
    assert found.y == pytest.approx([5, 6])
    assert found.z == pytest.approx(np.array([[5, 6], [6, 7], [7, 8]]))
    assert found.edges() == pytest.approx((-0.05, 4.5, 0.3, 2.0))


def test_steps_that_are_not_exact_are_the_same_step():
    x = np.array([0.1 + 0.2, 0.3, 0.3, 1.0])
    found = image_of(x, np.array([0.0, 1.0, 2.0, 0.0]), np.arange(4.0))
    assert found.x.size == 2


def test_what_was_not_measured_is_nan_and_the_last_row_of_a_place_counts():
    found = image_of(np.array([0.0, 1.0, 0.0]), np.array([0.0, 1.0, 0.0]), np.array([1.0, 2.0, 3.0]))
    assert found.z[0, 0] == 3
    assert np.isnan(found.z[0, 1])


def test_rows_without_a_number_are_left_out():
    nan = np.nan
    assert image_of(np.array([nan, 1.0]), np.array([1.0, nan]), np.array([1.0, 1.0])) is None
    assert image_of(np.array([1.0, 2.0]), np.array([1.0, 2.0]), np.array([7.0, nan])).z.tolist() == [[7.0]]


def test_uneven_steps_are_shown_where_they_are():
    x, y, z = scan([0.0, 1.0, 10.0], [0.0, 1.0])
    found = image_of(x, y, z)
    pixels = found.as_pixels()
    left, _, width, _ = found.edges()
    for at, value in ((0.2, 0.0), (1.2, 10.0), (9.0, 100.0)):
        place = int((at - left) / width * pixels.shape[0])
        assert pixels[place, 0] == value


def test_a_scan_of_more_cells_than_a_screen_has_is_averaged_and_says_so():
    x = np.linspace(0, 1, 3000)
    found = image_of(x, np.zeros(3000), np.ones(3000))
    assert found.averaged
    assert found.z.shape[0] == 1000
    assert found.z[np.isfinite(found.z)] == pytest.approx(1.0)
