"""Drift of a sample during a sweep, from the check points measured after it."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from labctl.analysis.spectra.drift import Drift, RepeatedPoint, drift
from labctl.store import Database
from labctl.store.queries import check_points


def drift_flags(db: Database, spectrum_id: int) -> tuple[str, ...]:
    """Return the flags of a spectrum: the sample drifted, or its check points could not be compared.

    Empty for a spectrum without check points, and for one without a significant change.
    """
    rows = check_points.of_spectrum(db, spectrum_id)
    if not rows:
        return ()
    found = drift(db.spectrum(spectrum_id), repeated_points(rows))
    if found is None:
        return (not_checked(rows),)
    return (drifted(found),) if found.is_significant else ()


def repeated_points(rows: Sequence[Mapping[str, Any]]) -> list[RepeatedPoint]:
    """Return the check points that have two valid readings."""
    return [
        RepeatedPoint(
            frequency_hz=row["frequency_hz"],
            first_ohm=complex(row["first_real_ohm"], row["first_imag_ohm"]),
            again_ohm=complex(row["z_real_ohm"], row["z_imag_ohm"]),
            elapsed_s=row["time_s"] - row["first_s"],
            warmer_k=_difference(row["temperature_k"], row["first_temperature_k"]),
        )
        for row in rows
        if row["status"] == "ok" and row["first_status"] == "ok"
    ]


def drifted(found: Drift) -> str:
    """Return the flag of a drift, with standard uncertainty, frequencies, time and temperature change."""
    return f"drifted by {change(found)} during the sweep ({repeated(found)})"


def change(found: Drift) -> str:
    """Return the change of Z' with its standard uncertainty, in percent."""
    return f"{100 * found.change:.2g} +- {100 * found.standard_uncertainty:.1g} %"


def repeated(found: Drift) -> str:
    """Return at which frequencies and after what time the points were repeated, and how much warmer."""
    frequencies = ", ".join(f"{frequency_hz:.3g}" for frequency_hz in found.frequency_hz)
    warmer = f", {found.warmer_k:+.2f} K" if abs(found.warmer_k) >= 0.005 else ""
    after = f" after {found.elapsed_s / 60:.0f} min" if math.isfinite(found.elapsed_s) else ""
    return f"repeated at {frequencies} Hz{after}{warmer}"


def not_checked(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the flag of check points without a valid reading, with the reason of the first."""
    reasons = [row["status"] for row in rows if row["status"] != "ok"]
    return f"drift during the sweep not checked: {reasons[0] if reasons else 'no valid reading to compare'}"


def _difference(now: float | None, before: float | None) -> float:
    return math.nan if now is None or before is None else now - before
