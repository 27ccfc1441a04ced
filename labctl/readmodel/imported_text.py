"""Files that a run was imported from, as text."""

from collections.abc import Mapping
from typing import Any


def imported_file_in_words(row: Mapping[str, Any]) -> str:
    """Return which spectra come from a file, its format, hash, date and remarks."""
    last = row["first_spectrum"] + row["n_spectra"] - 1
    which = f"spectrum {last}" if row["n_spectra"] == 1 else f"spectra {row['first_spectrum']} to {last}"
    if row["polarisation"] is not None:
        which = f"polarisation {row['polarisation']}"
    parts = (
        f"{which} imported from {row['name']} ({row['format']}, sha256 {row['sha256'][:12]})",
        f"measured {row['acquired']} on the clock of its computer" if row["acquired"] else "",
        _temperature_in_words(row["temperatures_from"]),
    )
    return "; ".join(filter(None, (*parts, *row["remarks"])))


def _temperature_in_words(source: str) -> str:
    known = {"": "", "from-name": "temperature from its name", "from-file": "temperature as it states"}
    return known.get(source, f"temperature from a {source}")
