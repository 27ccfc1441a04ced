"""One circuit and one meaning of the arcs for the neighbours in a temperature series.

Each spectrum on its own may get another circuit than its neighbours, or an ambiguous arc another meaning, so
that one sample would have two results. The spectra near a temperature vote: the circuit that costs all of
them least in the information criterion, and the capacitance up to which an ambiguous arc is material. A
richer electrode that a third of them need is taken at each where it describes the spectrum as well. An
ambiguous arc with another activation energy than the electrolyte is convicted: it counts as electrode. An
equal energy acquits none, since a constriction at a contact has the energy of the bulk.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from labctl.analysis.circuits.fit import CircuitFit
from labctl.analysis.circuits.pieces import pieces_of
from labctl.analysis.numerics.arrays import FloatArray
from labctl.analysis.numerics.straight_line import fit_straight_line
from labctl.analysis.resistance.candidate_fits import NEAR
from labctl.analysis.resistance.conclusion import Choice
from labctl.analysis.resistance.judged_fit import JudgedFit, sound_of
from labctl.analysis.resistance.prepared import Prepared

PLAUSIBLE_BIC = 6.0
MOST_AGAINST = 20.0  # what one spectrum may hold against a circuit
NEEDED = 1 / 3  # share of the neighbours that need a richer electrode
ONE_ARC = 2.0
FEWEST_ENERGIES = 4
BOLTZMANN_EV_K = 8.617333262e-5
LEAST_U = 1e-3  # of the logarithm of a ratio of resistances
CERTAIN = 3.0
LEAST_APART_EV = 0.05
OF_ITS_OWN = "the ambiguous arc's activation energy is"


@dataclass(frozen=True)
class Vote:
    """What one spectrum says: the criterion of its sound circuits above the best one, and ambiguous arcs.

    `unneeded` are the circuits of them with a richer electrode that this spectrum alone does not ask for.
    `arcs` pairs the capacitance of each ambiguous arc of the best circuit with whether it counts as material.
    `apart` is ln of the only ambiguous arc's resistance over the sure part's, and its uncertainty.
    """

    against: dict[str, float]
    arcs: tuple[tuple[float, bool], ...]
    apart: tuple[float, float] | None = None
    unneeded: frozenset[str] = frozenset()

    @property
    def best(self) -> str:
        """The circuit of this spectrum alone, `""` where none is sound."""
        return min(self.against.keys() - self.unneeded, key=lambda one: self.against[one], default="")


def vote_of(data: Prepared, fits: Sequence[CircuitFit]) -> Vote:
    """The vote of a spectrum; empty where no circuit is sound."""
    tried = [JudgedFit.of(fit, data.cell.declared) for fit in fits]
    sound = sound_of(data, tried)
    if not sound:
        return Vote({}, ())
    points = min((one.fit for one in sound), key=lambda fit: fit.rms).effective_points
    taken = {one.fit.circuit for one in sound}
    unneeded = [one for one in tried if not one.objections and one.fit.circuit not in taken]
    bics = {one.fit.circuit: one.fit.bic_for(points) for one in (*sound, *unneeded)}
    best = min(sound, key=lambda one: bics[one.fit.circuit])
    against = {circuit: bic - bics[best.fit.circuit] for circuit, bic in bics.items()}
    arcs = tuple((arc.relaxation.capacitance_f, arc.material) for arc in best.arcs if arc.ambiguous)
    return Vote(against, arcs, _apart(best), frozenset(one.fit.circuit for one in unneeded))


def _apart(best: JudgedFit) -> tuple[float, float] | None:
    """The ratio in which a resistance in series counts as sure: it is bulk or leads."""
    unsure = [arc.relaxation.name for arc in best.arcs if arc.ambiguous]
    sure = [arc.relaxation.name for arc in best.arcs if arc.material and not arc.ambiguous]
    sure += pieces_of(best.fit.circuit).resistors
    if len(unsure) != 1 or not sure:
        return None
    one, rest = best.fit.parameters[unsure[0]], best.fit.sum_of(sure)
    if not (one.value > 0 and rest.value > 0):
        return None
    return math.log(one.value / rest.value), math.hypot(one.relative_uncertainty, rest.relative_uncertainty)


def choices(votes: Sequence[Vote], temperatures_k: FloatArray) -> list[Choice]:
    """Choice of the spectra near each place together, in rising temperature (n,), and rivals of it."""
    chosen = _without_rivals(votes, temperatures_k)
    taken = [choice.circuit or own.best for choice, own in zip(chosen, votes, strict=True)]
    near = [taken[max(0, i - NEAR) : i + NEAR + 1] for i in range(len(taken))]
    return [
        replace(choice, rivals=tuple(c for c in dict.fromkeys(of_near) if c and c != own))
        for choice, own, of_near in zip(chosen, taken, near, strict=True)
    ]


def _without_rivals(votes: Sequence[Vote], temperatures_k: FloatArray) -> list[Choice]:
    found = []
    for i, own in enumerate(votes):
        near = slice(max(0, i - NEAR), i + NEAR + 1)
        choice, energy_ev = _chosen(votes[near], own), _energy_apart_ev(votes[near], temperatures_k[near])
        if energy_ev is not None and own.apart is not None:
            words = f"{OF_ITS_OWN} {energy_ev:+.2f} eV off: taken as electrode"
            choice = replace(choice, material_f=0.0, flags=(*choice.flags, words))
        found.append(choice)
    return found


def _energy_apart_ev(near: Sequence[Vote], temperatures_k: FloatArray) -> float | None:
    """By how much the activation energy of the ambiguous arc differs from the sure part's; None: not seen."""
    seen = [(1 / k, *v.apart) for v, k in zip(near, temperatures_k, strict=True) if v.apart is not None]
    if len(seen) < FEWEST_ENERGIES or len({x for x, _, _ in seen}) < FEWEST_ENERGIES:
        return None
    x, y, u = np.array(seen).T
    line = fit_straight_line(x, y, np.zeros(x.size), np.maximum(u, LEAST_U))
    slope = line.slope
    apart_ev = slope.value * BOLTZMANN_EV_K
    certain = abs(slope.value) > CERTAIN * slope.standard_uncertainty
    return apart_ev if certain and abs(apart_ev) > LEAST_APART_EV else None


def _chosen(near: Sequence[Vote], own: Vote) -> Choice:
    counting = [vote for vote in near if vote.against]
    if not own.against or len(counting) < 2:
        return Choice()
    circuits = {c: None for vote in counting for c in vote.against if _is_needed(c, counting)}
    against = {c: sum(min(v.against.get(c, MOST_AGAINST), MOST_AGAINST) for v in counting) for c in circuits}
    circuit = min(against, key=lambda one: against[one])
    material_f = _limit_f([arc for vote in counting for arc in vote.arcs])
    if own.against.get(circuit, math.inf) <= PLAUSIBLE_BIC:
        return Choice(circuit, material_f)
    reason = "ruled out here" if circuit not in own.against else "describes this spectrum worse"
    changes = f"circuit of the neighbours in temperature, {circuit}, {reason}: another one is taken"
    return Choice("", material_f, (changes,))


def _is_needed(circuit: str, near: Sequence[Vote]) -> bool:
    """A richer electrode counts where enough spectra need it, every other circuit always."""
    having = [vote for vote in near if circuit in vote.against]
    needing = sum(circuit not in vote.unneeded for vote in having)
    return needing == len(having) or needing >= NEEDED * len(near)


def _limit_f(arcs: Sequence[tuple[float, bool]]) -> float | None:
    """The capacitance that divides ambiguous arcs with the fewest of them against; None without one.

    Capacitances within a factor of ONE_ARC of each other belong to one arc, which is not divided.
    """
    if not arcs:
        return None

    def against(limit_f: float) -> int:
        return sum((capacitance_f <= limit_f) != material for capacitance_f, material in arcs)

    rising = sorted(capacitance_f for capacitance_f, _ in arcs)
    ends = [low for low, high in pairwise(rising) if high > ONE_ARC * low]
    return min([math.sqrt(ONE_ARC) * end for end in (rising[-1], *ends, 0.0)], key=against)
