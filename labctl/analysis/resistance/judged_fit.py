"""Fits with the meaning of their arcs, and the sound ones among them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from labctl.analysis.circuits.fit import CircuitFit
from labctl.analysis.numerics.estimate import Estimate
from labctl.analysis.resistance.candidates import (
    RICHER_ALONE,
    WELL_INSIDE,
    electrode_tail,
    hidden,
    objections,
)
from labctl.analysis.resistance.judgement import Declared, JudgedArc, judged, total_of
from labctl.analysis.resistance.prepared import Prepared

AT_THE_NOISE = 1.5  # rms over the noise, where a richer electrode is taken at its word
NOTABLY = 1.15  # by how much a richer electrode fits better
SEVERAL_TIMES = 2.0
CABLES = "L0"
VAGUE = (" not determined", " at its bound", "did not converge")
OUTSIDE = (" relaxes far above the window", " is too flat to be an arc")


@dataclass(frozen=True)
class JudgedFit:
    """A fit with the meaning of its arcs, and what speaks against it.

    Where the electrode's dispersion reaches the highest frequency, the electrolyte ends somewhere between the
    series resistors and the smallest Z': that is in the uncertainty of the total.
    """

    fit: CircuitFit
    arcs: tuple[JudgedArc, ...]
    total_ohm: Estimate
    objections: tuple[str, ...]

    @classmethod
    def of(cls, fit: CircuitFit, declared: Declared) -> "JudgedFit":
        """Judge a fit."""
        arcs = judged(fit, declared)
        total = total_of(fit, arcs)
        tail_ohm = max(electrode_tail(fit, arcs), 0.0) * total.value
        u = math.hypot(total.standard_uncertainty, tail_ohm / math.sqrt(3))
        return cls(fit, arcs, total.widened(u, "circuit"), objections(fit, arcs, declared))

    def with_hidden_arcs(self) -> "JudgedFit":
        """The same without the objection to arcs under the spike, which become ambiguous instead."""
        lowest_s = WELL_INSIDE / (2 * math.pi * float(self.fit.frequency_hz.max()))
        seen = [arc for arc in self.arcs if arc.relaxation.time_s > lowest_s]
        names = {hidden(arc.relaxation.name) for arc in seen} & {*self.objections}
        under = [hidden(arc.relaxation.name) in names for arc in self.arcs]
        arcs = tuple(
            replace(arc, ambiguous=arc.ambiguous or is_under)
            for arc, is_under in zip(self.arcs, under, strict=True)
        )
        left = tuple(words for words in self.objections if words not in names)
        return replace(self, arcs=arcs, objections=left)


def sound_of(data: Prepared, tried: Sequence[JudgedFit]) -> list[JudgedFit]:
    """The fits that nothing speaks against, and fits with a hidden arc where all others fit far worse.

    Such an arc may be the electrode's dispersion: it counts as ambiguous. A richer electrode counts where it
    fits notably better than every usual circuit, and either at the noise or much better; else it bends what
    none of them describes.
    """
    sound = [one for one in tried if not one.objections]
    usual = min((one.fit.rms for one in sound if not _is_richer(one)), default=math.inf)
    sound = [one for one in sound if not _is_richer(one) or _counts(one, data.noise_rms, usual)]
    least = min((one.fit.rms for one in sound), default=math.inf)
    acquitted = [one.with_hidden_arcs() for one in tried if one.fit.rms * SEVERAL_TIMES < least]
    return [*sound, *(one for one in acquitted if not one.objections)]


def vague_rivals(data: Prepared, tried: Sequence[JudgedFit], sound: Sequence[JudgedFit]) -> list[JudgedFit]:
    """Fits ruled out only because a parameter beside the total is not determined, or its search not over.

    And richer electrodes that fit but a little better than the usual circuits. They describe the spectrum, so
    that their totals belong to the spread; they are never chosen.
    """
    usual = min((one.fit.rms for one in sound if not _is_richer(one)), default=math.inf)
    vague = [one for one in tried if one.objections and all(map(_is_vague, one.objections))]
    vague = [one for one in vague if math.isfinite(one.total_ohm.value)]
    vague = [one for one in vague if not _is_richer(one) or _counts(one, data.noise_rms, usual)]
    not_chosen = [one for one in tried if not one.objections and _is_richer(one)]
    chosen = {id(one) for one in sound}
    return [*vague, *(one for one in not_chosen if id(one) not in chosen)]


def rivals_of_neighbours(
    tried: Sequence[JudgedFit], circuits: Sequence[str], best: CircuitFit
) -> list[JudgedFit]:
    """The fits of circuits that neighbours in temperature have, where they may describe this spectrum.

    They fit about as well as the best one, and what speaks against them does not concern the total.
    """
    rivals = [one for one in tried if one.fit.circuit in circuits and one.fit.circuit != best.circuit]
    near = [one for one in rivals if one.fit.rms <= NOTABLY * best.rms and math.isfinite(one.total_ohm.value)]
    return [one for one in near if all(_is_vague(o) or o.endswith(OUTSIDE) for o in one.objections)]


def _is_vague(objection: str) -> bool:
    return objection.endswith(VAGUE) and not objection.startswith("the electrolyte")


def _is_richer(one: JudgedFit) -> bool:
    return one.fit.circuit.removeprefix(f"{CABLES}-") in RICHER_ALONE


def _counts(one: JudgedFit, noise_rms: float, usual_rms: float) -> bool:
    if one.fit.rms * NOTABLY > usual_rms:
        return False
    return one.fit.rms < AT_THE_NOISE * noise_rms or one.fit.rms * SEVERAL_TIMES < usual_rms
