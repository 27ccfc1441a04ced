"""The spectra that Nyquist, Bode, residual and DRT figures draw: each with its colour and its factor."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from labctl.readmodel.formatting import si_scale
from labctl.readmodel.snapshot import RunSnapshot, SpectrumCurve
from labctl.report.figures.axes import MOST_VECTOR_POINTS
from labctl.report.figures.colours import Key, by_run, by_temperature

WIDE_RANGE = 20.0  # of the total resistances: beyond it, a common axis shows the largest spectra only


@dataclass(frozen=True)
class DrawnSpectrum:
    """A spectrum with its colour, and 1 / ohm or 1 / its total resistance as the factor of its values."""

    curve: SpectrumCurve
    colour: Any
    factor: float
    marker: str = "o"


@dataclass(frozen=True)
class DrawnSpectra:
    """Spectra on common axes.

    Attributes
    ----------
    shown : sequence of DrawnSpectrum
    key : Key
    unit : str
        Unit of the values times their factor: `kΩ`; empty where each is divided by its total resistance.
    left_out : int
        Spectra without a total resistance where each is divided by it.
    as_image : bool
        Whether there are too many points for a vector drawing.
    """

    shown: Sequence[DrawnSpectrum]
    key: Key
    unit: str
    left_out: int
    as_image: bool

    @property
    def is_normalised(self) -> bool:
        """Whether each spectrum is divided by its total resistance."""
        return not self.unit

    @property
    def is_small(self) -> bool:
        """Whether there are few enough spectra for lines through their points."""
        return len(self.shown) <= 20


def drawn_spectra(runs: Sequence[RunSnapshot]) -> DrawnSpectra:
    """Return the spectra of runs, coloured by temperature, or by run where there are several."""
    every = [(place, curve) for place, run in enumerate(runs) for curve in run.spectra if curve.z_ohm.size]
    if len(runs) == 1:
        colours, key = by_temperature([curve.temperature_k for _, curve in every])
    else:
        of_run, key = by_run(runs)
        colours = [of_run[place] for place, _ in every]
    known = [r for _, curve in every if (r := total_ohm(curve)) is not None]
    normalised = bool(known) and max(known) > WIDE_RANGE * min(known)
    factor, prefix = si_scale(max(known, default=_largest(every)))
    shown = []
    for (_, curve), colour in zip(every, colours, strict=True):
        r = total_ohm(curve)
        if normalised and r is None:
            continue
        by = 1 / r if normalised and r else factor
        shown.append(DrawnSpectrum(curve, colour, by, _marker(curve)))
    points = sum(one.curve.z_ohm.size for one in shown)
    unit = "" if normalised else f"{prefix}Ω"
    return DrawnSpectra(shown, key, unit, len(every) - len(shown), points > MOST_VECTOR_POINTS)


def total_ohm(curve: SpectrumCurve) -> float | None:
    """Return the total resistance of a spectrum; None where it has none, or only a bound."""
    row = curve.resistance
    if row is None or row["bound"] or not row["resistance_ohm"] or row["resistance_ohm"] <= 0:
        return None
    return float(row["resistance_ohm"])


def _largest(every: Sequence[tuple[int, SpectrumCurve]]) -> float:
    return max((float(abs(curve.z_ohm).max()) for _, curve in every), default=1.0)


def _marker(curve: SpectrumCurve) -> str:
    return "s" if curve.branch == "cooling" else "o"
