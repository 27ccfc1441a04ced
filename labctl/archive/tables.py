"""Portable tables as Parquet files: types, units and meanings in the metadata, readable without labctl."""

import hashlib
import importlib
import io
import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from labctl.archive.place import NEEDS_EXTRA
from labctl.errors import InvalidRequest
from labctl.store.portable_runs import PortableTable, columns_of, meanings_of

ARROW_OF = {"INTEGER": "int64", "REAL": "float64", "TEXT": "string", "BLOB": "binary"}
TEXTS_THAT_REPEAT = ("series_uuid", "run_uuid", "sample", "station")


def arrow() -> Any:
    """Return pyarrow; raises InvalidRequest where it is not installed."""
    try:
        return importlib.import_module("pyarrow")
    except ImportError as error:
        raise InvalidRequest(NEEDS_EXTRA) from error


@cache
def schema_of(name: str) -> Any:
    """Return the Arrow schema of a portable table, with unit and meaning of each column."""
    pa, meanings = arrow(), meanings_of(name)
    fields = []
    for column, kind in columns_of(name).items():
        unit, meaning = meanings.get(column, ("", ""))
        about = {"unit": unit, "meaning": meaning}
        fields.append(pa.field(column, getattr(pa, ARROW_OF[kind])(), metadata=about))
    return pa.schema(fields, metadata={"labctl_table": name})


def as_parquet(table: PortableTable) -> bytes:
    """Return the Parquet file of a table; the same rows give the same bytes with one version of pyarrow."""
    pa, schema = arrow(), schema_of(table.name)
    arrays = [pa.array(table.columns[field.name], type=field.type) for field in schema]
    target = io.BytesIO()
    importlib.import_module("pyarrow.parquet").write_table(
        pa.Table.from_arrays(arrays, schema=schema),
        target,
        compression="zstd",
        use_dictionary=[*TEXTS_THAT_REPEAT, "status", "phase", "method", "method_version", "flags"],
    )
    return target.getvalue()


def from_parquet(name: str, content: bytes) -> PortableTable:
    """Return the table of a Parquet file; columns that this labctl does not know are left out."""
    table = importlib.import_module("pyarrow.parquet").read_table(io.BytesIO(content))
    types = columns_of(name)
    columns = {column: table.column(column).to_pylist() for column in table.column_names if column in types}
    return PortableTable(name, types, columns)


def digest(content: bytes) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(content).hexdigest()


def version_name(about: Mapping[str, Any]) -> str:
    """Return the name of a version with this content."""
    text = json.dumps(about, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:32]
