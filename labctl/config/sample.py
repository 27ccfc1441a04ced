"""The sample between the electrodes: read from a protocol, from a sample file, or from the database."""

import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from labctl.config.fixture import Points, are_swapped, kept_points, read_points
from labctl.config.table import Table, read_document
from labctl.errors import ConfigurationError
from labctl.instruments.limits import Limits
from labctl.store import Database
from labctl.store.electrode_columns import as_text
from labctl.store.queries.samples import newest_first
from labctl.units import ZERO_CELSIUS_K

ELECTRODES = ("blocking", "reversible", "blocking/reversible", "reversible/blocking")
MOST_CHANGED = 10.0  # thickness after / before
SMALLER_THAN_ELECTRODES = 0.05  # area, relative: two measurements of one disc differ by less
LARGEST_EXPANSION_PER_K = 1e-3  # of polymers and waxes it is up to 3e-4
LARGEST_MM = 200.0  # no sample is larger, but micrometres are often mistaken for millimetres


@dataclass(frozen=True)
class Sample:
    """The sample between the electrodes. Lengths in m, areas in m2, `_u_` standard uncertainties.

    Either the resistance of the leads, which is subtracted, or points (Hz, ohm, ohm) of the fixture with a
    short or an open circuit in place of the sample, which correct every spectrum; None: not given.

    `electrodes` is a text for `labctl.analysis.electrode_sides`; the sides can differ. The pellet can be
    wider than its electrodes; None: its size is not stated. The thickness can be measured again after the
    run, and the linear thermal expansion corrects the geometry at temperature; None: not stated.

    The ceilings `_max_` are limits that the sample tolerates; None: only the limits of the station hold.
    """

    name: str
    composition: str
    cation: str
    thickness_m: float
    thickness_u_m: float
    area_m2: float
    area_u_m2: float
    electrodes: str
    note: str = ""
    lead_ohm: float | None = None
    lead_u_ohm: float | None = None
    fixture_short: Points | None = None
    fixture_open: Points | None = None
    temperature_max_k: float | None = None
    potential_max_v: float | None = None
    current_max_a: float | None = None
    pellet_area_m2: float | None = None
    pellet_area_u_m2: float | None = None
    thickness_after_m: float | None = None
    thickness_after_u_m: float | None = None
    thermal_expansion_per_k: float | None = None
    thermal_expansion_u_per_k: float | None = None

    @classmethod
    def of_row(cls, row: Mapping[str, Any]) -> "Sample":
        """Return the sample of a row of `samples`, also of an older file, or of a job."""
        row = as_text(row)
        known: dict[str, Any] = {field.name: row[field.name] for field in fields(cls) if field.name in row}
        for name in ("fixture_short", "fixture_open"):
            known[name] = kept_points(known.get(name))
        return cls(**known)

    def within(self, limits: Limits) -> Limits:
        """Return the limits that hold for this sample: the lowest of a station's and its own ceilings."""
        return limits.lowered_to(self.temperature_max_k, self.potential_max_v, self.current_max_a)


def tell_sample(procedure: Any, sample: Sample) -> None:
    """Set `sample` and `electrodes` of a procedure, if its class leaves them open.

    A laboratory's procedure may use these names for something else; such attributes are not changed.
    """
    if getattr(type(procedure), "sample", None) is None:
        procedure.sample = sample
    if getattr(type(procedure), "electrodes", None) in ELECTRODES:
        procedure.electrodes = sample.electrodes


def sample_of(value: object, database: Path) -> Sample:
    """Return the sample that a script names: itself, its file, or its name in the database.

    Parameters
    ----------
    value : Sample, mapping or str or path
        A mapping has the keys of a `[sample]` table; a text that ends in `.toml` is a file name, any other
        text the name of a sample that was measured before.

    Raises
    ------
    ConfigurationError
        There is no such sample, or one of its entries is wrong.
    """
    if isinstance(value, Sample):
        return value
    if isinstance(value, Mapping):
        return parse_sample(Table("sample", value), database)
    if isinstance(value, os.PathLike) or (isinstance(value, str) and value.endswith(".toml")):
        return read_sample(Path(value), database)
    if isinstance(value, str):
        return find_sample(value, database)
    problem = "give its file, its name in the database, or a mapping such as {'name': 'pellet 7', ...}"
    raise ConfigurationError("sample", "", problem)


def kept_sample(text: str) -> Sample | None:
    """Return the sample stored with a job as JSON; None if there is none."""
    return Sample.of_row(json.loads(text)) if text else None


def kept_in_cells(text: str) -> dict[str, Sample]:
    """Return the samples stored with a job as JSON by their cells; empty where it has one sample."""
    kept = json.loads(text).get("in_cells") if text else None
    return {cell: Sample.of_row(row) for cell, row in (kept or {}).items()}


def read_sample(path: Path, database: Path | None = None) -> Sample:
    """Read a sample file: the keys of a `[sample]` table, with or without that heading."""
    document = read_document(path)
    table = document.table("sample") if document.has("sample") else document
    if table is not document:
        document.refuse_unknown()
    return parse_sample(table, database)


def find_sample(name: str, database: Path) -> Sample:
    """Return the last added sample with this name; raises ConfigurationError if there is none."""
    known: list[dict[str, Any]] = []
    if database.is_file():
        with Database(database) as db:
            known = newest_first(db)
    for row in known:
        if row["name"] == name:
            return Sample.of_row(row)
    names = ", ".join(repr(row["name"]) for row in known[:10]) or "none"
    raise ConfigurationError(database, "samples", f"there is no sample {name!r}; known here: {names}")


def parse_sample(table: Table, database: Path | None = None) -> Sample:
    """Check a table of a sample; raises ConfigurationError with file, key and a valid value.

    A short or open spectrum given by its run is looked up in `database`.
    """
    thickness_mm = _positive(table, "thickness_mm", LARGEST_MM)
    area_m2, area_u_m2 = _area(table)
    sample = Sample(
        name=_name(table),
        composition=table.text("composition", ""),
        cation=table.text("cation", ""),
        thickness_m=thickness_mm * 1e-3,
        thickness_u_m=_uncertainty(table, "thickness_mm", "thickness_uncertainty_mm", thickness_mm) * 1e-3,
        area_m2=area_m2,
        area_u_m2=area_u_m2,
        electrodes=table.text("electrodes", "blocking", choices=ELECTRODES),
        note=table.text("note", ""),
        **_pellet(table, area_m2),
        **_thickness_after(table, thickness_mm),
        **_expansion(table),
        **read_fixture(table, database),
        **_ceilings(table),
    )
    table.refuse_unknown()
    return sample


def _name(table: Table) -> str:
    name = table.text("name").strip()
    if not name:
        raise table.error("name", "is empty; say what the pellet or film is called")
    return name


def read_fixture(table: Table, database: Path | None) -> dict[str, Any]:
    """Return the leads as a resistance or the fixture as spectra; both would subtract the leads twice.

    The keys are those of `Sample`; raises ConfigurationError with the key of the table.
    """
    lead_ohm = table.number("lead_ohm", None, minimum=0.0)
    lead_u_ohm = table.number("lead_uncertainty_ohm", None, minimum=0.0)
    short, open_circuit = (read_points(table, key, database) for key in ("fixture_short", "fixture_open"))
    if lead_ohm is None and lead_u_ohm is not None:
        raise table.error("lead_uncertainty_ohm", "needs lead_ohm beside it")
    if lead_ohm is not None and short is not None:
        raise table.error("lead_ohm", "and fixture_short would take the leads off twice; give one of them")
    if short and open_circuit and are_swapped(short, open_circuit):
        raise table.error("fixture_short", "has a larger impedance than fixture_open; are they swapped?")
    told = {"lead_ohm": lead_ohm, "lead_u_ohm": lead_u_ohm}
    return {**told, "fixture_short": short, "fixture_open": open_circuit}


def _ceilings(table: Table) -> dict[str, Any]:
    """Return the highest permitted temperature, potential and current; None where not given."""
    maximum_degc = table.number("temperature_max_degc", None, minimum=-ZERO_CELSIUS_K)
    return {
        "temperature_max_k": None if maximum_degc is None else maximum_degc + ZERO_CELSIUS_K,
        "potential_max_v": _ceiling(table, "potential_max_v"),
        "current_max_a": _ceiling(table, "current_max_a"),
    }


def _ceiling(table: Table, key: str) -> float | None:
    return _positive(table, key, math.inf) if table.has(key) else None


def _area(table: Table) -> tuple[float, float]:
    """Return the electrode area and its standard uncertainty, given directly or by a diameter."""
    if table.has("area_cm2") == table.has("diameter_mm"):
        raise table.error("diameter_mm", "give either diameter_mm or area_cm2 of the electrodes")
    if table.has("area_cm2"):
        area_cm2 = _positive(table, "area_cm2", LARGEST_MM**2 / 100)
        u_cm2 = _uncertainty(table, "area_cm2", "area_uncertainty_cm2", area_cm2)
        return area_cm2 * 1e-4, u_cm2 * 1e-4
    diameter_m = _positive(table, "diameter_mm", LARGEST_MM) * 1e-3
    u_m = _uncertainty(table, "diameter_mm", "diameter_uncertainty_mm", diameter_m * 1e3) * 1e-3
    return math.pi / 4 * diameter_m**2, math.pi / 2 * diameter_m * u_m


def _pellet(table: Table, area_m2: float) -> dict[str, float | None]:
    """Return the area of the pellet's face and its standard uncertainty; None where it is not stated."""
    if table.take("pellet_diameter_mm", None, "a number") is None:
        if table.take("pellet_diameter_uncertainty_mm", None, "a number") is not None:
            raise table.error("pellet_diameter_uncertainty_mm", "needs pellet_diameter_mm beside it")
        return {"pellet_area_m2": None, "pellet_area_u_m2": None}
    diameter_mm = _positive(table, "pellet_diameter_mm", LARGEST_MM)
    u_mm = _uncertainty(table, "pellet_diameter_mm", "pellet_diameter_uncertainty_mm", diameter_mm)
    pellet_m2, pellet_u_m2 = pellet_area_m2(diameter_mm, u_mm)
    if pellet_m2 < area_m2 * (1 - SMALLER_THAN_ELECTRODES):
        electrode_mm = 2e3 * math.sqrt(area_m2 / math.pi)
        problem = f"is {diameter_mm:g} mm, less than its electrodes of {electrode_mm:.4g} mm"
        raise table.error("pellet_diameter_mm", f"{problem}; give the diameter of the whole pellet")
    return {"pellet_area_m2": pellet_m2, "pellet_area_u_m2": pellet_u_m2}


def _thickness_after(table: Table, before_mm: float) -> dict[str, float | None]:
    """Return the thickness after the run and its standard uncertainty; None where it was not measured."""
    if table.take("thickness_after_mm", None, "a number") is None:
        if table.take("thickness_after_uncertainty_mm", None, "a number") is not None:
            raise table.error("thickness_after_uncertainty_mm", "needs thickness_after_mm beside it")
        return {"thickness_after_m": None, "thickness_after_u_m": None}
    after_mm = _positive(table, "thickness_after_mm", LARGEST_MM)
    if not 1 / MOST_CHANGED <= after_mm / before_mm <= MOST_CHANGED:
        problem = f"is {after_mm:g} mm, but thickness_mm is {before_mm:g} mm; are both in mm?"
        raise table.error("thickness_after_mm", problem)
    u_mm = _uncertainty(table, "thickness_after_mm", "thickness_after_uncertainty_mm", after_mm)
    return {"thickness_after_m": after_mm * 1e-3, "thickness_after_u_m": u_mm * 1e-3}


def _expansion(table: Table) -> dict[str, float | None]:
    """Return the linear thermal expansion and its standard uncertainty; None where it is not stated."""
    if table.take("thermal_expansion_per_k", None, "a number") is None:
        if table.take("thermal_expansion_uncertainty_per_k", None, "a number") is not None:
            problem = "needs thermal_expansion_per_k beside it"
            raise table.error("thermal_expansion_uncertainty_per_k", problem)
        return {"thermal_expansion_per_k": None, "thermal_expansion_u_per_k": None}
    alpha = table.number("thermal_expansion_per_k")
    if abs(alpha) > LARGEST_EXPANSION_PER_K:
        problem = f"is {alpha:g}; give the linear expansion in 1/K, e.g. 1.2e-5"
        raise table.error("thermal_expansion_per_k", problem)
    u = table.number("thermal_expansion_uncertainty_per_k", 0.0, minimum=0.0, maximum=LARGEST_EXPANSION_PER_K)
    return {"thermal_expansion_per_k": alpha, "thermal_expansion_u_per_k": u}


def pellet_area_m2(diameter_mm: float, u_mm: float) -> tuple[float, float]:
    """Return area and standard uncertainty of a pellet's face in m2, from its diameter in mm."""
    return math.pi / 4 * (diameter_mm * 1e-3) ** 2, math.pi / 2 * diameter_mm * u_mm * 1e-6


def pellet_diameter_mm(sample: Mapping[str, Any]) -> tuple[float, float] | None:
    """Return diameter and standard uncertainty of a pellet in mm; None where they are not stated."""
    area_m2 = sample.get("pellet_area_m2")
    if area_m2 is None:
        return None
    diameter_mm = 2e3 * math.sqrt(area_m2 / math.pi)
    return diameter_mm, (sample.get("pellet_area_u_m2") or 0.0) * 1e6 / (math.pi / 2 * diameter_mm)


def _uncertainty(table: Table, of: str, key: str, value: float) -> float:
    """Return a standard uncertainty; one beyond the value itself says that the value is in another unit."""
    uncertainty = table.number(key, 0.0, minimum=0.0)
    if uncertainty > value * (1 + 1e-9):
        unit = of.rpartition("_")[2]
        problem = f"is {value:g} with an uncertainty of {uncertainty:g}: are both in {unit}?"
        raise table.error(of, problem)
    return uncertainty


def _positive(table: Table, key: str, maximum: float) -> float:
    value = table.number(key, minimum=0.0, maximum=maximum)
    if value == 0:
        raise table.error(key, "is 0; give a number greater than zero")
    return value
