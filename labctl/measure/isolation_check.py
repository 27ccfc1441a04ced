"""Measure a cell that a person left open, or shorted, through the relays of its channel.

The outputs are safe after every ending. A failure is a sentence; it is kept as a check that says nothing
about the channel.
"""

import math
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from labctl.bench import Bench, ImpedancePoint
from labctl.errors import InstrumentError

OPEN, SHORT = "open", "short"
LARGEST_SHORT_OHM = 1e3
SMALLEST_OPEN_OHM = 1e4


@dataclass(frozen=True)
class CheckedCell:
    """A cell as it was measured; `resistance_ohm` is None, and `problem` says why, where it was not.

    `resistance_ohm` is |Z| at the lowest frequency: of an open cell the isolation, which no resistance in
    parallel is below, of a shorted one the impedance in series.
    """

    cell: str
    kind: str
    points: tuple[ImpedancePoint, ...]
    resistance_ohm: float | None
    problem: str = ""

    def row(self, amplitude_v: float, channels: Sequence[str]) -> dict[str, Any]:
        """Return the columns of a row of `isolation_checks` about the cell and the measurement."""
        return {
            "cell": self.cell,
            "kind": self.kind,
            "channels": list(channels),
            "amplitude_v": amplitude_v,
            "resistance_ohm": self.resistance_ohm,
            "outcome": "failed" if self.problem else "measured",
            "problem": self.problem,
            "points": [_described(point) for point in self.points],
        }


def measured_cell(
    bench: Bench, cell: str, kind: str, frequencies_hz: Sequence[float], amplitude_v: float
) -> CheckedCell:
    """Connect a cell and measure it, open or shorted; failures of instruments become sentences.

    Raises
    ------
    ConfigurationError
        The station names no such cell, or has no analyser for it.
    """
    points: list[ImpedancePoint] = []
    try:
        with (
            bench.connected(cell) as of_cell,
            closing(of_cell.fra.sweep(list(frequencies_hz), amplitude_v)) as sweep,
        ):
            points.extend(sweep)
    except InstrumentError as error:
        return CheckedCell(cell, kind, tuple(points), None, f"it was not measured: {error}")
    return judged(cell, kind, points)


def judged(cell: str, kind: str, points: Sequence[ImpedancePoint]) -> CheckedCell:
    """Return what measured points say about a cell that is open, or shorted."""
    good = [point for point in points if point.status == "ok"]
    if not good:
        bad = next((point.status for point in points), "no point")
        return CheckedCell(cell, kind, tuple(points), None, f"no point is valid ({bad})")
    lowest = min(good, key=lambda point: point.frequency_hz)
    ohm = math.hypot(lowest.z_real_ohm, lowest.z_imag_ohm)
    return CheckedCell(cell, kind, tuple(points), *_believed(kind, ohm))


def _believed(kind: str, ohm: float) -> tuple[float | None, str]:
    """Return the resistance, or None and why a cell of this kind does not have it."""
    if not 0 < ohm < math.inf:
        return None, f"|Z| is {ohm:g} ohm"
    if kind == OPEN and ohm < SMALLEST_OPEN_OHM:
        return None, f"|Z| is only {ohm:.3g} ohm: is the cell empty?"
    if kind == SHORT and ohm > LARGEST_SHORT_OHM:
        return None, f"|Z| is {ohm:.3g} ohm: is the cell shorted, and do its relays close?"
    return ohm, ""


def _described(point: ImpedancePoint) -> dict[str, Any]:
    known = {"real_ohm": point.z_real_ohm, "imag_ohm": point.z_imag_ohm}
    finite = {name: value if math.isfinite(value) else None for name, value in known.items()}
    return {"frequency_hz": point.frequency_hz, **finite, "status": point.status}
