"""Noise of a spectrum beside the steps of the analyser between its ranges."""

import numpy as np
import pytest

from labctl.analysis import (
    AccuracyRange,
    AnalyserAccuracy,
    Cell,
    Spectrum,
    fit_circuit,
    ionic_resistance,
    parse_circuit,
)
from labctl.analysis.resistance.steps_between_ranges import noise_ratio

HZ = np.logspace(6, 0, 50)
CIRCUIT, VALUES, NOISE = "p(R1,CPE1)-CPE2", [5000.0, 3e-10, 0.95, 5e-6, 0.9], 2e-4
LIMIT = 0.004
STATED = AnalyserAccuracy((AccuracyRange(LIMIT, LIMIT, "data sheet"),))


def measured(seed: int, gain: float, begins: float = 0.4) -> Spectrum:
    """A spectrum with noise, and in each decade of |Z| a gain of its own within `gain`."""
    rng = np.random.default_rng(seed)
    z = parse_circuit(CIRCUIT).impedance(VALUES, HZ)
    decade = np.floor(np.log10(np.abs(z)) + begins)
    for one in np.unique(decade):
        z = np.where(decade == one, z * (1 + gain * rng.uniform(-1, 1)), z)
    noise = rng.standard_normal((2, HZ.size))
    return Spectrum(HZ, z + NOISE * np.abs(z) * (noise[0] + 1j * noise[1]))


def ratio(seed: int, gain: float, stated: AnalyserAccuracy = STATED) -> float:
    return noise_ratio(fit_circuit(measured(seed, gain), CIRCUIT), ["R1"], stated)


def test_steps_of_the_analyser_do_not_count_as_noise():
    fits = [fit_circuit(measured(seed, LIMIT), CIRCUIT) for seed in range(10)]
    with_steps = np.median([fit.parameters["R1"].standard_uncertainty for fit in fits])
    without = np.median(
        [
            fit.parameters["R1"].standard_uncertainty * noise_ratio(fit, ["R1"], STATED)
            for fit in fits
        ]
    )  # fmt: skip
    of_noise = np.median(
        [
            fit_circuit(measured(seed, 0.0), CIRCUIT).parameters["R1"].standard_uncertainty
            for seed in range(10)
        ]
    )
    assert with_steps > 3 * of_noise
    assert without == pytest.approx(of_noise, rel=0.5)


def test_noise_alone_stays_what_it_is():
    assert np.median([ratio(seed, 0.0) for seed in range(10)]) > 0.9


def test_steps_beyond_the_stated_limits_are_not_taken_for_the_analyser_s():
    small = AnalyserAccuracy((AccuracyRange(LIMIT / 50, LIMIT / 50, "data sheet"),))
    assert np.median([ratio(seed, LIMIT, small) for seed in range(10)]) > 0.99


def test_a_resistance_carries_the_analyser_once():
    """Noise and analyser: not the analyser's steps as noise too."""
    spectrum, cell = measured(1, LIMIT), Cell(electrodes=("blocking", "blocking"), analyser=STATED)
    alone = ionic_resistance(spectrum, electrodes="blocking")
    both = ionic_resistance(spectrum.of_cell(cell), electrodes="blocking")
    own = {one.source: one.standard_uncertainty for one in both.total_ohm.parts}
    assert own["fit and noise"] < 0.6 * alone.total_ohm.standard_uncertainty
    assert own["analyser"] > own["fit and noise"]
