"""One circuit through a whole temperature series, some of its parameters the same at every temperature.

Where the permittivity or an exponent does not change, sharing it carries information of the cold spectra
about the arc to the hot ones, where the arc has left the window. Whether it may be shared is tested: an F
test compares the common fit with the separate ones (Bates & Watts, Nonlinear Regression Analysis, 1988,
section 3.10).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from labctl.analysis.circuits.circuit import parse_circuit
from labctl.analysis.circuits.fit import CircuitFit, Problem, fit_circuits
from labctl.analysis.numerics.arrays import FloatArray, IndexArray
from labctl.analysis.numerics.distributions import f_tail
from labctl.analysis.numerics.estimate import Estimate
from labctl.analysis.numerics.least_squares import minimise
from labctl.analysis.numerics.notebook import NotebookResult
from labctl.analysis.spectra.spectrum import Spectrum

REJECTED_BELOW = 0.01


@dataclass(frozen=True, eq=False)
class GlobalFit(NotebookResult):
    """A circuit fitted to s spectra with shared parameters.

    Attributes
    ----------
    shared : dict of str to Estimate
        SI units.
    own : tuple of dict of str to Estimate
        The others, one dict for each spectrum, in the order given.
    rms : float
        Of the residuals over |Z|, with the degrees of freedom.
    f_statistic, p_value : float
        Lack of fit against s separate fits; a small p says that the parameters are not shared.
    separate : tuple of CircuitFit
    flags : tuple of str
    """

    circuit: str
    shared: Mapping[str, Estimate]
    own: tuple[Mapping[str, Estimate], ...]
    rms: float
    f_statistic: float
    p_value: float
    separate: tuple[CircuitFit, ...]
    flags: tuple[str, ...]


def fit_globally(spectra: Sequence[Spectrum], circuit: str, shared: Sequence[str]) -> GlobalFit:
    """Fit `circuit` to every spectrum at once, the parameters named in `shared` being common to all.

    Raises
    ------
    ValueError
        For fewer than two spectra, a name in `shared` that the circuit has not, or as `fit_circuit`.
    """
    if len(spectra) < 2:
        raise ValueError(f"spectra: at least two are needed, got {len(spectra)}")
    model = parse_circuit(circuit)
    places = np.array(sorted({model.index(name) for name in shared}), dtype=np.intp)
    if not places.size:
        raise ValueError("shared must name at least one parameter")
    separate = fit_circuits(spectra, circuit)
    joint = _Joint(spectra, separate, places)
    minimum = minimise(joint.table, joint.start[None], joint.start - 30, joint.start + 30, 200)
    cost, numbers = float(minimum.cost[0]), joint.numbers
    freedom = max(numbers - joint.start.size, 1)
    covariance = np.linalg.pinv(minimum.jacobian[0] @ minimum.jacobian[0].T) * cost / freedom
    deviation = np.sqrt(np.diag(covariance))
    estimates = [
        Estimate(float(np.exp(x)), float(np.exp(x) * u), freedom)
        for x, u in zip(minimum.x[0], deviation, strict=True)
    ]
    apart = sum(float(np.sum(np.abs(fit.residuals) ** 2)) for fit in separate)
    f, p = _lack_of_fit(cost, apart, joint.start.size, len(model.names) * len(spectra), numbers)
    rejected = (f"shared parameters are not the same at every temperature (p = {p:.1g})",)
    return GlobalFit(
        circuit=circuit,
        shared={model.names[i]: estimates[k] for k, i in enumerate(places)},
        own=tuple({model.names[i]: estimates[row[i]] for i in joint.free} for row in joint.places),
        rms=float(np.sqrt(cost / freedom)),
        f_statistic=f,
        p_value=p,
        separate=tuple(separate),
        flags=() if p >= REJECTED_BELOW and minimum.converged[0] else rejected,
    )


class _Joint:
    """The joint problem: `places` (s, p) says which of the joint parameters each spectrum uses."""

    def __init__(
        self, spectra: Sequence[Spectrum], separate: Sequence[CircuitFit], shared: IndexArray
    ) -> None:
        self.circuit = parse_circuit(separate[0].circuit)
        p, s = len(self.circuit.names), len(spectra)
        self.problems = [Problem.of(spectrum, self.circuit, "modulus") for spectrum in spectra]
        self.free = [i for i in range(p) if i not in shared]
        self.places = np.empty((s, p), dtype=int)
        self.places[:, shared] = np.arange(len(shared))
        self.places[:, self.free] = len(shared) + np.arange(s * len(self.free)).reshape(s, -1)
        values = np.log(np.array([fit.values for fit in separate]))
        self.start = np.empty(self.places.max() + 1)
        self.start[self.places[:, self.free]] = values[:, self.free]
        self.start[: len(shared)] = np.median(values[:, shared], axis=0)
        self.numbers = sum(2 * problem.omega.size for problem in self.problems)

    def table(self, x: FloatArray, index: IndexArray) -> FloatArray:
        """The one joint problem's table, with the batch axis `minimise` wants."""
        table = np.zeros((1, x.shape[1] + 1, self.numbers))
        place = 0
        for problem, row in zip(self.problems, self.places, strict=True):
            own = problem.circuit.from_si(x[0, row], problem.z_scale_ohm, problem.w_scale_rad_s)
            change = problem.circuit.to_si(own, problem.z_scale_ohm, problem.w_scale_rad_s)[1]
            dz = np.empty((own.size, problem.omega.size), complex)
            z = problem.circuit.evaluate(own, problem.ln_w, dz)
            columns = slice(place, place + 2 * problem.omega.size)
            table[0, row, columns] = np.linalg.inv(change).T @ (dz * problem.weight).view(float)
            table[0, -1, columns] = ((z - problem.z) * problem.weight).view(float)
            place = columns.stop
        return table


def _lack_of_fit(
    together: float, apart: float, p_joint: int, p_apart: int, numbers: int
) -> tuple[float, float]:
    extra, left = p_apart - p_joint, numbers - p_apart
    if extra <= 0 or left <= 0 or apart <= 0:
        return 0.0, 1.0
    f = max((together - apart) / extra / (apart / left), 0.0)
    return f, f_tail(f, extra, left)
