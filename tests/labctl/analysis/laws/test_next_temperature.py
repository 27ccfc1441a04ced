import numpy as np
import pytest

from labctl.analysis import fit_temperature_law, half_width, next_temperature

KB = 8.617333262e-5
LOWEST_K, HIGHEST_K = 298.15, 368.15


def arrhenius(temperature_k):
    return np.exp(-0.5 / (KB * temperature_k)) / temperature_k


def vtf(temperature_k):
    return np.exp(-0.08 / (KB * (temperature_k - 215.0))) / np.sqrt(temperature_k)


def knee(temperature_k):
    x = 1 / (KB * temperature_k) - 1 / (KB * 336.0)
    return np.exp(-np.where(temperature_k > 336.0, 0.4, 1.2) * x) / temperature_k


def measured(law, temperature_k, rng, noise=0.01):
    return law(temperature_k) * np.exp(noise * rng.standard_normal(temperature_k.size))


def temperatures_until_known(law, quantity, half, rng, start, noise=0.01, refine=True):
    """Number of temperatures needed to reduce the 95 % half-width of a quantity below `half`."""
    temperature = np.linspace(LOWEST_K, HIGHEST_K, start)
    sigma = measured(law, temperature, rng, noise)
    while temperature.size < 80:
        found = fit_temperature_law(temperature, sigma, standard_uncertainty_s_m=noise * sigma)
        if quantity in {name for fit in found.candidates.values() for name in fit.gradients} and (
            half_width(found, quantity) <= half
        ):
            return temperature.size
        if refine:
            proposal = next_temperature(found, LOWEST_K, HIGHEST_K, quantity, closest_k=0.5)
            assert proposal is not None
            temperature = np.append(temperature, proposal.temperature_k)
            sigma = np.append(sigma, measured(law, temperature[-1:], rng, noise))
        else:
            temperature = np.linspace(LOWEST_K, HIGHEST_K, temperature.size + 1)
            sigma = measured(law, temperature, rng, noise)
    return temperature.size


def test_the_slope_of_a_line_is_learnt_at_its_ends():
    temperature = np.linspace(LOWEST_K, HIGHEST_K, 5)
    found = fit_temperature_law(temperature, measured(arrhenius, temperature, np.random.default_rng(61)))
    proposal = next_temperature(found, LOWEST_K, HIGHEST_K, "activation_energy_ev")
    assert proposal is not None
    assert min(proposal.temperature_k - LOWEST_K, HIGHEST_K - proposal.temperature_k) < 2
    assert "activation_energy_ev" in proposal.reason


def test_a_proposal_keeps_its_distance_and_its_limits():
    temperature = np.linspace(LOWEST_K, HIGHEST_K, 6)
    found = fit_temperature_law(temperature, measured(vtf, temperature, np.random.default_rng(62)))
    proposal = next_temperature(found, 310.0, 350.0, closest_k=4.0)
    assert proposal is not None
    assert 310.0 <= proposal.temperature_k <= 350.0
    assert np.abs(temperature - proposal.temperature_k).min() >= 4.0


def test_there_is_no_proposal_where_every_choice_is_too_close():
    temperature = np.linspace(LOWEST_K, HIGHEST_K, 6)
    found = fit_temperature_law(temperature, measured(arrhenius, temperature, np.random.default_rng(63)))
    assert next_temperature(found, LOWEST_K, HIGHEST_K, closest_k=10.0) is None


def test_a_break_is_halved():
    temperature = np.linspace(LOWEST_K, HIGHEST_K, 10)
    found = fit_temperature_law(temperature, measured(knee, temperature, np.random.default_rng(64), 0.03))
    assert found.law == "two_segments"
    proposal = next_temperature(found, LOWEST_K, HIGHEST_K, closest_k=0.2)
    low, high = getattr(found.preferred, "break_temperature_k").interval()  # noqa: B009
    assert proposal is not None
    assert low <= proposal.temperature_k <= high
    assert proposal.reason.startswith("the break lies between")


def test_a_break_is_suspected_before_ten_temperatures_can_claim_it():
    temperature = np.linspace(LOWEST_K, HIGHEST_K, 8)
    found = fit_temperature_law(temperature, measured(knee, temperature, np.random.default_rng(65), 0.002))
    assert "two_segments" not in found.candidates
    proposal = next_temperature(found, LOWEST_K, HIGHEST_K, closest_k=0.2)
    assert proposal is not None
    assert proposal.reason.startswith("a break is suspected")
    assert 325 < proposal.temperature_k < 345


def test_laws_that_compete_are_told_apart_first():
    rng = np.random.default_rng(66)
    temperature = np.linspace(LOWEST_K, HIGHEST_K, 6)
    for _ in range(50):
        found = fit_temperature_law(temperature, measured(vtf, temperature, rng, 0.05))
        if 0.1 < found.weights["vtf"] < 0.9:
            proposal = next_temperature(found, LOWEST_K - 20, HIGHEST_K)
            assert proposal is not None
            assert "disagree most" in proposal.reason
            return
    pytest.fail("the laws never competed")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("law", "quantity", "half", "start"),
    [(arrhenius, "activation_energy_ev", 0.0025, 4), (vtf, "vogel_temperature_k", 2.0, 6)],
)
def test_refining_reaches_an_interval_with_fewer_temperatures_than_an_even_grid(law, quantity, half, start):
    rng = np.random.default_rng(67)
    refined = [temperatures_until_known(law, quantity, half, rng, start) for _ in range(7)]
    even = [temperatures_until_known(law, quantity, half, rng, start, refine=False) for _ in range(7)]
    assert np.median(refined) <= 0.75 * np.median(even)


def test_an_unknown_quantity_is_refused_with_those_there_are():
    temperature = np.linspace(LOWEST_K, HIGHEST_K, 4)
    found = fit_temperature_law(temperature, arrhenius(temperature))
    with pytest.raises(ValueError, match="quantity must be one of"):
        next_temperature(found, LOWEST_K, HIGHEST_K, "vogel_temperature_k")
    with pytest.raises(ValueError, match="lowest_k must lie below highest_k"):
        next_temperature(found, HIGHEST_K, LOWEST_K)


def test_an_open_interval_is_infinitely_wide():
    found = fit_temperature_law([300.0, 340.0], arrhenius(np.array([300.0, 340.0])))
    assert half_width(found) == np.inf


def exact_line(kelvin, scatter=0.01):
    signs = np.array([1, -1, 1, 1, -1, -1, 1, -1, 1, -1])[: len(kelvin)]
    return np.exp(10.0 - 0.5 / (KB * kelvin) + scatter * signs)


def test_the_proposal_for_a_line_is_where_one_more_point_takes_most_from_the_variance():
    """Slope of a line: spread S of x grows by (x - mean)^2 n / (n + 1), its variance falls as 1 / S."""
    temperature = np.array([300.0, 305.0, 312.0, 330.0])
    found = fit_temperature_law(temperature, exact_line(temperature), "ln_sigma")
    assert found.law == "arrhenius"
    proposal = next_temperature(found, 290.0, 380.0, "activation_energy_ev")
    x = 1 / (KB * temperature)
    spread = np.sum((x - x.mean()) ** 2)
    choices = np.linspace(290.0, 380.0, 181)
    grown = spread + (1 / (KB * choices) - x.mean()) ** 2 * 4 / 5
    best = choices[np.argmax(grown)]
    assert proposal is not None
    assert proposal.temperature_k == pytest.approx(best)
    left = 100 * np.sqrt(spread / grown.max())
    assert proposal.reason == (
        f"brings the uncertainty of activation_energy_ev to about {left:.0f} % of what it is"
    )


def test_stated_uncertainties_do_not_move_the_proposal_of_a_line():
    temperature = np.array([300.0, 305.0, 312.0, 330.0])
    sigma = exact_line(temperature)
    plain = fit_temperature_law(temperature, sigma, "ln_sigma")
    stated = fit_temperature_law(temperature, sigma, "ln_sigma", standard_uncertainty_s_m=0.1 * sigma)
    proposals = [next_temperature(found, 290.0, 380.0) for found in (plain, stated)]
    assert proposals[0] == proposals[1]


@pytest.mark.parametrize(
    ("closest_k", "highest_k", "expected_k"), [(1.0, 309.0, 301.0), (4.5, 314.0, 304.5), (4.5, 320.0, 315.5)]
)
def test_a_proposal_is_no_closer_than_asked_to_any_point(closest_k, highest_k, expected_k):
    temperature = np.array([300.0, 310.0, 320.0])
    found = fit_temperature_law(temperature, exact_line(temperature), "ln_sigma")
    proposal = next_temperature(found, 300.0, highest_k, closest_k=closest_k)
    assert proposal is not None
    assert proposal.temperature_k == pytest.approx(expected_k, abs=0.06)


def test_one_kelvin_is_the_usual_distance():
    temperature = np.array([300.0, 310.0, 320.0])
    found = fit_temperature_law(temperature, exact_line(temperature), "ln_sigma")
    assert next_temperature(found, 299.2, 300.9) is None
    assert next_temperature(found, 298.9, 300.9) is not None


@pytest.mark.parametrize("stated", [False, True])
def test_where_two_laws_compete_the_proposal_is_where_they_lie_furthest_apart_beside_their_doubt(stated):
    rng = np.random.default_rng(66)
    temperature = np.linspace(LOWEST_K, HIGHEST_K, 6)
    for _ in range(100):
        sigma = measured(vtf, temperature, rng, 0.15)
        own = {"standard_uncertainty_s_m": 0.12 * sigma} if stated else {}
        found = fit_temperature_law(temperature, sigma, **own)
        if 0.2 < found.weights["vtf"] < 0.8 and not found.candidates["vtf"].objections:
            break
    else:
        pytest.fail("the laws never competed")
    proposal = next_temperature(found, LOWEST_K - 20, HIGHEST_K)
    first, second = sorted(found.weights, key=lambda law: -found.weights[law])[:2]
    one, other = found.candidates[first], found.candidates[second]
    choices = np.linspace(LOWEST_K - 20, HIGHEST_K, 181)
    far = np.array([np.abs(temperature - kelvin).min() >= 1.0 for kelvin in choices])
    choices = choices[far & (choices > max(one.lowest_temperature_k, other.lowest_temperature_k))]
    (a, u_a), (b, u_b) = one.ln_conductivity(choices), other.ln_conductivity(choices)
    scatter = one.solution.variance_factor * (0.12 if stated else 1.0) ** 2
    apart = np.abs(a - b) / np.sqrt(scatter + u_a**2 + u_b**2)
    assert proposal is not None
    assert proposal.temperature_k == pytest.approx(choices[np.argmax(apart)])
    assert proposal.reason == f"{first} and {second} disagree most here"


def test_a_break_is_measured_next_where_the_points_about_it_are_furthest():
    """The largest gap lies in the upper part of the interval, after points close together in the lower."""
    temperature = np.array(
        [300.0, 306.0, 312.0, 318.0, 324.0, 330.0, 331.5, 333.0, 340.0, 346.0, 352.0, 358.0]
    )
    found = fit_temperature_law(temperature, measured(knee, temperature, np.random.default_rng(64), 0.05))
    assert found.law == "two_segments"
    low, high = found.preferred.break_temperature_k.interval()
    proposal = next_temperature(found, LOWEST_K, HIGHEST_K, closest_k=0.2)
    choices = np.linspace(LOWEST_K, HIGHEST_K, 181)
    inside = choices[(choices >= low) & (choices <= high)]
    distance = np.array([np.abs(temperature - kelvin).min() for kelvin in inside])
    assert 331 < low < 335
    assert proposal is not None
    assert proposal.temperature_k == pytest.approx(inside[np.argmax(distance)])
    assert proposal.reason == f"the break lies between {low:.1f} and {high:.1f} K"


def test_a_break_whose_interval_holds_no_choice_is_approached_as_closely_as_allowed():
    temperature = np.linspace(LOWEST_K, HIGHEST_K, 10)
    found = fit_temperature_law(temperature, measured(knee, temperature, np.random.default_rng(64), 0.03))
    at = found.preferred.break_temperature_k.value
    proposal = next_temperature(found, HIGHEST_K - 5, HIGHEST_K + 20)
    assert proposal is not None
    assert proposal.temperature_k == pytest.approx(HIGHEST_K - 5, abs=1.0)
    assert at < proposal.temperature_k


def test_the_half_width_is_half_of_the_interval():
    temperature = np.array([300.0, 305.0, 312.0, 330.0])
    found = fit_temperature_law(temperature, exact_line(temperature), "ln_sigma")
    u = found.preferred.activation_energy_ev.standard_uncertainty
    assert half_width(found) == pytest.approx(4.3027 * u, rel=1e-4)  # Student, 2 degrees of freedom


@pytest.mark.parametrize("limits_k", [(300.0, 300.0), (0.0, 300.0), (-1.0, 300.0)])
def test_limits_without_room_are_refused(limits_k):
    temperature = np.array([300.0, 310.0, 320.0])
    found = fit_temperature_law(temperature, exact_line(temperature), "ln_sigma")
    with pytest.raises(ValueError, match="lowest_k must lie below highest_k"):
        next_temperature(found, *limits_k)
