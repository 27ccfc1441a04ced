"""User-defined elements: one decorated function, as in docs/how-to/add-an-element.md."""

import re
from pathlib import Path

import numpy as np
import pytest

from labctl.analysis import parse_circuit
from labctl.analysis.circuits import circuit as circuit_module
from labctl.analysis.circuits import elements
from labctl.analysis.circuits.elements import RESISTANCE, element

PAGE = Path(__file__).parents[4] / "docs" / "how-to" / "add-an-element.md"


@pytest.fixture
def only_here(monkeypatch):
    """Remove the elements that a test has added."""
    known = dict(elements.ELEMENTS)
    monkeypatch.setattr(elements, "ELEMENTS", known)
    monkeypatch.setattr(circuit_module, "ELEMENTS", known)
    parse_circuit.cache_clear()
    yield known
    parse_circuit.cache_clear()


@pytest.fixture
def zarc(only_here):
    """Names defined by the blocks of the page, executed in order."""
    names: dict[str, object] = {}
    for block in re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.S):
        exec(compile(block, str(PAGE), "exec"), names)
    return names


def test_the_element_of_the_page_is_found_again_by_a_fit(zarc):
    found = zarc["fit"].parameters
    assert found["Zarc1_R"].value == pytest.approx(500.0, rel=1e-4)
    assert found["Zarc1_tau"].value == pytest.approx(1e-4, rel=1e-4)
    assert found["Zarc1_n"].value == pytest.approx(0.85, rel=1e-4)


def test_the_element_of_the_page_is_a_resistor_beside_a_cpe(zarc):
    frequency_hz = np.logspace(6, -1, 30)
    q = 1e-4**0.85 / 500.0
    arc = parse_circuit("p(R1,CPE1)").impedance([500.0, q, 0.85], frequency_hz)
    own = parse_circuit("Zarc1").impedance([500.0, 1e-4, 0.85], frequency_hz)
    np.testing.assert_allclose(own, arc, rtol=1e-12)


def test_the_derivatives_of_the_page_are_the_numerical_ones(zarc):
    circuit, x, step = parse_circuit("Zarc1"), np.log([500.0, 1e-4, 0.85]), 1e-6
    frequency_hz = np.logspace(5, 1, 9)
    _, dz = circuit.log_jacobian(x, frequency_hz)
    for i in range(3):
        shift = step * np.eye(3)[i]
        up = circuit.log_jacobian(x + shift, frequency_hz)[0]
        down = circuit.log_jacobian(x - shift, frequency_hz)[0]
        np.testing.assert_allclose((up - down) / (2 * step), dz[i], rtol=1e-6)


def test_a_longer_symbol_goes_before_a_shorter_one(only_here):
    @element("Rx", RESISTANCE)
    def double(ln_w, p, dz):
        dz[..., 0, :] = 2 * p[..., 0, :]
        return 2 * p[..., 0, :]

    assert parse_circuit("R0-Rx1").impedance([1.0, 10.0], [1.0])[0] == pytest.approx(21.0)


@pytest.mark.parametrize("symbol", ["R", "R1", "", "Z-"])
def test_a_symbol_that_is_taken_or_unreadable_is_refused(symbol):
    with pytest.raises(ValueError, match="element"):
        element(symbol, RESISTANCE)


def test_parameters_are_named_in_one_way_only():
    with pytest.raises(ValueError, match="one kind, or kinds by suffix"):
        element("Zz", RESISTANCE, R=RESISTANCE)
    with pytest.raises(ValueError, match="one kind, or kinds by suffix"):
        element("Zz")
