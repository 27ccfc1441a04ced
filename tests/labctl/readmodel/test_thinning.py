import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labctl.readmodel.thinning import ThinnedColumns, kept_of_buckets, power_of_two_below


def rows_of(values):
    return np.column_stack([np.arange(len(values), dtype=float), values])


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=300), st.sampled_from([1, 2, 8, 64]))
def test_each_bucket_keeps_its_extremes_and_the_order(values, width):
    rows = rows_of(np.array(values))
    kept = rows[kept_of_buckets(rows[:, [1]], np.arange(len(rows)), width)]
    assert (np.diff(kept[:, 0]) > 0).all()
    assert (kept[0, 0], kept[-1, 0]) == (rows[0, 0], rows[-1, 0])
    for first in range(0, len(rows), width):
        whole = rows[first : first + width, 1]
        of_bucket = kept[(kept[:, 0] >= first) & (kept[:, 0] < first + width), 1]
        assert (of_bucket.min(), of_bucket.max()) == (whole.min(), whole.max())


def test_a_gap_without_values_stays_a_gap_and_hides_no_spike():
    values = np.array([1.0, -9.0, np.nan, 2.0, 3.0, 4.0, 99.0, 5.0])
    kept = values[kept_of_buckets(values[:, None], np.arange(8), 8)]
    assert np.isnan(kept).any()
    assert {-9.0, 99.0} <= set(kept)


def test_the_extremes_of_every_column_stay():
    a, b = np.zeros(64), np.zeros(64)
    a[20], b[40] = 7.0, -7.0
    assert {20, 40} <= set(kept_of_buckets(np.column_stack([a, b]), np.arange(64), 64))


def grown(rows, by):
    columns = ThinnedColumns(2, [1], most_rows=8000)
    for begin in range(0, len(rows), by):
        columns.append(rows[begin : begin + by])
        assert len(columns.columns()[0]) <= 8000
    return columns


@pytest.mark.parametrize("by", [7, 1000])
def test_a_curve_that_grows_keeps_its_past(by):
    """80 000 rows read a few at a time: the first half has as many points as the second."""
    rows = rows_of(np.random.default_rng(1).normal(size=80_000))
    number, _ = grown(rows, by).columns()
    assert np.diff(number).max() <= 2 * 64
    assert (number < 40_000).sum() > 1000


def test_a_million_rows_equal_the_truth_in_each_of_500_pixels():
    values = np.random.default_rng(2).normal(size=1_000_000)
    values[123_456] = 99.0
    number, kept = grown(rows_of(values), 10_000).columns()
    pixel_of_all, pixel = np.arange(1_000_000) // 2048, number.astype(int) // 2048
    for extreme in (np.minimum, np.maximum):
        truth, shown = np.full(489, 0.0), np.full(489, 0.0)
        extreme.at(truth, pixel_of_all, values)
        extreme.at(shown, pixel, kept)
        assert (truth == shown).all()
    assert kept.max() == 99.0


def test_what_was_handed_out_is_never_written_again():
    columns = ThinnedColumns(2, [1], most_rows=8)
    columns.append(rows_of(np.arange(6.0)))
    _, before = columns.columns()
    copy = before.copy()
    columns.append(rows_of(np.arange(6.0)))
    assert (before == copy).all()


@pytest.mark.parametrize(("width", "power"), [(0.3, 1), (1, 1), (3, 2), (500, 256), (512, 512)])
def test_the_width_of_a_bucket_is_a_power_of_two(width, power):
    assert power_of_two_below(width) == power
