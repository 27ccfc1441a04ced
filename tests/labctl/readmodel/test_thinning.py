import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from labctl.readmodel.thinning import ThinnedColumns, thinned


def rows_of(values):
    return np.column_stack([np.arange(len(values), dtype=float), values])


@given(st.lists(st.floats(-1e6, 1e6), min_size=8, max_size=300))
def test_thinning_keeps_the_extremes_and_the_order(values):
    rows = rows_of(np.array(values))
    kept = thinned(rows, 1)
    assert len(kept) <= len(rows) // 2 + 3
    assert (kept[:, 1].min(), kept[:, 1].max()) == (rows[:, 1].min(), rows[:, 1].max())
    assert (np.diff(kept[:, 0]) > 0).all()
    assert kept[-1, 0] == rows[-1, 0]


def test_a_gap_without_values_stays_a_gap():
    values = np.array([1.0, np.nan, 2.0, 3.0, 4.0])
    assert np.isnan(thinned(rows_of(values), 1)[:, 1]).any()


def test_columns_that_grow_stay_small_and_keep_a_spike():
    columns = ThinnedColumns(2, extremes_of=1, most_rows=1000)
    for stretch in np.array_split(np.arange(100_000), 37):
        values = np.sin(stretch / 1e4)
        values[stretch == 12_345] = 99.0
        columns.append(np.column_stack([stretch, values]))
    number, value = columns.columns()
    assert len(number) <= 1000
    assert value.max() == 99.0
    assert number[value.argmax()] == 12_345


def test_what_was_handed_out_is_never_written_again():
    columns = ThinnedColumns(2, extremes_of=1, most_rows=8)
    columns.append(rows_of(np.arange(6.0)))
    _, before = columns.columns()
    copy = before.copy()
    columns.append(rows_of(np.arange(6.0)))
    assert (before == copy).all()
