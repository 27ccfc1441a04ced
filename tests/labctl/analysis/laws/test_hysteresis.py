import math

import numpy as np
import pytest
from scipy.stats import chi2, f

from labctl.analysis import compare_branches, heating_points

KB = 8.617333262e-5
UP_K = np.linspace(303.15, 363.15, 7)
CYCLE_K = np.concatenate([UP_K, UP_K[-2::-1]])


def cycle(rng, cooling_factor=1.0, noise=0.01):
    heating = heating_points(CYCLE_K)
    sigma = np.exp(-0.5 / (KB * CYCLE_K)) / CYCLE_K * np.where(heating, 1.0, cooling_factor)
    return sigma * np.exp(noise * rng.standard_normal(CYCLE_K.size)), heating


def test_the_branches_are_told_from_the_order_of_the_temperatures():
    assert heating_points([300, 320, 320, 340, 320, 300]).tolist() == [True, True, True, True, False, False]
    assert heating_points([340, 320, 330]).tolist() == [False, False, True]
    assert heating_points([300, 300]).tolist() == [True, True]
    assert heating_points([300]).tolist() == [True]
    assert heating_points([]).tolist() == []


def test_a_sample_that_lost_a_tenth_is_seen_with_its_size():
    sigma, heating = cycle(np.random.default_rng(51), cooling_factor=0.9)
    found = compare_branches(CYCLE_K, sigma, heating)
    assert found.significant
    assert found.ln_ratio is not None
    low, high = found.ln_ratio.interval()
    assert low < math.log(0.9) < high < 0
    assert found.flags[0].startswith("hysteresis: cooling differs from heating by a factor 0.9")


def test_a_reversible_sample_is_called_different_as_rarely_as_stated():
    rng = np.random.default_rng(52)
    alarms = [compare_branches(CYCLE_K, *cycle(rng)).significant for _ in range(50)]
    assert sum(alarms) <= 3


def test_both_branches_and_the_whole_have_a_fit():
    found = compare_branches(CYCLE_K, *cycle(np.random.default_rng(53)))
    assert found.heating is not None
    assert found.cooling is not None
    energies = [
        branch.preferred.apparent_activation_energy_ev(330.0).value
        for branch in (found.heating, found.cooling)
    ]
    assert energies == pytest.approx([0.47, 0.47], abs=0.02)
    assert found.together.law == "arrhenius"
    assert found.flags == ()


def test_a_melting_that_comes_back_late_is_hysteresis_though_the_ends_agree():
    temperature = np.concatenate([np.linspace(303.15, 363.15, 13), np.linspace(358.15, 303.15, 12)])
    heating = heating_points(temperature)
    molten = temperature > np.where(heating, 333.0, 318.0)
    sigma = np.exp(-0.5 / (KB * temperature)) * np.where(molten, 1.0, 0.2)
    sigma *= np.exp(0.01 * np.random.default_rng(54).standard_normal(25))
    assert compare_branches(temperature, sigma, heating).significant


def test_a_run_that_only_heats_is_not_tested_and_says_so():
    sigma, heating = cycle(np.random.default_rng(55))
    found = compare_branches(CYCLE_K[:7], sigma[:7], heating[:7])
    assert found.cooling is None
    assert math.isnan(found.p_value)
    assert not found.significant
    assert "not tested" in found.flags[0]


def test_two_points_on_each_branch_are_too_few_to_test_unless_their_uncertainty_is_stated():
    temperature = np.array([300.0, 340.0, 340.0, 300.0])
    heating = np.array([True, True, False, False])
    sigma = np.exp(-0.5 / (KB * temperature)) * np.array([1, 1, 0.8, 0.8])
    assert math.isnan(compare_branches(temperature, sigma, heating).p_value)
    stated = compare_branches(temperature, sigma, heating, standard_uncertainty_s_m=0.01 * sigma)
    assert stated.significant


def test_branches_without_a_common_range_are_flagged():
    temperature = np.array([340.0, 350.0, 360.0, 330.0, 320.0, 310.0])
    sigma = np.exp(-0.5 / (KB * temperature)) * np.array([1.01, 0.99, 1.01, 0.99, 1.0, 1.01])
    found = compare_branches(temperature, sigma, [True] * 3 + [False] * 3)
    assert found.ln_ratio is None
    assert "no temperature range in common" in found.flags[0]


def test_the_branches_must_be_as_many_as_the_points():
    with pytest.raises(ValueError, match="heating has 2 entries, temperature_k has 3"):
        compare_branches([300.0, 310.0, 320.0], [1e-3, 2e-3, 3e-3], [True, True])


SCATTER = np.array([0.5, -1.0, 1.2, -0.4, 0.3, -1.1, 0.9, 0.2, -0.8, 0.6, -0.5, 0.4, -0.7])


def lines(ln_ratio, noise=0.01):
    """Two lines in ln sigma against 1 / kB T: conductivities, and what the textbook says of each branch."""
    heating = heating_points(CYCLE_K)
    x = 1 / (KB * CYCLE_K)
    y = 10.0 - 0.5 * x + np.where(heating, 0.0, ln_ratio) + noise * SCATTER
    at = 1 / (KB * 2 / (1 / 303.15 + 1 / 353.15))
    told = []
    for chosen in (np.ones(13, dtype=bool), heating, ~heating):
        slope, intercept = np.polyfit(x[chosen], y[chosen], 1)
        left = np.sum((y[chosen] - slope * x[chosen] - intercept) ** 2)
        spread = np.sum((x[chosen] - x[chosen].mean()) ** 2)
        own = 1 / chosen.sum() + (at - x[chosen].mean()) ** 2 / spread
        told.append((left, intercept + slope * at, own))
    return np.exp(y), heating, told


@pytest.mark.parametrize("ln_ratio", [0.0, 0.01, -0.02, 0.05])
def test_the_probability_is_that_of_the_f_test_doubled_for_two_looks(ln_ratio):
    sigma, heating, ((together, _, _), (up, _, _), (down, _, _)) = lines(ln_ratio)
    found = compare_branches(CYCLE_K, sigma, heating, "ln_sigma")
    assert {law.law for law in (found.together, found.heating, found.cooling)} == {"arrhenius"}
    ratio = (together - up - down) / 2 / ((up + down) / (13 - 4))
    p_value = min(1.0, 2 * f.sf(ratio, 2, 9))
    assert found.p_value == pytest.approx(p_value, rel=1e-4)
    assert found.significant == (p_value < 0.01)


def test_the_ratio_is_that_of_cooling_over_heating_in_the_middle_of_the_common_range():
    sigma, heating, (_, (up, ln_up, own_up), (down, ln_down, own_down)) = lines(-0.05)
    found = compare_branches(CYCLE_K, sigma, heating, "ln_sigma")
    assert found.ln_ratio.value == pytest.approx(ln_down - ln_up, abs=1e-6)
    variance = up / 5 * own_up + down / 4 * own_down
    assert found.ln_ratio.standard_uncertainty == pytest.approx(math.sqrt(variance), rel=1e-3)
    assert found.ln_ratio.degrees_of_freedom == 4.0
    factor = math.exp(found.ln_ratio.value)
    assert found.flags == (
        f"hysteresis: cooling differs from heating by a factor {factor:.3g} (p = {found.p_value:.1g})",
    )


@pytest.mark.parametrize("ln_ratio", [0.02, 0.1])
def test_stated_uncertainties_are_tested_by_chi_square(ln_ratio):
    sigma, heating, ((together, _, _), (up, _, _), (down, _, _)) = lines(ln_ratio, noise=0.005)
    found = compare_branches(CYCLE_K, sigma, heating, "ln_sigma", standard_uncertainty_s_m=0.02 * sigma)
    gain = (together - up - down) / 0.02**2
    assert found.p_value == pytest.approx(min(1.0, 2 * chi2.sf(gain, 2)), rel=1e-3)


def test_stated_uncertainties_that_are_too_small_are_tested_by_f():
    sigma, heating, ((together, _, _), (up, _, _), (down, _, _)) = lines(0.03)
    found = compare_branches(CYCLE_K, sigma, heating, "ln_sigma", standard_uncertainty_s_m=0.002 * sigma)
    ratio = (together - up - down) / 2 / ((up + down) / 9)
    assert found.p_value == pytest.approx(min(1.0, 2 * f.sf(ratio, 2, 9)), rel=1e-3)


def test_a_branch_of_one_temperature_is_not_tested():
    kelvin = np.array([300.0, 310.0, 320.0, 330.0, 329.8, 329.7])
    found = compare_branches(kelvin, np.exp(-0.5 / (KB * kelvin)), kelvin != kelvin.round())
    assert found.flags == ("hysteresis not tested: a branch has fewer than two temperatures",)
    assert (found.heating, found.ln_ratio, found.significant) == (None, None, False)
    assert found.cooling is not None
    assert math.isnan(found.p_value)
