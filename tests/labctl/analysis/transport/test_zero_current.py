"""The zero of the current before and after a polarisation."""

import numpy as np
import pytest

from labctl.analysis import Estimate, fit_polarisation
from labctl.analysis.transport.relaxation import relaxation_current_a
from labctl.analysis.transport.zero_current import ZeroCurrent, zero_after_a, zero_before_a

SECONDS = np.arange(61.0)
INITIAL_A, STEADY_A, TAU_S, HELD_S = 3e-6, 1e-6, 500.0, 2000.0


def fitted():
    time_s = np.concatenate([np.arange(1, 60) * 0.5, np.linspace(30, HELD_S, 200)])
    noise = np.random.default_rng(1).standard_normal(time_s.size)
    return fit_polarisation(time_s, relaxation_current_a(time_s, INITIAL_A, STEADY_A, TAU_S) + 1e-10 * noise)


def relaxing(zero_a, sign=1.0):
    law = (INITIAL_A, STEADY_A, TAU_S)
    back = relaxation_current_a(SECONDS + HELD_S, *law) - relaxation_current_a(SECONDS + 1e-9, *law)
    return sign * back + zero_a


def test_the_zero_before_is_the_mean_of_what_settled():
    current = np.where(SECONDS < 10, 1e-6, 3e-8) + 1e-10 * (-1) ** SECONDS
    found = zero_before_a(SECONDS, current)
    assert found.value == pytest.approx(3e-8, rel=0.01)
    assert found.standard_uncertainty == pytest.approx(1e-10 / np.sqrt(46), rel=0.2)


def test_a_zero_that_drifts_is_known_to_half_of_its_change():
    found = zero_before_a(SECONDS, 1e-9 * SECONDS)
    assert found.standard_uncertainty == pytest.approx(1e-9 * 45 / 2, rel=0.01)


def test_too_few_samples_give_no_zero():
    assert zero_before_a(SECONDS[:4], SECONDS[:4]) is None
    assert zero_after_a([], [], fitted(), HELD_S) is None


def test_the_zero_after_is_found_under_the_current_of_the_gradient_that_relaxes():
    found = zero_after_a(SECONDS, relaxing(5e-8), fitted(), HELD_S)
    assert found.value == pytest.approx(5e-8, abs=2e-9)
    assert 2e-9 < found.standard_uncertainty < 0.03 * INITIAL_A


def test_seconds_of_an_open_cell_are_a_doubt():
    closed = zero_after_a(SECONDS, relaxing(0.0), fitted(), HELD_S)
    opened = zero_after_a(SECONDS, relaxing(0.0), fitted(), HELD_S, open_s=5.0)
    assert opened.standard_uncertainty > 1.05 * closed.standard_uncertainty


def test_a_drift_beyond_noise_widens_the_zero_and_noise_does_not():
    before, after = Estimate(1e-8, 1e-10), Estimate(5e-8, 1e-9)
    drifted = ZeroCurrent(before, after)
    assert drifted.drift_a == pytest.approx(4e-8, rel=0.01)
    assert drifted.zero_a.value == 1e-8
    assert drifted.zero_a.standard_uncertainty == pytest.approx(4e-8 / np.sqrt(3), rel=0.01)
    assert ZeroCurrent(before, Estimate(1.1e-8, 5e-9)).zero_a.standard_uncertainty == 1e-10
    assert ZeroCurrent(None, after).zero_a is None
