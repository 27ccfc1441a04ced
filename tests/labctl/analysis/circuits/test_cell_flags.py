"""Flags of a fitted circuit that the declarations about the cell give."""

import numpy as np
import pytest

from labctl.analysis import Cell, Spectrum, fit_circuit, parse_circuit

HZ = np.logspace(6, 0, 41)
ARC, SPIKE = "R0-p(R1,C1)", "p(R1,C1)-CPE2"


def flags(circuit: str, values: list[float], cell: Cell | None) -> tuple[str, ...]:
    z = parse_circuit(circuit).impedance(values, HZ)
    noise = 1 + 1e-4 * np.random.default_rng(1).standard_normal(HZ.size)
    told = fit_circuit(Spectrum(HZ, z * noise, cell=cell), circuit).flags
    before = fit_circuit(Spectrum(HZ, z * noise), circuit).flags
    assert told[: len(before)] == before
    return told[len(before) :]


def test_a_cell_that_agrees_adds_no_flag():
    assert flags(ARC, [10.0, 1000.0, 1e-9], Cell.of("reversible")) == ()
    assert flags(SPIKE, [1000.0, 1e-9, 1e-5, 0.9], Cell.of("blocking")) == ()
    assert flags(ARC, [10.0, 1000.0, 1e-9], Cell.of(thickness_m=1e-3)) == ()


@pytest.mark.parametrize("electrodes", ["blocking", "blocking/reversible"])
def test_direct_current_through_electrodes_that_block_is_told(electrodes):
    (flag,) = flags(ARC, [10.0, 1000.0, 1e-9], Cell.of(electrodes))
    assert flag == f"the circuit passes direct current, but the electrodes are stated as {electrodes}"


def test_a_spike_of_reversible_electrodes_is_told():
    (flag,) = flags(SPIKE, [1000.0, 1e-9, 1e-5, 0.9], Cell.of("reversible"))
    assert "passes no direct current" in flag


def test_leads_and_fixture_that_the_parameters_hold_are_told():
    cell = Cell.of(lead_ohm=2.5, fixture_open=((1e6, 1e6, 0.0), (1.0, 1e9, 0.0)))
    first, second = flags(ARC, [10.0, 1000.0, 1e-9], cell)
    assert "leads of 2.5 ohm" in first
    assert "`compensate`" in second
