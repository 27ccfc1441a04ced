"""Sentences about linearity: spectra that were measured at twice and at half their amplitude as well."""

from collections.abc import Sequence

from labctl.store import Database
from labctl.store.queries import linearity_points


def linearity_in_words(database: Database, parts: Sequence[int]) -> list[str]:
    """Return a line for each spectrum of the parts of a run with points at other amplitudes."""
    spectra = [row for part in parts for row in linearity_points.spectra_with_points(database, part)]
    return [f"spectrum {row['number']}: {_words(database, row['id'])}" for row in spectra]


def _words(database: Database, spectrum_id: int) -> str:
    from labctl.derive.linearities import linearity_of, why_not_tested  # slow to import

    rows = linearity_points.of_spectrum(database, spectrum_id)
    found = linearity_of(rows)
    return f"linearity not tested: {why_not_tested(rows)}" if found is None else found.words
