"""Errors of a temperature that are common to all points of a run: offset and gain of the thermometer."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labctl.accuracy import CLASSES, ZERO_CELSIUS_K

Array = NDArray[np.float64]
RECTANGULAR = math.sqrt(3)


@dataclass(frozen=True)
class TemperatureError:
    """One error that all temperatures of a run share, and its change of each.

    Attributes
    ----------
    source : str
        "thermometer" or "sensor to sample".
    cause : str
        Identity of the error, e.g. "thermometer offset".
    change_k : (n,)
        Signed change of each temperature for one standard uncertainty of the cause.
    """

    source: str
    cause: str
    change_k: Array


def thermometer_components(
    statement: Mapping[str, Any] | None, temperatures_k: Sequence[float] | Array
) -> tuple[list[TemperatureError], tuple[str, ...]]:
    """Return the errors of a thermometer at temperatures (n,), and what of it is not stated.

    The limits of a class are rectangular, u = limit / sqrt(3) (JCGM 100:2008, 4.3.7). A limit that is a sum
    of a fixed part and a share of the temperature is two errors, offset and gain. The larger of the two is
    one error. Each is the same error at all temperatures: a sensor does not change within a night.

    Parameters
    ----------
    statement : mapping or None
        `[accuracy.thermometer]` as a run keeps it: `class`, or `offset_u_k` and `gain_u` of a calibration;
        `instrument` names the thermometer.
    temperatures_k : (n,)
    """
    kelvin = np.asarray(temperatures_k, dtype=float)
    about = statement or {}
    cause = f"thermometer {about.get('instrument') or ''}".strip()
    if "offset_u_k" in about:
        offset_k, gain = float(about["offset_u_k"]), float(about.get("gain_u") or 0.0)
        return _offset_and_gain(cause, offset_k, gain * (kelvin - ZERO_CELSIUS_K)), ()
    found = CLASSES.get(about.get("class", ""))
    if found is None:
        return [], ("thermometer",)
    limits = [found.limit_k(one) for one in kelvin]
    if any(limit is None for limit in limits):
        low, high = found.range_degc
        return [], (f"thermometer (outside {low:g} to {high:g} degC of {found.name})",)
    limits_k = np.array(limits, dtype=float)
    fixed_k = found.fixed_k if found.adds else limits_k
    return _offset_and_gain(cause, fixed_k / RECTANGULAR, (limits_k - fixed_k) / RECTANGULAR), ()


def _offset_and_gain(cause: str, offset_k: float | Array, gain_k: Array) -> list[TemperatureError]:
    both = {"offset": np.broadcast_to(np.asarray(offset_k), gain_k.shape), "gain": gain_k}
    return [TemperatureError("thermometer", f"{cause} {name}", of) for name, of in both.items() if of.any()]
