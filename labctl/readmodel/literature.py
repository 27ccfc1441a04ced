"""Published conductivities to compare with: a layer beside the measured ones, always named as literature."""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

REPEATED = "duplicate"  # begins the remark of a row that the review prints twice
FILE = Path(__file__).with_name("literature.toml")


@dataclass(frozen=True)
class Published:
    """One row of the review; a number that it does not state is None, words are `""`.

    Attributes
    ----------
    number : int
        Row of `literature.toml`.
    material, cations, material_class : str, tuple of str, str
    conductivity_s_m, low_s_m, high_s_m : float or None
        A value, or the ends of a range; only `high_s_m`: an upper bound.
    temperature_k : float or None
        None also where the review gives words only, such as "room temperature".
    activation_energy_ev, transference_number : float or None
    conductivity_in_words, temperature_in_words, energy_kind, transference_method, law, method, remark : str
    calculated : bool
        Not measured.
    references : tuple of int
        Numbers of the review's list of references.
    """

    number: int
    material: str
    cations: tuple[str, ...]
    material_class: str
    calculated: bool
    references: tuple[int, ...]
    conductivity_s_m: float | None = None
    low_s_m: float | None = None
    high_s_m: float | None = None
    conductivity_in_words: str = ""
    temperature_k: float | None = None
    temperature_in_words: str = ""
    activation_energy_ev: float | None = None
    energy_kind: str = ""
    transference_number: float | None = None
    transference_method: str = ""
    law: str = ""
    method: str = ""
    remark: str = ""


RENAMED = {
    "class": "material_class",
    "conductivity_low_s_m": "low_s_m",
    "conductivity_high_s_m": "high_s_m",
}


@cache
def source() -> str:
    """Return the review with its DOI."""
    return str(tomllib.loads(FILE.read_text("utf-8"))["source"])


@cache
def published() -> tuple[Published, ...]:
    """Return every row of the review, in its order."""
    rows: list[dict[str, Any]] = tomllib.loads(FILE.read_text("utf-8"))["row"]
    return tuple(
        Published(**{RENAMED.get(key, key): _frozen(value) for key, value in row.items()}) for row in rows
    )


def of_cation(cation: str) -> tuple[Published, ...]:
    """Return the rows about one cation, e.g. `"Mg2+"`; all rows for `""`."""
    return tuple(row for row in published() if not cation or cation in row.cations)


def measured_of(cations: Iterable[str]) -> list[Published]:
    """Return the rows of these cations with a measured conductivity and a temperature, each once."""
    rows = [row for cation in sorted({*cations} - {""}) for row in of_cation(cation)]
    known = [row for row in rows if row.temperature_k and row.conductivity_s_m and not row.calculated]
    return [row for row in known if not row.remark.startswith(REPEATED)]


def short_source() -> str:
    """Return the review without its DOI, as the layer is named in a plot."""
    return source().partition(" (")[0]


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
