"""Current transient of a polarised cell: sample times, checks of every sample, change of the current."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from statistics import fmean

import numpy as np

from labctl.bench import CurrentPoint
from labctl.clock import Clock
from labctl.errors import InstrumentError, LimitExceeded

FIRST_SAMPLE_S = 0.05
NOT_HELD_V = 2e-3
NOT_HELD_SHARE = 0.05
LOST_SHARE = 0.02
BEYOND_NOISE, NOISE_SAMPLES, FEWEST_FOR_NOISE = 5.0, 10, 5
LAST_SHARE, FEWEST_LAST = 0.2, 5
EVEN_INTERVAL_S = 1.0
MOST_EVEN = 1000


def sample_times_s(
    clock: Clock, longest_s: float, per_decade: float, longest_interval_s: float
) -> Iterator[float]:
    """Yield 0, then log-spaced times up to `longest_s`, at most `longest_interval_s` apart.

    Times count from the first request. The first times are closer than most instruments can measure; times
    already past are omitted.
    """
    start_s, growth, time_s = clock.monotonic(), 10 ** (1 / per_decade), FIRST_SAMPLE_S
    yield 0.0
    while time_s < longest_s:
        if start_s + time_s >= clock.monotonic():
            yield time_s
        time_s = min(time_s * growth, time_s + longest_interval_s)
    yield longest_s


def even_times_s(duration_s: float) -> list[float]:
    """Return times from 0 to `duration_s`, 1 s apart, or further apart where that makes more than 1000."""
    count = int(min(MOST_EVEN, max(1.0, duration_s / EVEN_INTERVAL_S)))
    return [duration_s * number / count for number in range(count + 1)]


def growing_times_s(first_s: float, growth: float = 1.2) -> Iterator[float]:
    """Yield times for checks of a transient, each `growth` times the previous one."""
    while True:
        yield first_s
        first_s *= growth


@dataclass(frozen=True)
class Rest:
    """The open-circuit potential before a step, V, and its drift, V/s."""

    potential_v: float
    drift_v_s: float


def rest_of(points: list[CurrentPoint]) -> Rest:
    """Return potential and drift of the resting cell, from the second half of the points.

    Raises InstrumentError if no point there has the status `ok`.
    """
    good = [point for point in points[len(points) // 2 :] if point.status == "ok"]
    if not good:
        status = points[-1].status if points else "no point"
        raise InstrumentError("potentiostat", "rest", "", f"no valid rest potential: {status}")
    time_s = np.array([point.elapsed_s for point in good])  # the system clock may be set meanwhile
    potential_v = [point.potential_v for point in good]
    drift_v_s = float(np.polyfit(time_s, potential_v, 1)[0]) if np.ptp(time_s) > 0 else 0.0
    return Rest(fmean(potential_v), drift_v_s)


@dataclass
class Transient:
    """Samples of one potential step so far; each is checked when it is added.

    Parameters
    ----------
    potential_v : float
        Potential at which the cell is held.
    current_limit_a : float
        Largest current allowed.
    expected_a : float
        Magnitude of the expected initial current, 0 if it is not known.
    lost_share : float
        A current that falls below this fraction of the previous one, and by more than the noise, indicates an
        open cell; 0 disables this check.
    """

    potential_v: float
    current_limit_a: float
    expected_a: float = 0.0
    lost_share: float = LOST_SHARE
    elapsed_s: list[float] = field(default_factory=list)
    current_a: list[float] = field(default_factory=list)

    def take(self, point: CurrentPoint) -> None:
        """Add a sample.

        Raises
        ------
        LimitExceeded
            The current is beyond its limit.
        InstrumentError
            The sample is flagged by the instrument, the cell is not at its potential, or the circuit is open.
        """
        if not abs(point.current_a) <= self.current_limit_a:
            raise LimitExceeded("current", point.current_a, -self.current_limit_a, self.current_limit_a, "A")
        problem = self._problem(point)
        if problem:
            seen = f"{point.potential_v:g} V, {point.current_a:g} A, {point.status}"
            raise InstrumentError("potentiostat", f"hold at {self.potential_v:g} V", seen, problem)
        self.elapsed_s.append(point.elapsed_s)
        self.current_a.append(point.current_a)

    def _problem(self, point: CurrentPoint) -> str:
        before_a = abs(self.current_a[-1]) if self.current_a else self.expected_a
        if point.status != "ok":
            return f"the instrument flagged this point: {point.status}"
        off_v = abs(point.potential_v - self.potential_v)
        if not off_v <= NOT_HELD_V + NOT_HELD_SHARE * abs(self.potential_v):
            return "the cell is not at its potential"
        small = abs(point.current_a) < self.lost_share * before_a
        if small and before_a - abs(point.current_a) > BEYOND_NOISE * self._noise_a():
            return f"the current dropped suddenly from {before_a:.3g} A: the circuit is open"
        return ""

    def _noise_a(self) -> float:
        """Return the approximate standard deviation of the latest samples about their trend; 0 if unknown."""
        steps_a = np.abs(np.diff(self.current_a[-NOISE_SAMPLES:]))
        return float(np.median(steps_a)) if steps_a.size >= FEWEST_FOR_NOISE else 0.0

    def arrays(self) -> tuple[np.ndarray, np.ndarray]:
        """Return times since the step, s, strictly ascending, and currents, A: arrays (n,)."""
        time_s, current_a = np.array(self.elapsed_s), np.array(self.current_a)
        new = np.diff(time_s, prepend=-math.inf) > 0
        return time_s[new], current_a[new]

    def last_change(self) -> float:
        """Return an upper bound of the relative change of the current over the last fifth of the time.

        The trend plus twice its standard error, relative to the mean there; infinite below five samples.
        """
        time_s, current_a = self.arrays()
        last = time_s >= (1 - LAST_SHARE) * time_s[-1] if time_s.size else time_s > 0
        if np.count_nonzero(last) < FEWEST_LAST:
            return math.inf
        time_s, current_a = time_s[last] - time_s[last].mean(), current_a[last]
        slope, mean_a = float(time_s @ current_a / (time_s @ time_s)), float(current_a.mean())
        spread_a = float(np.std(current_a - slope * time_s, ddof=2))
        error = spread_a / math.sqrt(float(time_s @ time_s))
        span_s = float(np.ptp(time_s))
        return (abs(slope) + 2 * error) * span_s / abs(mean_a) if mean_a else math.inf
