"""A protocol file from the entries of a form: the same text that a person would have typed."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from labctl.config.fixture import Points, kept_points


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
    note: str = ""
    fixture_short: Points | None = None
    fixture_open: Points | None = None

    @classmethod
    def of_row(cls, row: Mapping[str, Any]) -> "SampleForm":
        """The form of a row of `samples`, or of a protocol's sample."""
        texts = {name: row[name] for name in ("name", "composition", "cation", "electrodes", "note")}
        return cls(
            **texts,
            thickness_mm=_typed(row["thickness_m"], 1e-3),
            thickness_u_mm=_typed(row["thickness_u_m"], 1e-3),
            area_cm2=_typed(row["area_m2"], 1e-4),
            area_u_cm2=_typed(row["area_u_m2"], 1e-4),
            lead_ohm=row.get("lead_ohm") or 0.0,
            lead_u_ohm=row.get("lead_u_ohm") or 0.0,
            fixture_short=kept_points(row.get("fixture_short")),
            fixture_open=kept_points(row.get("fixture_open")),
        )


KEYS = {
    "thickness_u_mm": "thickness_uncertainty_mm",
    "area_u_cm2": "area_uncertainty_cm2",
    "lead_u_ohm": "lead_uncertainty_ohm",
}


def protocol_text(title: str, sample: SampleForm, procedures: Sequence[ProcedureForm]) -> str:
    """The TOML of a protocol with these procedures in order."""
    lines = [f"title = {toml_value(title)}", "", "[sample]"]
    told = {
        KEYS.get(name, name): value for name, value in vars(sample).items() if value not in ("", 0.0, None)
    }
    lines += [f"{name} = {toml_value(value)}" for name, value in told.items()]
    for procedure in procedures:
        lines += ["", "[[procedure]]", f"use = {toml_value(procedure.reference)}"]
        lines += [f"{name} = {toml_value(value)}" for name, value in procedure.parameters.items()]
    return "\n".join(lines) + "\n"


def _typed(value_si: float, unit_si: float) -> float:
    """The shortest number that a protocol turns into exactly this value again."""
    for digits in (12, 15, 16, 17):
        typed = float(f"{value_si / unit_si:.{digits}g}")
        for near in (typed, math.nextafter(typed, math.inf), math.nextafter(typed, -math.inf)):
            if near * unit_si == value_si:
                return near
    return value_si / unit_si


def toml_value(value: Any) -> str:
    """A value as TOML writes it, numbers exact.

    Raises ValueError for what TOML cannot say (None, objects).
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
