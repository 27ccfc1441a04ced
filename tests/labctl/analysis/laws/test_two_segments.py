import math

import numpy as np
import pytest

from labctl.analysis import fit_two_segments

KB = 8.617333262e-5
TEMPERATURE_K = np.linspace(303.15, 373.15, 15)
BREAK_K = 336.0


def two_lines(temperature_k, below_ev=0.9, above_ev=0.4, jump=0.0):
    x = 1 / (KB * temperature_k) - 1 / (KB * BREAK_K)
    above = temperature_k > BREAK_K
    return 1e-3 * np.exp(-np.where(above, above_ev, below_ev) * x + jump * above)


def noisy(rng, sigma, relative):
    return sigma * np.exp(relative * rng.standard_normal(sigma.size))


def test_an_exact_kink_gives_back_both_energies_and_the_break():
    fit = fit_two_segments(TEMPERATURE_K, two_lines(TEMPERATURE_K), "ln_sigma")
    assert fit.transition == "kink"
    assert fit.activation_energy_below_ev.value == pytest.approx(0.9, rel=1e-6)
    assert fit.activation_energy_above_ev.value == pytest.approx(0.4, rel=1e-6)
    assert fit.break_temperature_k.value == pytest.approx(BREAK_K, abs=1e-3)
    assert fit.width_k == 0
    at_break = math.exp(0.4 / (KB * BREAK_K)) * 1e-3
    assert fit.pre_exponential_above.value == pytest.approx(at_break, rel=1e-5)
    assert fit.pre_exponential_unit == "S/m"


def test_a_step_is_told_from_a_kink_and_lies_between_its_neighbours():
    sigma = noisy(np.random.default_rng(31), two_lines(TEMPERATURE_K, jump=1.0), 0.003)
    fit = fit_two_segments(TEMPERATURE_K, sigma, "ln_sigma")
    assert fit.transition == "step"
    assert fit.activation_energy_below_ev.value == pytest.approx(0.9, abs=0.02)
    assert fit.activation_energy_above_ev.value == pytest.approx(0.4, abs=0.02)
    low, high = fit.break_temperature_k.interval()
    assert 333.15 - 2.5 < low < BREAK_K < high < 338.15 + 2.5


def test_the_local_slopes_are_the_two_energies():
    fit = fit_two_segments(TEMPERATURE_K, two_lines(TEMPERATURE_K), "ln_sigma")
    slopes = [fit.apparent_activation_energy_ev(t).value for t in (310.0, 360.0)]
    assert slopes == pytest.approx([0.9, 0.4], rel=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("noise", [0.003, 0.01, 0.03])
def test_the_stated_intervals_cover_the_truth_as_often_as_they_say(noise):
    rng, inside = np.random.default_rng(32), np.zeros(3)
    for _ in range(600):
        sigma = noisy(rng, two_lines(TEMPERATURE_K), noise)
        fit = fit_two_segments(TEMPERATURE_K, sigma, "ln_sigma", "kink")
        found = (
            (fit.activation_energy_below_ev, 0.9),
            (fit.activation_energy_above_ev, 0.4),
            (fit.break_temperature_k, BREAK_K),
        )
        intervals = [(*estimate.interval(), truth) for estimate, truth in found]
        inside += [low <= truth <= high for low, high, truth in intervals]
    assert (inside >= 0.92 * 600).all()
    assert (inside <= 0.98 * 600).all()


def test_a_single_line_has_no_break():
    sigma = noisy(np.random.default_rng(33), two_lines(TEMPERATURE_K, 0.5, 0.5), 0.01)
    flags = fit_two_segments(TEMPERATURE_K, sigma, "ln_sigma", "kink").flags
    assert any(flag.startswith("no break") for flag in flags)


def test_fewer_than_six_temperatures_are_too_few():
    with pytest.raises(ValueError, match="at least 6 different temperatures, got 5"):
        fit_two_segments(TEMPERATURE_K[:5], two_lines(TEMPERATURE_K[:5]))


def test_six_temperatures_are_enough_and_keep_an_honest_uncertainty():
    temperature = TEMPERATURE_K[3:9]
    fit = fit_two_segments(temperature, noisy(np.random.default_rng(34), two_lines(temperature), 0.01))
    assert fit.activation_energy_below_ev.standard_uncertainty > 0
    assert fit.transition == "kink"


def test_an_unknown_transition_is_refused():
    with pytest.raises(ValueError, match="transition must be"):
        fit_two_segments(TEMPERATURE_K, two_lines(TEMPERATURE_K), transition="jump")  # type: ignore[arg-type]
