"""User-defined candidate circuits: one entry, everything else follows from the parsed circuit."""

import re
from pathlib import Path

import numpy as np
import pytest

from labctl.analysis import Spectrum, ionic_resistance, ionic_resistance_series, parse_circuit
from labctl.analysis.circuits import circuit as circuit_module
from labctl.analysis.circuits import elements
from labctl.analysis.resistance import candidates

PAGE = Path(__file__).parents[4] / "docs" / "how-to" / "add-an-element.md"
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


def test_a_candidate_with_the_element_of_the_page_has_its_resistance_in_the_total(monkeypatch):
    known = dict(elements.ELEMENTS)
    monkeypatch.setattr(elements, "ELEMENTS", known)
    monkeypatch.setattr(circuit_module, "ELEMENTS", known)
    exec(re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.S)[0], {})
    monkeypatch.setitem(candidates.CANDIDATES, "blocking", ("R0-Zarc1-CPE2",))
    found = ionic_resistance(noisy("R0-Zarc1-CPE2", [200.0, 5e4, 5e-5, 0.6, 1e-6, 0.9]))
    assert found.total_ohm.value == pytest.approx(50200.0, rel=0.01)
    assert found.arcs[1].apex_hz == pytest.approx(1 / (2 * np.pi * 5e-5), rel=0.05)


def test_a_candidate_with_a_resistance_of_unknown_part_gives_no_number(monkeypatch):
    monkeypatch.setitem(candidates.CANDIDATES, "blocking", ("R0-p(R1,C1,CPE3)-CPE2",))
    monkeypatch.setitem(candidates.RICHER, "blocking", ())
    found = ionic_resistance(noisy("R0-p(R1,C1)-CPE2", [200.0, 5e4, 1e-10, 1e-6, 0.9]))
    assert np.isnan(found.total_ohm.value)
    assert "R1 is neither in series, nor in an arc, nor of diffusion" in found.candidates[0].objections
