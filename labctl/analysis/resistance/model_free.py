"""Total resistance without a circuit, for arcs that no constant-phase element fits.

A Havriliak-Negami, Cole-Davidson or Gaussian arc is described by one or two constant-phase arcs almost as
well as the noise allows, with a total that is a little too large and an interval that is too narrow. A
non-negative distribution of relaxation times has no shape of its own. Its total is less precise, so it widens
the interval of a circuit's total and never replaces it.

It exists where a valley of -Z'' lies between the last relaxation of the electrolyte and a blocking branch,
and where nothing is inductive. Of a branch that is no constant-phase element (rough, branched electrodes) the
shape is the circuit's, and only its size is free.
"""

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from labctl.analysis.circuits.fit import CircuitFit
from labctl.analysis.circuits.pieces import pieces_of
from labctl.analysis.numerics.arrays import ComplexArray
from labctl.analysis.numerics.estimate import Estimate
from labctl.analysis.resistance.candidates import is_inductive
from labctl.analysis.resistance.relaxations import relaxations
from labctl.analysis.spectra.relaxation_problem import RelaxationProblem, valley_before_electrode
from labctl.analysis.spectra.spectrum import Spectrum

STRENGTHS = (1e-5, 1e-4, 1e-3, 1e-2)
BEYOND = (10**0.5, 10.0, 10**1.5)  # slowest time constant over 1/w at the valley
PER_DECADE = 8
AS_GOOD = 1.05  # residuals over the least of all strengths
STRONGEST = 2  # strengths used, of those that fit as well
DEEP_VALLEY = 0.8  # -Z'' in the valley over the top of the arcs
WORST_RESIDUALS = 2.0  # over those of the Kramers-Kronig chain
SHOWS_A_SHAPE = 1.2  # residuals of a circuit over those of the chain
CORRELATED = 0.2  # from point to point
OVERLAP = 10**1.3  # two arcs with time constants this near may be one arc of another shape
FLAGGED_WIDENING = 1.2


@dataclass(frozen=True)
class ModelFreeTotal:
    """A total without a circuit, leads included; `total_ohm` is None for a `reason`, else that is empty."""

    total_ohm: Estimate | None
    reason: str = ""


def model_free_total(spectrum: Spectrum, fit: CircuitFit, consistent_rms: float = math.inf) -> ModelFreeTotal:
    """Total resistance from a distribution of relaxation times fitted together with the blocking branch.

    Parameters
    ----------
    spectrum : Spectrum
        Of n points, without bad ones.
    fit : CircuitFit
        Of a circuit that ends in a blocking electrode: a capacitor or a constant-phase element, of which the
        exponent is the start, or another one, of which the shape is taken.
    consistent_rms : float
        Residuals of the Kramers-Kronig chain, relative to |Z|; much larger ones refuse the total.

    The uncertainty holds the noise, the regularisation as a prior, the spread over its strength and over the
    place where the distribution ends.
    """
    clean = spectrum.cleaned()
    if pieces_of(fit.circuit).electrode is None:
        return ModelFreeTotal(None, "the circuit does not end in one blocking branch")
    if is_inductive(clean.z_ohm.imag):
        return ModelFreeTotal(None, "inductive: a distribution of relaxation times has no loops")
    valley = valley_before_electrode(clean)
    if valley is None or not _closes(clean, valley):
        return ModelFreeTotal(None, "no valley between the arcs and the electrode")
    totals, least = _totals(clean, valley, _Branch.of(fit))
    if least > WORST_RESIDUALS * consistent_rms:
        return ModelFreeTotal(None, "the blocking branch has another shape")
    values, deviations = np.array(totals).T
    spread = float(np.sqrt(np.mean(deviations**2 + (values - values.mean()) ** 2)))
    return ModelFreeTotal(Estimate(float(values.mean()), spread))


def _closes(clean: Spectrum, valley: int) -> bool:
    before = -clean.z_ohm.imag[: valley + 1]
    return valley > 0 and bool(before[-1] < DEEP_VALLEY * before.max())


@dataclass(frozen=True, eq=False)
class _Branch:
    """A blocking electrode: the exponent to begin with, or its impedance (n,) where that is no power."""

    exponent: float
    z_ohm: ComplexArray | None

    @classmethod
    def of(cls, fit: CircuitFit) -> "_Branch":
        pieces = pieces_of(fit.circuit)
        if pieces.spike is not None:
            name = pieces.spike.exponent
            return cls(1.0 if name is None else fit.parameters[name].value, None)
        assert pieces.electrode is not None
        p = fit.values[:, None]
        derivatives = np.empty((*fit.values.shape, fit.frequency_hz.size), complex)
        ln_w = np.log(2 * np.pi * fit.frequency_hz)
        return cls(1.0, np.asarray(pieces.electrode.evaluate(ln_w, p, derivatives), np.complex128))


def _totals(clean: Spectrum, valley: int, branch: _Branch) -> tuple[list[tuple[float, float]], float]:
    """Totals with their standard uncertainties, and the least residuals of all.

    Of the strengths that fit as well as any the strongest ones: weaker ones only add noise.
    """
    totals, least = [], math.inf
    for beyond in BEYOND:
        problem = RelaxationProblem(clean, valley, PER_DECADE, beyond, branch.z_ohm)
        solutions = [problem.solve(strength, branch.exponent) for strength in STRENGTHS]
        noise = [problem.noise(solution) for solution in solutions]
        best = min(noise)
        as_good = [one for one, size in zip(solutions, noise, strict=True) if size <= AS_GOOD * best]
        totals += [problem.total_ohm(solution) for solution in as_good[-STRONGEST:]]
        least = min(least, best)
    return totals, least


def with_model_free(
    total_ohm: Estimate, spectrum: Spectrum, fit: CircuitFit, consistent_rms: float
) -> tuple[Estimate, tuple[str, ...]]:
    """A circuit's total, widened by the total without a circuit where the arcs may have another shape.

    The variance is the mean square distance of the model-free total from the circuit's value,
    u_f^2 + (R_f - R_c)^2, and never below the circuit's own. For a plain constant-phase arc the result is
    `total_ohm` itself. `consistent_rms`: see `model_free_total`.
    """
    if not _may_have_another_shape(fit, consistent_rms):
        return total_ohm, ()
    found = model_free_total(spectrum, fit, consistent_rms).total_ohm
    if found is None:
        return total_ohm, ()
    alone = total_ohm.standard_uncertainty
    apart = found.value - total_ohm.value
    widened = max(alone, math.hypot(found.standard_uncertainty, apart))
    flags = ()
    if widened > FLAGGED_WIDENING * alone:
        flags = (
            f"arc of another shape: {found.value:.4g} ohm without a circuit, "
            f"{total_ohm.value:.4g} ohm with {fit.circuit}",
        )
    return total_ohm.widened(widened, "circuit"), flags


def _may_have_another_shape(fit: CircuitFit, consistent_rms: float) -> bool:
    """The residuals show it, or two arcs lie so close that they may describe one of another shape."""
    if fit.autocorrelation > CORRELATED or fit.rms > SHOWS_A_SHAPE * consistent_rms:
        return True
    times = [arc.time_s for arc in relaxations(fit)]
    return any(slow < OVERLAP * fast for fast, slow in pairwise(times))
