"""The ionic resistance of a spectrum, and how far to believe it.

Bad points are masked, every candidate circuit is fitted, impossible fits are ruled out, the Bayesian
information criterion with the effective number of points chooses, and the uncertainty holds the spread of
the circuits that are as good. What is reported is the total: the low-frequency end of the electrolyte's arcs.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from labctl.analysis.candidates import CANDIDATES, Electrodes, is_inductive, objections, relaxations
from labctl.analysis.circuit import parse_circuit
from labctl.analysis.circuit_fit import CircuitFit, Problem, fit_problems
from labctl.analysis.estimate import Estimate
from labctl.analysis.plain_methods import minimum_of_reactance_ohm, spike_intercept_ohm
from labctl.analysis.spectrum import Spectrum

INTERPHASE_CAPACITANCE_F = 1e-7  # Irvine, Sinclair & West 1990, 10.1002/adma.19900020304
GRAIN_BOUNDARY_CAPACITANCE_F = 1e-9
PLAUSIBLE_BIC = 6.0
PLAUSIBLE_MISFIT = 1.5
FEWEST_POINTS = 6


@dataclass(frozen=True)
class Arc:
    """A part of the resistance: `bulk`, `grain boundary`, `interphase` or `series`.

    `series` is what has relaxed above the window: leads, and the bulk where its arc is out of sight.
    capacitance_f and apex_hz are nan for it.
    """

    name: str
    resistance_ohm: Estimate
    capacitance_f: float
    apex_hz: float


@dataclass(frozen=True)
class Candidate:
    """A circuit that was tried; `objections` says why it was ruled out, if it was."""

    circuit: str
    total_ohm: Estimate
    rms: float
    bic: float
    objections: tuple[str, ...]


@dataclass(frozen=True)
class Resistance:
    """The ionic resistance of one spectrum.

    Attributes
    ----------
    total_ohm : Estimate
        Bulk and grain boundaries together; the uncertainty holds noise, correlation of the residuals and the
        spread between plausible circuits. nan when nothing could be said.
    arcs : tuple of Arc
        The parts, fastest first.
    interphase_ohm : Estimate or None
        Sum of the interphase arcs (reversible electrodes).
    circuit : str
        Description of the chosen circuit; `""` when none was acceptable.
    bound : None, "lower" or "upper"
        When set, `total_ohm.value` is only that bound, not a resistance.
    flags : tuple of str
    intercept_ohm, minimum_ohm : float
        The plain methods: the spike's intercept, Z' at the minimum of -Z''; nan where they do not apply.
    candidates : tuple of Candidate
    fit : CircuitFit or None
    """

    total_ohm: Estimate
    arcs: tuple[Arc, ...]
    interphase_ohm: Estimate | None
    circuit: str
    bound: str | None
    flags: tuple[str, ...]
    intercept_ohm: float
    minimum_ohm: float
    candidates: tuple[Candidate, ...]
    fit: CircuitFit | None


def ionic_resistance(spectrum: Spectrum, electrodes: Electrodes = "blocking") -> Resistance:
    """Ionic resistance of a spectrum of n points, with nobody looking.

    Parameters
    ----------
    spectrum : Spectrum
    electrodes : "blocking" or "reversible"
        Blocking (steel, gold): arcs, then a capacitive spike; all arcs count. Reversible (Li, Mg): arcs with
        more than 1e-7 F are the interphase and count separately, as does the diffusion that follows.

    Raises
    ------
    ValueError
        For an unknown kind of electrodes. A bad spectrum gives flags, never an error.
    """
    if electrodes not in CANDIDATES:
        raise ValueError(f"electrodes must be 'blocking' or 'reversible', got {electrodes!r}")
    flags = _data_flags(spectrum)
    if int(spectrum.usable.sum()) < FEWEST_POINTS:
        return _nothing(spectrum, (*flags, "too few usable points for a resistance"))
    fits = _fit_all(spectrum, CANDIDATES[electrodes])
    return _choose(spectrum, fits, electrodes, flags)


def _data_flags(spectrum: Spectrum) -> tuple[str, ...]:
    masked = len(spectrum) - int(spectrum.usable.sum())
    flags = [f"{masked} of {len(spectrum)} points masked"] if masked else []
    if is_inductive(spectrum.cleaned().z_ohm.imag):
        flags.append("inductive: the highest frequencies show the cables")
    return tuple(flags)


def _fit_all(spectrum: Spectrum, circuits: Sequence[str]) -> list[CircuitFit]:
    clean = spectrum.cleaned()
    if is_inductive(clean.z_ohm.imag):
        circuits = (*circuits, *(f"L0-{c}" for c in circuits))
    fits = []
    for description in circuits:
        circuit = parse_circuit(description)
        if 2 * len(clean) > len(circuit.names) + 1:
            problem = Problem.of(clean, circuit, "modulus")
            fits += fit_problems([problem], [problem.starts(None, 4)])
    return fits


def _choose(
    spectrum: Spectrum, fits: list[CircuitFit], electrodes: Electrodes, flags: tuple[str, ...]
) -> Resistance:
    ruled_out = [objections(fit) for fit in fits]
    sound = [fit for fit, problems in zip(fits, ruled_out, strict=True) if not problems]
    points = min(sound or fits, key=lambda fit: fit.rms).effective_points
    candidates = tuple(
        Candidate(fit.circuit, _total(fit, electrodes), fit.rms, fit.bic_for(points), problems)
        for fit, problems in zip(fits, ruled_out, strict=True)
    )
    if not sound:
        return _nothing(spectrum, (*flags, "no circuit describes this spectrum"), candidates)
    best = min(sound, key=lambda fit: fit.bic_for(points))
    total, spread_flags = _with_model_spread(best, sound, points, electrodes)
    arcs = _arcs(best, electrodes)
    return Resistance(
        total_ohm=total,
        arcs=arcs,
        interphase_ohm=_interphase(best, electrodes),
        circuit=best.circuit,
        bound=None,
        flags=(*flags, *best.flags, *_arc_flags(best, arcs), *spread_flags),
        intercept_ohm=spike_intercept_ohm(spectrum),
        minimum_ohm=minimum_of_reactance_ohm(spectrum),
        candidates=candidates,
        fit=best,
    )


def _nothing(
    spectrum: Spectrum, flags: tuple[str, ...], candidates: tuple[Candidate, ...] = ()
) -> Resistance:
    nowhere = Estimate(math.nan, math.nan)
    return Resistance(
        nowhere, (), None, "", None, flags,
        spike_intercept_ohm(spectrum), minimum_of_reactance_ohm(spectrum), candidates, None,
    )  # fmt: skip


def _is_interphase(capacitance_f: float, electrodes: Electrodes) -> bool:
    return electrodes == "reversible" and capacitance_f > INTERPHASE_CAPACITANCE_F


def _electrolyte_names(fit: CircuitFit, electrodes: Electrodes) -> list[str]:
    arcs = [a.name for a in relaxations(fit) if not _is_interphase(a.capacitance_f, electrodes)]
    return (["R0"] if "R0" in fit.parameters else []) + arcs


def _total(fit: CircuitFit, electrodes: Electrodes) -> Estimate:
    names = _electrolyte_names(fit, electrodes)
    return fit.sum_of(names) if names else Estimate(math.nan, math.nan)


def _interphase(fit: CircuitFit, electrodes: Electrodes) -> Estimate | None:
    names = [a.name for a in relaxations(fit) if _is_interphase(a.capacitance_f, electrodes)]
    return fit.sum_of(names) if names else None


def _arcs(fit: CircuitFit, electrodes: Electrodes) -> tuple[Arc, ...]:
    arcs = []
    if "R0" in fit.parameters:
        arcs.append(Arc("series", fit.parameters["R0"], math.nan, math.nan))
    names_left = ["bulk", "grain boundary"]
    for arc in relaxations(fit):
        if _is_interphase(arc.capacitance_f, electrodes):
            name = "interphase"
        else:
            if len(names_left) == 2 and arc.capacitance_f > GRAIN_BOUNDARY_CAPACITANCE_F:
                names_left = names_left[1:]
            name = names_left.pop(0) if len(names_left) > 1 else names_left[0]
        apex_hz = 1 / (2 * math.pi * arc.time_s) if arc.time_s > 0 else math.inf
        arcs.append(Arc(name, fit.parameters[arc.name], arc.capacitance_f, apex_hz))
    return tuple(arcs)


def _arc_flags(fit: CircuitFit, arcs: tuple[Arc, ...]) -> tuple[str, ...]:
    highest = float(fit.frequency_hz.max())
    relaxing = [arc for arc in arcs if not math.isnan(arc.apex_hz)]
    if not relaxing:
        return ("arc not resolved: only the spike is in the window",)
    return tuple(
        f"arc not resolved: {arc.name} has its apex at {arc.apex_hz:.2g} Hz, above {highest:.2g} Hz"
        for arc in relaxing
        if arc.apex_hz > highest
    )


def _with_model_spread(
    best: CircuitFit, sound: list[CircuitFit], points: float, electrodes: Electrodes
) -> tuple[Estimate, tuple[str, ...]]:
    """The best fit's total, its uncertainty widened by the circuits that are about as good."""
    chosen = _total(best, electrodes)
    least = best.bic_for(points)
    weights, totals = [], []
    for fit in sound:
        total = _total(fit, electrodes)
        if fit.bic_for(points) - least < PLAUSIBLE_BIC and math.isfinite(total.value):
            weights.append(math.exp(-0.5 * (fit.bic_for(points) - least)))
            totals.append(total)
    shares = np.array(weights) / sum(weights) if weights else np.ones(1)
    variance = sum(
        share * (t.standard_uncertainty**2 + (t.value - chosen.value) ** 2)
        for share, t in zip(shares, totals, strict=False)
    )
    u = math.sqrt(max(variance, chosen.standard_uncertainty**2 if not weights else 0.0))
    ambiguous = len(totals) > 1 and u > 1.2 * chosen.standard_uncertainty
    flags = ("model ambiguous: circuits that fit as well disagree",) if ambiguous else ()
    return Estimate(chosen.value, u, chosen.degrees_of_freedom), flags
