"""Maxima of a distribution of relaxation times, those that its intervals separate, and their resistances."""

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from labctl.analysis.numerics.arrays import FloatArray
from labctl.analysis.numerics.estimate import Estimate

BAND = (0.025, 0.975)
LEAST_AREA = 0.01  # of a peak, over the whole


@dataclass(frozen=True)
class RelaxationPeak:
    """A maximum of the distribution that its 95 % interval raises above the valleys on either side.

    Attributes
    ----------
    time_s : float
        Time constant of the maximum.
    fastest_s, slowest_s : float
        The valleys.
    resistance_ohm : Estimate
        Area of gamma between them.
    """

    time_s: float
    fastest_s: float
    slowest_s: float
    resistance_ohm: Estimate


@dataclass(frozen=True)
class _Hill:
    """Places of a maximum, and where it begins and ends."""

    top: int
    begin: int
    end: int


@dataclass(frozen=True, eq=False)
class Gammas:
    """A distribution at time constants (k,) a `step` in ln(tau) apart, and what disturbs it.

    gamma_ohm (k,) as found, weaker_ohm (k,) with a weaker regularisation, samples_ohm (s, k) for data and
    prior with their noise.
    """

    tau_s: FloatArray
    step: float
    gamma_ohm: FloatArray
    weaker_ohm: FloatArray
    samples_ohm: FloatArray

    @cached_property
    def low_ohm(self) -> FloatArray:
        """(k,) lower end of the 95 % interval."""
        return np.minimum(np.quantile(self.samples_ohm, BAND[0], axis=0), self.gamma_ohm)

    @cached_property
    def high_ohm(self) -> FloatArray:
        """(k,) upper end of the 95 % interval."""
        return np.maximum(np.quantile(self.samples_ohm, BAND[1], axis=0), self.gamma_ohm)

    def maxima_s(self) -> FloatArray:
        """Time constants of all maxima that hold enough of the area, fastest first."""
        return self.tau_s[[hill.top for hill in self._hills if self._is_large(hill)]]

    def peaks(self) -> tuple[RelaxationPeak, ...]:
        """The maxima that the intervals separate, and that hold enough of the area."""
        separate = _separate(self._hills, self.gamma_ohm, self.low_ohm, self.high_ohm)
        return tuple(self._peak(hill) for hill in separate if self._is_large(hill))

    @cached_property
    def _hills(self) -> "list[_Hill]":
        return _hills(self.gamma_ohm)

    def _is_large(self, hill: _Hill) -> bool:
        return bool(self.gamma_ohm[hill.begin : hill.end].sum() > LEAST_AREA * self.gamma_ohm.sum())

    def _peak(self, hill: _Hill) -> RelaxationPeak:
        """Area between two valleys; its uncertainty holds samples and the change with the regularisation."""
        inside = slice(hill.begin, hill.end)
        area = float(self.gamma_ohm[inside].sum()) * self.step
        scatter = float(np.std(self.samples_ohm[:, inside].sum(axis=1))) * self.step
        change = float(self.weaker_ohm[inside].sum()) * self.step - area
        ends = float(self.tau_s[hill.begin]), float(self.tau_s[hill.end - 1])
        resistance_ohm = Estimate(area, float(np.hypot(scatter, change)))
        return RelaxationPeak(float(self.tau_s[hill.top]), *ends, resistance_ohm)


def _hills(gamma: FloatArray) -> list[_Hill]:
    """The maxima, fastest first, each from the valley before it to the one after it."""
    steps = np.diff(np.concatenate([[0.0], gamma, [0.0]]))
    moves = np.flatnonzero(steps)
    turns = np.flatnonzero((steps[moves][:-1] > 0) & (steps[moves][1:] < 0))
    tops = [int(top) for top in moves[turns + 1] - 1]
    valleys = [a + int(np.argmin(gamma[a:b])) for a, b in pairwise(tops)]
    between = pairwise([0, *valleys, gamma.size])
    return [_Hill(top, *ends) for top, ends in zip(tops, between, strict=True)] if tops else []


def _separate(hills: list[_Hill], gamma: FloatArray, low: FloatArray, high: FloatArray) -> list[_Hill]:
    """The hills, the least separate neighbours joined until the intervals separate all that are left."""
    found = list(hills)
    while len(found) > 1:
        rises = [
            float(min(low[a.top], low[b.top]) - high[b.begin]) / float(min(gamma[a.top], gamma[b.top]))
            for a, b in pairwise(found)
        ]
        place = int(np.argmin(rises))
        if rises[place] > 0:
            break
        a, b = found[place], found[place + 1]
        top = max(a.top, b.top, key=lambda index: gamma[index])
        found[place : place + 2] = [_Hill(top, a.begin, b.end)]
    return found
