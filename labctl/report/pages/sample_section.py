"""The section about the sample and its geometry."""

from collections.abc import Mapping
from typing import Any

from labctl.config.fixture import in_words as correction_in_words
from labctl.derive.geometry import fringe_in_words
from labctl.readmodel.formatting import with_uncertainty
from labctl.report.pages.content import RunContent
from labctl.report.pages.document import Block, Cell, facts, text
from labctl.report.pages.words import Words

Row = Mapping[str, Any]


def sample(content: RunContent, words: Words) -> list[Block]:
    """Return the sample behind the numbers; missing statements are named."""
    row, silent = content.sample, words("missing.not_stated")
    pairs: list[tuple[str, object]] = [
        ("name", row["name"]),
        ("composition", row["composition"] or silent),
        ("cation", row["cation"] or silent),
        ("thickness", _length(row, "thickness_m", "thickness_u_m", 1e3, "mm", words)),
        ("area", _length(row, "area_m2", "area_u_m2", 1e4, "cm²", words)),
        ("pellet", _length(row, "pellet_area_m2", "pellet_area_u_m2", 1e4, "cm²", words)),
        ("fringe", fringe_in_words(row).removeprefix("fringe: ")),
        ("electrodes", row["electrodes"]),
        ("correction", correction_in_words(row) or silent),
        ("thermometer", _correction(row, silent)),
        ("note", row["note"] or words("missing.sample_note")),
    ]
    return [facts([(words(f"names.{name}"), value) for name, value in pairs])]


def _length(row: Row, column: str, u_column: str, factor: float, unit: str, words: Words) -> Cell:
    value, u = row.get(column), row.get(u_column)
    if value is None:
        return text(words("missing.not_stated"))
    if not u:
        return Cell(f"{factor * value:.4g} {unit}, {words('missing.no_uncertainty')}", column, value)
    return Cell(f"{with_uncertainty(factor * value, factor * u)} {unit}", column, value)


def _correction(row: Row, silent: str) -> str:
    kelvin = row.get("thermometer_correction_k")
    return silent if kelvin is None else f"{kelvin:+g} K"
