"""Share of the electrons from steady currents at several potentials of one run: Hebb-Wagner curves.

Counted are runs of cells with one blocking and one reversible electrode. Which of them is the working
electrode does not matter for the sum of electrons and holes: exchanging the sides exchanges the two.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from labctl.analysis import Estimate, electrode_sides
from labctl.analysis.numerics.budget import propagated
from labctl.analysis.transport.hebb_wagner import (
    FEWEST_STEPS,
    GAS_CONSTANT_OVER_FARADAY_V_K,
    HebbWagner,
    hebb_wagner,
)

Row = Mapping[str, Any]
SAME_TEMPERATURE_K = 1.0


def differs_by_side(electrodes: str) -> bool:
    """Whether one electrode blocks and the other does not."""
    return len(set(electrode_sides(electrodes))) > 1


def curvature(potential_v: float, temperature_k: float, electrodes: str) -> float:
    """Largest factor by which the steady current of electrons is below proportionality to the potential.

    Excess electrons beside ions of a fixed number: y / (1 - exp(-y)) with y = F V / RT where one electrode is
    reversible, x / tanh x with x = F V / 2 RT where both block.
    """
    y = abs(potential_v) / (GAS_CONSTANT_OVER_FARADAY_V_K * temperature_k)
    if y == 0:
        return 1.0
    return y / -math.expm1(-y) if differs_by_side(electrodes) else (y / 2) / math.tanh(y / 2)


def curves(rows: Sequence[Row]) -> list[list[Row]]:
    """Rows of steady currents by run and temperature, each with three different potentials or more.

    Each row is one of `transference_numbers` with `applied_v` (potential between the electrodes) and
    `electrodes`.
    """
    usable = [row for row in rows if row["quantity"] == "electronic" and _is_whole(row)]
    groups: list[list[Row]] = []
    for row in sorted(usable, key=lambda one: (one["run_id"], one["temperature_k"])):
        last = groups[-1][0] if groups else None
        if (
            last is None
            or row["run_id"] != last["run_id"]
            or row["temperature_k"] - last["temperature_k"] > SAME_TEMPERATURE_K
        ):
            groups.append([])
        groups[-1].append(row)
    return [group for group in groups if len({row["applied_v"] for row in group} - {0.0}) >= FEWEST_STEPS]


def share_of_curve(group: Sequence[Row]) -> tuple[Estimate, HebbWagner]:
    """Share of electrons and holes at the activity of the reversible electrode, and the fitted curve.

    The geometry cancels: the curve is fitted as a conductance, in S, and compared with the resistance.

    Raises
    ------
    ValueError
        The currents are no such curve.
    """
    kelvin = math.fsum(row["temperature_k"] for row in group) / len(group)
    found = hebb_wagner(
        [row["applied_v"] for row in group],
        [row["steady_current_a"] for row in group],
        [row["steady_current_u_a"] for row in group],
        kelvin,
        1.0,
        1.0,
        potential_u_v=max(row["delta_v_u_v"] or 0.0 for row in group),
    )
    ohm = math.fsum(row["bulk_resistance_ohm"] for row in group) / len(group)
    ohm_u = max(row["bulk_resistance_u_ohm"] or 0.0 for row in group)
    conductance = found.electronic_s_m
    u = math.hypot(conductance.standard_uncertainty * ohm, conductance.value * ohm_u)
    return Estimate(conductance.value * ohm, u, conductance.degrees_of_freedom), found


def branches_s_m(found: HebbWagner, thickness_m: Estimate, area_m2: Estimate) -> dict[str, Estimate]:
    """Conductivities of electrons and holes from a curve that was fitted as a conductance, in S."""
    both = {"electrons": found.electrons_s_m, "holes": found.holes_s_m}
    per_area = thickness_m.value / area_m2.value
    return {
        name: propagated(
            one.value * per_area,
            [
                (per_area, one),
                (one.value / area_m2.value, thickness_m),
                (-one.value * per_area / area_m2.value, area_m2),
            ],
        )
        for name, one in both.items()
    }


def with_cells(rows: Iterable[Row], cells: Mapping[int, tuple[float, str]]) -> list[dict[str, Any]]:
    """Return rows with `applied_v` and `electrodes` of their polarisation, by its id."""
    return [
        dict(row) | dict(zip(("applied_v", "electrodes"), cells[row["polarisation_id"]], strict=True))
        for row in rows
    ]


def _is_whole(row: Row) -> bool:
    names = ("temperature_k", "steady_current_a", "steady_current_u_a", "bulk_resistance_ohm")
    return (
        all(row[name] is not None for name in names)
        and row["steady_current_u_a"] > 0
        and differs_by_side(row["electrodes"])
    )
