import numpy as np
import pytest
from scipy.stats import f

from labctl.analysis import fit_arrhenius, fit_temperature_law, fit_two_segments
from labctl.analysis.laws.choice import _suspected_break
from labctl.analysis.laws.criterion import criterion, criterion_weights, probability_criterion

KB = 8.617333262e-5


def arrhenius(rng, temperature_k):
    return np.exp(-rng.uniform(0.2, 1.0) / (KB * temperature_k)) / temperature_k


def vtf(rng, temperature_k):
    t0_k = temperature_k.min() - rng.uniform(60, 110)
    return np.exp(-rng.uniform(0.06, 0.12) / (KB * (temperature_k - t0_k))) / np.sqrt(temperature_k)


def two_segments(rng, temperature_k):
    below = rng.uniform(0.6, 1.2)
    above = below * rng.uniform(0.4, 0.6)
    break_k = rng.uniform(*np.quantile(temperature_k, [0.35, 0.65]))
    x = 1 / (KB * temperature_k) - 1 / (KB * break_k)
    return np.exp(-np.where(temperature_k > break_k, above, below) * x) / temperature_k


LAWS = {"arrhenius": arrhenius, "vtf": vtf, "two_segments": two_segments}


def measure(rng, law, n, noise=0.01):
    temperature = np.linspace(298.15, 298.15 + rng.uniform(50, 90), n)
    return temperature, LAWS[law](rng, temperature) * np.exp(noise * rng.standard_normal(n))


@pytest.mark.parametrize("law", LAWS)
def test_the_law_is_recognised(law):
    found = fit_temperature_law(*measure(np.random.default_rng(40), law, 14))
    assert found.law == law
    assert found.preferred is found.candidates[law]
    assert sum(found.weights.values()) == pytest.approx(1)
    assert found.weights[law] == max(found.weights.values())
    assert not found.outliers.any()
    assert found.downweighted is None


@pytest.mark.drawn(3)
@pytest.mark.slow
@pytest.mark.parametrize("n", [10, 14, 20])
@pytest.mark.parametrize("law", LAWS)
def test_the_right_law_is_chosen_at_least_nineteen_times_of_twenty(law, n):
    rng = np.random.default_rng(41)
    right = sum(fit_temperature_law(*measure(rng, law, n)).law == law for _ in range(100))
    assert right >= 95


@pytest.mark.drawn(3)
@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("factor", [10.0, 0.1])
def test_a_point_off_by_ten_is_flagged_wherever_it_is_and_the_law_stays(law, factor):
    temperature, sigma = measure(np.random.default_rng(42), law, 12)
    clean = fit_temperature_law(temperature, sigma)
    for index in range(12):
        spoilt = sigma * np.where(np.arange(12) == index, factor, 1.0)
        found = fit_temperature_law(temperature, spoilt)
        assert found.law == law
        assert np.flatnonzero(found.outliers).tolist() == [index]
        assert found.downweighted is not None
        between = float(np.median(temperature))
        truth = clean.preferred.conductivity_s_m(between).value
        assert found.downweighted.conductivity_s_m(between).value == pytest.approx(truth, rel=0.05)


def test_an_outlier_is_told_in_words_with_both_results():
    temperature, sigma = measure(np.random.default_rng(43), "arrhenius", 8)
    sigma[2] *= 10
    flags = fit_temperature_law(temperature, sigma).flags
    assert flags[0].startswith(f"outlier at {temperature[2]:.2f} K: ")
    assert flags[1].count("Ea = ") == 2


def test_the_order_of_the_points_does_not_matter():
    temperature, sigma = measure(np.random.default_rng(44), "two_segments", 12)
    sigma[5] *= 10
    order = np.random.default_rng(0).permutation(12)
    straight, shuffled = (
        fit_temperature_law(temperature, sigma),
        fit_temperature_law(temperature[order], sigma[order]),
    )
    assert (shuffled.outliers == straight.outliers[order]).all()
    assert shuffled.law == straight.law
    assert shuffled.weights == pytest.approx(straight.weights, abs=1e-6)


def test_true_stated_uncertainties_do_not_make_a_law_of_noise():
    rng, law = np.random.default_rng(45), []
    for _ in range(30):
        temperature, sigma = measure(rng, "arrhenius", 12, 0.02)
        found = fit_temperature_law(temperature, sigma, standard_uncertainty_s_m=0.02 * sigma)
        law.append(found.law)
    assert law.count("arrhenius") >= 27


def test_a_break_is_rarely_suspected_in_noise():
    rng = np.random.default_rng(49)
    found = [fit_temperature_law(*measure(rng, "vtf", 8)).suspected_break for _ in range(60)]
    assert sum(kink is not None for kink in found) <= 3


def test_white_noise_holds_few_outliers():
    rng = np.random.default_rng(46)
    found = [fit_temperature_law(*measure(rng, "vtf", 10)).outliers.any() for _ in range(60)]
    assert sum(found) <= 3


@pytest.mark.parametrize("n", [2, 3, 4])
def test_few_points_give_a_line_and_its_flags(n):
    found = fit_temperature_law(*measure(np.random.default_rng(47), "vtf", n))
    assert found.law == "arrhenius"
    assert list(found.candidates) == ["arrhenius"]


def test_points_without_any_noise_take_the_simplest_law():
    temperature = np.linspace(300.0, 370.0, 12)
    found = fit_temperature_law(temperature, np.exp(-0.5 / (KB * temperature)) / temperature)
    assert found.law == "arrhenius"
    assert not found.outliers.any()


def test_a_curve_that_no_glass_former_has_is_refused_with_its_reason():
    temperature = np.linspace(303.15, 363.15, 9)
    x = 1 / (KB * temperature) - 1 / (KB * 330.0)
    sigma = np.exp(-np.where(temperature > 330.0, 0.3, 1.5) * x) / temperature
    found = fit_temperature_law(temperature, sigma)
    assert found.law == "arrhenius"
    assert found.weights["arrhenius"] < 0.05
    assert found.suspected_break is not None
    assert any("a break near 330" in flag for flag in found.flags)
    assert any("vtf would lie closer" in flag and "unphysical" in flag for flag in found.flags)


def test_a_bound_is_left_out_and_is_no_outlier():
    temperature, sigma = measure(np.random.default_rng(48), "arrhenius", 8)
    sigma[0] *= 20
    found = fit_temperature_law(temperature, sigma, upper_bound=np.arange(8) == 0)
    assert found.outliers.shape == (8,)
    assert not found.outliers.any()
    assert "1 upper bound left out of the fit" in found.flags


def test_a_setpoint_that_is_reached_twice_counts_once():
    rng = np.random.default_rng(50)
    temperature = np.repeat([300.0, 320.0, 340.0, 360.0], 4) + rng.uniform(-0.2, 0.2, 16)
    found = fit_temperature_law(
        temperature, arrhenius(rng, temperature) * np.exp(0.01 * rng.standard_normal(16))
    )
    assert list(found.candidates) == ["arrhenius"]
    assert found.suspected_break is None
    with pytest.raises(ValueError, match="at least 2 different temperatures, got 1"):
        fit_temperature_law(temperature[:4], np.full(4, 1e-3))


def test_one_temperature_is_refused():
    with pytest.raises(ValueError, match="at least 2 different temperatures, got 1"):
        fit_temperature_law([300.0, 300.0, 300.0], [1e-3, 1.1e-3, 0.9e-3])


SCATTER = np.array([0.5, -1.0, 1.2, -0.4, 0.3, -1.1, 0.9, 0.2, -0.8, 0.6])


def bent(difference_ev, n=8, noise=0.01):
    kelvin = np.linspace(300.0, 370.0, n)
    x = 1 / (KB * kelvin) - 1 / (KB * 335.0)
    return kelvin, np.exp(-np.where(x < 0, 0.5 - difference_ev, 0.5) * x + noise * SCATTER[:n])


@pytest.mark.parametrize(("stated", "n"), [(None, 8), (None, 6), (0.002, 8), (0.03, 8)])
def test_a_break_is_suspected_from_one_chance_in_a_thousand_on(stated, n):
    """F test of the two parameters that a kink has more than a line, against the scatter about the kink.

    Scatter below what was stated counts as what was stated.
    """

    def told(sigma):
        return {} if stated is None else {"standard_uncertainty_s_m": stated * sigma}

    def probability(difference_ev):
        kelvin, sigma = bent(difference_ev, n)
        line = fit_arrhenius(kelvin, sigma, **told(sigma))
        kink = fit_two_segments(kelvin, sigma, transition="kink", **told(sigma))
        noise = max(kink.solution.chi_square, n - 4.0 if stated else 0.0)
        gain = line.solution.chi_square - kink.solution.chi_square
        return f.sf(gain / 2 / (noise / (n - 4)), 2, n - 4)

    low, high = 0.01, 5.0
    while high - low > 1e-4:
        middle = (low + high) / 2
        low, high = (low, middle) if probability(middle) < 0.001 else (middle, high)
    for difference, suspected in ((0.97 * low, False), (1.03 * high, True)):
        kelvin, sigma = bent(difference, n)
        line = fit_arrhenius(kelvin, sigma, **told(sigma))
        assert (_suspected_break(line, "ln_sigma_t") is not None) is suspected


def test_a_suspected_break_is_told_with_what_it_takes_to_claim_one():
    kelvin, sigma = bent(0.45, 8, noise=1e-3)
    found = fit_temperature_law(kelvin, sigma)
    kink = found.suspected_break
    assert found.flags[0] == (
        f"a break near {kink.break_temperature_k.value:.1f} K is suspected ({kink.headline}): "
        "10 temperatures are needed to claim one"
    )


@pytest.mark.parametrize(("n", "laws"), [(4, 1), (5, 2), (9, 2), (10, 3)])
def test_five_temperatures_allow_a_curve_and_ten_a_break(n, laws):
    kelvin, sigma = bent(0.0, n)
    found = fit_temperature_law(kelvin, sigma)
    assert list(found.candidates) == ["arrhenius", "vtf", "two_segments"][:laws]
    assert set(found.weights) == set(found.candidates)


@pytest.mark.parametrize(("n", "possible"), [(5, False), (6, True)])
def test_a_break_needs_three_temperatures_on_either_side_to_be_suspected(n, possible):
    kelvin = np.linspace(300.0, 370.0, n)
    x = 1 / (KB * kelvin) - 1 / (KB * 340.0)
    sigma = np.exp(-np.where(x < 0, 0.2, 1.2) * x + 1e-4 * SCATTER[:n])
    assert (fit_temperature_law(kelvin, sigma).suspected_break is not None) is possible


def test_the_criterion_chooses_and_probabilities_are_the_weights():
    kelvin, sigma = bent(0.0, 10)
    found = fit_temperature_law(kelvin, sigma)
    values = {law: np.inf if fit.objections else criterion(fit) for law, fit in found.candidates.items()}
    chances = {law: probability_criterion(fit, 0, True) for law, fit in found.candidates.items()}
    assert not found.outliers.any()
    assert found.weights == pytest.approx(criterion_weights(chances))
    assert found.law == min(values, key=values.get)
    assert found.preferred is found.candidates[found.law]


def test_an_outlier_is_named_with_the_factor_by_which_it_is_off():
    kelvin, sigma = bent(0.0, 9)
    sigma[4] *= 1.5
    found = fit_temperature_law(kelvin, sigma)
    clean = fit_arrhenius(np.delete(kelvin, 4), np.delete(sigma, 4))
    factor = sigma[4] / clean.conductivity_s_m(float(kelvin[4])).value
    assert found.outliers.tolist() == [place == 4 for place in range(9)]
    assert found.flags[0] == f"outlier at {kelvin[4]:.2f} K: {factor:.3g} times what the other points say"
    every, robust = found.preferred.headline, found.downweighted.headline
    assert found.flags[1] == f"with every point {every}; outliers down-weighted {robust}"
    assert len(found.preferred.series) == 9


def test_an_extrapolation_from_too_few_temperatures_for_a_curve_says_that_it_assumes_a_line():
    kelvin = np.linspace(340.0, 380.0, 5)
    sigma = vtf(np.random.default_rng(1), kelvin)
    four, five = (fit_temperature_law(kelvin[:n], sigma[:n]) for n in (4, 5))
    undecided = "the law is not decided: 4 temperatures do not tell Arrhenius from VTF"
    assert any(undecided in flag for flag in four.conductivity_s_m(298.15).flags)
    assert not any("not tell Arrhenius" in flag for flag in four.conductivity_s_m(350.0).flags)
    assert not any("not tell Arrhenius" in flag for flag in five.conductivity_s_m(298.15).flags)


def test_the_energy_of_an_undecided_law_carries_the_spread_over_the_laws():
    kelvin = 333.15 + 10.0 * np.arange(6)
    sigma = 30 / np.sqrt(kelvin) * np.exp(-0.1 / (8.617333262e-5 * (kelvin - 200)))
    sigma *= 1 + 0.05 * np.random.default_rng(3).standard_normal(6)
    undecided = fit_temperature_law(kelvin, sigma, standard_uncertainty_s_m=0.05 * sigma)
    assert len(undecided.possible) > 1
    middle_k = 1 / np.mean(1 / kelvin)
    energies = {law: fit.apparent_activation_energy_ev(middle_k) for law, fit in undecided.possible.items()}
    own = energies[undecided.law]
    whole = sum(
        undecided.weights[law] * (one.standard_uncertainty**2 + (one.value - own.value) ** 2)
        for law, one in energies.items()
    ) / sum(undecided.weights[law] for law in energies)
    expected = max(whole - own.standard_uncertainty**2, 0.0) ** 0.5
    assert undecided.energy_spread_ev() == pytest.approx(expected, rel=1e-6)
    assert undecided.energy_spread_ev() > 1e-3


def test_the_energy_of_a_law_without_rivals_has_no_spread():
    kelvin = np.linspace(300, 400, 4)  # too few temperatures for another law
    sigma = 1e7 / kelvin * np.exp(-0.6 / (8.617333262e-5 * kelvin)) * [1.01, 0.99, 1.01, 0.99]
    assert fit_temperature_law(kelvin, sigma).energy_spread_ev() == 0.0
