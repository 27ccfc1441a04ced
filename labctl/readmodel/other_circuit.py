"""The spectra of a run with another circuit beside the circuit of their results.

Both circuits are fitted to the same points, the good and not excluded ones as measured, so that their
criteria can be compared. Nothing is written: `labctl fit RUN --circuit ...` derives the results anew.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from labctl.analysis import CircuitFit, Spectrum, fit_circuit, parse_circuit
from labctl.errors import InvalidRequest
from labctl.readmodel.formatting import celsius, with_uncertainty
from labctl.readmodel.snapshot import RunSnapshot, SpectrumCurve

MOST_SPECTRA = 60
STRONG = 10.0
"""Difference of the criterion from which one circuit is clearly the better one (Kass & Raftery, J. Am. Stat.
Assoc. 90 (1995) 773, 10.1080/01621459.1995.10476572)."""


@dataclass(frozen=True)
class FittedBeside:
    """A spectrum with both fits; one that could not be made is None, and `problem` says why."""

    curve: SpectrumCurve
    stored: CircuitFit | None
    other: CircuitFit | None
    problem: str = ""

    @property
    def bic_difference(self) -> float | None:
        """Criterion of the other circuit minus that of the stored one; below zero the other is better."""
        if self.stored is None or self.other is None:
            return None
        points = min((self.stored, self.other), key=lambda fit: fit.rms).effective_points
        return self.other.bic_for(points) - self.stored.bic_for(points)


def fitted_beside(run: RunSnapshot, circuit: str) -> list[FittedBeside]:
    """Fit each finished spectrum of a run with its stored circuit and with another one.

    Raises
    ------
    InvalidRequest
        `circuit` is none, or the run has no spectrum with a circuit.
    """
    try:
        parse_circuit(circuit)
    except ValueError as error:
        raise InvalidRequest(f"circuit: {error}") from error
    curves = [curve for curve in run.spectra if curve.resistance is not None and curve.resistance["circuit"]]
    if not curves:
        raise InvalidRequest(f"run {run.id}: no spectrum has a circuit to compare with")
    return [_beside(curve, circuit) for curve in curves[:MOST_SPECTRA]]


def _beside(curve: SpectrumCurve, circuit: str) -> FittedBeside:
    assert curve.resistance is not None
    kept = ~curve.out if not curve.out.all() else curve.out
    try:
        spectrum = Spectrum(curve.frequency_hz[kept], curve.z_ohm[kept])
        stored = fit_circuit(spectrum, str(curve.resistance["circuit"]))
        return FittedBeside(curve, stored, fit_circuit(spectrum, circuit))
    except ValueError as error:
        return FittedBeside(curve, None, None, str(error))


def beside_lines(found: Sequence[FittedBeside], circuit: str) -> list[str]:
    """Return lines for each spectrum: both circuits with parameters and residuals; last the verdict."""
    lines = [line for one in found for line in _lines(one)]
    known = [one.bic_difference for one in found if one.bic_difference is not None]
    if known:
        better = sum(difference < -STRONG for difference in known)
        worse = sum(difference > STRONG for difference in known)
        total = f"{circuit}: clearly better for {better} of {len(known)} spectra, clearly worse for {worse}"
        lines += [total, f"criterion of all together: {sum(known):+.1f} (below zero: the other circuit)"]
    return [
        *lines,
        f"nothing was written; `labctl fit RUN --circuit '{circuit}'` derives the results with it",
    ]


def _lines(one: FittedBeside) -> list[str]:
    at = "" if one.curve.temperature_k is None else f" at {celsius(one.curve.temperature_k)} °C"
    title = f"spectrum {one.curve.number}{at}"
    if one.stored is None or one.other is None:
        return [f"{title}: {one.problem}"]
    return [
        f"{title}: criterion {one.bic_difference:+.1f}",
        f"  stored  {_in_words(one.stored)}",
        f"  other   {_in_words(one.other)}",
    ]


def _in_words(fit: CircuitFit) -> str:
    parameters = ", ".join(
        f"{name} = {with_uncertainty(one.value, one.standard_uncertainty)}"
        for name, one in fit.parameters.items()
    )
    doubts = f"; {'; '.join(fit.flags)}" if fit.flags else ""
    return f"{fit.circuit}, residuals {100 * fit.rms:.2g} %: {parameters}{doubts}"
