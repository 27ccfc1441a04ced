"""Read stated values and intervals back from a results file, as a user reads them."""

from collections.abc import Mapping, Sequence
from typing import Any

AT_ROOM = "conductivity_at_25_degc"
NORMAL_95 = 1.959963984540054
GEOMETRY = ("thickness", "area", "thermal expansion", "thermometer", "sensor to sample")
Row = Mapping[str, Any]
Stated = dict[str, Any]  # value, u, low, high, flags, budget
_CONDUCTIVITIES = """
SELECT c.*, r.standard_uncertainty_ohm, r.resistance_ohm, r.low_95_ohm, r.high_95_ohm,
       r.bound AS resistance_bound, s.number
FROM spectra s LEFT JOIN conductivities c ON c.spectrum_id = s.id
LEFT JOIN resistances r ON r.spectrum_id = s.id AND r.quantity = 'total'
WHERE s.run_id = ? ORDER BY s.number
"""
_LAWS = "SELECT * FROM law_fits WHERE run_id = ? AND branch = 'all' ORDER BY id"
_PARTS = "SELECT * FROM part_laws WHERE run_id = ? ORDER BY id"
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
    sigma = row["conductivity_s_m"]
    parts = components(row.get("budget"), "conductivity") if sigma else []
    own = [one for one in parts if one["source"] not in GEOMETRY]
    budget = [dict(one) | {"change": -one["change"] * value / sigma} for one in own]
    stated = _normal(value, u, row["flags"] or [], budget)
    stated["low"], stated["high"] = row["low_95_ohm"], row["high_95_ohm"]
    return stated


def _conductivity(row: Row) -> Stated | None:
    if row["conductivity_s_m"] is None or row["standard_uncertainty_s_m"] is None:
        return None
    value, u = row["conductivity_s_m"], row["standard_uncertainty_s_m"]
    stated = _normal(value, u, row["flags"], components(row.get("budget"), "conductivity"))
    stated["low"], stated["high"] = row["low_95_s_m"], row["high_95_s_m"]
    return stated


def _normal(value: float, u: float, flags: list[str], budget: Sequence[Row]) -> Stated:
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
    """The preferred law, its flags, and its parameters by name; `sigma25` in S/m.

    Flags are its own, and `not stated: ...` for each part of its budget that is not known.
    """
    for row in db.rows(_LAWS, (run_id,)):
        if row["preferred"]:
            found = {name: _parameter(name, one, row) for name, one in row["parameters"].items()}
            known = {name: one for name, one in found.items() if one is not None}
            silent = [f"not stated: {name}" for name in (row["budget"] or {}).get("not_stated", ())]
            return row["law"], [*row["flags"], *silent], known
    return "", [], {}


def _parameter(name: str, one: Row, row: Row) -> Stated | None:
    value, u = one.get("value"), one.get("standard_uncertainty")
    if value is None or u is None or one.get("low_95") is None or one.get("high_95") is None:
        return None
    flags = [*row["flags"], *one.get("flags", [])]
    ends = {"low": one["low_95"], "high": one["high_95"]}
    return {"value": value, "u": u, "flags": flags, "budget": components(row.get("budget"), name)} | ends


def parts(db: Any, run_id: int) -> dict[str, Stated]:
    """Activation energies in eV of bulk and grain boundary, by the name of the part."""
    found = {}
    for row in db.rows(_PARTS, (run_id,)):
        energy = row["parameters"].get("activation_energy", {})
        value, u = row["activation_energy_ev"], row["standard_uncertainty_ev"]
        if value is not None and u is not None:
            stated = _normal(value, u, row["flags"], ())
            ends = {"low": energy.get("low_95"), "high": energy.get("high_95")}
            found[row["part"]] = stated | (ends if None not in ends.values() else {})
    return found


def number(db: Any, run_id: int) -> Stated | None:
    """The transference number of a run; None without one."""
    for row in db.rows(_NUMBERS, (run_id,)):
        if row["value"] is not None and row["standard_uncertainty"] is not None:
            ends = {"low": row["low_95"], "high": row["high_95"]}
            about = {"value": row["value"], "u": row["standard_uncertainty"], "flags": row["flags"]}
            return about | ends | {"budget": components(row.get("budget"), row["quantity"])}
    return None


def over_mounts(db: Any, name: str) -> Stated | None:
    """The conductivity at 25 degC of the specimen of a sample over its mounts; None without one.

    Flagged where a law of one of its runs is not the preferred one beyond doubt.
    """
    from labctl.readmodel.mounts import specimens

    for specimen in specimens(db, name):
        found = specimen.numbers.get("conductivity_at_25_degc_s_m")
        if found is not None and len(specimen.mounts) > 1:
            low, high = found.mean.interval()
            runs = [run_id for mount in specimen.mounts for run_id in mount.runs]
            flags = [flag for run_id in runs for flag in _flags_at_room(db, run_id)]
            about = {"value": found.mean.value, "u": found.mean.standard_uncertainty, "flags": flags}
            return about | {
                "low": low,
                "high": high,
                "budget": [_component(one) for one in found.mean.components],
            }
    return None


def _flags_at_room(db: Any, run_id: int) -> list[str]:
    _, flags, known = laws(db, run_id)
    return [*flags, *(known[AT_ROOM]["flags"] if AT_ROOM in known else [])]


def _component(one: Any) -> Row:
    return {
        "source": one.source,
        "change": one.change,
        "standard_uncertainty": abs(one.change),
        "cause": one.cause,
        "degrees_of_freedom": one.degrees_of_freedom,
    }


def components(kept: Any, name: str) -> list[Row]:
    """The components of the budget of one number, as it is kept; empty where none is."""
    by_name = kept.get("components", {}) if isinstance(kept, Mapping) else {}
    return list(by_name.get(name, ()))
