from types import SimpleNamespace

import pytest

from labctl.clock import VirtualClock
from labctl.errors import SettlingTimeout
from labctl.measure.settle import SettlingCriterion, settle


class Profile:
    """A thermometer that follows a function of time."""

    def __init__(self, clock, kelvin_at):
        self._clock, self._kelvin_at = clock, kelvin_at

    @property
    def temperature_k(self):
        return self._kelvin_at(self._clock.monotonic())


def bench_with(kelvin_at):
    clock = VirtualClock()
    return SimpleNamespace(clock=clock, thermometer=Profile(clock, kelvin_at))


def settled(bench, target_k=300.0, should_stop=lambda: False, **criterion):
    readings = list(settle(bench, target_k, SettlingCriterion(**criterion), should_stop))
    return readings, bench.clock.monotonic()


def test_a_steady_temperature_is_settled_after_the_dwell():
    readings, elapsed_s = settled(bench_with(lambda t: 300.0), dwell_s=600)
    assert elapsed_s == pytest.approx(600 + 55, abs=5)
    assert readings[-1].phase == "dwell"


@pytest.mark.parametrize("reading_takes_s", [0.3, 1.0, 2.7, 9.0])
def test_a_thermometer_that_takes_its_time_is_settled_as_well(reading_takes_s):
    bench = bench_with(lambda t: 300.0)
    slow = bench.thermometer

    class Slow:
        @property
        def temperature_k(self):
            bench.clock.sleep(reading_takes_s)
            return slow.temperature_k

    bench.thermometer = Slow()
    readings, elapsed_s = settled(bench, dwell_s=600, timeout_s=3600)
    assert elapsed_s < 600 + 60 + 3 * (5 + reading_takes_s)
    phases = [reading.phase for reading in readings]
    assert phases == sorted(phases)  # approach, then dwell without a break


def test_an_excursion_starts_the_dwell_again():
    _, elapsed_s = settled(bench_with(lambda t: 302.0 if 300 <= t < 310 else 300.0), dwell_s=600)
    assert elapsed_s >= 310 + 600


def test_a_temperature_that_drifts_through_the_band_is_not_settled():
    bench = bench_with(lambda t: 299.6 + 0.8 * t / 300)  # crosses a 0.5 K band in 300 s, 0.16 K/min
    with pytest.raises(SettlingTimeout):
        settled(bench, dwell_s=120, timeout_s=3600, slope_k_s=0.1 / 60)


def test_a_time_out_says_what_was_wanted_and_what_was_read():
    with pytest.raises(SettlingTimeout) as caught:
        settled(bench_with(lambda t: 290.0), timeout_s=120)
    assert str(caught.value) == "no stable 300.00 K after 120 s: last reading 290.00 K, band 0.50 K"
    assert caught.value.last_k == 290.0


def test_a_reading_that_is_not_a_number_is_never_steady():
    with pytest.raises(SettlingTimeout):
        settled(bench_with(lambda t: float("nan")), dwell_s=0, timeout_s=300)


def test_a_stop_ends_the_wait_without_a_word():
    bench = bench_with(lambda t: 290.0)
    readings, elapsed_s = settled(bench, should_stop=lambda: bench.clock.monotonic() >= 60)
    assert elapsed_s == 60
    assert len(readings) == 12


def test_a_dwell_of_zero_still_needs_the_slope_to_be_seen():
    readings, _ = settled(bench_with(lambda t: 300.0), dwell_s=0)
    assert len(readings) > 2


def test_polls_further_apart_than_the_slope_window_still_see_a_slope():
    bench = bench_with(lambda t: 299.6 + t / 600)
    with pytest.raises(SettlingTimeout):
        settled(bench, poll_s=120, slope_window_s=60, dwell_s=0, timeout_s=400, slope_k_s=0.01 / 60)


@pytest.mark.parametrize("name", ["band_k", "slope_k_s", "timeout_s", "poll_s", "slope_window_s"])
def test_a_criterion_that_can_never_be_met_is_refused(name):
    with pytest.raises(ValueError, match=name):
        SettlingCriterion(**{name: 0.0})
