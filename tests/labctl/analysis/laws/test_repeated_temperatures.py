import math

import numpy as np
import pytest

from labctl.analysis import fit_arrhenius, fit_temperature_law
from labctl.analysis.laws.repeated_temperatures import change_between, group_numbers

KB = 8.617333262e-5
UP_K = np.arange(300.0, 400.0, 10.0)


def conductivity(temperature_k, ev=0.5):
    return 1e6 / temperature_k * np.exp(-ev / KB / temperature_k)


def noisy(temperature_k, seed, share=0.01):
    chance = np.random.default_rng(seed).standard_normal(temperature_k.size)
    return conductivity(temperature_k) * np.exp(share * chance)


def told(flags):
    return [flag for flag in flags if "disagree" in flag]


def test_a_factor_between_duplicates_in_one_list_is_told_by_the_simple_fit():
    twice = np.repeat(UP_K, 2)
    factor = np.tile([1.0, 1.4], UP_K.size)
    (flag,) = told(fit_arrhenius(twice, factor * noisy(twice, 1)).flags)
    assert "by a factor of 1.4" in flag


def test_one_duplicate_is_enough_where_the_others_lie_on_a_line():
    kelvin = np.append(UP_K, UP_K[0])
    sigma = noisy(kelvin, 2) * np.where(np.arange(kelvin.size) == UP_K.size, 0.8, 1.0)
    assert told(fit_temperature_law(kelvin, sigma).flags)


def test_a_factor_is_told_where_uncertainties_are_stated_and_nothing_else_is_left():
    kelvin = np.array([300.0, 300.0, 350.0])
    sigma = conductivity(kelvin) * [1.0, 1.1, 1.0]
    assert told(fit_arrhenius(kelvin, sigma, standard_uncertainty_s_m=0.01 * sigma).flags)


@pytest.mark.parametrize("stated", [True, False])
def test_duplicates_that_agree_are_rarely_called_different(stated):
    twice = np.tile(UP_K, 2)
    alarms = 0
    for seed in range(200):
        sigma = noisy(twice, seed)
        fit = fit_arrhenius(twice, sigma, standard_uncertainty_s_m=0.01 * sigma if stated else None)
        alarms += bool(told(fit.flags))
    assert alarms <= 7  # 1 % expected


def test_temperatures_within_half_a_kelvin_are_the_same():
    assert group_numbers(np.array([310.0, 300.2, 300.0, 310.4])).tolist() == [1, 0, 0, 1]


def test_a_change_beyond_its_uncertainty_is_significant_and_one_within_is_not():
    law = [math.log(2.0), math.log(2.02)]
    changed = change_between([0.0, math.log(0.93)], law, [0.003, 0.004], 323.15, 7200.0)
    assert changed.factor == pytest.approx(0.93 / 1.01)
    assert changed.is_significant
    assert changed.words.startswith(
        "at 50.00 degC the conductivity is 0.9208 times the first (95 %: 0.9118 to"
    )
    assert changed.words.endswith("after 2 h")
    assert changed.per_hour.value == pytest.approx(math.log(0.93 / 1.01) / 2)
    assert not change_between([0.0, 0.008], [0.0, 0.0], [0.003, 0.004], 323.15, 7200.0).is_significant


def test_a_change_of_unknown_uncertainty_is_not_called_significant():
    unknown = change_between([0.0, 1.0], [0.0, 0.0], [math.inf, math.inf], 323.15, math.nan)
    assert not unknown.is_significant
    assert "its interval is not known" in unknown.words


def test_a_way_back_that_lies_lower_is_told_though_no_temperature_is_measured_twice():
    kelvin = np.concatenate([UP_K, UP_K[::-1] - 5.0])
    sigma = noisy(kelvin, 3) * np.where(np.arange(kelvin.size) < UP_K.size, 1.0, 0.9)
    flags = fit_temperature_law(kelvin, sigma).flags
    assert [flag for flag in flags if "the way back lies 0.9" in flag]


def test_a_way_back_on_the_same_law_is_rarely_called_hysteresis():
    kelvin = np.concatenate([UP_K, UP_K[::-1] - 5.0])
    alarms = sum(
        any("hysteresis" in flag for flag in fit_arrhenius(kelvin, noisy(kelvin, seed)).flags)
        for seed in range(200)
    )
    assert alarms <= 7  # 1 % expected


def test_a_list_in_one_direction_has_no_way_back():
    assert not any("hysteresis" in flag for flag in fit_arrhenius(UP_K, noisy(UP_K, 4, 0.1)).flags)
