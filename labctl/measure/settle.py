"""Settling criterion of a temperature: within a band, with a small slope, for a whole dwell.

|T - target| <= band and |dT/dt| <= slope must hold without a break for the dwell. An excursion of either
starts the dwell again. So does a gap in the readings: what happened in it is not known, so it counts neither
as settling nor as dwell. A gap is what either clock shows: while the computer is suspended, the monotonic one
stands still under Linux.
"""

import math
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from labctl.bench import Bench, TemperatureReading
from labctl.errors import SettlingTimeout

GAP_INTERVALS = 6.0


@dataclass(frozen=True)
class SettlingCriterion:
    """Attributes are in kelvin and seconds; `slope_k_s` is judged over `slope_window_s`."""

    band_k: float = 0.5
    slope_k_s: float = 0.1 / 60
    dwell_s: float = 1800.0
    timeout_s: float = 4 * 3600.0
    poll_s: float = 5.0
    slope_window_s: float = 60.0

    def __post_init__(self) -> None:
        for name in ("band_k", "slope_k_s", "timeout_s", "poll_s", "slope_window_s"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be greater than zero, got {getattr(self, name)!r}")
        if not self.dwell_s >= 0:
            raise ValueError(f"dwell_s must not be negative, got {self.dwell_s!r}")


@dataclass(frozen=True)
class EarlierReading:
    """A reading of the sample's thermometer before it is its turn: both clocks in s, temperature in K."""

    now_s: float
    time_s: float
    temperature_k: float


def settle(
    bench: Bench,
    target_k: float,
    criterion: SettlingCriterion,
    should_stop: Callable[[], bool],
    before: Iterable[EarlierReading] = (),
) -> Iterator[TemperatureReading]:
    """Yield readings until the sample has been steady at `target_k` for the dwell, or a stop is requested.

    `before` are readings taken while another sample in the same oven had its turn: they count like others,
    and at least one more is taken.

    Raises
    ------
    SettlingTimeout
        After `criterion.timeout_s` without a complete dwell.
    InstrumentError
        From the thermometer.
    SettingLost
        The oven does not keep its settings, although they were set again.
    """
    clock, start_s = bench.clock, bench.clock.monotonic()
    steadiness = _Steadiness(target_k, criterion)
    for reading in before:
        yield steadiness.see(reading)
    while not should_stop():
        temperature_k, now_s, time_s = sample_temperature_k(bench), clock.monotonic(), clock.time()
        yield steadiness.see(EarlierReading(now_s, time_s, temperature_k))
        if steadiness.lasts_s(now_s) >= criterion.dwell_s:
            return
        if now_s - start_s >= criterion.timeout_s:
            raise SettlingTimeout(target_k, temperature_k, now_s - start_s, criterion.band_k)
        clock.sleep(criterion.poll_s)


class _Steadiness:
    """Since when the sample has been steady, judged reading by reading."""

    def __init__(self, target_k: float, criterion: SettlingCriterion) -> None:
        self._target_k, self._criterion = target_k, criterion
        self._window: deque[tuple[float, float]] = deque()
        self._shortest_s, self._before_s = math.inf, math.nan
        self._since_s: float | None = None

    def see(self, reading: EarlierReading) -> TemperatureReading:
        """Judge one reading, the latest."""
        window, now_s = self._window, reading.now_s
        if window:
            interval_s = max(now_s - window[-1][0], reading.time_s - self._before_s)
            self._shortest_s = min(self._shortest_s, interval_s)
            if interval_s > GAP_INTERVALS * max(self._criterion.poll_s, self._shortest_s):
                window.clear()
        self._before_s = reading.time_s
        window.append((now_s, reading.temperature_k))
        while len(window) > 2 and now_s - window[1][0] >= self._criterion.slope_window_s:
            window.popleft()
        if not _is_steady(window, self._target_k, self._criterion):
            self._since_s = None
        elif self._since_s is None:
            self._since_s = now_s
        phase = "approach" if self._since_s is None else "dwell"
        return TemperatureReading(reading.time_s, reading.temperature_k, self._target_k, phase)

    def lasts_s(self, now_s: float) -> float:
        """Return for how long the sample has been steady; -inf while it is not."""
        return -math.inf if self._since_s is None else now_s - self._since_s


def sample_temperature_k(bench: Bench) -> float:
    """Read the sample's temperature in K, and look at the oven's settings when that is due.

    A bench in the tests of a laboratory may only have a thermometer.
    """
    read = getattr(bench, "sample_temperature_k", None)
    return bench.thermometer.temperature_k if read is None else read()


def _is_steady(window: "deque[tuple[float, float]]", target_k: float, criterion: SettlingCriterion) -> bool:
    """Return whether the last reading is in the band and the window's slope is small; NaN is never steady."""
    (first_s, _), (last_s, last_k) = window[0], window[-1]
    watched_long_enough = len(window) > 1 and last_s - first_s >= criterion.slope_window_s - criterion.poll_s
    in_band = abs(last_k - target_k) <= criterion.band_k
    return watched_long_enough and in_band and abs(_slope_k_s(window)) <= criterion.slope_k_s


def _slope_k_s(window: "deque[tuple[float, float]]") -> float:
    """Least-squares slope of (time, temperature) pairs; 0 for a single pair."""
    n = len(window)
    mean_s, mean_k = sum(t for t, _ in window) / n, sum(k for _, k in window) / n
    spread = sum((t - mean_s) ** 2 for t, _ in window)
    return sum((t - mean_s) * (k - mean_k) for t, k in window) / spread if spread else 0.0
