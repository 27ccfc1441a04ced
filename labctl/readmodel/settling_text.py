"""Reasons and remaining times of a run that waits for its temperature."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from labctl.readmodel.formatting import celsius, duration
from labctl.readmodel.snapshot import Row
from labctl.store import Database
from labctl.store.queries import settling

SLOPE_WINDOW_S = 60.0
MOST_READINGS = 60


def why_it_waits(db: Database, run: Row) -> str:
    """Return why a running run waits, and how long it still dwells; `""` where it does not settle.

    In the time of the station, by the readings: `in the band, dwell 12 min of 30 min left`.
    """
    if run["status"] != "running":
        return ""
    readings = settling.last_readings(db, run["id"], MOST_READINGS)
    begin = settling.beginning_of_phase(db, run["id"])
    if not readings or begin is None or readings[0]["phase"] not in (settling.DWELL, settling.APPROACH):
        return ""
    measured_s = settling.last_point_s(db, run["id"])
    if measured_s is not None and measured_s > readings[0]["time_s"]:
        return ""
    in_phase = [row for row in readings if row["number"] >= begin["number"]]
    return settling_in_words(run["parameters"], in_phase, begin["time_s"])


def settling_in_words(parameters: Mapping[str, Any], readings: Sequence[Row], begin_s: float) -> str:
    """Return the reason to wait in words.

    Parameters
    ----------
    parameters : mapping
        `band_k`, `slope_k_min`, `dwell_min`, `settling_timeout_min` of the procedure, as far as it has them.
    readings : sequence of rows
        Of this phase, newest first: `time_s`, `temperature_k`, `setpoint_k`, `phase`.
    begin_s : float
        Time of the first reading of this phase.
    """
    last = readings[0]
    spent_s = last["time_s"] - begin_s
    if last["phase"] == settling.DWELL:
        return _dwell(parameters.get("dwell_min"), spent_s)
    if last["temperature_k"] is None or last["setpoint_k"] is None:
        return f"waits for {duration(spent_s)}: no reading of the temperature"
    away_k = last["temperature_k"] - last["setpoint_k"]
    band_k, limit_min = parameters.get("band_k"), parameters.get("settling_timeout_min")
    left = f"; gives up in {duration(60 * limit_min - spent_s)}" if limit_min else ""
    if band_k is not None and abs(away_k) > band_k:
        side = "above" if away_k > 0 else "below"
        setpoint = f"{celsius(last['setpoint_k'])} °C"
        return f"waits: {abs(away_k):.2f} K {side} {setpoint}, band {band_k:g} K{left}"
    return f"waits in the band{_slope(parameters.get('slope_k_min'), readings)}{left}"


def _dwell(dwell_min: float | None, spent_s: float) -> str:
    if dwell_min is None:
        return f"dwell since {duration(spent_s)}"
    left_s = max(0.0, 60 * dwell_min - spent_s)
    return f"dwell: {duration(left_s)} of {duration(60 * dwell_min)} left"


def _slope(allowed_k_min: float | None, readings: Sequence[Row]) -> str:
    newest_s = readings[0]["time_s"]
    known = [
        (row["time_s"] - newest_s, row["temperature_k"])
        for row in readings
        if row["temperature_k"] is not None and newest_s - row["time_s"] <= SLOPE_WINDOW_S
    ]
    if len(known) < 2:
        return ""
    time_s, kelvin = np.array(known).T
    slope_k_min = 60 * float(np.polyfit(time_s, kelvin, 1)[0])
    allowed = f", allowed {allowed_k_min:g} K/min" if allowed_k_min is not None else ""
    return f": changes by {abs(slope_k_min):.2g} K/min{allowed}"
