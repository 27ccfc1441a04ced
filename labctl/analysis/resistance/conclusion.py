"""From the fits of one spectrum to its resistance: rule out, choose, widen, state a bound or a number."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from labctl.analysis.circuits.fit import CircuitFit
from labctl.analysis.numerics.estimate import Estimate
from labctl.analysis.numerics.notebook import NotebookResult
from labctl.analysis.resistance.analyser_share import AnalyserShare, analyser_share
from labctl.analysis.resistance.bound import Bound, bound_from_data, bound_from_range, is_open
from labctl.analysis.resistance.candidate_fits import is_incomplete
from labctl.analysis.resistance.chosen_circuit import ChosenCircuit
from labctl.analysis.resistance.judged_fit import JudgedFit, rivals_of_neighbours, sound_of, vague_rivals
from labctl.analysis.resistance.judgement import (
    Declared,
    Reading,
    interface_of,
    judgement,
    resistances_of,
    with_spread,
)
from labctl.analysis.resistance.model_free import with_model_free
from labctl.analysis.resistance.model_spread import Contender, akaike, with_misfit, with_model_spread
from labctl.analysis.resistance.parts import Arc, arc_flags, named_arcs, specific_boundary_ohm
from labctl.analysis.resistance.plain_methods import minimum_of_reactance_ohm, spike_intercept_ohm
from labctl.analysis.resistance.prepared import Prepared
from labctl.analysis.resistance.steps_between_ranges import without_steps
from labctl.analysis.spectra.analyser_accuracy import AnalyserAccuracy

POOR_FIT = 0.03
RANGE_OHM = (1e-2, 1e10)


@dataclass(frozen=True)
class Candidate:
    """A circuit that was tried; `objections` says why it was ruled out, if it was."""

    circuit: str
    total_ohm: Estimate
    rms: float
    bic: float
    objections: tuple[str, ...]


@dataclass(frozen=True)
class Resistance(NotebookResult):
    """The ionic resistance of one spectrum.

    Attributes
    ----------
    total_ohm : Estimate
        Bulk and grain boundaries together; the uncertainty holds noise, correlation of the residuals, the
        spread between plausible circuits and the uncertainty of a lead subtracted. nan when unknown.
    arcs : tuple of Arc
        The parts, fastest first: `series`, `bulk`, `grain boundary`, `interphase`, `electrode`.
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
    readings : tuple of Reading
        Meanings that the spectrum allows, first the one of `total_ohm`; several where material and interface
        are both possible or where direct current passes. Their spread is in the interval of `total_ohm`.
    analyser : AnalyserShare or None
        Part of the uncertainty of `total_ohm` that the analyser's accuracy leaves; None: not stated, and not
        in the uncertainty.
    specific_boundary_ohm : Estimate or None
        Of the grain boundaries' own material (brick layer): thickness / (area x resistance) is their specific
        conductivity. From the chosen circuit alone; None where bulk and boundary are not one arc each.
    chosen : ChosenCircuit or None
        Parameters of `circuit`; None where there is no circuit.
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
    readings: tuple[Reading, ...] = ()
    analyser: AnalyserShare | None = None
    specific_boundary_ohm: Estimate | None = None
    chosen: ChosenCircuit | None = None


@dataclass(frozen=True)
class Choice:
    """Choice of the neighbours in a series: circuit, `""` for none, and the meaning of ambiguous arcs.

    `rivals` are circuits taken at neighbouring temperatures: one sample has one circuit, so that their totals
    belong to the interval where they describe the spectrum as well.
    """

    circuit: str = ""
    material_f: float | None = None
    flags: tuple[str, ...] = ()
    rivals: tuple[str, ...] = ()


def check_range(range_ohm: tuple[float, float]) -> None:
    """ValueError for a range that makes no sense."""
    if not 0 <= range_ohm[0] < range_ohm[1]:
        raise ValueError(f"range_ohm must be (low, high) with 0 <= low < high, got {range_ohm!r}")


def conclude(
    data: Prepared, fits: Sequence[CircuitFit], range_ohm: tuple[float, float], choice: Choice | None = None
) -> Resistance:
    """Rule out, choose, widen, take the lead off, and state a bound where there is no number."""
    choice = choice or Choice()
    declared = replace(data.cell.declared, decided_f=choice.material_f)
    tried = [JudgedFit.of(fit, declared) for fit in fits]
    if not tried:
        return _without_circuit(data, (), range_ohm)
    sound = sound_of(data, tried)
    points = min(sound or tried, key=lambda one: one.fit.rms).fit.effective_points
    candidates = tuple(
        Candidate(one.fit.circuit, one.total_ohm, one.fit.rms, one.fit.bic_for(points), one.objections)
        for one in tried
    )
    if not sound or is_open(data.spectrum, declared.scales.electrode_f):
        return _without_circuit(data, candidates, range_ohm)
    unopposed = [*sound, *(one for one in tried if not one.objections)]
    together = [one for one in unopposed if one.fit.circuit == choice.circuit][:1]
    best = min(together or sound, key=lambda one: one.fit.bic_for(points))
    others = [one for one in sound if one is not best]
    contenders = [Contender(one.total_ohm, akaike(one.fit, points)) for one in others]
    for one in vague_rivals(data, tried, sound):
        uncertain = Estimate(one.total_ohm.value, best.total_ohm.standard_uncertainty)
        contenders.append(Contender(uncertain, akaike(one.fit, points)))
    for one in rivals_of_neighbours(tried, choice.rivals, best.fit):
        uncertain = Estimate(one.total_ohm.value, best.total_ohm.standard_uncertainty)
        contenders.append(Contender(uncertain, akaike(best.fit, points)))
    chosen = Contender(best.total_ohm, akaike(best.fit, points))
    widened, spread_flags = with_model_spread(chosen, contenders)
    widened = with_misfit(widened, best.total_ohm, best.fit, _allowed_rms(data, best.fit))
    shape_flags: tuple[str, ...] = ()
    if all(arc.material for arc in best.arcs):  # without a circuit an electrode's arc would count
        widened, shape_flags = with_model_free(widened, data.spectrum, best.fit, data.consistent_rms)
    arcs = named_arcs(best.fit, best.arcs, declared)
    meaning = judgement(best.fit, best.arcs, declared)
    flags = (*data.flags, *_quality_flags(data, best.fit), *best.fit.flags, *choice.flags)
    flags = (*flags, *arc_flags(best.fit, arcs))
    found = Resistance(
        total_ohm=widened,
        arcs=arcs,
        interphase_ohm=_interphase_ohm(best, others, declared, points),
        circuit=best.fit.circuit,
        bound=None,
        flags=(*flags, *spread_flags, *shape_flags, *meaning.flags),
        intercept_ohm=spike_intercept_ohm(data.spectrum),
        minimum_ohm=minimum_of_reactance_ohm(data.spectrum),
        candidates=candidates,
        fit=best.fit,
        readings=meaning.readings,
        specific_boundary_ohm=specific_boundary_ohm(best.fit, arcs),
        chosen=ChosenCircuit.of(best.fit),
    )
    concluded = _with_readings(_within_range(_without_lead(found, data.cell.lead), range_ohm))
    return _with_analyser(concluded, best, data.cell.analyser)


def _allowed_rms(data: Prepared, fit: CircuitFit) -> float:
    """Residuals that noise and the stated error of the analyser leave; that error has a part of its own."""
    if data.cell.analyser is None:
        return data.noise_rms
    gain, _ = data.cell.analyser.relative_uncertainty(fit.frequency_hz, fit.z_ohm)
    stated = gain[np.isfinite(gain)]
    return math.hypot(data.noise_rms, float(np.sqrt(np.mean(stated**2))) if stated.size else 0.0)


def _with_analyser(found: Resistance, best: JudgedFit, accuracy: AnalyserAccuracy | None) -> Resistance:
    """The analyser's part in the intervals, where its accuracy is stated; a bound has no interval."""
    resistances = resistances_of(best.fit, best.arcs)
    if accuracy is None or found.fit is None or found.bound is not None or not resistances:
        return found
    share = analyser_share(found.fit, resistances, accuracy)
    if share is not None:
        noise = without_steps(found.total_ohm, best.fit, resistances, accuracy)
        found = replace(found, total_ohm=share.added_to(noise), analyser=share)
    interfaces = [arc.relaxation.name for arc in best.arcs if not arc.material]
    of_interface = analyser_share(best.fit, interfaces, accuracy) if interfaces else None
    if of_interface is None or found.interphase_ohm is None:
        return found
    noise = without_steps(found.interphase_ohm, best.fit, interfaces, accuracy)
    return replace(found, interphase_ohm=of_interface.added_to(noise))


def _with_readings(found: Resistance) -> Resistance:
    """The spread of the readings in the interval; a bound has its own flag and no interval."""
    if found.bound is not None:
        return found
    first, *others = found.readings
    readings = (replace(first, total_ohm=found.total_ohm), *others)
    return replace(found, total_ohm=with_spread(found.total_ohm, readings), readings=readings)


def _interphase_ohm(
    best: JudgedFit, others: Sequence[JudgedFit], declared: Declared, points: float
) -> Estimate | None:
    """The best circuit's interphase, widened by the other circuits that have one."""
    chosen = interface_of(best.fit, best.arcs)
    if chosen is None or declared.interface != "interphase":
        return None
    estimates = [(interface_of(one.fit, one.arcs), akaike(one.fit, points)) for one in others]
    contenders = [Contender(estimate, of_fit) for estimate, of_fit in estimates if estimate is not None]
    return with_model_spread(Contender(chosen, akaike(best.fit, points)), contenders)[0]


def _quality_flags(data: Prepared, best: CircuitFit) -> tuple[str, ...]:
    if best.rms > POOR_FIT:
        return (f"poor fit: residuals {best.rms:.1%}",)
    if is_incomplete(data, [best]):
        allowed = data.consistent_rms
        return (f"circuit incomplete: residuals {best.rms:.2%}, a consistent spectrum allows {allowed:.2%}",)
    return ()


def _without_lead(found: Resistance, lead: Estimate) -> Resistance:
    if lead.value == 0 and lead.standard_uncertainty == 0:
        return found
    readings = tuple(replace(r, total_ohm=_less(r.total_ohm, lead)) for r in found.readings)
    return replace(found, total_ohm=_less(found.total_ohm, lead), readings=readings)


def _less(measured: Estimate, lead: Estimate) -> Estimate:
    u = math.hypot(measured.standard_uncertainty, lead.standard_uncertainty)
    less = replace(measured, value=measured.value - lead.value)
    return less.widened(u, "leads", common=True, cause="leads")


def _within_range(found: Resistance, range_ohm: tuple[float, float]) -> Resistance:
    bound = bound_from_range(found.total_ohm, range_ohm)
    return found if bound is None else _as_bound(found, bound)


def _as_bound(found: Resistance, bound: Bound) -> Resistance:
    sign = ">" if bound.side == "lower" else "<"
    flag = f"{bound.reason}: the resistance is {sign} {bound.resistance_ohm:.3g} ohm"
    limit = Estimate(bound.resistance_ohm, math.inf)
    return replace(found, total_ohm=limit, bound=bound.side, flags=(*found.flags, flag))


def _without_circuit(
    data: Prepared, candidates: tuple[Candidate, ...], range_ohm: tuple[float, float]
) -> Resistance:
    nothing = Resistance(
        total_ohm=Estimate(math.nan, math.nan),
        arcs=(),
        interphase_ohm=None,
        circuit="",
        bound=None,
        flags=data.flags,
        intercept_ohm=spike_intercept_ohm(data.spectrum),
        minimum_ohm=minimum_of_reactance_ohm(data.spectrum),
        candidates=candidates,
        fit=None,
    )
    least_f, lead = data.cell.declared.scales.electrode_f, data.cell.lead
    bound = bound_from_data(data.spectrum, least_f) if data.enough else None
    if bound is None:
        flags = data.flags if not data.enough else (*data.flags, "no circuit describes this spectrum")
        return replace(nothing, flags=flags)
    if bound.side == "lower":
        limit = min(max(bound.resistance_ohm - lead.value, 0.0), range_ohm[1])
    else:
        limit = max(bound.resistance_ohm, range_ohm[0])
    return _as_bound(nothing, replace(bound, resistance_ohm=limit))
