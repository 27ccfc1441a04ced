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
