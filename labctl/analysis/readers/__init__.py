"""Read a measured spectrum from the file an instrument maker's program has written.

All makers' files consist of some text and a table with named columns. The text is decoded, the table is
found by its column names, and other statements of the file (the planned sweep, the number of points, an
abort) are compared with the table. Supported formats: csv with any usual separator and decimal sign, ZPlot
.z, Gamry .DTA, EC-Lab .mpt and its text export, Novocontrol, Autolab, CH Instruments, VersaStudio .par,
Parstat, PowerSuite, the binary files EC-Lab .mpr and PalmSens .pssession, and spreadsheets.
"""

from os import PathLike

from labctl.analysis.readers.part import Part
from labctl.analysis.readers.parts import read_each, read_parts
from labctl.analysis.readers.spectra import spectra_of
from labctl.analysis.spectra.spectrum import Spectrum

__all__ = ["read_spectra", "read_spectrum"]


def read_spectrum(path: str | PathLike[str]) -> Spectrum:
    """Read the spectrum in a file, n points in the file's order; of several sweeps the first, with a warning.

    Everything left out or guessed is in `.warnings`; `.metadata["format"]` names the maker. An area,
    a mass or a thickness in the file is ignored, except to convert columns of permittivity or conductivity,
    for which the file must state thickness and diameter.

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
    """Read every sweep in a file.

    Raises as `read_spectrum`, and ValueError for sweeps that cannot be separated. The metadata of each sweep
    hold the values that separate it: `cycle`, `temperature_k`, `bias_v`, `sweep`.
    """
    try:
        found = read_each(read_parts(path), lambda part: _spectra(part, str(path)))
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    return [spectrum for spectra in found for spectrum in spectra]


def _spectra(part: Part, path: str) -> list[Spectrum]:
    about = {"format": part.format, "part": part.name, "acquired": part.acquired}
    known = {key: value for key, value in about.items() if value}
    return spectra_of(part.text, path, part.warnings, known)
