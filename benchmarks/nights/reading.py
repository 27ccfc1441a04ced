"""Read stated values and intervals back from a results file, as a user reads them."""

import json
import math
from collections.abc import Mapping
from typing import Any

NORMAL_95 = 1.959963984540054
Row = Mapping[str, Any]
Stated = dict[str, Any]  # value, u, low, high, flags, budget
_CONDUCTIVITIES = """
SELECT c.*, r.standard_uncertainty_ohm, r.resistance_ohm, r.bound AS resistance_bound, s.number
FROM spectra s LEFT JOIN conductivities c ON c.spectrum_id = s.id
LEFT JOIN resistances r ON r.spectrum_id = s.id AND r.quantity = 'total'
WHERE s.run_id = ? ORDER BY s.number
"""
_LAWS = "SELECT * FROM law_fits WHERE run_id = ? AND branch = 'all' ORDER BY id"
_NUMBERS = "SELECT * FROM transference_numbers WHERE run_id = ?"


def spectra(db: Any, run_id: int) -> list[dict[str, Stated | None]]:
    """Stated numbers of each spectrum: `R` in ohm and `sigma` in S/m; None where there is no number."""
    return [
        {"R": _resistance(row), "sigma": _conductivity(row)} for row in db.rows(_CONDUCTIVITIES, (run_id,))
    ]


def _resistance(row: Row) -> Stated | None:
    if row["resistance_bound"] is not None or row["standard_uncertainty_ohm"] is None:
        return None
    value, u = row["resistance_ohm"], row["standard_uncertainty_ohm"]
    return _normal(value, u, row["flags"] or [], [])


def _conductivity(row: Row) -> Stated | None:
    if row["conductivity_s_m"] is None or row["standard_uncertainty_s_m"] is None:
        return None
    value, u = row["conductivity_s_m"], row["standard_uncertainty_s_m"]
    stated = _normal(value, u, row["flags"], components(row.get("budget")))
    ends = [row.get("low_95_s_m"), row.get("high_95_s_m")]
    if None not in ends:
        stated["low"], stated["high"] = ends
    return stated


def _normal(value: float, u: float, flags: list[str], budget: list[Row]) -> Stated:
    half = NORMAL_95 * u
    return {
        "value": value,
        "u": u,
        "low": value - half,
        "high": value + half,
        "flags": flags,
        "budget": budget,
    }


def laws(db: Any, run_id: int) -> tuple[str, list[str], dict[str, Stated]]:
    """The law that is preferred, its flags, and its parameters by name; `sigma25` in S/m."""
    for row in db.rows(_LAWS, (run_id,)):
        if row["preferred"]:
            found = {name: _parameter(name, one, row) for name, one in row["parameters"].items()}
            known = {name: one for name, one in found.items() if one is not None}
            return row["law"], row["flags"], known
    return "", [], {}


def _parameter(name: str, one: Row, row: Row) -> Stated | None:
    value, u = one.get("value"), one.get("standard_uncertainty")
    if value is None or u is None or one.get("low_95") is None or one.get("high_95") is None:
        return None
    kept = row.get("budget")
    kept = json.loads(kept) if isinstance(kept, str) else kept
    of_name = kept.get(name) if isinstance(kept, Mapping) else None
    flags = [*row["flags"], *one.get("flags", [])]
    ends = {"low": one["low_95"], "high": one["high_95"]}
    return {"value": value, "u": u, "flags": flags, "budget": components(of_name or one.get("budget"))} | ends


def number(db: Any, run_id: int) -> Stated | None:
    """The transference number of a run; None without one."""
    for row in db.rows(_NUMBERS, (run_id,)):
        if row["value"] is not None and row["standard_uncertainty"] is not None:
            ends = {"low": row["low_95"], "high": row["high_95"]}
            about = {"value": row["value"], "u": row["standard_uncertainty"], "flags": row["flags"]}
            return about | ends | {"budget": components(row.get("budget"))}
    return None


def components(kept: Any) -> list[Row]:
    """The components of a budget as it is kept; empty where none is."""
    kept = json.loads(kept) if isinstance(kept, str) else kept
    if isinstance(kept, Mapping):
        kept = kept.get("components", [])
    return [one for one in kept or [] if isinstance(one, Mapping) and math.isfinite(_size(one))]


def _size(one: Row) -> float:
    return abs(float(one.get("change", one.get("standard_uncertainty", math.nan))))
