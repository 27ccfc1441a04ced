"""Lag of a sample behind its sensor in a run whose temperature moves, and the temperatures without it.

A spectrum that was measured on a ramp has a set point, but no band about it. Its temperature is corrected
where the lag can be measured: by spectra at rest beside the moving ones, or by two ways.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from labctl.analysis.laws.sample_lag import (
    MovingSpectrum,
    SampleLag,
    rate_k_s,
    resistance_shows,
    sample_lag,
)
from labctl.store import Database
from labctl.store.amendments import EXCLUDED
from labctl.store.queries import derivations

STILL_K = 0.5
STILL_K_S = 0.05 / 60
FEWEST = 5
Row = dict[str, Any]


def without_lag(
    db: Database, run_id: int, rows: Sequence[Row | None], correction_k: float
) -> list[Row | None]:
    """Return the conductivity rows of a run with the lag taken off the temperatures of moving spectra.

    A row then has `lag_k`, `lag_u_k` and a flag. Rows stay as they are where the lag cannot be measured.
    `correction_k` is added to each reading.
    """
    spectra = {row["spectrum_id"]: derivations.spectrum_row(db, row["spectrum_id"]) for row in rows if row}
    used = [row for row in rows if row is not None and _counts(row)]
    moving = [row for row in used if is_moving(row | spectra[row["spectrum_id"]])]
    if not moving or len(used) < FEWEST:
        return list(rows)
    measured = [_moving_spectrum(db, row) for row in used]
    found = _lag(db, run_id, [one for one in measured if one is not None], correction_k)
    if found is None:
        return list(rows)
    kept = [row for row, one in zip(used, measured, strict=True) if one is not None]
    places = {row["spectrum_id"]: place for place, row in enumerate(kept)}
    return [
        _corrected(row, found, places[row["spectrum_id"]])
        if row is not None and row["spectrum_id"] in places and spectra[row["spectrum_id"]]["band_k"] is None
        else row
        for row in rows
    ]


def is_moving(point: Mapping[str, Any]) -> bool:
    """Return whether a spectrum was measured while the temperature was on its way to the set point.

    `point` has the columns of its conductivity, and `setpoint_k` and `band_k` of its spectrum. A sample that
    rests away from the set point, as beside a sensor of its own, does not move.
    """
    kelvin, set_k = point.get("temperature_k"), point.get("setpoint_k")
    if point.get("band_k") is not None or set_k is None or kelvin is None:
        return False
    low_k, high_k = point.get("temperature_min_k"), point.get("temperature_max_k")
    moved_k = 0.0 if low_k is None or high_k is None else high_k - low_k
    moves = abs(point.get("temperature_rate_k_s") or 0.0) > STILL_K_S
    return bool(moved_k > STILL_K or (moves and abs(kelvin - set_k) > STILL_K))


def spectrum_rate_k_s(db: Database, spectrum_id: int) -> float | None:
    """Return the slope of the readings of a spectrum, K/s; None for less than two times."""
    rows = derivations.spectrum_readings(db, spectrum_id)
    known = [row for row in rows if row["temperature_k"] is not None]
    time_s, kelvin = (np.array([row[name] for row in known]) for name in ("time_s", "temperature_k"))
    return rate_k_s(time_s, kelvin) if time_s.size > 1 and np.ptp(time_s) > 0 else None


def _counts(row: Row) -> bool:
    """Return whether a conductivity is a number at a temperature, and not excluded."""
    known = row["bound"] is None and row["temperature_k"] is not None
    return known and not any(flag.startswith(EXCLUDED) for flag in row["flags"] or ())


def _moving_spectrum(db: Database, row: Row) -> MovingSpectrum | None:
    points = derivations.spectrum_readings(db, row["spectrum_id"])
    if not points:
        return None
    z_ohm = np.array([complex(point["z_real_ohm"], point["z_imag_ohm"]) for point in points])
    total, common = row["relative_uncertainty_resistance"], row["relative_uncertainty_analyser"]
    own = np.nan if total is None else np.sqrt(max(total**2 - (common or 0.0) ** 2, 0.0))
    return MovingSpectrum(
        np.array([point["time_s"] for point in points], dtype=float),
        resistance_shows(z_ohm, row["total_resistance_ohm"]),
        row["conductivity_s_m"],
        float(own),
    )


def _lag(
    db: Database, run_id: int, spectra: Sequence[MovingSpectrum], correction_k: float
) -> SampleLag | None:
    trace = derivations.temperature_trace(db, run_id)
    by_time = {row["time_s"]: row["temperature_k"] for row in trace}
    time_s, sensor_k = (np.array(list(one), dtype=float) for one in (by_time.keys(), by_time.values()))
    if time_s.size < 2 or any(np.ptp(one.time_s) == 0 for one in spectra):
        return None
    return sample_lag(time_s, sensor_k + correction_k, spectra)


def _corrected(row: Row, found: SampleLag, place: int) -> Row:
    """Return a row at the temperature of the sample instead of the mean of the readings."""
    tau = found.time_constant_s
    lag_k = float(found.sensor_k[place] - found.sample_k[place])
    lag_u_k = abs(float(found.lag_u_k[place]))
    per_minute = 60 * (row["temperature_rate_k_s"] or 0.0)
    flag = (
        f"the temperature moved at {per_minute:.2g} K/min: {lag_k:.2f} +- {lag_u_k:.2f} K taken off, by "
        f"which the sample lags its sensor (time constant {tau.value:.0f} +- "
        f"{tau.standard_uncertainty:.0f} s, measured in this run)"
    )
    return row | {
        "temperature_k": float(found.sample_k[place]),
        "lag_k": lag_k,
        "lag_u_k": lag_u_k,
        "flags": [*(row["flags"] or []), flag],
    }
