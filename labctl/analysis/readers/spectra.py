"""Spectra from the text of a file: one for each sweep of its table."""

from collections.abc import Mapping

import numpy as np

from labctl.analysis.numerics.arrays import ComplexArray
from labctl.analysis.readers import neighbours
from labctl.analysis.readers.claims import broken_claims, describe
from labctl.analysis.readers.companions import one_of_sweeps
from labctl.analysis.readers.sweeps import WITHOUT_UNIT, Sweep, gaps, separate
from labctl.analysis.readers.table import Table, read_table
from labctl.analysis.spectra.spectrum import Spectrum

_UNITS = {"cycle": "cycle", "temperature": "temperature_k", "bias": "bias_v"}
_UNITS[WITHOUT_UNIT] = "temperature_without_unit"
MOSTLY = 0.8


def spectra_of(
    text: str, path: str, warnings: tuple[str, ...] = (), about: Mapping[str, str] | None = None
) -> list[Spectrum]:
    """The sweeps in a text; ValueError when there is none that can be trusted.

    `warnings` and the metadata in `about` (which may name another format) are added to each.
    """
    table = read_table(text)
    sweeps = separate(table.frequency_hz, table.z_ohm, table.labels)
    warnings = (*warnings, *table.warnings, *broken_claims(text, table.frequency_hz, table.promised))
    if len(sweeps) > 1:
        warnings = (*warnings, one_of_sweeps(len(sweeps)))
    metadata = {"format": describe(text), "path": path, **(about or {})}
    owners = _owners(table, sweeps)
    return [
        _spectrum(table, sweep, (*warnings, *owners[k]), {**metadata, **_metadata(sweep, k, len(sweeps))})
        for k, sweep in enumerate(sweeps)
    ]


def _metadata(sweep: Sweep, place: int, count: int) -> dict[str, str]:
    values = {_UNITS[name]: f"{number:.10g}" for name, number in sweep.values.items()}
    return {**values, "sweep": f"{place + 1} of {count}"} if count > 1 else values


def _owners(table: Table, sweeps: list[Sweep]) -> list[list[str]]:
    """The warnings about lines, each with the sweep of the row before the line."""
    owner = {int(row): k for k, sweep in enumerate(sweeps) for row in sweep.rows}
    lines = np.array(table.row_lines)
    found: list[list[str]] = [[] for _ in sweeps]
    for line, words in table.line_warnings:
        row = max(int(np.searchsorted(lines, line, side="right")) - 1, 0)
        found[owner.get(row, 0)].append(words)
    return found


def _spectrum(table: Table, sweep: Sweep, warnings: tuple[str, ...], metadata: dict[str, str]) -> Spectrum:
    frequency, z = table.frequency_hz[sweep.rows], table.z_ohm[sweep.rows]
    status = None if table.status is None else [table.status[row] for row in sweep.rows]
    own = (*sweep.warnings, *_sign_warning(table, z), *gaps(frequency), *neighbours.off(frequency, z))
    return Spectrum(frequency, z, status, (*warnings, *own), metadata)


def _sign_warning(table: Table, z: ComplexArray) -> tuple[str, ...]:
    sound = z.imag[np.isfinite(z.imag)]
    if table.sign_settled or not sound.size or np.mean(sound > 0) < MOSTLY:
        return ()
    if table.imaginary_negated:
        return (
            "the imaginary part is mostly positive: an inductor, or a heading with a minus over numbers that "
            "already have their true sign",
        )
    return (
        "the imaginary part is mostly positive: an inductor, or a file that holds -Z'' without saying so",
    )
