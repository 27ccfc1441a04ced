"""Values of a sample that a person corrects, checked by the rules of a `[sample]` table.

1. Only given values change; an uncertainty that is not given stays.
2. A length, area or resistance that changes by more than a factor of ten is refused unless the person is
   sure: the usual cause is another unit.
"""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from labctl.config.sample import parse_sample, pellet_diameter_mm
from labctl.config.table import Table
from labctl.errors import InvalidRequest
from labctl.store.amendments import FIELDS

LARGEST_CORRECTION_K = 50.0
UNIT_MISTAKEN = 10.0
NONE = "none"
OPTIONAL = {  # a value that `none` takes away, its uncertainty, and the same two in the sample in SI
    "pellet_diameter_mm": ("pellet_diameter_uncertainty_mm", "pellet_area_m2", "pellet_area_u_m2"),
    "thickness_after_mm": ("thickness_after_uncertainty_mm", "thickness_after_m", "thickness_after_u_m"),
    "thermal_expansion_per_k": (
        "thermal_expansion_uncertainty_per_k",
        "thermal_expansion_per_k",
        "thermal_expansion_u_per_k",
    ),
}
PELLET = ("pellet_diameter_mm", "pellet_diameter_uncertainty_mm")
GIVEN = {  # key as in a [sample] table: values of the sample that it holds
    "thickness_mm": ("thickness_m",),
    "thickness_uncertainty_mm": ("thickness_u_m",),
    "thickness_after_mm": ("thickness_after_m",),
    "thickness_after_uncertainty_mm": ("thickness_after_u_m",),
    "thermal_expansion_per_k": ("thermal_expansion_per_k",),
    "thermal_expansion_uncertainty_per_k": ("thermal_expansion_u_per_k",),
    "diameter_mm": ("area_m2",),
    "diameter_uncertainty_mm": ("area_u_m2",),
    "area_cm2": ("area_m2",),
    "area_uncertainty_cm2": ("area_u_m2",),
    "pellet_diameter_mm": ("pellet_area_m2",),
    "pellet_diameter_uncertainty_mm": ("pellet_area_u_m2",),
    "composition": ("composition",),
    "cation": ("cation",),
    "electrodes": ("electrodes",),
    "lead_ohm": ("lead_ohm",),
    "lead_uncertainty_ohm": ("lead_u_ohm",),
    "fixture_short": ("fixture_short",),
    "fixture_open": ("fixture_open",),
    "note": ("note",),
    "thermometer_correction_k": ("thermometer_correction_k",),
}
_IN_OTHER_UNITS = {
    "thickness_m": ("mm", 1e3),
    "area_m2": ("cm2", 1e4),
    "pellet_area_m2": ("cm2", 1e4),
    "thickness_after_m": ("mm", 1e3),
    "lead_ohm": ("ohm", 1.0),
}


def amended_values(
    sample: Mapping[str, Any], given: Mapping[str, Any], database: Path, sure: bool = False
) -> dict[str, dict[str, Any]]:
    """Return the values that change, by field of an amendment, in SI units.

    Parameters
    ----------
    sample : mapping
        The sample in force, as `labctl.derive.in_force` gives it.
    given : mapping
        Keys of a `[sample]` table and `thermometer_correction_k`, with their new values; `"none"` for leads,
        a fixture or the correction takes it away.
    database : Path
        Where a fixture named by its run is looked up.
    sure : bool
        Accept a change by more than a factor of ten.

    Raises
    ------
    ConfigurationError
        A value breaks a rule of `[sample]`.
    InvalidRequest
        An unknown key, no key, or a change that looks like another unit.

    Returns
    -------
    dict
        Empty where every given value is in force already.
    """
    if unknown := [key for key in given if key not in GIVEN]:
        raise InvalidRequest(f"a sample has no {unknown[0]!r}; it has {', '.join(GIVEN)}")
    if not given:
        raise InvalidRequest("nothing to amend: give a value, e.g. --thickness-mm 1.05")
    new = dict(sample) | _parsed(sample, given, database)
    changed = {
        field: {name: new.get(name) for name in names}
        for field, names in FIELDS.items()
        if any(new.get(name) != sample.get(name) for name in names)
    }
    if not sure:
        _refuse_other_unit(sample, new)
    return changed


def _parsed(sample: Mapping[str, Any], given: Mapping[str, Any], database: Path) -> dict[str, Any]:
    """Return the values that the given keys hold, checked together with the others."""
    table = _as_table(sample, given)
    parsed = vars(parse_sample(Table("amendment", table), database))
    parsed |= {"thermometer_correction_k": _correction_k(sample, given)}
    found = {name: _stored(parsed[name]) for key in given for name in GIVEN[key]}
    gone = {u_name: None for _, name, u_name in OPTIONAL.values() if found.get(name, 0) is None}
    return found | gone


def _as_table(sample: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the sample in force as a `[sample]` table, with the given values in it."""
    table: dict[str, Any] = {name: sample[name] for name in ("name", "composition", "cation", "electrodes")}
    table["thickness_mm"] = sample["thickness_m"] * 1e3
    table["thickness_uncertainty_mm"] = sample["thickness_u_m"] * 1e3
    if "diameter_mm" not in given and "diameter_uncertainty_mm" not in given:
        table |= {"area_cm2": sample["area_m2"] * 1e4, "area_uncertainty_cm2": sample["area_u_m2"] * 1e4}
    elif "diameter_mm" not in given:
        table["diameter_mm"] = 2e3 * math.sqrt(sample["area_m2"] / math.pi)
    table |= _pellet_as_given(sample) | _thickness_after_and_expansion(sample)
    for key, name in (("lead_ohm", "lead_ohm"), ("lead_uncertainty_ohm", "lead_u_ohm")):
        table[key] = sample[name]
    for key in ("fixture_short", "fixture_open"):
        table[key] = None if sample[key] is None else [list(point) for point in sample[key]]
    table |= {key: value for key, value in given.items() if key != "thermometer_correction_k"}
    if table["lead_ohm"] in (None, NONE):
        table["lead_uncertainty_ohm"] = given.get("lead_uncertainty_ohm")
    for key, (u_key, _, _) in OPTIONAL.items():
        if table.get(key) in (None, NONE):
            table[u_key] = given.get(u_key)
    return {key: value for key, value in table.items() if value is not None and value != NONE}


def _pellet_as_given(sample: Mapping[str, Any]) -> dict[str, float]:
    """Return the pellet in force by its keys in a `[sample]` table; empty where it is not stated."""
    found = pellet_diameter_mm(sample)
    return {} if found is None else dict(zip(PELLET, found, strict=True))


def _thickness_after_and_expansion(sample: Mapping[str, Any]) -> dict[str, float | None]:
    """Return thickness after the run and thermal expansion in force by their keys in a `[sample]` table."""
    after_m, after_u_m = (sample.get(name) for name in ("thickness_after_m", "thickness_after_u_m"))
    return {
        "thickness_after_mm": None if after_m is None else after_m * 1e3,
        "thickness_after_uncertainty_mm": None if after_u_m is None else after_u_m * 1e3,
        "thermal_expansion_per_k": sample.get("thermal_expansion_per_k"),
        "thermal_expansion_uncertainty_per_k": sample.get("thermal_expansion_u_per_k"),
    }


def _correction_k(sample: Mapping[str, Any], given: Mapping[str, Any]) -> float | None:
    if "thermometer_correction_k" not in given:
        return sample["thermometer_correction_k"]
    if given["thermometer_correction_k"] in (None, NONE):
        return None
    most = {"minimum": -LARGEST_CORRECTION_K, "maximum": LARGEST_CORRECTION_K}
    return Table("amendment", dict(given)).number("thermometer_correction_k", **most)


def _stored(value: Any) -> Any:
    """Return a value as JSON gives it back."""
    return [list(point) for point in value] if isinstance(value, tuple) else value


def _refuse_other_unit(sample: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    for name, (unit, scale) in _IN_OTHER_UNITS.items():
        old_value, new_value = sample.get(name), new.get(name)
        if not old_value or not new_value:
            continue
        factor = max(new_value / old_value, old_value / new_value)
        if factor > UNIT_MISTAKEN * (1 + 1e-9):
            what = f"{name.rpartition('_')[0]} of {new_value * scale:.6g} {unit}"
            was = f"{old_value * scale:.6g} {unit}"
            raise InvalidRequest(
                f"a {what} differs from {was}, which is in force, by a factor of {factor:.4g}: is it in "
                f"{unit}? Confirm it (--sure) if it is right"
            )


def in_force_in_words(sample: Mapping[str, Any], given: Mapping[str, Any]) -> str:
    """Return the values in force of the given keys, e.g. `thickness_m is 0.00105`."""
    names = dict.fromkeys(name for key in given for name in GIVEN[key])
    return ", ".join(f"{name} is {_short(sample.get(name))}" for name in names)


def _short(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    return "as given" if isinstance(value, list) else "none" if value is None else repr(value)
