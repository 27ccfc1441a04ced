"""Fit a circuit to a spectrum: complex non-linear least squares in logarithms, without start values.

Modulus and angular frequency are divided by their geometric means; residuals are divided by
|Z| unless the noise is known (Boukamp, Solid State Ionics 20 (1986) 31, 10.1016/0167-2738(86)90031-7).
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from functools import partial
from typing import Any

from labctl.analysis.circuits.cell_flags import cell_flags
from labctl.analysis.circuits.circuit import parse_circuit
from labctl.analysis.circuits.circuit_fit import CircuitFit
from labctl.analysis.circuits.problem import Problem, Weights, guesses
from labctl.analysis.circuits.search import fit_problems
from labctl.analysis.spectra.spectrum import Spectrum

__all__ = ["CircuitFit", "Problem", "fit_circuit", "fit_circuits", "fit_problems", "guesses"]

PART = 125  # spectra that a process is given at once


def fit_circuit(
    spectrum: Spectrum,
    circuit: str,
    *,
    start: Mapping[str, float] | None = None,
    weights: Weights = "modulus",
    starts: int | None = None,
) -> CircuitFit:
    """Fit `circuit` (see `labctl.analysis.circuits.circuit`) to the usable points of a spectrum.

    The points are fitted as they are: leads and fixture that the spectrum's cell states stay in the
    parameters, with a flag. A circuit that passes direct current where the electrodes are stated as blocking,
    or none where they are stated as reversible, carries a flag too.

    Parameters
    ----------
    start
        SI values to start from, all of them; without it the first guess is made here.
    weights
        `"modulus"` (residuals relative to |Z|), `"unit"`, or the standard deviation of each point (n,) in
        ohm (same for the real and the imaginary part), in the order of the spectrum.
    starts
        How many first guesses to follow at most; by default 1 for circuits up to six parameters, else 3. The
        others are followed only where the best guess leads to residuals that are not white.

    Raises
    ------
    ValueError
        When the circuit cannot be read, `start` lacks a parameter, `weights` has the wrong shape, or the
        spectrum has fewer usable numbers than the circuit has parameters.
    """
    return fit_circuits([spectrum], circuit, starts=starts, start=start, weights=[weights])[0]


def fit_circuits(
    spectra: Sequence[Spectrum],
    circuit: str,
    *,
    start: Mapping[str, float] | None = None,
    weights: Sequence[Weights] | None = None,
    starts: int | None = None,
    executor: Executor | None = None,
) -> list[CircuitFit]:
    """Fit one circuit to many spectra in one go; arguments as in `fit_circuit`, weights one per spectrum.

    A `concurrent.futures` executor of processes is given parts of the work; it pays from some thousand
    spectra on, or where it stays open for the next batch.
    """
    model = parse_circuit(circuit)
    if weights is None:
        weights = ["modulus"] * len(spectra)
    if executor is not None:
        part = partial(_fit_part, circuit=circuit, start=start, starts=starts)
        places = range(0, len(spectra), PART)
        parts = [(spectra[i : i + PART], weights[i : i + PART]) for i in places]
        return [fit for fits in executor.map(part, parts) for fit in fits]
    count = starts or (1 if len(model.names) <= 6 else 3)
    relative = [Problem.of(spectrum, model, "modulus") for spectrum in spectra]
    begin = guesses(relative, count) if start is None else [problem.starts(start) for problem in relative]
    fits = fit_problems(relative, begin)
    for i, (spectrum, w) in enumerate(zip(spectra, weights, strict=True)):
        if not (isinstance(w, str) and w == "modulus"):
            fits[i] = _with_other_weights(Problem.of(spectrum, model, w), fits[i])
    return [_with_cell_flags(fit, spectrum) for fit, spectrum in zip(fits, spectra, strict=True)]


def _with_cell_flags(fit: CircuitFit, spectrum: Spectrum) -> CircuitFit:
    flags = cell_flags(spectrum.cell, fit.circuit, fit.values, float(fit.frequency_hz.min()))
    return replace(fit, flags=(*fit.flags, *flags)) if flags else fit


def _fit_part(part: tuple[Sequence[Spectrum], Sequence[Weights]], **arguments: Any) -> list[CircuitFit]:
    """What another process does; by name, so that it can be sent there."""
    spectra, weights = part
    return fit_circuits(spectra, weights=weights, **arguments)


def _with_other_weights(problem: Problem, fit: CircuitFit) -> CircuitFit:
    """The same fit with other weights, which see less of the small impedances and need a start that close."""
    start = {name: estimate.value for name, estimate in fit.parameters.items()}
    return fit_problems([problem], [problem.starts(start)])[0]
