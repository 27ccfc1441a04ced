"""The impedance of a spectrum's circuit for drawing: from its stored parameters, else from a new fit.

1. Stored parameters were fitted without the fixture. The fixture is put back, so that the curve belongs to
   the points as measured.
2. The curve is drawn at the good, not excluded points between the frequencies of the fit, nowhere else.
3. Rows of an earlier labctl have no parameters: their circuit is fitted to the points as measured.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from labctl.analysis import Cell, Spectrum, fit_circuit, parse_circuit
from labctl.analysis.spectra.fixture import through_declared_fixture
from labctl.readmodel.snapshot import Row, SpectrumCurve

EDGE = 1e-9  # relative: a frequency that a file rounded belongs to the fit


def with_stored_circuit(curve: SpectrumCurve, sample: Row) -> SpectrumCurve | None:
    """Return a spectrum with the impedance of its circuit; None where no parameters are stored.

    Parameters
    ----------
    curve : SpectrumCurve
    sample : mapping
        The sample in force; its fixture is put back.
    """
    stored = None if curve.resistance is None else curve.resistance.get("circuit_fit")
    if curve.resistance is None or not isinstance(stored, Mapping):
        return None
    try:
        return _drawn(curve, curve.resistance["circuit"], stored, Cell.of_sample(sample))
    except (KeyError, TypeError, ValueError):  # of a file that other people made
        return None


def with_fitted_circuit(curve: SpectrumCurve) -> SpectrumCurve | None:
    """Return a spectrum with its circuit fitted anew; None where it has none or it cannot be fitted."""
    if curve.resistance is None or not curve.resistance["circuit"]:
        return None
    try:
        kept = ~curve.out if not curve.out.all() else curve.out
        spectrum = Spectrum(curve.frequency_hz[kept], curve.z_ohm[kept])
        fit = fit_circuit(spectrum, curve.resistance["circuit"])
    except ValueError:
        return None
    return replace(curve, fit_frequency_hz=fit.frequency_hz, fit_z_ohm=fit.z_ohm)


def _drawn(curve: SpectrumCurve, circuit: str, stored: Mapping[str, Any], cell: Cell) -> SpectrumCurve | None:
    model = parse_circuit(circuit)
    values = [float(stored["parameters"][name]["value"]) for name in model.names]
    low, high = stored["frequency_min_hz"] * (1 - EDGE), stored["frequency_max_hz"] * (1 + EDGE)
    kept = np.ones(curve.out.size, dtype=bool) if curve.out.all() else ~curve.out
    frequency = curve.frequency_hz[kept]
    frequency = np.sort(frequency[(frequency >= low) & (frequency <= high)])[::-1]
    if not frequency.size:
        return None
    z = through_declared_fixture(frequency, model.impedance(values, frequency), cell)
    known = np.isfinite(z)
    return replace(curve, fit_frequency_hz=frequency[known], fit_z_ohm=z[known])


def fitted_anew(spectra: Sequence[SpectrumCurve]) -> int:
    """Return how many of the circuits drawn were fitted for drawing, since no parameters are stored."""
    return sum(bool(curve.fit_z_ohm.size) and not _is_stored(curve.resistance) for curve in spectra)


def _is_stored(resistance: Row | None) -> bool:
    return resistance is not None and isinstance(resistance.get("circuit_fit"), Mapping)
