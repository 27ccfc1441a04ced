"""A protocol file from the entries of a form, as a person would type it."""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from labctl.config.fixture import Points, kept_points
from labctl.config.sample import pellet_area_m2, pellet_diameter_mm
from labctl.units import ZERO_CELSIUS_K


@dataclass(frozen=True)
class ProcedureForm:
    """A procedure as filled in: `module:Class` and its parameters by name."""

    reference: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True)
class SampleForm:
    """A sample as filled in; numbers in the units that people type, `_u_` one standard uncertainty."""

    name: str
    composition: str = ""
    cation: str = ""
    electrodes: str = "blocking"
    thickness_mm: float = 1.0
    thickness_u_mm: float = 0.0
    area_cm2: float = 1.0
    area_u_cm2: float = 0.0
    lead_ohm: float = 0.0
    lead_u_ohm: float = 0.0
    temperature_max_degc: float | None = None
    potential_max_v: float = 0.0
    current_max_a: float = 0.0
    note: str = ""
    pellet_diameter_mm: float = 0.0
    pellet_diameter_u_mm: float = 0.0
    thickness_after_mm: float = 0.0
    thickness_after_u_mm: float = 0.0
    thermal_expansion_per_k: float = 0.0
    thermal_expansion_u_per_k: float = 0.0
    fixture_short: Points | None = None
    fixture_open: Points | None = None

    @classmethod
    def of_row(cls, row: Mapping[str, Any]) -> "SampleForm":
        """Return the form for a row of `samples` or for a protocol's sample."""
        texts = {name: row[name] for name in ("name", "composition", "cation", "electrodes", "note")}
        return cls(
            **texts,
            thickness_mm=_typed(row["thickness_m"], 1e-3),
            thickness_u_mm=_typed(row["thickness_u_m"], 1e-3),
            area_cm2=_typed(row["area_m2"], 1e-4),
            area_u_cm2=_typed(row["area_u_m2"], 1e-4),
            lead_ohm=row.get("lead_ohm") or 0.0,
            lead_u_ohm=row.get("lead_u_ohm") or 0.0,
            temperature_max_degc=_degc(row.get("temperature_max_k")),
            potential_max_v=row.get("potential_max_v") or 0.0,
            current_max_a=row.get("current_max_a") or 0.0,
            **_pellet(row),
            thickness_after_mm=_typed(row.get("thickness_after_m") or 0.0, 1e-3),
            thickness_after_u_mm=_typed(row.get("thickness_after_u_m") or 0.0, 1e-3),
            thermal_expansion_per_k=row.get("thermal_expansion_per_k") or 0.0,
            thermal_expansion_u_per_k=row.get("thermal_expansion_u_per_k") or 0.0,
            fixture_short=kept_points(row.get("fixture_short")),
            fixture_open=kept_points(row.get("fixture_open")),
        )


KEYS = {
    "thickness_u_mm": "thickness_uncertainty_mm",
    "area_u_cm2": "area_uncertainty_cm2",
    "pellet_diameter_u_mm": "pellet_diameter_uncertainty_mm",
    "thickness_after_u_mm": "thickness_after_uncertainty_mm",
    "thermal_expansion_u_per_k": "thermal_expansion_uncertainty_per_k",
    "lead_u_ohm": "lead_uncertainty_ohm",
}


def protocol_text(title: str, sample: SampleForm, procedures: Sequence[ProcedureForm]) -> str:
    """Return the TOML text of a protocol with these procedures in order."""
    lines = [f"title = {toml_value(title)}", "", "[sample]"]
    entries = {KEYS.get(name, name): value for name, value in vars(sample).items() if _is_given(name, value)}
    lines += [f"{name} = {toml_value(value)}" for name, value in entries.items()]
    for procedure in procedures:
        lines += ["", "[[procedure]]", f"use = {toml_value(procedure.reference)}"]
        lines += [f"{name} = {toml_value(value)}" for name, value in procedure.parameters.items()]
    return "\n".join(lines) + "\n"


def _is_given(name: str, value: Any) -> bool:
    """Whether a field says something; a temperature of 0 degC does, any other zero stands for nothing."""
    return value is not None if name == "temperature_max_degc" else value not in ("", 0.0, None)


def _degc(temperature_k: float | None) -> float | None:
    return None if temperature_k is None else round(temperature_k - ZERO_CELSIUS_K, 6)


def _typed(value_si: float, unit_si: float) -> float:
    """Return the shortest number that a protocol converts back into exactly this value."""
    return _typed_for(value_si, value_si / unit_si, lambda typed: typed * unit_si)


def _typed_for(value_si: float, near: float, converted: Callable[[float], float]) -> float:
    for digits in (12, 15, 16, 17):
        typed = float(f"{near:.{digits}g}")
        for candidate in (typed, math.nextafter(typed, math.inf), math.nextafter(typed, -math.inf)):
            if converted(candidate) == value_si:
                return candidate
    return near


def _pellet(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the pellet as it is typed; empty where it is not stated."""
    found = pellet_diameter_mm(row)
    if found is None:
        return {}
    area_m2, u_m2 = row["pellet_area_m2"], row.get("pellet_area_u_m2") or 0.0
    diameter_mm = _typed_for(area_m2, found[0], lambda mm: pellet_area_m2(mm, 0.0)[0])
    u_mm = _typed_for(u_m2, found[1], lambda mm: pellet_area_m2(diameter_mm, mm)[1])
    return {"pellet_diameter_mm": diameter_mm, "pellet_diameter_u_mm": u_mm}


def toml_value(value: Any) -> str:
    """Return a value in TOML, numbers exact.

    Raises ValueError for values without a TOML form (None, objects).
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(toml_value, value)) + "]"
    raise ValueError(f"{value!r} cannot be written into a protocol")
