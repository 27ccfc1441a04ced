"""Spectrum and declarations of a drawn cell: electrodes, geometry if known, accuracy of the analyser."""

from typing import Any

import numpy as np
from numpy.random import Generator

from cells.cell import Cell
from labctl.analysis import Estimate, Spectrum
from labctl.analysis.spectra.analyser_accuracy import AccuracyRange, AnalyserAccuracy
from labctl.analysis.spectra.cell import Cell as Declared

GEOMETRY = 0.005  # relative standard uncertainty of thickness and area
SOURCE = "drawn by the benchmark"


def measured(cell: Cell, rng: Generator) -> Spectrum:
    """The cell's spectrum with noise and gain errors, and its declarations."""
    return Spectrum(cell.frequency_hz, cell.measured(rng), cell=declaration(cell))


def declaration(cell: Cell) -> Declared:
    declared: dict[str, Any] = {}
    if cell.states_geometry:
        declared = {name: _estimate(getattr(cell, name)) for name in ("thickness_m", "area_m2")}
    if cell.gain > 0:
        declared["analyser"] = _analyser(cell)
    return Declared.of(cell.declared, **declared)


def _estimate(value: float) -> Estimate:
    return Estimate(value, GEOMETRY * value)


def _analyser(cell: Cell) -> AnalyserAccuracy:
    """The same limits in each decade of |Z|, each a range of its own."""
    modulus = np.abs(cell.impedance())
    decades = range(int(np.floor(np.log10(modulus.min()))) - 1, int(np.ceil(np.log10(modulus.max()))) + 1)
    limits = [(10.0**decade, 10.0 ** (decade + 1)) for decade in decades]
    return AnalyserAccuracy(
        tuple(AccuracyRange(cell.gain, None, SOURCE, impedance_ohm=limit) for limit in limits)
    )
