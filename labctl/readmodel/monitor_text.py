"""Monitors and the thermal history of a run in words."""

from collections.abc import Mapping, Sequence
from typing import Any

from labctl.quantity_text import quantity_named
from labctl.readmodel.formatting import celsius, duration

Row = Mapping[str, Any]


def monitors_in_words(summary: Sequence[Row]) -> list[str]:
    """Return a line for each quantity of each monitor: mean and range, and how often there was no value."""
    return [_monitor(row) for row in summary]


def _monitor(row: Row) -> str:
    if not row["quantity"]:
        return f"monitor {row['instrument']}: no answer {row['failures']} time(s)"
    quantity = quantity_named(row["quantity"])
    failures = f"; {row['failures']} time(s) without a value" if row["failures"] else ""
    if not row["readings"]:
        return f"monitor {row['instrument']}: {quantity.words} never had a value{failures}"
    low, mean, high = (f"{quantity.shown(row[name]):.4g}" for name in ("low", "mean", "high"))
    values = f"{low} to {high} {quantity.unit}, mean {mean}".replace(" ,", ",")
    return f"monitor {row['instrument']}: {quantity.words} {values} ({row['readings']} readings){failures}"


def thermal_steps_in_words(steps: Sequence[Row]) -> list[str]:
    """Return a line for each step of a thermal history: what it was for, at which temperature, how long."""
    return [_thermal_step(row) for row in steps]


def _thermal_step(row: Row) -> str:
    place = f"thermal step {row['number'] + 1}: {row['name']} at {celsius(row['setpoint_k'])} °C"
    if row["settled_s"] is None:
        return f"{place}, {row['state']}: it never settled in {duration(row['ended_s'] - row['started_s'])}"
    held = f"{duration(row['ended_s'] - row['settled_s'])} of {duration(row['hold_s'])}"
    state = "" if row["state"] == "finished" else f", {row['state']}"
    return f"{place}, held {held}{state}, mean {celsius(row['mean_k'])} °C"
