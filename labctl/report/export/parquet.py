"""Export as Parquet: a file for each table, units and meanings in the metadata of columns; needs pyarrow."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from labctl.report.export.optional import needed
from labctl.report.export.tables import Column, Table
from labctl.report.whole_files import whole_folder


def write_parquet(tables: Sequence[Table], path: Path) -> list[Path]:
    """Write every table into a folder; columns of numbers are double or int64, others text."""
    arrow, parquet = needed("pyarrow", "parquet"), needed("pyarrow.parquet", "parquet")
    names = [f"{table.name}.parquet" for table in tables]
    with whole_folder(path, names) as folder:
        for table, name in zip(tables, names, strict=True):
            parquet.write_table(_as_arrow(table, arrow), folder / name)
    return [path / name for name in names]


def _as_arrow(table: Table, arrow: Any) -> Any:
    by_column = list(zip(*table.rows, strict=True))
    arrays = [_array(values, arrow) for values in by_column]
    fields = [_field(column, array, arrow) for column, array in zip(table.columns, arrays, strict=True)]
    return arrow.Table.from_arrays(arrays, schema=arrow.schema(fields))


def _field(column: Column, array: Any, arrow: Any) -> Any:
    about = {"unit": column.unit, "meaning": column.meaning}
    return arrow.field(column.name, array.type, metadata=about)


def _array(values: Sequence[Any], arrow: Any) -> Any:
    """Return a column: text where any value is text, else whole or real numbers."""
    kinds = {type(value) for value in values if value is not None}
    if str in kinds:
        return arrow.array([None if value is None else str(value) for value in values], arrow.string())
    if kinds == {int}:
        return arrow.array(values, arrow.int64())
    return arrow.array([None if value is None else float(value) for value in values], arrow.float64())
