import numpy as np

from labctl.readmodel.gaps import with_gaps
from labctl.readmodel.snapshot import TemperatureCurve
from labctl.readmodel.thinning import ThinnedColumns


def test_no_line_crosses_a_time_without_readings():
    time_s = np.array([0.0, 5.0, 10.0, 1000.0, 1005.0])
    found, values = with_gaps(time_s, np.arange(5.0))
    assert list(found) == [0.0, 5.0, 10.0, 505.0, 1000.0, 1005.0]
    assert list(np.isnan(values)) == [False, False, False, True, False, False]


def test_readings_that_come_more_and_more_seldom_are_no_gap():
    time_s = np.cumsum(1.26 ** np.arange(40.0))
    assert with_gaps(time_s, time_s)[0].size == 40


def test_a_thinned_curve_has_no_gap():
    number, values = np.arange(200_000.0), np.random.default_rng(1).normal(size=200_000)
    columns = ThinnedColumns(2, [1])
    columns.append(np.column_stack([5 * number, values]))
    time_s, kept = columns.columns()
    assert time_s.size < 12_000
    assert with_gaps(time_s, kept)[0].size == time_s.size


def test_readings_of_the_log_and_of_the_points_are_one_curve():
    log = tuple(np.array(column) for column in ([0.0, 5.0, 60.0], [300.0, 301.0, 303.0], [300.0] * 3))
    points = tuple(np.array(column) for column in ([30.0], [302.0], [300.0]))
    curve = TemperatureCurve.of_readings(log, points)
    assert list(curve.temperature_k) == [300.0, 301.0, 302.0, 303.0]
