import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labctl.analysis import fit_arrhenius

KB = 8.617333262e-5
TEMPERATURE_K = np.linspace(298.15, 373.15, 8)


def arrhenius(temperature_k, energy_ev=0.5, pre_exponential=1e5):
    return pre_exponential * np.exp(-energy_ev / (KB * np.asarray(temperature_k)))


def noisy(rng, sigma, relative):
    return sigma * np.exp(relative * rng.standard_normal(np.shape(sigma)))


@given(st.floats(0.05, 2.0), st.floats(1e-3, 1e9), st.floats(220, 700), st.floats(20, 300))
def test_an_exact_line_gives_back_its_energy_and_pre_exponential(energy, a, low, span):
    temperature = np.linspace(low, low + span, 6)
    fit = fit_arrhenius(temperature, arrhenius(temperature, energy, a), form="ln_sigma")
    assert fit.activation_energy_ev.value == pytest.approx(energy, rel=1e-9)
    assert math.log(fit.pre_exponential.value) == pytest.approx(math.log(a), abs=1e-7)
    assert fit.pre_exponential_unit == "S/m"


def test_the_two_forms_are_named_and_differ_by_about_kt():
    sigma = arrhenius(TEMPERATURE_K)
    plain, times_t = (fit_arrhenius(TEMPERATURE_K, sigma, form) for form in ("ln_sigma", "ln_sigma_t"))
    assert (plain.form, times_t.form) == ("ln_sigma", "ln_sigma_t")
    assert times_t.pre_exponential_unit == "S K/m"
    difference = times_t.activation_energy_ev.value - plain.activation_energy_ev.value
    assert difference == pytest.approx(KB * TEMPERATURE_K.mean(), rel=0.02)
    apparent = [fit.apparent_activation_energy_ev(TEMPERATURE_K.mean()).value for fit in (plain, times_t)]
    assert apparent[0] == pytest.approx(apparent[1], abs=1e-3)


def test_energy_is_also_given_per_mole():
    fit = fit_arrhenius(TEMPERATURE_K, arrhenius(TEMPERATURE_K), "ln_sigma")
    assert fit.activation_energy_kj_mol.value == pytest.approx(0.5 * 96.48533, rel=1e-6)


@pytest.mark.drawn(1)
@pytest.mark.parametrize("noise", [0.003, 0.01, 0.03])
def test_the_stated_interval_covers_the_truth_as_often_as_it_says(noise):
    rng, inside = np.random.default_rng(11), 0
    for _ in range(2000):
        fit = fit_arrhenius(TEMPERATURE_K, noisy(rng, arrhenius(TEMPERATURE_K), noise), "ln_sigma")
        low, high = fit.activation_energy_ev.interval()
        inside += low <= 0.5 <= high
    assert 0.94 <= inside / 2000 <= 0.96


def test_stated_uncertainties_that_are_true_are_never_too_narrow():
    rng, inside = np.random.default_rng(12), 0
    u = 0.01 * np.linspace(0.3, 3, TEMPERATURE_K.size)
    for _ in range(2000):
        sigma = noisy(rng, arrhenius(TEMPERATURE_K), u)
        fit = fit_arrhenius(TEMPERATURE_K, sigma, "ln_sigma", standard_uncertainty_s_m=u * sigma)
        low, high = fit.activation_energy_ev.interval()
        inside += low <= 0.5 <= high
    assert 0.945 <= inside / 2000 <= 0.98


def test_temperature_errors_reach_the_energy_through_the_slope():
    rng, inside, u_k = np.random.default_rng(13), 0, 0.3
    for _ in range(2000):
        sigma = arrhenius(TEMPERATURE_K + u_k * rng.standard_normal(TEMPERATURE_K.size))
        fit = fit_arrhenius(TEMPERATURE_K, sigma, "ln_sigma", temperature_u_k=u_k)
        low, high = fit.activation_energy_ev.interval()
        inside += low <= 0.5 <= high
    assert 0.945 <= inside / 2000 <= 0.98


def test_more_scatter_than_stated_enlarges_the_uncertainty_and_says_so():
    sigma = noisy(np.random.default_rng(14), arrhenius(TEMPERATURE_K), 0.02)
    honest = fit_arrhenius(TEMPERATURE_K, sigma, "ln_sigma")
    boastful = fit_arrhenius(TEMPERATURE_K, sigma, "ln_sigma", standard_uncertainty_s_m=1e-4 * sigma)
    assert boastful.activation_energy_ev.standard_uncertainty == pytest.approx(
        honest.activation_energy_ev.standard_uncertainty
    )
    assert any("more than stated" in flag for flag in boastful.flags)


def test_scatter_that_chance_explains_changes_no_uncertainty_and_is_not_told():
    sigma = noisy(np.random.default_rng(14), arrhenius(TEMPERATURE_K), 0.02)
    scatter = fit_arrhenius(TEMPERATURE_K, sigma, "ln_sigma").solution.variance_factor ** 0.5
    for ratio, factor, told in ((1.02, 1.0, False), (2.0, 4.0, True)):
        stated = scatter / ratio * sigma
        fit = fit_arrhenius(TEMPERATURE_K, sigma, "ln_sigma", standard_uncertainty_s_m=stated)
        assert fit.solution.variance_factor == pytest.approx(factor)
        assert any("2 times more than stated" in flag for flag in fit.flags) == told


def test_a_common_geometry_error_shifts_the_pre_exponential_alone():
    sigma = arrhenius(TEMPERATURE_K)
    right, thick = fit_arrhenius(TEMPERATURE_K, sigma), fit_arrhenius(TEMPERATURE_K, 1.1 * sigma)
    assert thick.activation_energy_ev.value == pytest.approx(right.activation_energy_ev.value)
    assert thick.pre_exponential.value == pytest.approx(1.1 * right.pre_exponential.value)


def test_conductivity_between_and_beyond_the_data():
    sigma = noisy(np.random.default_rng(15), arrhenius(TEMPERATURE_K), 0.01)
    fit = fit_arrhenius(TEMPERATURE_K, sigma, "ln_sigma")
    amid, far = fit.conductivity_s_m(330.0), fit.conductivity_s_m(260.0)
    assert amid.value == pytest.approx(arrhenius(330.0), rel=0.02)
    assert amid.flags == ()
    assert far.flags == ("extrapolated: 260.00 K is 38.1 K below the measured range",)
    assert far.relative_uncertainty > 2 * amid.relative_uncertainty
    low, high = far.interval()
    assert low < arrhenius(260.0) < high
    assert low * high == pytest.approx(far.value**2)


def test_two_points_give_a_line_whose_uncertainty_is_unknown():
    fit = fit_arrhenius([300.0, 340.0], arrhenius([300.0, 340.0]), "ln_sigma")
    assert fit.activation_energy_ev.value == pytest.approx(0.5)
    assert math.isinf(fit.activation_energy_ev.standard_uncertainty)
    assert fit.conductivity_s_m(320.0).interval() == (0.0, math.inf)
    assert fit.flags == ("2 points determine 2 parameters: the scatter is unknown",)


def test_two_points_with_stated_uncertainty_propagate_it():
    sigma = arrhenius([300.0, 340.0])
    fit = fit_arrhenius([300.0, 340.0], sigma, "ln_sigma", standard_uncertainty_s_m=0.01 * sigma)
    expected = 0.01 * math.sqrt(2) * KB / (1 / 300 - 1 / 340)
    assert fit.activation_energy_ev.standard_uncertainty == pytest.approx(expected)


def test_bounds_are_left_out_noted_and_compared_with_the_law():
    temperature, sigma = np.append(TEMPERATURE_K, 250.0), arrhenius(np.append(TEMPERATURE_K, 250.0))
    bound = np.append(np.zeros(8, bool), True)
    sigma[-1] *= 1e-3
    sigma[:-1] = noisy(np.random.default_rng(16), sigma[:-1], 0.01)
    fit = fit_arrhenius(temperature, sigma, "ln_sigma", upper_bound=bound)
    assert fit.activation_energy_ev.value == pytest.approx(0.5, abs=0.02)
    assert fit.flags[0] == "1 upper bound left out of the fit"
    assert "above the bound" in fit.flags[1]


def test_conductivity_that_falls_with_temperature_is_flagged():
    for sigma in (1 / arrhenius(TEMPERATURE_K), np.full(8, 1e-5)):
        for form in ("ln_sigma_t", "ln_sigma"):
            fit = fit_arrhenius(TEMPERATURE_K, sigma, form)
            assert any("does not rise" in flag for flag in fit.flags)


@pytest.mark.parametrize(
    ("temperature", "sigma", "words"),
    [
        ([300.0], [1e-3], "at least 2 different temperatures, got 1"),
        ([300.0, 300.0], [1e-3, 2e-3], "at least 2 different temperatures, got 1"),
        ([], [], "non-empty"),
        (
            [300.0, 310.0],
            [1e-3, -1e-3],
            "conductivity_s_m must be positive and finite, got -0.001 at index 1",
        ),
        ([300.0, 310.0], [0.0, 1e-3], "conductivity_s_m must be positive and finite, got 0 at index 0"),
        (
            [300.0, 310.0],
            [1e-3, math.nan],
            "conductivity_s_m must be positive and finite, got nan at index 1",
        ),
        ([25.0, 60.0], [1e-3, 2e-3], "degrees Celsius"),
        ([-20.0, 60.0], [1e-3, 2e-3], "temperature_k must be positive"),
        ([300.0, 310.0, 320.0], [1e-3, 2e-3], "has 2 entries, temperature_k has 3"),
        ([[300.0, 310.0]], [[1e-3, 2e-3]], "one-dimensional"),
    ],
)
def test_nonsense_is_refused_in_words(temperature, sigma, words):
    with pytest.raises(ValueError, match=words):
        fit_arrhenius(temperature, sigma)


def test_a_cryogenic_series_can_be_fitted_on_request():
    temperature = np.linspace(100.0, 190.0, 6)
    fit = fit_arrhenius(temperature, arrhenius(temperature, 0.1), "ln_sigma", cryogenic=True)
    assert fit.activation_energy_ev.value == pytest.approx(0.1)


def test_an_unknown_form_is_refused():
    with pytest.raises(ValueError, match="form must be"):
        fit_arrhenius([300.0, 310.0], [1e-3, 2e-3], "log10")  # type: ignore[arg-type]


def test_uncertainties_must_be_positive_and_as_many_as_points():
    with pytest.raises(ValueError, match="standard_uncertainty_s_m must be positive"):
        fit_arrhenius([300.0, 310.0], [1e-3, 2e-3], standard_uncertainty_s_m=[0.0, 1e-5])
    with pytest.raises(ValueError, match="temperature_u_k must be positive and finite, got 0"):
        fit_arrhenius([300.0, 310.0], [1e-3, 2e-3], temperature_u_k=0.0)
    with pytest.raises(ValueError, match="temperature_u_k must not be negative"):
        fit_arrhenius(
            [300.0, 310.0], [1e-3, 2e-3], standard_uncertainty_s_m=[1e-5, 2e-5], temperature_u_k=-0.1
        )
    with pytest.raises(ValueError, match="temperature_u_k has 3 entries"):
        fit_arrhenius([300.0, 310.0], [1e-3, 2e-3], temperature_u_k=[0.1, 0.1, 0.1])


def test_a_temperature_known_exactly_leaves_the_uncertainty_of_the_conductivity():
    sigma = 1e5 * np.exp(-0.5 / 8.617333262e-5 / TEMPERATURE_K)
    stated = {"standard_uncertainty_s_m": 0.01 * sigma}
    without = fit_arrhenius(TEMPERATURE_K, sigma, **stated)
    exact = fit_arrhenius(TEMPERATURE_K, sigma, **stated, temperature_u_k=0.0)
    energies = [fit.activation_energy_ev for fit in (without, exact)]
    assert energies[0].standard_uncertainty == pytest.approx(energies[1].standard_uncertainty, rel=1e-9)
