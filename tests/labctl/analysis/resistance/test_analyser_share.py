"""The analyser's part in the uncertainty of a resistance."""

import math
from dataclasses import replace

import numpy as np
import pytest

from labctl.analysis import (
    AccuracyRange,
    AnalyserAccuracy,
    Cell,
    Estimate,
    Spectrum,
    fit_circuit,
    ionic_resistance,
    ionic_resistance_series,
    parse_circuit,
)
from labctl.analysis.resistance.analyser_share import BEGINNINGS, analyser_share

HZ = np.logspace(6, -1, 50)
CIRCUIT, VALUES = "p(R1,CPE1)-CPE2", [1000.0, 1e-9, 0.9, 5e-6, 0.9]
FLAT = 0.005 * math.sqrt(3)


def cell(**range_of: object) -> Cell:
    stated = {"gain": FLAT, "phase_rad": None, "source": "data sheet"} | range_of
    return Cell(electrodes=("blocking", "blocking"), analyser=AnalyserAccuracy((AccuracyRange(**stated),)))


def fitted(z=None):
    z = parse_circuit(CIRCUIT).impedance(VALUES, HZ) if z is None else z
    return fit_circuit(Spectrum(HZ, z), CIRCUIT)


def moved_by(error: np.ndarray) -> float:
    """Return how far R1 moves, relative to itself, when each point has this relative error."""
    z = parse_circuit(CIRCUIT).impedance(VALUES, HZ)
    return fitted(z * (1 + error)).parameters["R1"].value / VALUES[0] - 1


@pytest.mark.parametrize("turn", [1.0, 1j])
def test_gain_and_phase_move_the_resistance_as_far_as_a_fit_of_the_changed_spectrum_does(turn):
    error = 1e-4
    limit = error * math.sqrt(3)
    gain, phase = (limit, 1e-9) if turn == 1.0 else (1e-9, limit)
    share = analyser_share(fitted(), ["R1"], AnalyserAccuracy((AccuracyRange(gain, phase, "data sheet"),)))
    assert share is not None
    assert share.phase_stated
    ln_z = np.log10(np.abs(parse_circuit(CIRCUIT).impedance(VALUES, HZ)))
    variances = []
    for begin in BEGINNINGS:
        decades = np.floor(ln_z + begin)
        moves = [1000 * moved_by(turn * error * (decades == decade)) for decade in np.unique(decades)]
        variances.append(sum(move**2 for move in moves))
    assert share.standard_uncertainty_ohm == pytest.approx(math.sqrt(np.mean(variances)), rel=0.02)


def test_a_gain_error_of_all_points_scales_the_resistance():
    assert moved_by(np.full(HZ.size, 1e-3)) == pytest.approx(1e-3, rel=1e-4)
    share = analyser_share(fitted(), ["R1"], AnalyserAccuracy((AccuracyRange(FLAT, None, "data sheet"),)))
    assert share is not None
    assert 0.6 * 5.0 < share.gain_ohm < 1.5 * 5.0
    assert not share.phase_stated


def test_points_without_a_stated_accuracy_that_decide_the_resistance_leave_it_not_stated():
    above = AnalyserAccuracy((AccuracyRange(FLAT, None, "data sheet", frequency_hz=(9e5, 1e9)),))
    assert analyser_share(fitted(), ["R1"], above) is None


def test_an_interval_holds_the_error_of_the_analyser_that_is_stated():
    z = parse_circuit(CIRCUIT).impedance(VALUES, HZ)
    noisy = z * (1 + 2e-4 * np.random.default_rng(2).standard_normal(HZ.size))
    plain, stated = (ionic_resistance(Spectrum(HZ, noisy, cell=one)) for one in (None, cell()))
    assert plain.analyser is None
    assert stated.analyser is not None
    assert stated.total_ohm.value == plain.total_ohm.value
    whole = math.hypot(plain.total_ohm.standard_uncertainty, stated.analyser.standard_uncertainty_ohm)
    assert stated.total_ohm.standard_uncertainty == pytest.approx(whole)


def test_a_series_states_the_same_part_as_a_single_spectrum():
    z = parse_circuit(CIRCUIT).impedance(VALUES, HZ)
    noisy = Spectrum(HZ, z * (1 + 2e-4 * np.random.default_rng(2).standard_normal(HZ.size)), cell=cell())
    (of_series,) = ionic_resistance_series([noisy], [300.0], details=False)
    assert of_series.analyser is not None
    assert of_series.analyser == ionic_resistance(noisy).analyser


def test_the_leads_of_the_cell_are_taken_off_and_an_argument_that_contradicts_is_told():
    z = 5 + parse_circuit(CIRCUIT).impedance(VALUES, HZ)
    noisy = Spectrum(HZ, z * (1 + 1e-4 * np.random.default_rng(2).standard_normal(HZ.size)))
    spectrum = noisy.of_cell(Cell.of("blocking", lead_ohm=5.0))
    own = ionic_resistance(spectrum)
    assert own.total_ohm.value == pytest.approx(1000, rel=2e-3)
    assert not any("given" in flag for flag in own.flags)
    other = ionic_resistance(spectrum, "blocking/reversible", lead_ohm=4.0)
    assert other.total_ohm.value == pytest.approx(1001, rel=2e-3)
    assert sum("given" in flag for flag in other.flags) == 2


def test_the_fixture_of_the_cell_is_taken_out_and_not_with_leads_given():
    short = tuple((float(hz), 50.0, 0.0) for hz in HZ)
    z = 50 + parse_circuit(CIRCUIT).impedance(VALUES, HZ)
    noisy = Spectrum(HZ, z * (1 + 1e-4 * np.random.default_rng(2).standard_normal(HZ.size)))
    spectrum = noisy.of_cell(replace(Cell.of("blocking"), fixture_short=short))
    assert ionic_resistance(spectrum).total_ohm.value == pytest.approx(1000, rel=2e-3)
    given = ionic_resistance(spectrum, lead_ohm=50.0)
    assert given.total_ohm.value == pytest.approx(1000, rel=2e-3)
    assert any("fixture" in flag and "not taken out" in flag for flag in given.flags)


def test_the_stated_interval_covers_the_truth_as_often_as_it_says_with_a_gain_error_for_each_decade():
    chance = np.random.default_rng(7)
    covered, moved = np.array([_covers(chance) for _ in range(8)]).T
    assert 0.5 <= np.sqrt(np.mean(moved**2)) <= 1.5  # 95 % bounds of 8 errors as large as the part says
    assert covered.sum() >= 7


def _covers(chance: np.random.Generator) -> tuple[bool, float]:
    """Return whether the interval holds the resistance, and the error over the analyser's part."""
    omega = 2j * np.pi * HZ
    bulk = 10 ** chance.uniform(2.5, 4.5)
    boundary = bulk * chance.uniform(0.2, 2)
    bulk_f = 10 ** chance.uniform(-11.5, -10.5)
    z = bulk / (1 + (omega * bulk * bulk_f) ** chance.uniform(0.85, 1))
    z = z + boundary / (1 + (omega * boundary * 100 * bulk_f) ** chance.uniform(0.8, 0.95))
    z = z + 1 / (10 ** chance.uniform(-6, -5) * omega ** chance.uniform(0.8, 0.95))
    decades = np.floor(np.log10(np.abs(z)) + chance.uniform()).astype(int)
    gains = 0.005 * chance.standard_normal(decades.max() - decades.min() + 1)
    noise = chance.standard_normal(HZ.size) + 1j * chance.standard_normal(HZ.size)
    read = z * (1 + gains[decades - decades.min()]) * (1 + 5e-4 * noise)
    pellet = replace(cell(), thickness_m=Estimate(1e-3, 0.0), area_m2=Estimate(1e-4, 0.0))
    found = ionic_resistance(Spectrum(HZ, read, cell=pellet))
    assert found.analyser is not None
    low, high = found.total_ohm.interval()
    error_ohm = found.total_ohm.value - bulk - boundary
    return low <= bulk + boundary <= high, error_ohm / found.analyser.standard_uncertainty_ohm
