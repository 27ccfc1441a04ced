"""Slope of log sigma against log p from runs that measured at several pressures of O2 or H2O.

Spectra of one run at one temperature (1 K) are put together, with the pressure that was read; a pressure
that was only set does not count. No instrument states the uncertainty of the pressure, which counts as zero.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from labctl.analysis import Estimate
from labctl.analysis.numerics.budget import estimate_of
from labctl.analysis.transport.partial_pressure import PressureSlope, pressure_slope
from labctl.derive.budgets import CONDUCTIVITY, components_in
from labctl.store import Database
from labctl.store.queries import conductivities

Row = Mapping[str, Any]
GASES = {"oxygen_pa": "O2", "water_pa": "H2O"}
SAME_TEMPERATURE_K = 1.0


@dataclass(frozen=True, kw_only=True)
class MeasuredSlope:
    """Slope of one run at one temperature; `found` is None where `reason` says why there is none."""

    run: int
    gas: str
    temperature_k: float
    pressures: int
    found: PressureSlope | None
    reason: str = ""


def slopes_of(db: Database, run_ids: Sequence[int]) -> list[MeasuredSlope]:
    """Return the slopes of the runs, oldest run first, by gas and rising temperature."""
    slopes = []
    for run_id in sorted(run_ids):
        rows = [row for row in conductivities.of_parts(db, [run_id]) if _counts(row)]
        for quantity, gas in GASES.items():
            of_gas = [row for row in rows if row["condition_quantity"] == quantity]
            slopes += [_slope(run_id, gas, group) for group in _by_temperature(of_gas)]
    return slopes


def _counts(row: Row) -> bool:
    return (
        row["condition_quantity"] in GASES
        and (row["condition_value"] or 0.0) > 0
        and row["temperature_k"] is not None
        and (row["conductivity_s_m"] or 0.0) > 0
        and not row["bound"]
    )


def _by_temperature(rows: Sequence[Row]) -> list[list[Row]]:
    groups: list[list[Row]] = []
    for row in sorted(rows, key=lambda one: one["temperature_k"]):
        if not groups or row["temperature_k"] - groups[-1][0]["temperature_k"] > SAME_TEMPERATURE_K:
            groups.append([])
        groups[-1].append(row)
    return groups


def _slope(run_id: int, gas: str, rows: Sequence[Row]) -> MeasuredSlope:
    kelvin = math.fsum(row["temperature_k"] for row in rows) / len(rows)
    pressures = [Estimate(row["condition_value"], 0.0) for row in rows]
    about: dict[str, Any] = {"run": run_id, "gas": gas, "temperature_k": kelvin, "pressures": len(rows)}
    try:
        found = pressure_slope(pressures, [_conductivity(row) for row in rows], gas)
    except ValueError as error:
        return MeasuredSlope(**about, found=None, reason=str(error))
    return MeasuredSlope(**about, found=found)


def _conductivity(row: Row) -> Estimate:
    parts = components_in(row["budget"], CONDUCTIVITY)
    if parts:
        return estimate_of(row["conductivity_s_m"], parts)
    return Estimate(row["conductivity_s_m"], row["standard_uncertainty_s_m"] or 0.0)
