"""User-defined candidate circuits: one entry, everything else follows from the parsed circuit."""

import numpy as np
import pytest

from labctl.analysis import Spectrum, ionic_resistance, ionic_resistance_series, parse_circuit
from labctl.analysis.resistance import candidates

FREQUENCY_HZ = np.logspace(6, 0, 61)


def noisy(description, values, seed=3):
    z = parse_circuit(description).impedance(values, FREQUENCY_HZ)
    rng = np.random.default_rng(seed)
    return Spectrum(FREQUENCY_HZ, z * (1 + 1e-3 * (rng.normal(size=61) + 1j * rng.normal(size=61))))


def with_entry(monkeypatch, electrodes, entry):
    kept = candidates.CANDIDATES[electrodes]
    monkeypatch.setitem(candidates.CANDIDATES, electrodes, (*kept, entry))


def test_a_candidate_with_a_capacitor_in_its_arc_is_chosen_where_it_fits_best(monkeypatch):
    with_entry(monkeypatch, "blocking", "R0-p(R1,C1)-CPE2")
    spectrum = noisy("R0-p(R1,C1)-CPE2", [50.0, 900.0, 5e-10, 2e-6, 0.85])
    found = ionic_resistance(spectrum)
    assert found.circuit == "R0-p(R1,C1)-CPE2"
    assert found.total_ohm.value == pytest.approx(950.0, rel=0.01)
    assert [arc.name for arc in found.arcs] == ["series", "bulk"]
    assert found.arcs[1].capacitance_f == pytest.approx(5e-10, rel=0.05)


def test_the_labels_of_a_candidate_are_free(monkeypatch):
    monkeypatch.setitem(candidates.CANDIDATES, "blocking", ("Rlead-p(Rbulk,CPEbulk)-Cblock",))
    spectrum = noisy("R0-p(R1,CPE1)-C2", [50.0, 900.0, 5e-9, 0.9, 5e-6])
    found = ionic_resistance(spectrum)
    assert found.total_ohm.value == pytest.approx(950.0, rel=0.01)


def test_a_series_may_hold_a_candidate_of_its_own(monkeypatch):
    with_entry(monkeypatch, "blocking", "R0-p(R1,C1)-CPE2")
    spectra = [noisy("R0-p(R1,C1)-CPE2", [50.0, r, 5e-10, 2e-6, 0.85]) for r in (900.0, 700.0)]
    found = ionic_resistance_series(spectra, [300.0, 310.0])
    assert [one.total_ohm.value for one in found] == pytest.approx([950.0, 750.0], rel=0.01)


def test_cables_are_not_added_to_a_candidate_that_has_an_inductor(monkeypatch):
    monkeypatch.setitem(candidates.CANDIDATES, "blocking", ("L0-R0-CPE1", "R0-CPE1"))
    spectrum = noisy("L0-R0-CPE1", [2e-5, 40.0, 1e-5, 0.9])
    tried = [candidate.circuit for candidate in ionic_resistance(spectrum).candidates]
    assert sorted(set(tried)) == ["L0-R0-CPE1", "R0-CPE1"]
