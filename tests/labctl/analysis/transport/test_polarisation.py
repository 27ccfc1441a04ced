import math

import numpy as np
import pytest

from labctl.analysis import (
    Estimate,
    bruce_vincent,
    fit_polarisation,
    relaxation_current_a,
    steady_current_known,
)
from labctl.analysis.transport.polarisation import is_clearly_changing

STEP_V = 0.01


def inverse_laplace(transform, time_s, order=32):
    """Fixed Talbot inversion (Abate & Valko, 10.1002/nme.995)."""
    theta = np.arange(1, order) * np.pi / order
    cot = 1 / np.tan(theta)
    delta = np.concatenate([[0.4 * order + 0j], 0.4 * order * theta * (cot + 1j)])
    gamma = np.exp(delta) * np.concatenate([[0.5], 1 + 1j * theta * (1 + cot**2) - 1j * cot])
    return 0.4 / time_s * np.real(gamma @ transform(delta[:, None] / time_s))


def cell_current(time_s, t_plus, tau_s, bulk=300.0, interphase=200.0, capacitance=0.0):
    """Current of Rb + (Ri || C) + finite-length diffusion after the step, from its impedance alone."""
    diffusion = bulk * (1 - t_plus) / t_plus

    def transform(s):
        root = np.sqrt(s * tau_s)
        arc = interphase / (1 + s * interphase * capacitance)
        return STEP_V / s / (bulk + arc + diffusion * np.tanh(root) / root)

    return inverse_laplace(transform, time_s)


def steady_current(t_plus, bulk=300.0, interphase=200.0):
    return STEP_V / (bulk / t_plus + interphase)


def samples(end_s):
    return np.concatenate([np.arange(1, 60) * 0.5, np.geomspace(30, end_s, 150)])


def noisy(rng, current, noise):
    return current * (1 + noise * rng.standard_normal(current.size))


@pytest.mark.parametrize("t_plus", [0.05, 0.2, 0.5, 0.95])
def test_the_relaxation_is_the_inverse_laplace_transform_of_the_impedance(t_plus):
    time = np.geomspace(1e-2, 5e3, 200)
    closed = relaxation_current_a(time, STEP_V / 500, steady_current(t_plus), 1000.0)
    assert closed == pytest.approx(cell_current(time, t_plus, 1000.0), rel=1e-9)


def test_the_relaxation_starts_at_the_initial_current_and_ends_at_the_steady_one():
    current = relaxation_current_a([0.0, 1e6], 2e-5, 1e-5, 100.0)
    assert current == pytest.approx([2e-5, 1e-5])


@pytest.mark.parametrize("arguments", [(1e-5, 2e-5, 100.0), (1e-5, -1e-6, 100.0), (2e-5, 1e-5, 0.0)])
def test_what_does_not_relax_is_refused(arguments):
    with pytest.raises(ValueError, match="must be"):
        relaxation_current_a([1.0], *arguments)


@pytest.mark.parametrize("noise", [0.0002, 0.002])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_complete_transient_gives_both_currents_and_is_steady(noise, sign):
    time, rng = samples(4000.0), np.random.default_rng(91)
    fit = fit_polarisation(time, sign * noisy(rng, cell_current(time, 0.4, 1000.0), noise))
    assert fit.steady
    assert fit.steady_current_a.value == pytest.approx(sign * steady_current(0.4), rel=3 * noise)
    assert fit.initial_current_a.value == pytest.approx(sign * STEP_V / 500, rel=5 * noise)
    assert fit.time_constant_s.value == pytest.approx(1000.0, rel=0.1)
    assert fit.white
    assert fit.flags == ()


@pytest.mark.drawn(1)
@pytest.mark.slow
@pytest.mark.parametrize("noise", [0.0002, 0.002])
def test_the_interval_of_the_transference_number_covers_the_truth_as_often_as_it_says(noise):
    rng, inside = np.random.default_rng(92), 0
    for _ in range(200):
        truth, tau, interphase = rng.uniform(0.1, 0.95), rng.uniform(200, 3200), rng.uniform(50, 300)
        time = samples(3 * tau)
        current = noisy(rng, cell_current(time, truth, tau, interphase=interphase), noise)
        fit = fit_polarisation(time, current)
        r0, rss = (interphase * (1 + 0.01 * z) for z in rng.standard_normal(2))
        found = bruce_vincent(
            Estimate(STEP_V * (1 + 0.002 * rng.standard_normal()), 0.002 * STEP_V),
            fit.initial_current_a,
            fit.steady_current_a,
            Estimate(r0, 0.01 * interphase),
            Estimate(rss, 0.01 * interphase),
        )
        low, high = found.value.interval()
        inside += low <= truth <= high
    assert 0.92 <= inside / 200 <= 0.985


@pytest.mark.drawn(1)
@pytest.mark.slow
@pytest.mark.parametrize(("noise", "share"), [(0.0002, 0.45), (0.002, 0.55)])
def test_stopping_early_keeps_the_steady_current_within_one_percent(noise, share):
    rng, right, waited = np.random.default_rng(93), 0, []
    for _ in range(8):
        truth, tau = rng.uniform(0.1, 0.95), rng.uniform(200, 3200)
        probe = fit_polarisation(samples(4 * tau), cell_current(samples(4 * tau), truth, tau))
        wait = probe.steady_after_s(0.01)
        time = np.concatenate([np.arange(1, 60) * 0.5, np.linspace(30, wait, 240)[1:]])
        current = noisy(rng, cell_current(time, truth, tau), noise)
        for end in np.array([0.15, 0.2, 0.25, 0.32, 0.4, 0.5, 0.65, 0.8, 1.0]) * wait:
            answer = steady_current_known(time[time <= end], current[time <= end])
            if answer.known:
                break
        assert answer.fit is not None
        error = answer.fit.extrapolated_current_a.value / steady_current(truth) - 1
        right += abs(error) <= 0.01
        waited.append(end / wait)
    assert right == 8
    assert np.median(waited) <= share


def test_an_interrupted_transient_is_extrapolated_and_says_so():
    time, rng = samples(700.0), np.random.default_rng(94)
    fit = fit_polarisation(time, noisy(rng, cell_current(time, 0.4, 1000.0), 0.0005))
    assert not fit.steady
    low, high = fit.steady_current_a.interval(0.99)
    assert low < steady_current(0.4) < high
    assert fit.observed_current_a.value > 1.01 * steady_current(0.4)
    assert fit.flags[0].startswith("not steady")


def test_the_time_still_to_wait_is_told():
    time = samples(700.0)
    fit = fit_polarisation(time, noisy(np.random.default_rng(95), cell_current(time, 0.4, 1000.0), 0.0002))
    expected = relaxation_current_a([fit.steady_after_s(0.01)], STEP_V / 500, steady_current(0.4), 1000.0)
    assert expected[0] / steady_current(0.4) == pytest.approx(1.01, abs=0.001)


def test_charging_interphases_in_the_first_samples_do_not_bias_the_initial_current():
    time = np.concatenate([np.arange(1, 200) * 0.02, np.geomspace(4, 4000.0, 200)])
    charging = cell_current(time, 0.4, 1000.0, capacitance=1e-3)
    assert charging[0] > 1.2 * STEP_V / 500
    fit = fit_polarisation(time, noisy(np.random.default_rng(96), charging, 0.001))
    assert fit.time_s[0] > time[0]
    assert fit.initial_current_a.value == pytest.approx(STEP_V / 500, rel=0.01)
    assert fit.steady_current_a.value == pytest.approx(steady_current(0.4), rel=0.003)


def test_the_initial_current_comes_from_the_spectrum_and_is_compared_with_the_transient():
    time = samples(4000.0)
    current = noisy(np.random.default_rng(97), cell_current(time, 0.4, 1000.0), 0.001)
    agree = fit_polarisation(time, current, delta_v_v=STEP_V, series_resistance_ohm=Estimate(500.0, 5.0))
    assert agree.initial_current_a.value == pytest.approx(STEP_V / 500)
    assert agree.initial_current_a.relative_uncertainty == pytest.approx(0.01)
    assert agree.flags == ()
    wrong = fit_polarisation(time, current, delta_v_v=STEP_V, series_resistance_ohm=Estimate(400.0, 4.0))
    assert any("initial currents disagree" in flag for flag in wrong.flags)


def growing(time_s, t_plus, tau_s, noise, seed):
    """An interphase that grows by a tenth with the square root of time, quasi-static."""
    resistance = STEP_V / cell_current(time_s, t_plus, tau_s)
    resistance += 200 * 0.1 * np.sqrt(time_s / time_s[-1])
    return noisy(np.random.default_rng(seed), STEP_V / resistance, noise)


def test_an_interphase_that_grows_is_not_called_white_at_low_noise():
    time = np.concatenate([np.arange(1, 60) * 0.5, np.linspace(30, 6000, 600)])
    fit = fit_polarisation(time, growing(time, 0.6, 1000.0, 0.0001, 98))
    assert not fit.white
    assert any("correlated" in flag or "drifts" in flag for flag in fit.flags)


def test_the_noise_of_a_steady_cell_is_enough_to_stop_and_too_few_samples_are_not():
    time = samples(5000.0)
    current = noisy(np.random.default_rng(99), cell_current(time, 0.5, 500.0), 0.001)
    answer = steady_current_known(time, current)
    assert answer.known
    assert answer.saved_s == 0
    few = steady_current_known(time[:15], current[:15])
    assert (few.known, few.reason, few.fit) == (False, "too few samples", None)
    early = steady_current_known(time[time < 60], current[time < 60])
    assert not early.known
    assert early.reason


@pytest.mark.parametrize(
    ("time", "current", "words"),
    [
        (np.arange(5.0), np.ones(5), "at least 12 samples, got 5"),
        (np.arange(20.0), np.ones(19), "current_a has shape"),
        (np.arange(20.0)[::-1], np.ones(20), "ascend"),
        (np.arange(20.0) - 5, np.ones(20), "counted from the step"),
        (np.arange(20.0), np.where(np.arange(20) == 3, math.nan, 1.0), "current_a is not finite at index 3"),
        (np.arange(20.0), np.zeros(20), "no definite sign"),
        (np.arange(20.0), np.tile([1.0, -1.0], 10), "no definite sign"),
    ],
)
def test_nonsense_is_refused_in_words(time, current, words):
    with pytest.raises(ValueError, match=words):
        fit_polarisation(time, current)


def test_current_against_the_voltage_is_refused():
    time = samples(1000.0)
    with pytest.raises(ValueError, match="opposite signs"):
        fit_polarisation(time, cell_current(time, 0.5, 500.0), delta_v_v=-STEP_V)
    with pytest.raises(ValueError, match="series_resistance_ohm must be positive"):
        fit_polarisation(time, cell_current(time, 0.5, 500.0), delta_v_v=STEP_V, series_resistance_ohm=0.0)


def test_a_current_that_never_decays_is_steady_without_a_time_constant():
    time = samples(2000.0)
    fit = fit_polarisation(time, noisy(np.random.default_rng(100), np.full(time.size, 1e-5), 0.001))
    assert fit.observed_current_a.value == pytest.approx(1e-5, rel=1e-3)
    assert fit.steady_current_a.value == pytest.approx(1e-5, rel=0.02)


def test_a_slow_decay_lost_in_noise_is_not_called_steady():
    time = np.concatenate([np.arange(1, 60) * 0.5, np.arange(31.0, 300.0, 10.0)])
    current = relaxation_current_a(time, 1 / 1.4, 1 / (1 / 0.885 + 0.4), 2600.0)
    rng = np.random.default_rng(4)
    found = [fit_polarisation(time, noisy(rng, current, 0.002), steady_tolerance=0.005) for _ in range(40)]
    assert sum(fit.steady for fit in found) <= 1


def test_what_clearly_changes_needs_no_fit_to_be_not_steady():
    time = np.linspace(0.5, 400.0, 200)
    current = relaxation_current_a(time, 2e-5, 1e-5, 1000.0)
    assert is_clearly_changing(time, current, 0.005)
    assert not is_clearly_changing(time, np.full(200, 1e-5), 0.005)
