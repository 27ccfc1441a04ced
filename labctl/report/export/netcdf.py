"""Export as netCDF 3: a variable for each column, with the attributes `units` and `long_name`.

Variables are named `TABLE.COLUMN`, and their dimension is the row of the table. Numbers are double, NaN where
there is none; text is in arrays of characters, UTF-8, a NUL in it written as `\\x00`. xarray, MATLAB and
Panoply open such a file.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from labctl.report.export.tables import Column, Table, text_without_nul
from labctl.report.whole_files import whole_file

NOT_A_UNIT = ("", "id", "text", "JSON", "UTC")


def write_netcdf(tables: Sequence[Table], path: Path) -> list[Path]:
    """Write all tables into one file."""
    from scipy.io import netcdf_file

    with whole_file(path) as part, netcdf_file(part, "w", version=2) as file:
        file.title = b"Results of labctl"
        file.Conventions = b"CF-1.8 (units and long_name only)"
        for table in tables:
            file.createDimension(table.name, len(table.rows))
            for column, values in zip(table.columns, zip(*table.rows, strict=True), strict=True):
                _write(file, table.name, column, values)
    return [path]


def _write(file: Any, table: str, column: Column, values: Sequence[Any]) -> None:
    name = f"{table}.{column.name}"
    if any(isinstance(value, str) for value in values):
        variable = _text(file, table, name, values)
    else:
        variable = file.createVariable(name, "d", (table,))
        variable[:] = [np.nan if value is None else float(value) for value in values]
    if column.unit not in NOT_A_UNIT:
        variable.units = column.unit.encode()
    if column.meaning:
        variable.long_name = column.meaning.encode()


def _text(file: Any, table: str, name: str, values: Sequence[Any]) -> Any:
    encoded = [text_without_nul(value).encode() for value in values]
    longest = max(1, *(len(value) for value in encoded))
    file.createDimension(f"{name}.length", longest)
    variable = file.createVariable(name, "c", (table, f"{name}.length"))
    letters = np.array(encoded, dtype=f"S{longest}")
    variable[:] = letters.view("S1").reshape(len(encoded), longest)
    variable._Encoding = b"utf-8"
    return variable
