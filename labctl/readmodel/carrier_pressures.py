"""Slope of log sigma against log p from runs that measured at several pressures of O2 or H2O.

Spectra of one run at one temperature (1 K) are put together, with the pressure that was read; a pressure
that was only set does not count. No instrument states the uncertainty of the pressure, which counts as zero.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from labctl.analysis import Estimate
from labctl.analysis.laws.law_fit import BOLTZMANN_EV_K
from labctl.analysis.numerics.budget import estimate_of
from labctl.analysis.numerics.component import Component
from labctl.analysis.transport.partial_pressure import (
    NO_EXPONENT,
    PressureSlope,
    pressure_slope,
    readings_of,
)
from labctl.derive.budgets import CONDUCTIVITY, components_in
from labctl.store import Database
from labctl.store.queries import conductivities

Row = Mapping[str, Any]
GASES = {"oxygen_pa": "O2", "water_pa": "H2O"}
USUAL_EV = 0.5
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
    moved_k: float = 0.0


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
        found = _at_one_temperature(rows, pressures, gas, kelvin)
    except ValueError as error:
        return MeasuredSlope(**about, found=None, reason=str(error))
    readings_k = [row["temperature_k"] for row in rows]
    return MeasuredSlope(**about, found=found, moved_k=max(readings_k) - min(readings_k))


def _at_one_temperature(
    rows: Sequence[Row], pressures: Sequence[Estimate], gas: str, kelvin: float
) -> PressureSlope:
    """Slope at the mean temperature, with what an unknown activation energy leaves open.

    A temperature that creeps during a series goes with the pressure. Each conductivity is brought to the mean
    temperature with 0.5 eV; anything from 0 to 1 eV is in the uncertainty of the slope.
    """
    per_ev = [(1 / row["temperature_k"] - 1 / kelvin) / BOLTZMANN_EV_K for row in rows]
    measured = [_conductivity(row) for row in rows]
    middle = pressure_slope(pressures, _moved(measured, per_ev, USUAL_EV), gas)
    other = pressure_slope(pressures, _moved(measured, per_ev, 0.0), gas)
    apart = middle.slope.value - other.slope.value
    if not apart:
        return middle
    doubt = Component("change of the sample", apart / math.sqrt(3), "B", distribution="rectangular")
    slope = middle.slope.with_component(doubt)
    readings = readings_of(*slope.interval(), gas)
    return replace(
        middle,
        slope=slope,
        not_excluded=tuple(words for words, within in readings.items() if within),
        excluded=tuple(words for words, within in readings.items() if not within),
        flags=tuple(flag for flag in middle.flags if flag != NO_EXPONENT or not any(readings.values())),
    )


def _moved(measured: Sequence[Estimate], per_ev: Sequence[float], energy_ev: float) -> list[Estimate]:
    """Conductivities at the mean temperature, with the same relative uncertainties."""
    factors = [math.exp(energy_ev * one) for one in per_ev]
    return [
        estimate_of(factor * one.value, [replace(part, change=factor * part.change) for part in one.parts])
        for one, factor in zip(measured, factors, strict=True)
    ]


def _conductivity(row: Row) -> Estimate:
    parts = components_in(row["budget"], CONDUCTIVITY)
    if parts:
        return estimate_of(row["conductivity_s_m"], parts)
    return Estimate(row["conductivity_s_m"], row["standard_uncertainty_s_m"] or 0.0)
