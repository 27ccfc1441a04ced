"""Kind of a table that is no spectrum: a polarisation, or conductivities against temperature."""

from os import PathLike

from labctl.analysis.readers.conductivity_table import has_conductivities
from labctl.analysis.readers.parts import read_each, read_parts
from labctl.analysis.readers.transient import has_frequency, has_polarisation, tables_of

POLARISATION, CONDUCTIVITIES = "polarisation", "conductivities"


def kind_of_table(path: str | PathLike[str]) -> str:
    """Return `polarisation` or `conductivities` by the headings of a table, `""` for any other file.

    Only the names of the columns decide; units and numbers are judged by the reader of the kind.
    """
    try:
        parts = read_each(read_parts(path), lambda part: list(tables_of(part)))
    except ValueError:
        return ""
    tables = [table for tables in parts for table in tables if not has_frequency(table)]
    if any(has_polarisation(table) for table in tables):
        return POLARISATION
    return CONDUCTIVITIES if any(has_conductivities(table) for table in tables) else ""
