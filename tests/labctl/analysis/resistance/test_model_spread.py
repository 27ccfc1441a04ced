"""The spread between circuits, and the widening for a circuit that is slightly wrong."""

from dataclasses import replace
from math import sqrt

import numpy as np
import pytest

from labctl.analysis import Estimate, Spectrum, fit_circuit, parse_circuit
from labctl.analysis.resistance.model_spread import Contender, akaike, with_misfit, with_model_spread

FREQUENCY = np.logspace(6, 0, 60)


def fitted(circuit="p(R1,CPE1)-CPE2"):
    z = parse_circuit("p(R1,CPE1)-CPE2").impedance([1e4, 1e-9, 0.9, 1e-6, 0.9], FREQUENCY)
    noise = np.random.default_rng(1).standard_normal((2, 60)) * 1e-3
    return fit_circuit(Spectrum(FREQUENCY, z * (1 + noise[0] + 1j * noise[1])), circuit)


def test_a_rival_that_fits_better_than_the_chosen_circuit_takes_most_of_the_weight():
    chosen, rival = Contender(Estimate(100.0, 1.0), 20.0), Contender(Estimate(110.0, 1.0), 0.0)
    widened, flags = with_model_spread(chosen, [rival])
    assert widened.value == 100.0
    assert widened.standard_uncertainty == pytest.approx(sqrt(1 + 100), rel=1e-3)
    assert "100 to 110 ohm" in flags[0]


def test_an_equal_rival_counts_half():
    chosen, rival = Contender(Estimate(100.0, 1.0), 5.0), Contender(Estimate(104.0, 1.0), 5.0)
    assert with_model_spread(chosen, [rival])[0].standard_uncertainty == pytest.approx(3.0)


@pytest.mark.parametrize(("other_ohm", "said"), [(100.4, False), (100.6, True)])
def test_circuits_that_differ_by_less_than_half_a_percent_are_not_called_ambiguous(other_ohm, said):
    chosen, rival = Contender(Estimate(100.0, 0.1), 5.0), Contender(Estimate(other_ohm, 0.1), 5.0)
    widened, flags = with_model_spread(chosen, [rival])
    assert widened.standard_uncertainty > 0.2
    assert bool(flags) == said


def test_akaike_asks_less_of_a_parameter_than_the_bayesian_criterion():
    plain, richer = fitted(), fitted("R0-p(R1,CPE1)-CPE2")
    bayes = richer.bic_for(120.0) - plain.bic_for(120.0)
    assert akaike(richer, 120.0) - akaike(plain, 120.0) == pytest.approx(
        bayes - np.log(120) + 2 + 84 / 113 - 60 / 114
    )


def test_correlated_residuals_above_the_noise_widen_by_their_ratio():
    fit, total = replace(fitted(), autocorrelation=0.5, rms=0.002), Estimate(1e4, 3.0, 50.0)
    assert with_misfit(total, total, fit, 0.001).standard_uncertainty == pytest.approx(6.0)
    assert with_misfit(total, total, fit, 1e-5).standard_uncertainty == pytest.approx(9.0)


@pytest.mark.parametrize("noise_rms", [0.0, float("nan"), 0.01])
def test_nothing_is_widened_where_the_noise_is_not_exceeded_or_not_known(noise_rms):
    fit, total = replace(fitted(), autocorrelation=0.5, rms=0.002), Estimate(1e4, 3.0, 50.0)
    assert with_misfit(total, total, fit, noise_rms) == total


def test_white_residuals_widen_nothing():
    fit, total = replace(fitted(), autocorrelation=0.0, rms=0.002), Estimate(1e4, 3.0, 50.0)
    assert with_misfit(total, total, fit, 0.001) == total
