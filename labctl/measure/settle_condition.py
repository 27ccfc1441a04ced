"""Settling criterion of a condition beside the temperature: read back within a tolerance for a whole dwell.

A reading outside the tolerance, or one that cannot be read, starts the dwell again. While it is awaited the
temperature is read as well, so that the log and the monitors go on.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from labctl.bench import Bench, TemperatureReading
from labctl.errors import ConditionNotReached, InstrumentError
from labctl.measure.settle import sample_temperature_k

PHASE = "condition"
"""Phase of the temperature log while a condition is awaited."""


@dataclass(frozen=True)
class ConditionCriterion:
    """`tolerance` is in the unit of the quantity, times are in seconds."""

    tolerance: float
    dwell_s: float = 600.0
    timeout_s: float = 4 * 3600.0
    poll_s: float = 5.0

    def __post_init__(self) -> None:
        for name in ("tolerance", "timeout_s", "poll_s"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be greater than zero, got {getattr(self, name)!r}")
        if not self.dwell_s >= 0:
            raise ValueError(f"dwell_s must not be negative, got {self.dwell_s!r}")


def settle_condition(
    bench: Bench,
    target: float,
    target_k: float,
    criterion: ConditionCriterion,
    should_stop: Callable[[], bool],
) -> Iterator[TemperatureReading]:
    """Yield temperatures until the atmosphere was steady at `target` for the dwell, or a stop is requested.

    Raises
    ------
    ConditionNotReached
        After `criterion.timeout_s` without a complete dwell.
    InstrumentError
        From the thermometer; from the atmosphere where it fails as long as that.
    SettingLost
        The oven does not keep its settings.
    """
    clock, start_s, steady_since_s = bench.clock, bench.clock.monotonic(), math.nan
    while not should_stop():
        value = _value(bench)
        now_s = clock.monotonic()
        if not abs(value - target) <= criterion.tolerance:
            steady_since_s = math.nan
        elif math.isnan(steady_since_s):
            steady_since_s = now_s
        yield TemperatureReading(clock.time(), sample_temperature_k(bench), target_k, PHASE)
        if now_s - steady_since_s >= criterion.dwell_s:
            return
        if now_s - start_s >= criterion.timeout_s:
            quantity = bench.atmosphere.quantity
            raise ConditionNotReached(quantity, target, value, criterion.tolerance, now_s - start_s)
        clock.sleep(criterion.poll_s)


def _value(bench: Bench) -> float:
    """Return the quantity as read; NaN, which is never steady, where the instrument gives no number."""
    try:
        return bench.atmosphere.value
    except InstrumentError as error:
        bench.tell("warning", PHASE, f"the condition was not read: {error}")
        return math.nan
