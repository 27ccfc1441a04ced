"""Contradictions between a fitted circuit and the declarations about its cell."""

import numpy as np

from labctl.analysis.circuits.circuit import parse_circuit
from labctl.analysis.numerics.arrays import FloatArray
from labctl.analysis.spectra.cell import Cell

FAR_BELOW = 1e-12  # of the lowest frequency
STILL_CONDUCTS = 30.0  # |Z| far below over |Z| at the lowest frequency; a CPE of n = 0.3 gives 4000
STATED = "the electrodes are stated as"


def cell_flags(cell: Cell | None, circuit: str, values: FloatArray, lowest_hz: float) -> tuple[str, ...]:
    """Return flags: leads and fixture that the parameters hold, electrodes that contradict the circuit.

    Parameters
    ----------
    values : (p,) float
        Fitted parameters in SI units.
    lowest_hz : float
        Lowest frequency of the fit.
    """
    if cell is None:
        return ()
    found = []
    if cell.lead_ohm is not None and cell.lead_ohm.value > 0:
        found.append(f"leads of {cell.lead_ohm.value:.4g} ohm that the sample states are in the parameters")
    if cell.fixture_short is not None or cell.fixture_open is not None:
        found.append("the fixture that the sample states is in the parameters: `compensate` takes it out")
    conducts = cell.electrodes is not None and _conducts(circuit, values, lowest_hz)
    if cell.blocks and conducts:
        found.append(f"the circuit passes direct current, but {STATED} {cell.electrode_text}")
    if cell.blocks is False and not conducts:
        found.append(f"the circuit passes no direct current, but {STATED} reversible")
    return tuple(found)


def _conducts(circuit: str, values: FloatArray, lowest_hz: float) -> bool:
    z_ohm = parse_circuit(circuit).impedance(values, np.array([FAR_BELOW * lowest_hz, lowest_hz]))
    far_below, lowest = np.abs(z_ohm)
    return bool(far_below < STILL_CONDUCTS * lowest)
