"""Amendments, and the numbers that move with them, as text."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from labctl.derive.moves import Move, moves
from labctl.plain_text import on_one_line, utc_time
from labctl.readmodel.analysis_text import analysis_in_words
from labctl.readmodel.formatting import celsius, with_uncertainty
from labctl.store.amendments import FIELDS, REMARK
from labctl.units import ZERO_CELSIUS_K

MOST_MOVES = 40
ROUNDING = 1e-9
SHOWN = {  # quantity: symbol, unit for people, factor
    "conductivity_s_m": ("sigma", "S/cm", 0.01),
    "conductivity_at_25_degc_s_m": ("sigma(25 °C)", "S/cm", 0.01),
    "total_resistance_ohm": ("R", "ohm", 1.0),
    "temperature_k": ("T", "K", 1.0),
    "activation_energy_ev": ("Ea", "eV", 1.0),
    "value": ("transference number", "", 1.0),
}
VALUES = {  # value of a sample or of an exclusion: name, unit for people, factor, offset
    "thickness_m": ("thickness", "mm", 1e3, 0.0),
    "thickness_u_m": ("±", "mm", 1e3, 0.0),
    "area_m2": ("area", "cm²", 1e4, 0.0),
    "area_u_m2": ("±", "cm²", 1e4, 0.0),
    "pellet_area_m2": ("pellet", "cm²", 1e4, 0.0),
    "pellet_area_u_m2": ("±", "cm²", 1e4, 0.0),
    "thickness_after_m": ("thickness after the run", "mm", 1e3, 0.0),
    "thickness_after_u_m": ("±", "mm", 1e3, 0.0),
    "thermal_expansion_per_k": ("thermal expansion", "1/K", 1.0, 0.0),
    "thermal_expansion_u_per_k": ("±", "1/K", 1.0, 0.0),
    "lead_ohm": ("leads", "ohm", 1.0, 0.0),
    "lead_u_ohm": ("±", "ohm", 1.0, 0.0),
    "thermometer_correction_k": ("thermometer", "K", 1.0, 0.0),
    "frequency_min_hz": ("from", "Hz", 1.0, 0.0),
    "frequency_max_hz": ("to", "Hz", 1.0, 0.0),
    "temperature_min_k": ("from", "°C", 1.0, -ZERO_CELSIUS_K),
    "temperature_max_k": ("to", "°C", 1.0, -ZERO_CELSIUS_K),
}
Row = Mapping[str, Any]
DerivedRows = Mapping[int, Mapping[str, Sequence[Row]]]
"""Derived rows: run id to table to rows."""


def visible_moves(before: DerivedRows, after: DerivedRows) -> list[Move]:
    """Return the numbers that move by more than the rounding that another order of adding gives."""
    return [move for move in moves(before, after) if not _is_noise(move)]


def moves_in_words(found: Sequence[Move], runs: Sequence[int]) -> list[str]:
    """Return how the numbers of each run move: one line for each, or for many runs a line for each run."""
    if not runs:
        return []
    lines = [] if found else [f"no number of {len(runs)} run(s) moves"]
    for run_id in runs:
        of_run = [move for move in found if move.run_id == run_id]
        shown = of_run if len(runs) == 1 else [move for move in of_run if _is_short(move)]
        lines += _summary(run_id, of_run)
        lines += [f"  {_move_in_words(move)}" for move in shown[:MOST_MOVES]]
    return lines


def amendment_in_words(row: Row, revoked: int | None = None) -> list[str]:
    """Return an amendment as two lines: what it changes; who made it, when and why."""
    target = f"run {row['run_id']}" if row["run_id"] is not None else f"sample entry {row['sample_id']}"
    mark = f" (revoked by {revoked})" if revoked is not None else ""
    return [
        f"{row['id']}  {target}, {_what_in_words(row)}{mark}: {change_in_words(row)}",
        f"   {origin_in_words(row)}",
    ]


def amendment_on_one_line(row: Row) -> str:
    """Return an amendment without number and origin, e.g. `exclusion: spectrum 3`."""
    change = change_in_words(row)
    if row["field"] in FIELDS and row["revokes"] is None:
        return on_one_line(change)
    what = "note" if row["field"] == REMARK and row["revokes"] is None else _what_in_words(row)
    return on_one_line(f"{what}: {change.removeprefix(f'{REMARK} ')}")


def _what_in_words(row: Row) -> str:
    return f"revokes {row['revokes']}" if row["revokes"] is not None else str(row["field"])


def change_in_words(row: Row) -> str:
    """Return the old and the new value of an amendment, e.g. `thickness 1 mm -> thickness 1.05 mm`."""
    old, new = (_values_in_words(row[name]) for name in ("old_value", "new_value"))
    return new if not old else f"{old} -> {new or 'nothing'}"


def origin_in_words(row: Row) -> str:
    """Return who made an amendment, when and why."""
    return f"{row['person'] or 'unknown'}, {utc_time(row['time_s'])} UTC: {row['reason']}"


def basis_in_words(run_id: int, analysis: Row | None, amendments: Iterable[Row]) -> str:
    """Return on one line the amendments in force for a run, and the analysis that its numbers stand on.

    Notes are counted apart: no number stands on them.
    """
    rows = list(amendments)
    counted = [row for row in rows if row["field"] != REMARK]
    notes = len(rows) - len(counted)
    made = "nothing derived yet" if analysis is None else analysis_in_words(analysis)
    named = ", ".join(f"{row['id']} {row['field']}" for row in counted)
    parts = [f"run {run_id}: amendments in force: {named}" if named else f"run {run_id}: not amended"]
    parts += [f"{notes} note{'s' * (notes > 1)}"] if notes else []
    return on_one_line("; ".join([*parts, made]))


def _is_short(move: Move) -> bool:
    """Whether a number is shown where many runs move: an activation energy."""
    return move.quantity == "activation_energy_ev" and move.place.get("form") == "ln_sigma_t"


def _summary(run_id: int, found: Sequence[Move]) -> list[str]:
    factors = [move.factor for move in found if move.quantity == "conductivity_s_m" and move.factor]
    if not factors:
        return []
    low, high = min(factors), max(factors)
    by = f"by {low:.6g}" if high - low < 1e-9 * high else f"by {low:.6g} to {high:.6g}"
    return [f"run {run_id}: {len(factors)} conductivities move {by}"]


def _move_in_words(move: Move) -> str:
    symbol, unit, scale = SHOWN[move.quantity]
    kelvin = move.place.get("temperature_k")
    names = [str(move.place[name]) for name in ("branch", "law", "form") if name in move.place]
    place = f"{celsius(kelvin)} °C" if kelvin is not None else " ".join(names)
    before = _number_in_words(move.before, move.u_before, scale)
    after = _number_in_words(move.after, move.u_after, scale)
    factor = f" (x {move.factor:.6g})" if move.factor else ""
    return f"{symbol} {place}: {before} -> {after} {unit}".rstrip() + factor


def _number_in_words(value: float | None, u: float | None, scale: float) -> str:
    if value is None:
        return "none"
    return with_uncertainty(value * scale, None if u is None else u * scale)


def _is_noise(move: Move) -> bool:
    pairs = ((move.before, move.after), (move.u_before, move.u_after))
    return all(
        a == b or (a is not None and b is not None and abs(a - b) <= ROUNDING * max(abs(a), abs(b)))
        for a, b in pairs
    )


def _values_in_words(values: Any) -> str:
    if not isinstance(values, dict):
        return str(values)
    return ", ".join(_value_in_words(name, value) for name, value in values.items())


def _value_in_words(name: str, value: Any) -> str:
    called, unit, factor, offset = VALUES.get(name, (name.replace("_", " "), "", 1.0, 0.0))
    if name not in VALUES or not isinstance(value, int | float):
        return f"{called} {_short(value)}"
    return f"{called} {value * factor + offset:.6g} {unit}"


def _short(value: Any) -> str:
    if isinstance(value, list):
        return f"of {len(value)} points"
    if isinstance(value, float):
        return f"{value:.6g}"
    return "none" if value is None else str(value)
