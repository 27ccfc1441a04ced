"""Materials of the review, as input for the simulated cell."""

import tomllib
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from sim_instruments.world.laws import Law, law_from


@dataclass(frozen=True)
class Material:
    """One material: its conductivity law and the cell parameters that depend on it.

    `assumed` names the entries that are not given in the review.
    """

    name: str
    law: Law
    cation: str
    transference_number: float
    electronic_share: float = 0.0
    melts_at_k: float = float("inf")
    references: tuple[int, ...] = ()
    assumed: tuple[str, ...] = ()
    note: str = ""
    entry: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)


@cache
def materials() -> dict[str, Material]:
    """Every material of materials.toml by name."""
    table = tomllib.loads(files("sim_instruments").joinpath("materials.toml").read_text("utf-8"))
    return {name: _material(name, entry) for name, entry in table.items() if name != "without_number"}


@cache
def without_number() -> tuple[dict[str, Any], ...]:
    """Rows of the review that name a material without a conductivity."""
    table = tomllib.loads(files("sim_instruments").joinpath("materials.toml").read_text("utf-8"))
    return tuple(table.get("without_number", ()))


def material(name: str) -> Material:
    """One material by name; raises ValueError listing the known names."""
    try:
        return materials()[name]
    except KeyError:
        raise ValueError(
            f"material: {name!r} is unknown; there are {', '.join(sorted(materials()))}"
        ) from None


def _material(name: str, entry: dict[str, Any]) -> Material:
    try:
        law = law_from(entry)
    except ValueError as problem:
        raise ValueError(f"materials.toml: {name}: {problem}") from problem
    return Material(
        name=name,
        law=law,
        cation=entry["cation"],
        transference_number=entry["transference_number"],
        electronic_share=entry.get("electronic_share", 0.0),
        melts_at_k=entry.get("melts_at_k", float("inf")),
        references=tuple(entry["references"]),
        assumed=tuple(entry.get("assumed", ())),
        note=entry.get("note", ""),
        entry=entry,
    )
