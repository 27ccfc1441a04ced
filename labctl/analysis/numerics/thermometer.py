"""Errors of a temperature that are common to all points of a run: thermometer, and sensor to sample.

1. Limits of a class are rectangular, u = limit / sqrt(3) (JCGM 100:2008, 4.3.7). They are two errors: an
   offset, the fixed part, and a gain, the part that grows with the temperature in degC. Where a class states
   the larger of both, each counts in full, since the standard does not say which of them a sensor has; the
   sum is then at most 1.41 times the limit.
2. Each is one error at all temperatures: a sensor does not change within a night.
3. The wire of a thermocouple that goes above 200 degC changes (`labctl.accuracy.DRIFTS`), unless it was
   calibrated in place.
4. What is not stated is a name, and no error.
"""

import datetime
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from labctl.accuracy import CLASSES, DRIFTS, DRIFTS_FROM_DEGC, ROUNDING_K, ZERO_CELSIUS_K, ThermometerClass
from labctl.analysis.numerics.component import Distribution

Array = NDArray[np.float64]
RECTANGULAR = math.sqrt(3)
THERMOMETER, SENSOR_TO_SAMPLE = "thermometer", "sensor to sample"


@dataclass(frozen=True)
class TemperatureError:
    """One error that all temperatures of a run share, and its change of each.

    Attributes
    ----------
    source : str
        "thermometer" or "sensor to sample".
    cause : str
        Identity of the error, e.g. "thermometer oven offset".
    change_k : (n,)
        Signed change of each temperature for one standard uncertainty of the cause.
    kind : {"A", "B"}
        JCGM 100:2008, 4.2 and 4.3.
    distribution : {"normal", "rectangular"}
    """

    source: str
    cause: str
    change_k: Array
    kind: Literal["A", "B"] = "B"
    distribution: Distribution = "normal"


def thermometer_components(
    statement: Mapping[str, Any] | None,
    temperatures_k: Sequence[float] | Array,
    measured: datetime.date | None = None,
) -> tuple[list[TemperatureError], tuple[str, ...]]:
    """Return the errors of a thermometer at temperatures (n,), and what of it is not stated.

    Parameters
    ----------
    statement : mapping or None
        `[accuracy.thermometer]` as a run keeps it: `class`, or `offset_u_k`, `gain_u`, `couple` and
        `in_place` of a calibration; `instrument` names the thermometer, `valid_until` ends its certificate.
    temperatures_k : (n,)
    measured : date, optional
        Day of the run, for the age of the certificate.
    """
    kelvin = np.asarray(temperatures_k, dtype=float)
    about = statement or {}
    cause = f"{THERMOMETER} {about.get('instrument') or ''}".strip()
    too_old = _too_old(about.get("valid_until"), measured)
    if "offset_u_k" in about:
        offset_k, gain = float(about["offset_u_k"]), float(about.get("gain_u") or 0.0)
        errors = _errors(
            cause, "normal", offset=np.full(kelvin.shape, offset_k), gain=gain * (kelvin - ZERO_CELSIUS_K)
        )
        couple = "" if about.get("in_place") else str(about.get("couple") or "")
    else:
        found = CLASSES.get(about.get("class", ""))
        if found is None:
            return [], (THERMOMETER,)
        if any(found.limit_k(one) is None for one in kelvin):
            low, high = found.range_degc
            return [], (f"{THERMOMETER} (outside {low:g} to {high:g} degC of {found.name})",)
        errors, couple = _of_class(cause, found, kelvin), found.couple
    drift, drift_not_stated = _drift(cause, couple, kelvin)
    return [*errors, *drift], (*too_old, *drift_not_stated)


def sensor_to_sample(
    statement: Mapping[str, Any] | None, temperatures_k: Sequence[float] | Array
) -> tuple[list[TemperatureError], tuple[str, ...]]:
    """Return the error of the difference between sensor and sample at rest, and whether it is not stated.

    Parameters
    ----------
    statement : mapping or None
        `[accuracy.sample_temperature]` as a run keeps it: `offset_k` and `uncertainty_k`.
    temperatures_k : (n,)
    """
    if statement is None:
        return [], (SENSOR_TO_SAMPLE,)
    u_k = np.full(np.shape(temperatures_k), float(statement["uncertainty_k"]))
    return [TemperatureError(SENSOR_TO_SAMPLE, SENSOR_TO_SAMPLE, u_k)], ()


def _of_class(cause: str, found: ThermometerClass, kelvin: Array) -> list[TemperatureError]:
    degc = kelvin - ZERO_CELSIUS_K
    if found.adds:
        grows_k = found.share * np.sign(degc) * np.maximum(np.abs(degc) - found.beyond_degc, 0.0)
    else:
        grows_k = found.share * degc
    offset_k = np.full(kelvin.shape, found.fixed_k / RECTANGULAR)
    return _errors(cause, "rectangular", offset=offset_k, gain=grows_k / RECTANGULAR)


def _drift(cause: str, couple: str, kelvin: Array) -> tuple[list[TemperatureError], tuple[str, ...]]:
    """Return the drift of a thermocouple in a run that goes above 200 degC; the whole wire then counts."""
    degc = kelvin - ZERO_CELSIUS_K
    if not couple or not (degc > DRIFTS_FROM_DEGC + ROUNDING_K).any():
        return [], ()
    if couple not in DRIFTS:
        return [], (f"{THERMOMETER} (drift of type {couple} above {DRIFTS_FROM_DEGC:g} degC)",)
    return _errors(cause, "rectangular", drift=DRIFTS[couple] * degc / RECTANGULAR), ()


def _errors(cause: str, distribution: Distribution, **changes_k: Array) -> list[TemperatureError]:
    return [
        TemperatureError(THERMOMETER, f"{cause} {name}", of, distribution=distribution)
        for name, of in changes_k.items()
        if of.any()
    ]


def _too_old(valid_until: Any, measured: datetime.date | None) -> tuple[str, ...]:
    if not valid_until or measured is None:
        return ()
    try:
        day = datetime.date.fromisoformat(str(valid_until))
    except ValueError:
        return ()
    return (f"{THERMOMETER} (its certificate was valid until {day})",) if day < measured else ()
