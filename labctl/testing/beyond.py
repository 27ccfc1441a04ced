"""Values just beyond the ranges that a driver declares, for the contract."""

import math
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from labctl.capabilities import NO_RAMP, Capabilities, Range
from labctl.testing.measurement import AMPLITUDE_V, CURRENT_LIMIT_A, STEP_V

SHARE = 1e-3
FREQUENCY_HZ, RAMP_K_S = 1e3, 0.1
Attempt = Callable[[Any], object]


def attempts_beyond(role: str, can: Capabilities) -> Iterator[tuple[str, Attempt]]:
    """Yield words, and a function of a driver, for each request that a declaration rules out for a role."""
    attempts = {"oven": _of_an_oven, "fra": _of_an_analyser, "potentiostat": _of_a_potentiostat}
    yield from attempts.get(role, lambda can: iter(()))(can)


def values_beyond(allowed: Range | None) -> Iterator[float]:
    """Yield a value above a range and one below it; none for a range that is not declared."""
    if allowed is None:
        return
    if math.isfinite(allowed.high):
        yield allowed.high + SHARE * (abs(allowed.high) or 1.0)
    yield allowed.low - SHARE * (abs(allowed.low) or 1.0)


def _of_an_oven(can: Capabilities) -> Iterator[tuple[str, Attempt]]:
    for kelvin in values_beyond(can.temperature_k):
        yield f"setpoint_k = {kelvin:g}", partial(_set, "setpoint_k", kelvin)
    ramps = [RAMP_K_S] if can.ramp_rate_k_s == NO_RAMP else values_beyond(can.ramp_rate_k_s)
    for rate_k_s in ramps:
        yield f"ramp_rate_k_s = {rate_k_s:g}", partial(_set, "ramp_rate_k_s", rate_k_s)


def _set(name: str, value: float, driver: Any) -> None:
    setattr(driver, name, value)


def _of_an_analyser(can: Capabilities) -> Iterator[tuple[str, Attempt]]:
    for hertz in values_beyond(can.frequency_hz):
        yield f"sweep([{hertz:g}])", lambda driver, hertz=hertz: list(driver.sweep([hertz], AMPLITUDE_V))
    for volts in values_beyond(can.amplitude_v):
        yield f"amplitude {volts:g} V", lambda driver, volts=volts: list(driver.sweep([FREQUENCY_HZ], volts))
    for bias_v in values_beyond(can.bias_v):
        yield (
            f"bias {bias_v:g} V",
            lambda driver, bias_v=bias_v: list(driver.sweep([FREQUENCY_HZ], AMPLITUDE_V, 1.0, bias_v)),
        )


def _of_a_potentiostat(can: Capabilities) -> Iterator[tuple[str, Attempt]]:
    for volts in values_beyond(can.potential_v):
        yield f"hold({volts:g})", lambda driver, volts=volts: list(driver.hold(volts, [0.0], CURRENT_LIMIT_A))
    for limit_a in values_beyond(can.current_a):
        yield (
            f"current limit {limit_a:g} A",
            lambda driver, limit_a=limit_a: list(driver.hold(STEP_V, [0.0], limit_a)),
        )
