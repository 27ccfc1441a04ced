"""Read a measured spectrum from the file an instrument maker's program has written.

All makers' files consist of some text and a table with named columns. The text is decoded, the table is
found by its column names, and other statements of the file (the planned sweep, the number of points, an
abort) are compared with the table. Known so: csv with any usual separator and decimal
sign, ZPlot .z, Gamry .DTA, EC-Lab .mpt and its text export, Novocontrol, Autolab, CH Instruments,
VersaStudio .par, Parstat, PowerSuite; and in binary EC-Lab .mpr and PalmSens .pssession.
"""

from itertools import pairwise
from os import PathLike

import numpy as np

from labctl.analysis.readers.claims import broken_claims, describe
from labctl.analysis.readers.part import Part
from labctl.analysis.readers.parts import read_parts
from labctl.analysis.readers.table import Table, read_table
from labctl.analysis.spectra.spectrum import Spectrum

LARGEST_STEP = 1.6  # in log frequency, over that of the steps beside it

__all__ = ["read_spectra", "read_spectrum"]


def read_spectrum(path: str | PathLike[str]) -> Spectrum:
    """Read the spectrum in a file, n points in the file's order; of several sweeps the first, with a warning.

    Everything left out or guessed is in `.warnings`; `.metadata["format"]` names the maker. An area,
    a mass or a thickness in the file is ignored.

    Raises
    ------
    OSError
        When the file cannot be opened.
    ValueError
        When it holds no spectrum that can be trusted: no table, a column missing, impedance already
        multiplied by an area. The message names the file and the reason.
    """
    return read_spectra(path)[0]


def read_spectra(path: str | PathLike[str]) -> list[Spectrum]:
    """Read every sweep in a file; a new one begins where the frequency jumps back. Raises as above."""
    try:
        return [spectrum for part in read_parts(path) for spectrum in _spectra(part, str(path))]
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def _spectra(part: Part, path: str) -> list[Spectrum]:
    table = read_table(part.text)
    sweeps = _sweeps(table.frequency_hz)
    warnings = (*part.warnings, *table.warnings, *broken_claims(part.text, table.frequency_hz))
    warnings = (*warnings, *_sign_warning(table))
    if len(sweeps) > 1:
        warnings = (*warnings, f"the file holds {len(sweeps)} sweeps: this is one of them")
    warnings = (*warnings, *(gap for sweep in sweeps for gap in _gaps(table.frequency_hz[sweep])))
    metadata = {"format": part.format or describe(part.text), "path": path} | _of_part(part)
    return [_spectrum(table, sweep, warnings, metadata) for sweep in sweeps]


def _of_part(part: Part) -> dict[str, str]:
    """Return name and time of a part, where they are known."""
    about = {"part": part.name, "acquired": part.acquired}
    return {key: value for key, value in about.items() if value}


def _spectrum(table: Table, sweep: slice, warnings: tuple[str, ...], metadata: dict[str, str]) -> Spectrum:
    status = None if table.status is None else table.status[sweep]
    return Spectrum(table.frequency_hz[sweep], table.z_ohm[sweep], status, warnings, metadata)


def _sweeps(frequency_hz: np.ndarray) -> list[slice]:
    """Cut where the frequency turns round by more than a factor of three."""
    steps = np.diff(np.log(np.where(frequency_hz > 0, frequency_hz, np.nan)))
    if not np.isfinite(steps).any():
        return [slice(0, frequency_hz.size)]
    direction = np.sign(np.nanmedian(steps))
    cuts = [0, *(np.flatnonzero(steps * direction < -np.log(3)) + 1), frequency_hz.size]
    return [slice(int(a), int(b)) for a, b in pairwise(cuts)]


def _gaps(frequency_hz: np.ndarray) -> list[str]:
    """Steps much longer than both of their neighbours: where lines were lost there is no other trace."""
    positive = np.where(frequency_hz > 0, frequency_hz, np.nan)
    steps = np.abs(np.diff(np.log(positive)))
    if steps.size < 3:
        return []
    longer = steps[1:-1] > LARGEST_STEP * np.maximum(steps[:-2], steps[2:])
    return [
        f"a gap from {frequency_hz[k]:g} to {frequency_hz[k + 1]:g} Hz: points may be missing there"
        for k in np.flatnonzero(longer) + 1
    ]


def _sign_warning(table: Table) -> tuple[str, ...]:
    if table.imaginary_negated or np.mean(table.z_ohm.imag > 0) < 0.8:
        return ()
    return (
        "the imaginary part is mostly positive: an inductor, or a file that holds -Z'' without saying so",
    )
