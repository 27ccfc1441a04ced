"""Two conductivities measured apart: is the difference real?"""

import json
import math

import numpy as np
import pytest

from labctl.analysis import fit_arrhenius
from labctl.analysis.laws.common_errors import CommonError, Responses
from labctl.analysis.laws.comparison import Measured, common_range_k, compare_laws, two_sided_p
from labctl.analysis.laws.law_function import function_from_dict, function_from_parameters, function_of
from labctl.analysis.numerics.estimate import Estimate
from labctl.analysis.numerics.thermometer import TemperatureError

KELVIN = np.linspace(300, 380, 9)


def law(scale=1.0, noise=0.0, seed=0, kelvin=KELVIN, u=0.01):
    """An Arrhenius law of 0.5 eV through points with relative errors `noise`."""
    errors = 1 + noise * np.random.default_rng(seed).standard_normal(kelvin.size)
    sigma = scale * 1e5 / kelvin * np.exp(-0.5 / (8.617333262e-5 * kelvin)) * errors
    return function_of(fit_arrhenius(kelvin, sigma, standard_uncertainty_s_m=u * sigma))


def measured(law, geometry_u=0.0, geometry="pellet"):
    return Measured(law=law, geometry_u=geometry_u, geometry=geometry)


def test_a_geometry_that_both_share_does_not_count():
    (shared,) = compare_laws(measured(law(), 0.1), measured(law(1.05), 0.1), [340.0])
    (apart,) = compare_laws(measured(law(), 0.1), measured(law(1.05), 0.1, "other"), [340.0])
    assert shared.ratio.value == pytest.approx(1.05)
    assert shared.is_real
    assert not apart.is_real
    assert apart.ratio.relative_uncertainty == pytest.approx(
        math.hypot(0.1, 0.1, shared.ratio.relative_uncertainty)
    )
    assert shared.first.relative_uncertainty > 0.1


def test_equal_samples_are_called_different_as_often_as_chance_has_it():
    called = [
        compare_laws(
            measured(law(noise=0.01, seed=2 * n)), measured(law(noise=0.01, seed=2 * n + 1)), [340.0]
        )[0].is_real
        for n in range(200)
    ]
    assert 0.01 <= np.mean(called) <= 0.1


def test_without_an_uncertainty_nothing_is_called_real():
    values = {"activation_energy": 0.5, "pre_exponential": 1e5}
    published = function_from_parameters("arrhenius", "ln_sigma_t", values, (300.0, 380.0))
    (ratio,) = compare_laws(measured(law()), measured(published), [340.0])
    assert ratio.is_real is None
    assert ratio.ratio.interval() == (0.0, math.inf)


def test_the_common_range_is_where_both_have_points():
    cold, hot = law(kelvin=KELVIN - 60), law(kelvin=KELVIN + 60)
    assert common_range_k(law(), hot) == (pytest.approx(360), pytest.approx(380))
    assert common_range_k(cold, hot) is None


@pytest.mark.parametrize(("difference", "u", "p"), [(0.0, 1.0, 1.0), (1.96, 1.0, 0.05), (-1.96, 1.0, 0.05)])
def test_the_probability_is_that_of_both_sides(difference, u, p):
    assert two_sided_p(Estimate(difference, u)) == pytest.approx(p, abs=1e-4)


def test_a_difference_that_is_exact_says_nothing_about_chance():
    assert math.isnan(two_sided_p(Estimate(1.0, 0.0)))


def with_errors(scale=1.0):
    """A law of points that share a thickness of 5 % and a thermometer of 1 K."""
    sigma = scale * 1e5 / KELVIN * np.exp(-0.5 / (8.617333262e-5 * KELVIN))
    fit = fit_arrhenius(KELVIN, sigma, standard_uncertainty_s_m=0.01 * sigma)
    thickness = CommonError("thickness", "thickness", np.full((1, KELVIN.size), 0.05))
    offset = TemperatureError("thermometer", "thermometer oven offset", np.ones(KELVIN.size))
    return function_of(fit, Responses.of(fit, [thickness, CommonError.of_temperature(offset)]))


PER_KELVIN = 0.5 / (8.617333262e-5 * 340**2) - 1 / 340


@pytest.mark.parametrize(
    ("geometry", "instruments", "shared"),
    [
        ("pellet", "rig", {"thickness", "thermometer"}),
        ("pellet", None, {"thickness"}),
        ("pellet", "other rig", {"thickness"}),
        ("other", "rig", {"thermometer"}),
        ("other", None, set()),
    ],
)
def test_what_two_laws_share_does_not_count_in_their_ratio(geometry, instruments, shared):
    first = Measured(law=with_errors(), geometry_u=0.0, geometry="pellet", instruments="rig")
    second = Measured(law=with_errors(1.1), geometry_u=0.0, geometry=geometry, instruments=instruments)
    (ratio,) = compare_laws(first, second, [340.0])
    own = {"thickness": 0.05, "thermometer": PER_KELVIN}
    parts = [part for source, part in own.items() if source not in shared]
    noise = first.law.ln_conductivity([340.0])[1][0]
    expected = math.sqrt(2) * math.hypot(noise, *parts)
    assert ratio.ratio.relative_uncertainty == pytest.approx(expected, rel=0.01)
    assert ratio.first.relative_uncertainty == pytest.approx(math.hypot(noise, *own.values()), rel=0.01)


def test_the_errors_that_points_share_are_kept_with_a_law():
    law = with_errors()
    kept = function_from_dict(law.law, law.form, json.loads(json.dumps(law.as_dict())))
    assert [(one.source, one.cause) for one in kept.common or ()] == [
        ("thickness", "thickness"),
        ("thermometer", "thermometer oven offset"),
    ]
    changes = [part.change for part in kept.common_components(340.0)]
    assert changes == pytest.approx([0.05, -PER_KELVIN], rel=0.01)
