"""Coverage of the stated intervals, over many spectra with known true values."""

import numpy as np
import pytest

from labctl.analysis import Spectrum, fit_circuits, ionic_resistance_series, ionic_resistances, parse_circuit


def study(draw, kind, seed, rho=0.0, count=200):
    rng = np.random.default_rng(seed)
    drawn = [draw(kind, rng, rho) for _ in range(count)]
    fits = fit_circuits([one.spectrum for one in drawn], drawn[0].circuit)
    r1 = [fit.parameters["R1"] for fit in fits]
    truth = np.array([one.truth["R1"] for one in drawn])
    found = np.array([estimate.value for estimate in r1])
    low, high = np.array([estimate.interval() for estimate in r1]).T
    z = (found - truth) / np.array([one.cramer_rao["R1"] for one in drawn])
    return {
        "within_5_percent": np.mean(np.abs(found / truth - 1) < 0.05),
        "rms_z": np.sqrt(np.mean(z**2)),
        "covered": np.mean((low <= truth) & (truth <= high)),
        "converged": np.mean([fit.converged for fit in fits]),
    }


@pytest.mark.parametrize(("kind", "seed"), [("A", 20261), ("B", 20262)])
def test_the_stated_interval_covers_the_truth_as_often_as_it_says(draw, kind, seed):
    result = study(draw, kind, seed)
    assert result["within_5_percent"] >= 0.995
    assert result["rms_z"] <= 1.1
    assert 0.93 <= result["covered"] <= 0.97
    assert result["converged"] == 1


@pytest.mark.parametrize(("kind", "seed"), [("A", 20263), ("B", 20264)])
def test_correlated_noise_widens_the_interval_enough(draw, kind, seed):
    assert study(draw, kind, seed, rho=0.6)["covered"] >= 0.90


def test_the_interval_holds_where_low_frequencies_are_averaged_longer():
    frequency = np.geomspace(1e6, 0.1, 71)
    circuit, rng = "p(R1,CPE1)-p(R2,CPE2)-W1", np.random.default_rng(20267)
    z = parse_circuit(circuit).impedance([1000.0, 2.2e-10, 0.97, 400.0, 4e-6, 0.92, 20.0], frequency)
    noise = 2e-3 * np.abs(z) * np.clip(np.sqrt(frequency / 100), 0.1, 1.0)
    drawn = [
        Spectrum(frequency, z + noise * (rng.standard_normal(71) + 1j * rng.standard_normal(71)))
        for _ in range(400)
    ]
    fits = fit_circuits(drawn, circuit)
    for name, truth in (("R1", 1000.0), ("R2", 400.0)):
        low, high = np.array([fit.parameters[name].interval() for fit in fits]).T
        assert 0.92 <= np.mean((low <= truth) & (truth <= high)) <= 0.975, name


@pytest.mark.parametrize(("rho", "count"), [(0.0, 30), (0.6, 6)])
@pytest.mark.parametrize(("kind", "seed"), [("A", 20265), ("B", 20266)])
def test_the_circuit_chosen_is_the_one_that_made_the_spectrum(draw, kind, seed, rho, count):
    rng = np.random.default_rng(seed)
    drawn = [draw(kind, rng, rho, determined=True) for _ in range(count)]
    right, covered = 0, 0
    for one, found in zip(drawn, ionic_resistances([one.spectrum for one in drawn]), strict=True):
        total = sum(value for name, value in one.truth.items() if name.startswith("R"))
        low, high = found.total_ohm.interval()
        right += found.circuit == one.circuit
        covered += low <= total <= high
    assert right >= 0.93 * count - 0.6
    assert covered >= 0.83 * count


def vtf_series(rng):
    """24 temperatures of a polymer with an arc that moves above the window, and each total resistance."""
    temperatures_k, frequency = np.linspace(253, 368, 24), np.logspace(6, -1, 60)
    pseudo_activation_k = rng.uniform(0.06, 0.10) / 8.617333262e-5
    vogel_k, prefactor_ohm = rng.uniform(170, 205), rng.uniform(2, 30)
    r1 = (
        prefactor_ohm
        * np.sqrt(temperatures_k / 300)
        * np.exp(pseudo_activation_k / (temperatures_k - vogel_k))
    )
    r1 *= min(1.0, 5e9 / r1.max())  # what an analyser can measure
    geometric_f = min(10 ** rng.uniform(-10.5, -9.5), 0.4 / r1.max())  # the coldest arc closes above 0.1 Hz
    n1 = rng.uniform(0.85, 0.97)
    q2, n2, lead = 10 ** rng.uniform(-6, -5), rng.uniform(0.75, 0.93), rng.uniform(1, 10)
    noise = 10 ** rng.uniform(-3, -2.5)
    values = np.array([[lead, r, (geometric_f * r) ** n1 / r, n1, q2, n2] for r in r1])
    z = parse_circuit("R0-p(R1,CPE1)-CPE2").impedance(values, frequency)
    z = z + noise * np.abs(z) * (rng.standard_normal(z.shape) + 1j * rng.standard_normal(z.shape))
    return [Spectrum(frequency, row) for row in z], temperatures_k, lead + r1


def test_no_temperature_of_a_vtf_series_is_off_by_half_a_percent():
    rng, worst = np.random.default_rng(20267), 0.0
    for _ in range(2):
        spectra, temperatures_k, truth = vtf_series(rng)
        found = ionic_resistance_series(spectra, temperatures_k)
        assert all(resistance.bound is None for resistance in found)
        error = np.array([resistance.total_ohm.value for resistance in found]) / truth - 1
        worst = max(worst, float(np.abs(error).max()))
    assert worst < 0.005
