"""The total without a circuit, on arcs of shapes that no constant-phase element has."""

from dataclasses import dataclass

import numpy as np
import pytest

from labctl.analysis import (
    Estimate,
    Spectrum,
    fit_circuit,
    ionic_resistance,
    ionic_resistances,
    kramers_kronig,
)
from labctl.analysis.resistance import conclusion
from labctl.analysis.resistance.model_free import model_free_total, with_model_free
from labctl.analysis.spectra.cell import Cell


def havriliak_negami(s, rng):
    return (1 + s ** rng.uniform(0.7, 1.0)) ** -rng.uniform(0.4, 1.0)


def cole_davidson(s, rng):
    return (1 + s) ** -rng.uniform(0.4, 0.9)


def gaussian(s, rng):
    width = rng.uniform(0.5, 2.0)
    x = np.linspace(-6, 6, 241)
    weight = np.exp(-0.5 * x**2)
    return ((weight / weight.sum()) / (1 + s[:, None] * np.exp(width * x))).sum(axis=1)


def depressed(s, rng):
    return 1 / (1 + s ** rng.uniform(0.8, 1.0))


def drawn(shape, rng):
    """A spectrum of a lead, an arc and a constant-phase electrode, and its true total."""
    frequency = np.logspace(6, -1, rng.integers(50, 71))
    ohm, apex_hz = 10 ** rng.uniform(3, 6), 10 ** rng.uniform(3.0, 5.3)
    lead_ohm = ohm * 10 ** rng.uniform(-2.5, -0.7)
    electrode = (1j * frequency / 10 ** rng.uniform(0, 1.3)) ** -rng.uniform(0.7, 0.95)
    z = lead_ohm + ohm * (shape(1j * frequency / apex_hz, rng) + electrode)
    noise = 10 ** rng.uniform(-3, -2) * np.abs(z)
    error = rng.standard_normal(z.size) + 1j * rng.standard_normal(z.size)
    return Spectrum(frequency, z + noise * error), lead_ohm + ohm


def covers(estimate, truth_ohm):
    low, high = estimate.interval()
    return low <= truth_ohm <= high


@dataclass
class Study:
    """Shares of intervals that cover the truth, and widened over own uncertainties."""

    alone: float
    covered: float
    widened: np.ndarray


def study(shapes, seed, count):
    """Study the better of the two circuits, alone and beside the total without a circuit."""
    rng, alone, covered, widened = np.random.default_rng(seed), [], [], []
    for shape in shapes:
        for _ in range(count):
            spectrum, truth_ohm = drawn(shape, rng)
            fits = [fit_circuit(spectrum, circuit) for circuit in ONE_OR_TWO_ARCS]
            fit = min(fits, key=lambda fit: fit.bic)
            before = fit.sum_of([name for name in fit.parameters if name.startswith("R")])
            after, _ = with_model_free(before, spectrum, fit, kramers_kronig(spectrum).rms)
            alone.append(covers(before, truth_ohm))
            covered.append(covers(after, truth_ohm))
            widened.append(after.standard_uncertainty / before.standard_uncertainty)
    return Study(float(np.mean(alone)), float(np.mean(covered)), np.array(widened))


SHAPES = (havriliak_negami, cole_davidson, gaussian)
ONE_OR_TWO_ARCS = ("R0-p(R1,CPE1)-CPE2", "R0-p(R1,CPE1)-p(R2,CPE2)-CPE3")


def test_intervals_cover_arcs_of_other_shapes():
    found = study(SHAPES, 41, 12)
    assert found.alone < 0.9
    assert found.covered >= 0.92
    assert 1.0 < np.median(found.widened) < 2.0


def test_the_resistance_of_a_spectrum_holds_the_total_without_a_circuit():
    widened, covered = of_resistances(SHAPES, 41, 2)
    assert widened >= 1
    assert covered >= 5


def test_plain_arcs_keep_their_intervals():
    widened, covered = of_resistances((depressed,), 44, 40)
    assert widened <= 1
    assert covered >= 36


def of_resistances(shapes, seed, count):
    """Count resistances with a total without a circuit beside them, and those that cover the truth."""
    rng = np.random.default_rng(seed)
    each = [drawn(shape, rng) for shape in shapes for _ in range(count)]
    found = ionic_resistances([spectrum for spectrum, _ in each])
    widened = sum(any("without a circuit" in flag for flag in one.flags) for one in found)
    return widened, sum(covers(one.total_ohm, truth) for one, (_, truth) in zip(found, each, strict=True))


def test_the_total_alone_covers_the_truth():
    rng, inside, count = np.random.default_rng(45), 0, 0
    for shape in (havriliak_negami, cole_davidson, gaussian, depressed):
        for _ in range(12):
            spectrum, truth_ohm = drawn(shape, rng)
            found = model_free_total(spectrum, fit_circuit(spectrum, "R0-p(R1,CPE1)-CPE2"))
            if found.total_ohm is not None:
                inside, count = inside + covers(found.total_ohm, truth_ohm), count + 1
    assert count >= 40
    assert inside >= 0.85 * count


def ideal(electrode, inductance_h=0.0, apex_hz=1e4):
    frequency = np.logspace(6, -1, 60)
    z = 50 + 1e4 / (1 + (1j * frequency / apex_hz) ** 0.8) ** 0.7
    z = z + electrode(frequency) + 2j * np.pi * frequency * inductance_h
    rng = np.random.default_rng(1)
    noise = 1e-3 * np.abs(z) * (rng.standard_normal(60) + 1j * rng.standard_normal(60))
    return Spectrum(frequency, z + noise)


def blocking(frequency):
    return 1e4 * (1j * frequency / 3) ** -0.85


def why_not(spectrum, circuit="R0-p(R1,CPE1)-CPE2", consistent_rms=1e-3):
    found = model_free_total(spectrum, fit_circuit(spectrum, circuit), consistent_rms)
    assert found.total_ohm is None
    return found.reason


def test_a_circuit_without_a_blocking_branch_has_no_model_free_total():
    assert "blocking branch" in why_not(ideal(lambda f: 0 * f), "R0-p(R1,CPE1)")


def test_inductive_loops_have_no_model_free_total():
    assert "loops" in why_not(ideal(blocking, 1e-3))


def test_an_arc_that_no_valley_closes_has_no_model_free_total():
    assert "valley" in why_not(ideal(blocking, apex_hz=2.0))


def test_an_electrode_that_is_no_constant_phase_element_has_no_model_free_total():
    def leaking(frequency):
        return 1 / ((1j * frequency / 3) ** 0.95 / 1e4 + 1 / 1.5e5)

    found = why_not(ideal(leaking))
    assert "another shape" in found or "valley" in found


def rough(frequency):
    """A rail of 8 kohm with walls of constant phase."""
    s = np.sqrt((1j * frequency / 0.8) ** 0.9)
    return 8e3 / np.tanh(s) / s


def test_beside_a_rough_electrode_the_shape_of_its_branch_is_the_circuits():
    frequency = np.logspace(6, -1, 60)
    z = 50 + 1e4 / (1 + (1j * frequency / 1e4) ** 0.9) + rough(frequency)
    error = np.random.default_rng(1).standard_normal((2, 60)) * 1e-3
    spectrum = Spectrum(frequency, z * (1 + error[0] + 1j * error[1]))
    fit = fit_circuit(spectrum, "R0-p(R1,CPE1)-TLM4", starts=8)
    found = model_free_total(spectrum, fit, kramers_kronig(spectrum).rms).total_ohm
    assert found is not None
    assert abs(found.value / 10050 - 1) < 0.01


def test_an_arc_of_another_shape_is_told_with_both_totals():
    spectrum = ideal(blocking)
    fit = fit_circuit(spectrum, "R0-p(R1,CPE1)-CPE2")
    circuit_alone = fit.sum_of(["R0", "R1"])
    total, flags = with_model_free(circuit_alone, spectrum, fit, kramers_kronig(spectrum).rms)
    assert total.standard_uncertainty > 1.2 * circuit_alone.standard_uncertainty
    assert covers(total, 10050)
    assert total.value == circuit_alone.value
    assert "without a circuit" in flags[0]


def test_an_arc_of_the_electrode_keeps_the_circuit_s_interval(monkeypatch):
    monkeypatch.setattr(conclusion, "with_model_free", lambda *_: pytest.fail("asked"))
    frequency = np.logspace(6, -2, 60)
    z = 1e3 / (1 + 2j * np.pi * frequency * 1e3 * 1e-10) + 1e3 / (1 + (2j * np.pi * frequency * 1e-2) ** 0.9)
    z = z + 1e3 * (1j * frequency / 0.05) ** -0.85
    cell = Cell(thickness_m=Estimate(1e-3, 0.0), area_m2=Estimate(1e-4, 0.0))
    found = ionic_resistance(Spectrum(frequency, z * (1 + 1e-3 * np.sin(np.arange(60)))), cell=cell)
    assert any(arc.name == "electrode" for arc in found.arcs)
