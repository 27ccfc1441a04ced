import math

import numpy as np
import pytest

from labctl.analysis.transport.settled_potential import drift_v_s, settled_potential_v, shows_a_connection


def test_the_mean_has_scatter_drift_and_voltmeter_as_sources():
    chance = np.random.default_rng(1)
    time_s = np.arange(100.0)
    potential_v = 0.05 + 1e-6 * time_s + 1e-5 * chance.standard_normal(100)
    found = settled_potential_v(time_s, potential_v, 1e-4)
    parts = {part.source: abs(part.change) for part in found.components}
    assert parts["potentiostat"] == pytest.approx(1e-4)
    assert parts["change of the sample"] == pytest.approx(1e-6 * 99 / math.sqrt(12), rel=0.1)
    assert 1e-6 < parts["electromotive force"] < 1e-5
    assert found.value == pytest.approx(float(potential_v.mean()))


def test_without_a_known_voltmeter_there_is_no_estimate():
    assert settled_potential_v(np.arange(10.0), np.full(10, 0.1), None) is None


def test_the_stated_interval_covers_the_truth_as_often_as_it_says():
    chance, time_s, covered = np.random.default_rng(2), np.arange(20.0), 0
    for _ in range(400):
        zero_v = 1e-4 * chance.standard_normal()
        found = settled_potential_v(time_s, 0.1 + zero_v + 1e-4 * chance.standard_normal(20), 1e-4)
        low, high = found.interval()
        covered += low <= 0.1 <= high
    assert 370 <= covered <= 396


@pytest.mark.parametrize(
    ("time_s", "potential_v"),
    [([0, 1, 2], [0, 0, 0]), (range(5), [0, 0, 0, 0, math.nan]), (range(6), range(5))],
)
def test_too_few_or_unusable_points_are_refused(time_s, potential_v):
    with pytest.raises(ValueError, match="potential_v"):
        settled_potential_v(list(time_s), list(potential_v), 1e-4)


def test_the_bound_of_the_drift_is_above_the_true_one():
    time_s = np.arange(0.0, 600.0, 10.0)
    noise_v = 1e-6 * np.random.default_rng(3).standard_normal(time_s.size)
    assert drift_v_s(time_s, 2e-7 * time_s + noise_v, 300.0) == pytest.approx(2e-7, rel=0.1)
    assert math.isinf(drift_v_s(time_s, time_s, 10.0))


def test_a_current_that_does_not_follow_the_step_shows_no_connection():
    chance = np.random.default_rng(4)
    noise_a = 1e-9 * chance.standard_normal((2, 12))
    assert shows_a_connection(1e-7 + noise_a[0], -1e-7 + noise_a[1])
    assert not shows_a_connection(noise_a[0], noise_a[1])
    assert not shows_a_connection(-1e-7 + noise_a[0], 1e-7 + noise_a[1])
    assert not shows_a_connection([], [1e-7])
