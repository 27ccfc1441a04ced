import numpy as np
import pytest

from labctl.analysis import Cell, Spectrum, grain_boundary_conductivity, ionic_resistance, parse_circuit

FREQUENCY_HZ = np.logspace(7, 0, 71)
PELLET = Cell.of("blocking", thickness_m=1e-3, area_m2=1e-4)
TRUTH = {"bulk_f": 2e-11, "boundary_f": 1e-9, "boundary_ohm": 2e4}


def measured(seed):
    n = 0.9
    values = [1e4, (1e4 * TRUTH["bulk_f"]) ** 0.95 / 1e4, 0.95]
    values += [2e4, (2e4 * TRUTH["boundary_f"]) ** n / 2e4, n, 1e-5, 0.9]
    z = parse_circuit("p(R1,CPE1)-p(R2,CPE2)-CPE3").impedance(values, FREQUENCY_HZ)
    drawn = np.random.default_rng(seed).standard_normal((2, FREQUENCY_HZ.size))
    return ionic_resistance(Spectrum(FREQUENCY_HZ, z * (1 + 3e-3 * (drawn[0] + 1j * drawn[1]))), cell=PELLET)


def test_the_specific_conductivity_is_the_apparent_one_times_the_ratio_of_the_capacitances():
    found = grain_boundary_conductivity(measured(1), 1e-3, 1e-4)
    assert found is not None
    assert found.apparent_s_m.value == pytest.approx(1e-3 / (2e4 * 1e-4), rel=0.02)
    assert found.specific_s_m.value == pytest.approx(found.apparent_s_m.value * 0.02, rel=0.05)


def test_the_interval_of_the_specific_conductivity_holds_the_truth():
    covered, truth = 0, 1e-3 / (2e4 * 1e-4) * 0.02
    for seed in range(40):
        found = grain_boundary_conductivity(measured(seed), 1e-3, 1e-4)
        assert found is not None
        low, high = found.specific_s_m.interval()
        covered += low <= truth <= high
    assert 34 <= covered <= 40


def test_one_arc_has_no_boundary_to_speak_of():
    z = parse_circuit("p(R1,CPE1)-CPE2").impedance([1e4, 3e-11, 0.98, 1e-5, 0.9], FREQUENCY_HZ)
    found = ionic_resistance(Spectrum(FREQUENCY_HZ, z * (1 + 1e-5)), cell=PELLET)
    assert grain_boundary_conductivity(found, 1e-3, 1e-4) is None
