import itertools

import numpy as np
import pytest

from labctl.bench import CurrentPoint
from labctl.clock import VirtualClock
from labctl.errors import InstrumentError, LimitExceeded
from procedures.transient import Transient, growing_times_s, rest_of, sample_times_s


def point(elapsed_s, current_a, potential_v=0.01, status="ok"):
    return CurrentPoint(1e9 + elapsed_s, elapsed_s, potential_v, current_a, status)


def transient(**kwargs):
    return Transient(potential_v=0.01, current_limit_a=1e-3, **kwargs)


def test_sampling_is_dense_then_log_spaced_then_even():
    times_s = list(sample_times_s(VirtualClock(), 3600.0, 50, 30.0))
    gaps_s = [b - a for a, b in itertools.pairwise(times_s)]
    assert times_s[0] == 0
    assert times_s[-1] == 3600
    assert sum(t <= 1 for t in times_s) > 50
    assert max(gaps_s) == pytest.approx(30)
    assert all(gap > 0 for gap in gaps_s)


def test_times_that_an_instrument_could_not_follow_are_left_out():
    clock, taken_s = VirtualClock(), []
    for time_s in sample_times_s(clock, 100.0, 50, 30.0):
        clock.sleep(max(0.0, time_s - clock.monotonic()))
        taken_s.append(clock.monotonic())
        clock.sleep(0.5)
    gaps_s = [b - a for a, b in itertools.pairwise(taken_s)]
    assert min(gaps_s) >= 0.5
    assert max(gaps_s[:5]) < 0.7
    assert taken_s[-1] == pytest.approx(100.0, abs=0.5)


def test_judging_times_grow():
    assert list(itertools.islice(growing_times_s(100.0, 1.5), 3)) == [100.0, 150.0, 225.0]


def test_the_rest_is_the_mean_of_its_second_half_and_its_drift():
    rest = rest_of([point(t, 0.0, potential_v=0.005 + 1e-6 * t) for t in range(101)])
    assert rest.potential_v == pytest.approx(0.005075)
    assert rest.drift_v_s == pytest.approx(1e-6)


def test_a_clock_that_is_set_during_the_rest_is_no_drift():
    points = [point(t, 0.0, potential_v=0.005 + 1e-6 * t) for t in range(101)]
    points[70:] = [p._replace(time_s=p.time_s - 3600) for p in points[70:]]
    assert rest_of(points).drift_v_s == pytest.approx(1e-6)


def test_a_rest_without_a_good_point_is_an_error():
    with pytest.raises(InstrumentError, match="no valid rest potential: overload"):
        rest_of([point(0.0, 0.0, status="overload")])


@pytest.mark.parametrize(
    ("bad", "error", "words"),
    [
        (point(3.0, 2e-3), LimitExceeded, "current"),
        (point(3.0, -2e-3), LimitExceeded, "current"),
        (point(3.0, float("nan")), LimitExceeded, "current"),
        (point(3.0, 1e-5, potential_v=0.02), InstrumentError, "not at its potential"),
        (point(3.0, 1e-5, potential_v=float("nan")), InstrumentError, "not at its potential"),
        (point(3.0, 1e-5, status="overload"), InstrumentError, "flagged this point: overload"),
        (point(3.0, 1e-8), InstrumentError, "the circuit is open"),
    ],
)
def test_a_bad_point_ends_the_polarisation_and_is_not_kept(bad, error, words):
    samples = transient()
    samples.take(point(1.0, 1.1e-5))
    samples.take(point(2.0, 1e-5))
    with pytest.raises(error, match=words):
        samples.take(bad)
    assert samples.elapsed_s == [1.0, 2.0]


def test_an_open_circuit_is_seen_at_the_first_point_where_the_current_is_known_beforehand():
    with pytest.raises(InstrumentError, match="the circuit is open"):
        transient(expected_a=1e-5).take(point(0.1, 1e-9))
    transient().take(point(0.1, 1e-9))


def test_a_small_current_in_noise_is_no_open_circuit():
    chance, samples = np.random.default_rng(11), transient()
    for number, noise in enumerate(chance.standard_normal(2000)):
        samples.take(point(float(number), 1e-8 * (1 + 0.4 * noise)))
    assert min(map(abs, samples.current_a)) < 1e-10


def test_an_open_circuit_is_detected_immediately_if_the_noise_is_a_tenth():
    chance, samples = np.random.default_rng(12), transient()
    for number, noise in enumerate(chance.standard_normal(200)):
        samples.take(point(float(number), 1e-5 * (1 + 0.1 * noise)))
    with pytest.raises(InstrumentError, match="the circuit is open"):
        samples.take(point(200.0, 1e-8))


def test_samples_at_one_time_count_once():
    samples = transient()
    for elapsed_s in (0.0, 0.5, 0.5, 1.0):
        samples.take(point(elapsed_s, 1e-5))
    time_s, current_a = samples.arrays()
    assert time_s.tolist() == [0.0, 0.5, 1.0]
    assert current_a.size == 3
