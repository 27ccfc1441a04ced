import math
from dataclasses import replace

import numpy as np
import pytest

from labctl.analysis import fit_arrhenius, fit_vtf
from labctl.analysis.laws.vtf import _flags
from labctl.analysis.numerics.interval_estimates import ProfileEstimate

KB = 8.617333262e-5
TEMPERATURE_K = np.linspace(303.15, 363.15, 10)


def vtf(temperature_k, b_ev=0.08, t0_k=205.0, a=1000.0, exponent=-0.5):
    return a * temperature_k**exponent * np.exp(-b_ev / (KB * (temperature_k - t0_k)))


def noisy(rng, sigma, relative):
    return sigma * np.exp(relative * rng.standard_normal(sigma.size))


def best_by_brute_force(temperature_k, ln_sigma):
    """Least sum of squares over a fine net of T0, by ordinary straight lines in ln sigma sqrt(T)."""
    y = ln_sigma + 0.5 * np.log(temperature_k)
    x = 1 / (temperature_k - temperature_k.min() + np.geomspace(1.0, 1e4, 4000)[:, None])
    x, y = x - x.mean(axis=1, keepdims=True), y - y.mean()
    slope = (x @ y) / np.sum(x**2, axis=1)
    return float(np.sum((y - slope[:, None] * x) ** 2, axis=1).min())


def test_the_global_optimum_is_found_in_every_one_of_400_random_sets():
    rng = np.random.default_rng(21)
    for _ in range(400):
        temperature = np.sort(rng.uniform(290, 290 + rng.uniform(30, 120), rng.integers(5, 20)))
        truth = rng.uniform(0.02, 0.2), temperature.min() - rng.uniform(20, 150)
        sigma = noisy(rng, vtf(temperature, *truth), 10 ** rng.uniform(-3, -1.3))
        fit = fit_vtf(temperature, sigma)
        assert fit.solution.chi_square <= best_by_brute_force(temperature, np.log(sigma)) * (1 + 1e-9)


@pytest.mark.parametrize("exponent", [-0.5, 0.0, -1.0])
def test_an_exact_law_gives_back_its_parameters(exponent):
    fit = fit_vtf(TEMPERATURE_K, vtf(TEMPERATURE_K, exponent=exponent), exponent)
    assert fit.pseudo_activation_energy_ev.value == pytest.approx(0.08, rel=1e-8)
    assert fit.vogel_temperature_k.value == pytest.approx(205.0, rel=1e-8)
    assert fit.pre_exponential.value == pytest.approx(1000.0, rel=1e-7)
    assert fit.prefactor_exponent == exponent


def test_the_unit_of_the_pre_exponential_follows_the_exponent():
    sigma = vtf(TEMPERATURE_K)
    units = [fit_vtf(TEMPERATURE_K, sigma, m).pre_exponential_unit for m in (-0.5, 0.0, -1.0)]
    assert units == ["S/m K^0.5", "S/m", "S/m K^1"]


def test_the_apparent_activation_energy_is_the_local_slope():
    fit = fit_vtf(TEMPERATURE_K, vtf(TEMPERATURE_K))
    cold, warm = 329.9, 330.1
    step = 1 / (KB * cold) - 1 / (KB * warm)
    slope = math.log(fit.conductivity_s_m(warm).value / fit.conductivity_s_m(cold).value) / step
    assert fit.apparent_activation_energy_ev(330.0).value == pytest.approx(slope, rel=1e-5)


def test_the_energy_of_a_narrow_arrhenius_line_is_the_apparent_energy_of_the_vtf_there():
    narrow = np.linspace(329.0, 331.0, 7)
    fit, line = fit_vtf(TEMPERATURE_K, vtf(TEMPERATURE_K)), fit_arrhenius(narrow, vtf(narrow), "ln_sigma")
    expected = line.activation_energy_ev.value
    assert fit.apparent_activation_energy_ev(330.0).value == pytest.approx(expected, rel=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("noise", [0.01])
def test_the_stated_intervals_cover_the_truth_as_often_as_they_say(noise):
    rng, inside = np.random.default_rng(22), np.zeros(2)
    for _ in range(2000):
        fit = fit_vtf(TEMPERATURE_K, noisy(rng, vtf(TEMPERATURE_K), noise))
        b, t0 = fit.pseudo_activation_energy_ev.interval(), fit.vogel_temperature_k.interval()
        inside += b[0] <= 0.08 <= b[1], t0[0] <= 205.0 <= t0[1]
    assert (inside >= 0.94 * 2000).all()
    assert (inside <= 0.96 * 2000).all()


def test_an_arrhenius_series_is_not_distinguishable_from_arrhenius():
    sigma = 1e5 * np.exp(-0.4 / (KB * TEMPERATURE_K)) * TEMPERATURE_K**-0.5
    fit = fit_vtf(TEMPERATURE_K, noisy(np.random.default_rng(23), sigma, 0.01))
    assert any("not distinguishable from Arrhenius" in flag for flag in fit.flags)
    assert fit.vogel_temperature_k.interval()[0] < 0


def test_a_noisy_narrow_series_does_not_identify_t0():
    temperature = np.linspace(320.0, 330.0, 5)
    fit = fit_vtf(temperature, noisy(np.random.default_rng(24), vtf(temperature), 0.03))
    assert any("T0 not identifiable" in flag for flag in fit.flags)
    assert math.isinf(fit.vogel_temperature_k.interval()[0])
    assert math.isinf(fit.pseudo_activation_energy_ev.interval()[1])


def test_a_plot_that_bends_the_other_way_is_not_vtf():
    x = 1 / (KB * TEMPERATURE_K)
    sigma = np.exp(-0.4 * x + 0.02 * (x - x.mean()) ** 2)
    assert any("bends the other way" in flag for flag in fit_vtf(TEMPERATURE_K, sigma).flags)


def test_conductivity_that_falls_with_temperature_is_flagged():
    assert any("does not rise" in flag for flag in fit_vtf(TEMPERATURE_K, 1 / vtf(TEMPERATURE_K)).flags)


def test_three_points_determine_the_law_and_leave_its_uncertainty_unknown():
    fit = fit_vtf(TEMPERATURE_K[:3], vtf(TEMPERATURE_K[:3]))
    assert math.isinf(fit.vogel_temperature_k.standard_uncertainty)
    assert fit.pseudo_activation_energy_ev.interval() == (-math.inf, math.inf)
    assert "the scatter is unknown" in fit.flags[0]


def test_two_temperatures_are_too_few():
    with pytest.raises(ValueError, match="at least 3 different temperatures, got 2"):
        fit_vtf([300.0, 310.0, 310.0], [1e-3, 2e-3, 2e-3])


def test_the_law_has_no_value_at_or_below_t0():
    with pytest.raises(ValueError, match=r"must lie above T0 = 205\.00 K"):
        fit_vtf(TEMPERATURE_K, vtf(TEMPERATURE_K)).conductivity_s_m(200.0)


def test_temperature_errors_widen_the_interval_of_t0():
    sigma = vtf(TEMPERATURE_K)
    sharp = fit_vtf(TEMPERATURE_K, sigma, standard_uncertainty_s_m=0.003 * sigma)
    blurred = fit_vtf(TEMPERATURE_K, sigma, standard_uncertainty_s_m=0.003 * sigma, temperature_u_k=0.5)
    assert np.ptp(blurred.vogel_temperature_k.interval()) > 2 * np.ptp(sharp.vogel_temperature_k.interval())


def test_an_unknown_residual_is_refused():
    with pytest.raises(ValueError, match="residuals must be"):
        fit_vtf(TEMPERATURE_K, vtf(TEMPERATURE_K), residuals="log10")  # type: ignore[arg-type]


LOWEST_K = float(TEMPERATURE_K[0])  # T0 is searched up to 1 K below it
OPEN = "T0 not identifiable: its 95 % interval is not closed"
NOT_TOLD_APART = "not distinguishable from Arrhenius: the 95 % interval of T0 holds 0 K"
BENDS = "not VTF: the Arrhenius plot bends the other way (T0 below 0 K)"
AT_THE_DATA = "not VTF: T0 lies at the lowest measured temperature"


def flags_with(t0_k, interval_k, b_ev=0.08):
    """Flags of a fit whose T0 and B are what is told here."""
    fit = fit_vtf(TEMPERATURE_K, vtf(TEMPERATURE_K))
    t0 = ProfileEstimate(t0_k, 1.0, profile=lambda level: interval_k)
    b = ProfileEstimate(b_ev, 0.001, profile=lambda level: (b_ev, b_ev))
    return _flags(replace(fit, vogel_temperature_k=t0, pseudo_activation_energy_ev=b))


@pytest.mark.parametrize(
    ("t0_k", "interval_k", "flags"),
    [
        (205.0, (190.0, 220.0), []),
        (205.0, (0.1, 220.0), []),
        (205.0, (0.0, 220.0), [NOT_TOLD_APART]),
        (205.0, (-1.0, 220.0), [NOT_TOLD_APART]),
        (-50.0, (-100.0, 0.0), [NOT_TOLD_APART]),
        (-50.0, (-100.0, -0.1), [BENDS]),
        (-50.0, (-math.inf, -0.1), [BENDS, OPEN]),
        (205.0, (-math.inf, 220.0), [NOT_TOLD_APART, OPEN]),
        (205.0, (190.0, LOWEST_K - 1.0), [OPEN]),
        (205.0, (190.0, LOWEST_K - 1.005), [OPEN]),
        (205.0, (190.0, LOWEST_K - 1.02), []),
        (LOWEST_K - 1.005, (290.0, 301.0), [AT_THE_DATA]),
        (LOWEST_K - 1.02, (290.0, 301.0), []),
    ],
)
def test_what_an_interval_of_t0_says_of_the_law(t0_k, interval_k, flags):
    told = [flag for flag in flags_with(t0_k, interval_k) if not flag.startswith("unphysical")]
    assert told == flags


@pytest.mark.parametrize(("strength", "told"), [(1.4, True), (1.6, False)])
def test_a_law_more_fragile_than_any_glass_former_is_unphysical(strength, told):
    flags = flags_with(205.0, (190.0, 220.0), strength * KB * 205.0)
    words = (
        f"unphysical: strength B / (kB T0) = {strength:.2g} is below that of any glass former, "
        "with T0 = 205 K; look for a transition instead"
    )
    assert (words in flags) is told


def test_a_law_that_falls_is_told_as_that_alone():
    assert flags_with(205.0, (-1.0, 220.0), 0.0) == ("not VTF: conductivity does not rise with temperature",)
    assert flags_with(205.0, (190.0, 220.0), 1e-9)[0].startswith("unphysical")


def test_flags_that_begin_with_not_or_unphysical_are_objections():
    fit = fit_vtf(TEMPERATURE_K, vtf(TEMPERATURE_K))
    assert fit.objections == ()
    changed = replace(fit, flags=("not VTF: a", "a flag", "unphysical: b", OPEN, "nothing"))
    assert changed.objections == ("not VTF: a", "unphysical: b")


def test_three_temperatures_are_needed_and_the_exponent_is_a_number():
    assert fit_vtf(TEMPERATURE_K[:3], vtf(TEMPERATURE_K[:3])).prefactor_exponent == -0.5
    with pytest.raises(ValueError, match="prefactor_exponent must be finite, got nan"):
        fit_vtf(TEMPERATURE_K, vtf(TEMPERATURE_K), math.nan)


def test_the_headline_names_both_parameters_with_their_uncertainty():
    fit = fit_vtf(TEMPERATURE_K, noisy(np.random.default_rng(9), vtf(TEMPERATURE_K), 0.01))
    b, t0 = fit.pseudo_activation_energy_ev, fit.vogel_temperature_k
    assert fit.headline == (
        f"B = {b.value:.4f} ± {b.standard_uncertainty:.4f} eV, "
        f"T0 = {t0.value:.1f} ± {t0.standard_uncertainty:.1f} K (T^-0.5)"
    )
