"""Conductivity against a condition beside the temperature, one line for each temperature."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from labctl.quantity_text import Quantity, quantity_named
from labctl.readmodel.snapshot import RunSnapshot
from labctl.report.figures.axes import logarithmic, say
from labctl.report.figures.colours import OKABE_ITO
from labctl.units import ZERO_CELSIUS_K

HEIGHT_RATIO = 0.75
NO_CONDITION = "no spectrum was measured at a condition beside the temperature"
SAME_K = 1.0
MARKERS = "os^vD<>p"
S_CM = 0.01

Row = Mapping[str, Any]


def draw_condition(axes: Any, runs: Sequence[RunSnapshot]) -> None:
    """Draw sigma in S/cm over the condition as it was read; both logarithmic, a temperature linear."""
    points: list[Row] = [{**row, "run": run.id} for run in runs for row in run.conductivities if _has(row)]
    if not points:
        say(axes, NO_CONDITION)
        return
    names = list(dict.fromkeys(row["condition_quantity"] for row in points))
    quantity = quantity_named(names[0])
    points = [row for row in points if row["condition_quantity"] == names[0]]
    for place, (label, same) in enumerate(_series(points, len(runs) > 1)):
        colour, marker = OKABE_ITO[place % len(OKABE_ITO)], MARKERS[place % len(MARKERS)]
        _draw_series(axes, same, quantity, label, {"color": colour, "marker": marker})
    is_logarithmic = quantity.offset == 0 and all(_condition(row) > 0 for row in points)
    logarithmic(axes, x=is_logarithmic, y=True)
    axes.set_xlabel(quantity.label)
    axes.set_ylabel("σ / S cm⁻¹")
    axes.legend()
    if len(names) > 1:
        axes.set_title(f"not drawn: {', '.join(names[1:])}", fontsize="small", parse_math=False)


def _has(row: Row) -> bool:
    known = row.get("condition_quantity") and row.get("condition_setpoint") is not None
    return bool(known) and row["conductivity_s_m"] > 0 and not row["bound"]


def _condition(row: Row) -> float:
    """Return the condition as it was read; its set point where it was not."""
    value = row["condition_value"]
    return row["condition_setpoint"] if value is None else value


def _series(points: Sequence[Row], with_run: bool) -> list[tuple[str, list[Row]]]:
    """Return the points of each run and temperature with their label, coolest first."""
    found: dict[tuple[int, float], list[Row]] = {}
    for row in points:
        kelvin = row["temperature_k"]
        place = math.inf if kelvin is None else round((kelvin - ZERO_CELSIUS_K) / SAME_K)
        found.setdefault((row["run"] if with_run else 0, place), []).append(row)
    return [(_label(run, degc), same) for (run, degc), same in sorted(found.items())]


def _label(run: int, degc: float) -> str:
    place = f"{degc:g} °C" if math.isfinite(degc) else "temperature not known"
    return f"run {run}, {place}" if run else place


def _draw_series(axes: Any, same: list[Row], quantity: Quantity, label: str, look: dict[str, Any]) -> None:
    rows = sorted(same, key=_condition)
    x = quantity.shown(np.array([_condition(row) for row in rows]))
    y = S_CM * np.array([row["conductivity_s_m"] for row in rows])
    unknown = [row["standard_uncertainty_s_m"] for row in rows]
    error = S_CM * np.array([math.nan if u is None else 2 * u for u in unknown])
    axes.errorbar(x, y, yerr=np.nan_to_num(error), linestyle="-", lw=0.7, label=label, **look)
