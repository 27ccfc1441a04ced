"""Searches for the minima of many circuits on many spectra at once."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf

import numpy as np

from labctl.analysis.circuits.circuit import Circuit
from labctl.analysis.circuits.circuit_fit import CircuitFit
from labctl.analysis.circuits.piece_order import fastest_first
from labctl.analysis.circuits.problem import Problem, bounds
from labctl.analysis.circuits.side_by_side import SideBySide
from labctl.analysis.numerics.arrays import BoolArray, ComplexArray, FloatArray, IndexArray
from labctl.analysis.numerics.estimate import Estimate
from labctl.analysis.numerics.least_squares import Minimum, Model, minimise
from labctl.analysis.numerics.residuals import Residuals, examine, examine_all, looks_white

MOST_ITERATIONS = 200
FIRST_ITERATIONS = 25  # of every start; the rest is for what may still matter
WORTH = ((30.0, 55), (2.0, MOST_ITERATIONS))  # cost over the lowest on the same spectrum, more iterations
MANY_STARTS, SIFTING_ITERATIONS, SIFTED = 6, 6, 4  # more starts than that are sifted after a few iterations
BY_THEMSELVES = 64  # problems of one circuit: enough to need no others beside them


def fit_problems(
    problems: Sequence[Problem], starts: Sequence[FloatArray], max_iterations: int = MOST_ITERATIONS
) -> list[CircuitFit]:
    """Follow every start (k, p) of every problem, of any circuits, and keep the best of each.

    A circuit that is far worse than another one on the same spectrum (`Problem.with_circuit`) is not followed
    to the end, and has not converged.
    """
    groups = _alike(problems)
    batches = [_Batch.of([problems[i] for i in chosen]) for chosen in groups]
    first = min(FIRST_ITERATIONS, max_iterations)
    found = [
        batch.best_of([starts[i] for i in chosen], first)
        for chosen, batch in zip(groups, batches, strict=True)
    ]
    left = max_iterations - first
    for much_worse, most in WORTH:
        if all(minimum.converged.all() for minimum in found):
            break
        least = _least_costs(problems, groups, found)
        more = min(most, left)
        left -= more
        for place, (chosen, batch) in enumerate(zip(groups, batches, strict=True)):
            worth = found[place].cost <= much_worse * least[chosen]
            found[place] = batch.followed(found[place], np.flatnonzero(worth & ~found[place].converged), more)
    fits: dict[int, CircuitFit] = {}
    for chosen, batch, minimum in zip(groups, batches, found, strict=True):
        fits.update(zip(chosen, batch.described(minimum), strict=True))
    return [fits[i] for i in range(len(problems))]


def _alike(problems: Sequence[Problem]) -> list[list[int]]:
    """Problems to search together: with the same number of points, and many of one circuit by themselves."""
    if len(problems) == 1:
        return [[0]]
    counts = Counter(problem.circuit.description for problem in problems)
    found: dict[tuple[int, str], list[int]] = {}
    for i, problem in enumerate(problems):
        circuit = problem.circuit.description if counts[problem.circuit.description] >= BY_THEMSELVES else ""
        found.setdefault((problem.omega.size, circuit), []).append(i)
    return list(found.values())


def _least_costs(
    problems: Sequence[Problem], groups: Sequence[Sequence[int]], found: Sequence[Minimum]
) -> FloatArray:
    """For each problem the lowest cost of all problems with its spectrum."""
    cost = np.empty(len(problems))
    for chosen, minimum in zip(groups, found, strict=True):
        cost[chosen] = minimum.cost
    least: dict[int, float] = {}
    for problem, own in zip(problems, cost.tolist(), strict=True):
        least[id(problem.z)] = min(own, least.get(id(problem.z), inf))
    return np.array([least[id(problem.z)] for problem in problems])


@dataclass(frozen=True, eq=False)
class _Batch:
    """The data of b problems with n points each; weight (b, 1, 2n), limits (b, p).

    p is the largest number of parameters; the tables of circuits with fewer are filled up with zeros.
    """

    problems: Sequence[Problem]
    circuits: tuple[Circuit, ...]
    circuit_of: IndexArray
    ln_w: FloatArray
    z: ComplexArray
    weight: FloatArray
    lower: FloatArray
    upper: FloatArray

    @classmethod
    def of(cls, problems: Sequence[Problem]) -> "_Batch":
        circuits = tuple({problem.circuit.description: problem.circuit for problem in problems}.values())
        which = {circuit.description: i for i, circuit in enumerate(circuits)}
        circuit_of = np.array([which[problem.circuit.description] for problem in problems])
        ln_w = np.array([problem.ln_w for problem in problems])
        z = np.array([problem.z for problem in problems])
        weight = np.array([problem.weight for problem in problems]).repeat(2, axis=1)[:, None]
        if len(circuits) == 1:
            return cls(problems, circuits, circuit_of, ln_w, z, weight, *bounds(circuits[0], ln_w, z))
        width = max(len(circuit.names) for circuit in circuits)
        lower, upper = np.full((len(z), width), -1.0), np.full((len(z), width), 1.0)
        for i, circuit in enumerate(circuits):
            own, p = np.flatnonzero(circuit_of == i), len(circuit.names)
            lower[own, :p], upper[own, :p] = bounds(circuit, ln_w[own], z[own])
        return cls(problems, circuits, circuit_of, ln_w, z, weight, lower, upper)

    def best_of(self, starts: Sequence[FloatArray], max_iterations: int) -> Minimum:
        """Where the starts (k, p) of each problem lead.

        A first start that leaves white residuals has no better minimum beside it worth the search; elsewhere
        all starts are followed.
        """
        minimum = self.minimum(np.arange(len(starts)), [own[:1] for own in starts], max_iterations)
        unsure = np.array([i for i, own in enumerate(starts) if len(own) > 1], np.intp)
        if unsure.size:
            unsure = unsure[~looks_white(minimum.residuals[unsure])]
        if not unsure.size:
            return minimum
        others = [starts[i][1:] for i in unsure]
        owner = np.repeat(unsure, [len(own) for own in others])
        if max(map(len, others)) > MANY_STARTS:
            owner, others = self._sifted(owner, others)
        return minimum.replaced_where_better(
            owner, self.minimum(owner, others, max_iterations, known=minimum.x)
        )

    def followed(self, minimum: Minimum, going_on: IndexArray, more: int) -> Minimum:
        """The search of some problems gone on with."""
        if not going_on.size or more <= 0:
            return minimum
        return minimum.replaced(going_on, self.minimum(going_on, [minimum.x[going_on]], more))

    def _sifted(
        self, owner: IndexArray, starts: Sequence[FloatArray]
    ) -> tuple[IndexArray, Sequence[FloatArray]]:
        """The most promising starts of each problem after a few iterations, and whose they are."""
        begun = self.minimum(owner, starts, SIFTING_ITERATIONS)
        order = np.lexsort((begun.cost, owner))
        rank = np.arange(order.size) - np.searchsorted(owner[order], owner[order])
        kept = order[rank < SIFTED]
        return owner[kept], [begun.x[kept]]

    def minimum(
        self,
        owner: IndexArray,
        starts: Sequence[FloatArray],
        max_iterations: int,
        known: FloatArray | None = None,
    ) -> Minimum:
        """Follow starts, (k, p) in all, of the problems `owner` (k,), but not those that lead to `known`."""
        known = None if known is None else known[owner]
        lower, upper = self.lower[owner], self.upper[owner]
        model = self._of_one_circuit(owner) if len(self.circuits) == 1 else self._of_many_circuits(owner)
        begin = _filled_up(starts, self.lower.shape[1])
        return minimise(model, begin, lower, upper, max_iterations, known=known)

    def described(self, minimum: Minimum) -> list[CircuitFit]:
        """The minimum of each problem as a fit; pieces that are alike are put in order of their times."""
        if len(self.circuits) == 1:
            x, jacobian = _in_order(self.circuits[0], minimum.x, minimum.jacobian)
            judged = self._examined(minimum.residuals, jacobian, self._held(x))
            return _fits(self.problems, judged, x, self._held(x), minimum)
        x, jacobian, filled = minimum.x.copy(), minimum.jacobian.copy(), np.ones(minimum.x.shape, bool)
        rows = [np.flatnonzero(self.circuit_of == i) for i in range(len(self.circuits))]
        for circuit, own in zip(self.circuits, rows, strict=True):
            p = len(circuit.names)
            x[own, :p], jacobian[own, :p] = _in_order(circuit, x[own, :p], jacobian[own, :p])
            filled[own, :p] = False
        held = self._held(x)
        judged = self._examined(minimum.residuals, jacobian, held | filled)
        fits: dict[int, CircuitFit] = {}
        for circuit, own in zip(self.circuits, rows, strict=True):
            places, p = own.tolist(), len(circuit.names)
            problems, examined = [self.problems[i] for i in places], [judged[i] for i in places]
            described = _fits(problems, examined, x[own, :p], held[own, :p], minimum.of(own))
            fits.update(zip(places, described, strict=True))
        return [fits[i] for i in range(len(self.problems))]

    def _held(self, x: FloatArray) -> BoolArray:
        """(b, p) parameters at their bounds."""
        return (x <= self.lower + 1e-9) | (x >= self.upper - 1e-9)

    def _examined(self, residuals: FloatArray, jacobian: FloatArray, held: BoolArray) -> list[Residuals]:
        known = [problem.noise_known for problem in self.problems]
        if len(known) > 1 and len(set(known)) == 1:
            return examine_all(residuals, jacobian, held, known[0])
        return [examine(*own) for own in zip(residuals, jacobian, held, known, strict=True)]

    def _of_one_circuit(self, owner: IndexArray) -> Model:
        (circuit,), points = self.circuits, self.ln_w.shape[1]
        size, single = len(circuit.names), len(self.ln_w) == 1

        def table(x: FloatArray, index: IndexArray) -> FloatArray:
            own = slice(None) if single else owner[index]
            rows = np.empty((len(x), size + 1, points), complex)
            model = circuit.evaluate(x, self.ln_w[own], rows[:, :size])
            np.subtract(model, self.z[own], out=rows[:, size])
            parts = rows.view(float)
            parts *= self.weight[own]
            return parts

        return table

    def _of_many_circuits(self, owner: IndexArray) -> Model:
        last: list[tuple[IndexArray, IndexArray, SideBySide]] = []

        def table(x: FloatArray, index: IndexArray) -> FloatArray:
            if not last or last[0][0] is not index:
                own = owner[index]
                last[:] = [(index, own, SideBySide.of(self.circuits, self.circuit_of[own]))]
            _, own, model = last[0]
            rows = np.zeros((len(x), x.shape[1] + 1, self.ln_w.shape[1]), complex)
            impedance = model.evaluate(x, self.ln_w[own], rows[:, :-1])
            np.subtract(impedance, self.z[own], out=rows[:, -1])
            parts = rows.view(float)
            parts *= self.weight[own]
            return parts

        return table


def _filled_up(starts: Sequence[FloatArray], width: int) -> FloatArray:
    """All starts (k, p) below each other, with zeros up to `width`."""
    found = np.zeros((sum(map(len, starts)), width))
    first = 0
    for own in starts:
        found[first : first + len(own), : own.shape[1]] = own
        first += len(own)
    return found


def _in_order(circuit: Circuit, x: FloatArray, jacobian: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Parameters (b, p) and their rows (b, p, m) with pieces that are alike fastest first."""
    order = fastest_first(circuit, x)
    if order is None:
        return x, jacobian
    return np.take_along_axis(x, order, axis=1), np.take_along_axis(jacobian, order[:, :, None], axis=1)


def _fits(
    problems: Sequence[Problem],
    examined: Sequence[Residuals],
    x: FloatArray,
    held: BoolArray,
    minimum: Minimum,
) -> list[CircuitFit]:
    """The fits of one circuit to some problems, parameters x (b, p) in order."""
    values, covariance = _in_si(problems, x, examined)
    residuals, converged = -minimum.residuals, minimum.converged.tolist()
    return [*map(_described, problems, examined, values, covariance, held, residuals, converged)]


def _in_si(
    problems: Sequence[Problem], x: FloatArray, examined: Sequence[Residuals]
) -> tuple[FloatArray, FloatArray]:
    """SI parameters (b, p) and their covariance (b, p, p) for logarithms x of problems of one circuit."""
    z_scale = np.array([problem.z_scale_ohm for problem in problems])
    w_scale = np.array([problem.w_scale_rad_s for problem in problems])
    log_si, change = problems[0].circuit.to_si(x, z_scale, w_scale)
    values = np.exp(log_si)
    scale, p = values[:, :, None] * change, x.shape[1]
    of_logarithms = np.array([one.covariance[:p, :p] for one in examined])
    return values, scale @ of_logarithms @ scale.swapaxes(1, 2)


def _described(
    problem: Problem,
    examined: Residuals,
    values: FloatArray,
    covariance: FloatArray,
    held: BoolArray,
    residuals: FloatArray,
    converged: bool,
) -> CircuitFit:
    names = problem.circuit.names
    deviation = np.sqrt(np.maximum(covariance.diagonal(), 0.0))
    parameters = {
        name: Estimate(v, u, examined.degrees_of_freedom)
        for name, v, u in zip(names, values.tolist(), deviation.tolist(), strict=True)
    }
    complex_residuals = residuals.view(complex)
    at_bound = tuple(name for name, is_held in zip(names, held.tolist(), strict=True) if is_held)
    return CircuitFit(
        circuit=problem.circuit.description,
        parameters=parameters,
        covariance=covariance,
        frequency_hz=problem.omega * (problem.w_scale_rad_s / (2 * np.pi)),
        z_ohm=(problem.z - complex_residuals / problem.weight) * problem.z_scale_ohm,
        residuals=complex_residuals,
        rms=examined.rms,
        autocorrelation=examined.autocorrelation,
        effective_points=examined.effective_points,
        converged=converged,
        at_bound=at_bound,
        flags=_flags(examined, at_bound, converged, parameters),
    )


def _flags(
    examined: Residuals, at_bound: tuple[str, ...], converged: bool, parameters: Mapping[str, Estimate]
) -> tuple[str, ...]:
    flags = []
    if not converged:
        flags.append("fit did not converge")
    flags += [f"parameter at its bound: {name}" for name in at_bound]
    vague = [n for n, e in parameters.items() if n not in at_bound and e.relative_uncertainty > 0.5]
    flags += [f"parameter not determined: {name}" for name in vague]
    if examined.autocorrelation > 0:
        flags.append(f"residuals correlated: {examined.autocorrelation:.2f} from point to point")
    return tuple(flags)
