"""Lag of a sample behind its sensor, from spectra at rest and on the way."""

import math

import numpy as np
import pytest

from labctl.analysis.laws.sample_lag import MovingSpectrum, followed, resistance_shows, sample_lag

EA_K = 0.84 / 8.617333e-5
SPECTRUM_S = 150.0


def euler(time_s, sensor_k, tau_s):
    """The sample by small steps: another way than the analysis."""
    sample_k, found = sensor_k[0], [sensor_k[0]]
    for place in range(1, len(time_s)):
        for share in np.linspace(0, 1, 200, endpoint=False):
            now_k = sensor_k[place - 1] + (sensor_k[place] - sensor_k[place - 1]) * share
            sample_k += (now_k - sample_k) / tau_s * (time_s[place] - time_s[place - 1]) / 200
        found.append(sample_k)
    return np.array(found)


class Ramp:
    """A ramp by 30 K whose sample follows with a time constant, with spectra all the way."""

    def __init__(self, tau_s, k_min, seed, *, rests=True, noise=2e-3, back=False):
        chance = np.random.default_rng(seed)
        way_s = 30 / k_min * 60
        end_s = 600 + (2 if back else 1) * way_s + 1800
        self.time_s = np.arange(0, end_s + 400, 10.0)
        up_k = np.clip((self.time_s - 600) / 60 * k_min, 0, 30)
        down_k = np.clip((self.time_s - 600 - way_s) / 60 * k_min, 0, 30) if back else 0.0
        self.sensor_k = 323.15 + up_k - down_k
        true_k = followed(self.time_s, self.sensor_k, tau_s)
        begins_s = list(np.arange(700.0, 600 + (2 if back else 1) * way_s, SPECTRUM_S))
        begins_s = [300.0, *begins_s, end_s] if rests else begins_s[4:]
        self.spectra, self.true_k = [], []
        for begin_s in begins_s:
            point_s = begin_s + np.linspace(0, SPECTRUM_S, 40)
            weight = np.exp(-(((point_s - begin_s - 60) / 30) ** 2))
            kelvin = np.average(np.interp(point_s, self.time_s, true_k), weights=weight)
            sigma = 1e6 / kelvin * math.exp(-EA_K / kelvin) * (1 + noise * chance.standard_normal())
            self.spectra.append(MovingSpectrum(point_s, weight, sigma, noise))
            self.true_k.append(kelvin)

    def lag(self):
        return sample_lag(self.time_s, self.sensor_k, self.spectra)


def test_a_sample_follows_its_sensor_to_first_order():
    time_s = np.arange(0, 600, 20.0)
    sensor_k = 300 + np.clip(time_s - 100, 0, 200) / 40
    assert followed(time_s, sensor_k, 90.0) == pytest.approx(euler(time_s, sensor_k, 90.0), abs=2e-3)


def test_on_a_steady_ramp_a_sample_lags_by_rate_times_time_constant():
    time_s = np.arange(0, 6000, 10.0)
    sensor_k = 300 + time_s * 0.5 / 60
    assert (sensor_k - followed(time_s, sensor_k, 120.0))[-1] == pytest.approx(1.0, rel=1e-6)


@pytest.mark.parametrize("k_min", [0.2, 0.5, 2.0])
@pytest.mark.parametrize("tau_s", [30.0, 120.0, 300.0])
def test_the_lag_is_found_and_the_temperatures_are_those_of_the_sample(tau_s, k_min):
    ramp = Ramp(tau_s, k_min, seed=1)
    found = ramp.lag()
    tau = found.time_constant_s
    assert abs(tau.value - tau_s) < 3 * tau.standard_uncertainty
    assert tau.standard_uncertainty < 20
    assert np.abs(found.sample_k - ramp.true_k).max() < 0.1
    assert np.abs(found.sensor_k - ramp.true_k).max() == pytest.approx(tau_s * k_min / 60, rel=0.3, abs=0.05)


def test_the_stated_time_constant_holds_the_truth_as_often_as_it_says():
    inside = 0
    for seed in range(20):
        tau = Ramp(100.0, 2.0, seed).lag().time_constant_s
        low_s, high_s = tau.interval()
        inside += low_s <= 100.0 <= high_s
    assert inside >= 17


def test_two_ways_without_rest_tell_the_lag():
    ramp = Ramp(120.0, 1.0, seed=2, rests=False, back=True)
    tau = ramp.lag().time_constant_s
    assert abs(tau.value - 120) < 3 * tau.standard_uncertainty < 30


def test_spectra_that_all_move_alike_do_not_tell_the_lag():
    ramp = Ramp(120.0, 0.5, seed=1, rests=False)
    assert sample_lag(ramp.time_s, ramp.sensor_k, ramp.spectra[:-1]) is None


def test_a_few_spectra_do_not_tell_the_lag():
    ramp = Ramp(120.0, 0.5, seed=1)
    assert sample_lag(ramp.time_s, ramp.sensor_k, ramp.spectra[:4]) is None


def test_a_resistance_shows_where_the_impedance_is_as_large():
    z_ohm = np.array([1.0, 100.0, 1e4]) + 0j
    assert resistance_shows(z_ohm, 100.0) == pytest.approx([1e-4, 1.0, 1e-4])
