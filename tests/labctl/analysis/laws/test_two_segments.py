import math
from dataclasses import replace

import numpy as np
import pytest

from labctl.analysis import Estimate, fit_two_segments
from labctl.analysis.laws.criterion import criterion
from labctl.analysis.laws.two_segments import _flags

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


@pytest.mark.drawn(1)
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


def flags_with(below_ev, above_ev, u_ev, transition="kink"):
    """Flags of a fit whose energies are what is told here; normal intervals are 1.96 u wide."""
    fit = fit_two_segments(TEMPERATURE_K, two_lines(TEMPERATURE_K), transition=transition)
    energies = {
        "activation_energy_below_ev": Estimate(below_ev, u_ev),
        "activation_energy_above_ev": Estimate(above_ev, u_ev),
    }
    return _flags(replace(fit, **energies))


NO_BREAK = "no break: the two activation energies agree within their 95 % intervals"
NO_RISE = "conductivity does not rise with temperature on both sides of the break"


@pytest.mark.parametrize("sign", [-1, 1])
def test_energies_whose_intervals_touch_make_no_break(sign):
    """Half-widths of 1.96 * 0.05 eV each: they touch at a difference of 0.196 eV."""
    assert NO_BREAK in flags_with(0.6 + sign * 0.9 * 0.196, 0.6, 0.05)
    assert NO_BREAK not in flags_with(0.6 + sign * 1.1 * 0.196, 0.6, 0.05)
    assert NO_BREAK not in flags_with(0.6 + sign * 0.9 * 0.196, 0.6, 0.05, "step")


def test_each_side_must_rise_with_temperature():
    assert NO_RISE in flags_with(0.5, 0.0, 1e-3)
    assert NO_RISE in flags_with(-0.1, 0.5, 1e-3)
    assert NO_RISE not in flags_with(0.5, 1e-6, 1e-9)


@pytest.mark.parametrize("transition", ["kink", "step"])
def test_gradients_name_the_parameter_they_belong_to(transition):
    sigma = noisy(np.random.default_rng(4), two_lines(TEMPERATURE_K, jump=1.0), 0.02)
    fit = fit_two_segments(TEMPERATURE_K, sigma, transition=transition)
    for name, gradient in fit.gradients.items():
        estimate = getattr(fit, name)
        assert gradient @ fit.solution.parameters == pytest.approx(estimate.value)
        variance = gradient @ fit.solution.covariance @ gradient
        assert math.sqrt(variance) == pytest.approx(estimate.standard_uncertainty)


def test_the_better_of_kink_and_step_is_taken_where_there_are_enough_temperatures():
    sigma = noisy(np.random.default_rng(5), two_lines(TEMPERATURE_K, jump=0.2), 0.02)
    either = [fit_two_segments(TEMPERATURE_K, sigma, transition=kind) for kind in ("kink", "step")]
    best = min(either, key=criterion)
    assert fit_two_segments(TEMPERATURE_K, sigma).transition == best.transition
    few = TEMPERATURE_K[4:11]
    assert fit_two_segments(few, two_lines(few, jump=2.0)).transition == "kink"
    assert fit_two_segments(TEMPERATURE_K, two_lines(TEMPERATURE_K, jump=2.0)).transition == "step"
    eight = TEMPERATURE_K[3:11]
    assert fit_two_segments(eight, two_lines(eight), transition="step").transition == "step"
    with pytest.raises(ValueError, match="at least 8 different temperatures, got 7"):
        fit_two_segments(few, two_lines(few), transition="step")


@pytest.mark.parametrize(("transition", "paid"), [("kink", (4, 2)), ("step", (6, 2))])
def test_a_break_is_paid_for_by_its_parameters_and_two_more(transition, paid):
    x = 1 / (KB * TEMPERATURE_K) - 1 / (KB * BREAK_K)
    above = 1 / (1 + np.exp(-(TEMPERATURE_K - BREAK_K) / 6.0))
    sigma = noisy(np.random.default_rng(6), np.exp(-0.5 * x + above), 0.01)
    assert fit_two_segments(TEMPERATURE_K, sigma, transition=transition).paid_parameters == paid


def test_a_width_that_no_point_feels_is_not_paid_for():
    """The step is sharp: its neighbours, 5 K away, lie off their lines on the side away from it."""
    kelvin = np.array([300.0, 301.0, 310.0, 320.0, 331.0, 341.0, 350.0, 360.0, 370.0, 380.0])
    sharp = np.exp(np.where(kelvin == 331.0, -0.05, 0.0) + np.where(kelvin == 341.0, 0.05, 0.0))
    fit = fit_two_segments(kelvin, sharp * two_lines(kelvin, jump=3.0), transition="step")
    assert 331 < fit.break_temperature_k.value < 341
    assert fit.paid_parameters == (5, 2)
    assert fit.solution.unit_covariance[5, 5] == 0


def test_a_break_lies_where_three_temperatures_are_left_on_either_side():
    for at in (2, 12):
        kelvin = TEMPERATURE_K
        x = 1 / (KB * kelvin) - 1 / (KB * (kelvin[at] + (-1 if at == 2 else 1)))
        found = fit_two_segments(kelvin, np.exp(-np.where(x > 0, 0.9, 0.4) * x), transition="kink")
        assert found.break_temperature_k.value == pytest.approx(kelvin[at], abs=1e-6)
