"""One circuit and one meaning of the arcs for the neighbours in a temperature series.

Each spectrum on its own may get another circuit than its neighbours, or an ambiguous arc another meaning, so
that one sample would tell two stories. The spectra near a temperature vote: the circuit that costs all of
them least in the information criterion, and the capacitance up to which an ambiguous arc is material.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from labctl.analysis.circuits.fit import CircuitFit
from labctl.analysis.resistance.model_spread import PLAUSIBLE_BIC
from labctl.analysis.resistance.single import Choice, Prepared, sound_fits

NEAR = 8  # places in temperature on either side that vote
MOST_AGAINST = 20.0  # what one spectrum may hold against a circuit


@dataclass(frozen=True)
class Vote:
    """What one spectrum says: the criterion of its sound circuits above the best one, and ambiguous arcs.

    `arcs` pairs the capacitance of each ambiguous arc of the best circuit with whether it counts as material.
    """

    against: dict[str, float]
    arcs: tuple[tuple[float, bool], ...]


def vote_of(data: Prepared, fits: Sequence[CircuitFit]) -> Vote:
    """The vote of a spectrum; empty where no circuit is sound."""
    sound, points = sound_fits(data, fits)
    if not sound:
        return Vote({}, ())
    bics = {one.fit.circuit: one.fit.bic_for(points) for one in sound}
    best = min(sound, key=lambda one: bics[one.fit.circuit])
    least = bics[best.fit.circuit]
    arcs = tuple((arc.relaxation.capacitance_f, arc.material) for arc in best.arcs if arc.ambiguous)
    return Vote({circuit: bic - least for circuit, bic in bics.items()}, arcs)


def choices(votes: Sequence[Vote]) -> list[Choice]:
    """What the spectra near each place choose together, in rising temperature."""
    return [_chosen(votes[max(0, i - NEAR) : i + NEAR + 1], own) for i, own in enumerate(votes)]


def _chosen(near: Sequence[Vote], own: Vote) -> Choice:
    counting = [vote for vote in near if vote.against]
    if not own.against or len(counting) < 2:
        return Choice()
    circuits = {circuit: None for vote in counting for circuit in vote.against}
    against = {c: sum(min(v.against.get(c, MOST_AGAINST), MOST_AGAINST) for v in counting) for c in circuits}
    circuit = min(against, key=lambda one: against[one])
    material_f = _limit_f([arc for vote in counting for arc in vote.arcs])
    if own.against.get(circuit, math.inf) <= PLAUSIBLE_BIC:
        return Choice(circuit, material_f)
    reason = "ruled out here" if circuit not in own.against else "describes this spectrum worse"
    changes = f"circuit of the neighbours in temperature, {circuit}, {reason}: another one is taken"
    return Choice("", material_f, (changes,))


def _limit_f(arcs: Sequence[tuple[float, bool]]) -> float | None:
    """The capacitance that divides ambiguous arcs with the fewest of them against; None without one."""
    if not arcs:
        return None

    def against(limit_f: float) -> int:
        return sum((capacitance_f <= limit_f) != material for capacitance_f, material in arcs)

    return min([0.0, *sorted(capacitance_f for capacitance_f, _ in arcs)], key=against)
