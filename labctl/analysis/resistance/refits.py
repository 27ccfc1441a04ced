"""Fits begun again from the solution of a related circuit that describes the same spectrum better."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from labctl.analysis.circuits.circuit import parse_circuit
from labctl.analysis.circuits.circuit_fit import CircuitFit
from labctl.analysis.circuits.pieces import pieces_of
from labctl.analysis.circuits.problem import Problem
from labctl.analysis.circuits.search import fit_problems
from labctl.analysis.resistance.candidates import (
    BRANCHED,
    DIFFUSION_BEHIND,
    DIFFUSION_INSIDE,
    HEADS,
    ROUGH,
    SLOWEST_ARC,
    THREE_ARCS,
)
from labctl.analysis.resistance.prepared import Prepared
from labctl.analysis.resistance.relaxations import relaxations

FEW_ITERATIONS = 40  # from the solution of a neighbour: enough, or hopeless
MUCH_WORSE, NOTABLY_WORSE, WORSE = 1.5, 1.15, 1.01  # residuals over those of the related circuit
SMALL_RESISTOR = 0.03  # added in series, over the smallest Z'
SLOWER, DIFFUSION_SHARE = (30.0, 1000.0), 0.3  # starts: diffusion over the slowest arc


@dataclass(frozen=True)
class Restart:
    """A circuit and the values that its fit is begun from again."""

    circuit: str
    values: Mapping[str, float]


def refit(
    data: Sequence[Prepared], found: Sequence[dict[str, CircuitFit]], restarts: Iterable[tuple[int, Restart]]
) -> None:
    """Begin fits again at places of the data, all together, and keep them where they are better."""
    asked = [(i, one) for i, one in restarts if all(0 < value < np.inf for value in one.values.values())]
    problems = problems_of(data, [(i, one.circuit) for i, one in asked])
    starts = [problem.starts(one.values) for problem, (_, one) in zip(problems, asked, strict=True)]
    for (i, one), fit in zip(asked, fit_problems(problems, starts, FEW_ITERATIONS), strict=True):
        if fit.rms < found[i][one.circuit].rms:
            found[i][one.circuit] = fit


def refit_series_resistors(data: Sequence[Prepared], found: Sequence[dict[str, CircuitFit]]) -> None:
    """Refit circuits that do worse than the same with one series resistor more, or less."""
    refit(data, found, ((i, one) for i, fits in enumerate(found) for one in _series_resistors(fits)))


def refit_diffusions(data: Sequence[Prepared], found: Sequence[dict[str, CircuitFit]]) -> None:
    """Refit circuits with diffusion from those without."""
    refit(data, found, ((i, one) for i, fits in enumerate(found) for one in _small_diffusions(fits)))


def refit_richer(data: Sequence[Prepared], found: Sequence[dict[str, CircuitFit]]) -> None:
    """Refit richer electrodes from each other, twice, since one that has improved may help another."""
    refit_diffusions(data, found)
    for _ in range(2):
        refit(
            data,
            found,
            (
                (i, one)
                for i, fits in enumerate(found)
                for related in (_series_resistors, _diffusions, _lines)
                for one in related(fits)
            ),
        )


def problems_of(data: Sequence[Prepared], places: Sequence[tuple[int, str]]) -> list[Problem]:
    """The spectra and circuits named, each spectrum scaled once."""
    scaled: dict[int, Problem] = {}
    found: list[Problem] = []
    for i, description in places:
        circuit = parse_circuit(description)
        one = scaled.get(i)
        scaled[i] = one.with_circuit(circuit) if one else Problem.of(data[i].spectrum, circuit, "modulus")
        found.append(scaled[i])
    return found


def fits_from(
    data: Sequence[Prepared], description: str, values: Sequence[Mapping[str, float]]
) -> list[CircuitFit]:
    """A circuit fitted to each spectrum from the values given for it."""
    problems = [Problem.of(one.spectrum, parse_circuit(description), "modulus") for one in data]
    starts = [problem.starts(own) for problem, own in zip(problems, values, strict=True)]
    return fit_problems(problems, starts, FEW_ITERATIONS)


def start_values(fit: CircuitFit) -> dict[str, float]:
    """Its parameters as a start for another fit."""
    return {name: max(estimate.value, 1e-300) for name, estimate in fit.parameters.items()}


def _series_resistors(fits: Mapping[str, CircuitFit]) -> Iterator[Restart]:
    """With one resistor more a circuit cannot fit worse, and without it hardly ever much worse."""
    for plain, richer in _pairs(tuple(fits)):
        if fits[plain].rms > MUCH_WORSE * fits[richer].rms:
            yield Restart(plain, start_values(fits[richer]))
        elif fits[richer].rms > WORSE * fits[plain].rms:
            resistor_ohm = SMALL_RESISTOR * float(np.abs(fits[plain].z_ohm.real).min())
            yield Restart(richer, {_added(plain, richer): resistor_ohm} | start_values(fits[plain]))


@cache
def _pairs(descriptions: tuple[str, ...]) -> list[tuple[str, str]]:
    """Circuits, each with the same circuit with one more resistor in series."""
    return [(one, other) for one in descriptions for other in descriptions if _added(one, other)]


@cache
def _added(description: str, other: str) -> str:
    """The resistor in series that the other circuit has beyond this one; empty where it differs otherwise."""
    names, others = set(parse_circuit(description).names), set(parse_circuit(other).names)
    added = others - names
    is_resistor = len(added) == 1 and names < others and added <= {*pieces_of(other).resistors}
    return added.pop() if is_resistor else ""


def _small_diffusions(fits: Mapping[str, CircuitFit]) -> Iterator[Restart]:
    """Diffusion behind arcs, or inside the last of three, from the arcs alone with a small and slower one."""
    for arcs, circuit, name in _with_diffusion(tuple(fits)):
        found = relaxations(fits[arcs])
        for slower in SLOWER if found else ():
            small = {
                f"{name}_R": DIFFUSION_SHARE * found[-1].resistance_ohm,
                f"{name}_tau": slower * found[-1].time_s,
            }
            yield Restart(circuit, {**start_values(fits[arcs]), **small})


@cache
def _with_diffusion(descriptions: tuple[str, ...]) -> list[tuple[str, str, str]]:
    """Circuits, each with the same circuit and one finite diffusion more, and the name of that."""
    behind = [(arcs, f"{arcs}-{name}", name) for arcs in descriptions for name in ("Ws1", "Ws4")]
    inside = (THREE_ARCS, DIFFUSION_INSIDE, "Ws3")
    return [one for one in (*behind, inside) if {one[0], one[1]} <= {*descriptions}]


def _diffusions(fits: Mapping[str, CircuitFit]) -> Iterator[Restart]:
    """Diffusion behind the last arc from diffusion inside it, and the other way round."""
    if _is_worse(fits, DIFFUSION_BEHIND, DIFFUSION_INSIDE, WORSE):
        yield Restart(DIFFUSION_BEHIND, _renamed(fits[DIFFUSION_INSIDE], "Ws3", "Ws4"))
    if _is_worse(fits, DIFFUSION_INSIDE, DIFFUSION_BEHIND, WORSE):
        yield Restart(DIFFUSION_INSIDE, _renamed(fits[DIFFUSION_BEHIND], "Ws4", "Ws3"))


def _renamed(fit: CircuitFit, one: str, other: str) -> dict[str, float]:
    return {name.replace(one, other): value for name, value in start_values(fit).items()}


def _lines(fits: Mapping[str, CircuitFit]) -> Iterator[Restart]:
    """A transmission line from a slow branch or a slow arc in its place that fits notably better."""
    for head in HEADS:
        line, branch, arc = f"{head}-{ROUGH}", f"{head}-{BRANCHED}", f"{head}-{SLOWEST_ARC}"
        if _is_worse(fits, line, branch, NOTABLY_WORSE):
            yield Restart(line, _branch_as_line(start_values(fits[branch])))
        if _is_worse(fits, line, arc, NOTABLY_WORSE):
            yield Restart(line, _arc_as_line(start_values(fits[arc])))


def _is_worse(fits: Mapping[str, CircuitFit], one: str, other: str, factor: float) -> bool:
    return one in fits and other in fits and fits[one].rms > factor * fits[other].rms


def _branch_as_line(values: Mapping[str, float]) -> dict[str, float]:
    """A line with the low-frequency limit of a slow branch: a third of its resistance, all capacitance."""
    exponent = max(values["CPE4_n"], values["CPE5_n"])
    admittance = values["CPE4_Q"] + values["CPE5_Q"]
    return {**values, "TLM4_R": 3 * values["R5"], "TLM4_Q": admittance, "TLM4_n": exponent}


def _arc_as_line(values: Mapping[str, float]) -> dict[str, float]:
    """A line with the low-frequency limit of an arc before a blocking electrode."""
    line = {"TLM4_R": 3 * values["R3"], "TLM4_Q": values["CPE4_Q"], "TLM4_n": values["CPE4_n"]}
    return {**values, **line}
