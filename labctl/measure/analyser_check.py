"""Measure a standard that a person connected in place of the sample, and compare it.

The outputs are safe after every ending: the sweep ends the excitation, and the station is made safe when it
is closed. A failure is a sentence; it is kept as a check that says nothing about the analyser.
"""

import math
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from labctl.bench import Bench, ImpedancePoint
from labctl.config.reference_check import ReferenceCheck, Standard
from labctl.errors import InstrumentError

if TYPE_CHECKING:
    from labctl.analysis.spectra.against_standard import AgainstStandard

FEWEST_POINTS = 3


@dataclass(frozen=True)
class Checked:
    """A standard as it was measured; `found` is None, and `problem` says why, where it was not."""

    standard: Standard
    points: tuple[ImpedancePoint, ...]
    found: "AgainstStandard | None"
    problem: str = ""

    def row(self, check: ReferenceCheck) -> dict[str, Any]:
        """Return the columns of a row of `analyser_checks` about the standard and the measurement."""
        found, standard = self.found, self.standard
        gain = None if found is None else found.gain
        return {
            "standard": standard.name,
            "resistance_ohm": standard.resistance_ohm,
            "resistance_u_ohm": standard.resistance_u_ohm,
            "capacitance_f": standard.capacitance_f,
            "capacitance_u_f": standard.capacitance_u_f,
            "source": standard.source,
            "amplitude_v": check.amplitude_v,
            "ratio": None if gain is None else gain.value,
            "ratio_u": None if gain is None else gain.standard_uncertainty,
            "largest_deviation": None if found is None else found.largest_deviation,
            "largest_phase_rad": None if found is None else found.largest_phase_rad,
            "outcome": "failed" if self.problem else "measured",
            "problem": self.problem,
            "points": [_described(point) for point in self.points],
        }


def measured_standard(bench: Bench, check: ReferenceCheck, standard: Standard) -> Checked:
    """Measure a standard with the analyser of a bench, and compare it; failures become sentences."""
    points: list[ImpedancePoint] = []
    try:
        frequencies_hz = check.frequencies_hz()
        with closing(bench.fra.sweep(frequencies_hz, check.amplitude_v, check.integration_s)) as sweep:
            points.extend(sweep)
    except InstrumentError as error:
        return Checked(standard, tuple(points), None, f"the analyser did not measure: {error}")
    return compared(standard, points)


def compared(standard: Standard, points: list[ImpedancePoint]) -> Checked:
    """Compare measured points with a standard."""
    from labctl.analysis.spectra.against_standard import against_standard

    good = [point for point in points if point.status == "ok"]
    if len(good) < max(FEWEST_POINTS, math.ceil(len(points) / 2)):
        bad = next((point.status for point in points if point.status != "ok"), "no point")
        problem = (
            f"{len(points) - len(good)} of {len(points)} points are not valid ({bad}): are the leads "
            "connected, and is the standard the right one?"
        )
        return Checked(standard, tuple(points), None, problem)
    try:
        found = against_standard(
            [point.frequency_hz for point in good],
            [complex(point.z_real_ohm, point.z_imag_ohm) for point in good],
            standard.resistance_ohm,
            standard.resistance_u_ohm,
            standard.capacitance_f,
            standard.capacitance_u_f,
        )
    except ValueError as error:
        return Checked(standard, tuple(points), None, str(error))
    return Checked(standard, tuple(points), found, found.doubt)


def _described(point: ImpedancePoint) -> list[Any]:
    values = (point.frequency_hz, point.z_real_ohm, point.z_imag_ohm)
    return [*(value if math.isfinite(value) else None for value in values), point.status]
