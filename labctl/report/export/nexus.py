"""Export as NeXus (HDF5 with the classes of nexusformat.org); needs h5py (extra `export`).

1. NeXus has no application definition of impedance, conductivity or transference. The nearest one, NXiv_temp,
   wants a current for each set temperature and voltage, so the file claims none: it has base classes only.
2. Each run is an NXentry with its NXsample, its NXinstrument (an NXsensor for each role, as in NXiv_temp) and
   an NXdata for each spectrum, each polarisation and the conductivities. `NAME_errors` are standard
   uncertainties (68 %).
3. The entry `all_tables` has every table of the export, a field for each column, so that nothing is lost.
4. Every field has `units` and `long_name`. Numbers are double or 64-bit, NaN where there is none; text is
   UTF-8, empty where there is none, and a NUL in it is written as `\\x00`, since HDF5 ends a text there.
"""

import datetime
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from labctl.plain_text import NO_DATE
from labctl.report.export.netcdf import NOT_A_UNIT
from labctl.report.export.optional import needed
from labctl.report.export.tables import Column, Table, rows_of, text_without_nul
from labctl.report.whole_files import whole_file
from labctl.version import __version__

CONFORMITY = (
    "No application definition of NeXus describes impedance spectra of a solid electrolyte. The nearest, "
    "NXiv_temp, holds a current for each set temperature and voltage, and is not claimed. This file uses "
    "base classes only; z_imag_ohm is the true imaginary part, capacitive below zero."
)
LEAST = -(2**63)  # the least whole number of a field
ALL_TABLES = "all_tables"
ERRORS = {
    "conductivity_s_m": "standard_uncertainty_s_m",
    "temperature_k": "temperature_u_k",
}
"""Columns of conductivities with the columns of their standard uncertainties."""
SENSOR = {"name": "name", "model": "identity", "role": "role", "driver": "driver", "address": "address"}
"""Fields of a sensor with the columns of `instruments`; `name` and `model` are those of NXsensor."""
LOG = {"time": "time_s", "value": "temperature_k", "setpoint": "setpoint_k"}
MONITOR_LOG = {"time": "time_s", "value": "value"}


@dataclass(frozen=True)
class Curve:
    """Points that are an NXdata: their table, the columns of signal and axis, and the columns beside them."""

    table: str
    signal: str
    axis: str
    auxiliary: tuple[str, ...]
    beside: tuple[str, ...]


CURVES = {
    "spectrum": Curve(
        "impedance_points",
        "z_real_ohm",
        "frequency_hz",
        ("z_imag_ohm",),
        ("temperature_k", "time_s", "status", "excluded"),
    ),
    "polarisation": Curve(
        "polarisation_points",
        "current_a",
        "elapsed_s",
        (),
        ("potential_v", "temperature_k", "time_s", "status"),
    ),
}
Row = Mapping[str, Any]
Described = Mapping[str, Column]


@dataclass(frozen=True)
class _OfRun:
    """Rows of one run by the name of their table, and the columns of every table with unit and meaning."""

    rows: Mapping[str, Sequence[Row]]
    columns: Mapping[str, Described]


def write_nexus(tables: Sequence[Table], path: Path) -> list[Path]:
    """Write all tables into one file; return the path."""
    h5py = needed("h5py", "nexus")
    runs = _by_run(tables)
    with whole_file(path) as part, h5py.File(part, "w") as file:
        file.attrs.update({"NX_class": "NXroot", "creator": "labctl", "creator_version": __version__})
        for run, of_run in runs.items():
            entry = _group(file, f"run_{run}", "NXentry")
            _describe(entry, run, of_run)
            _measured(entry, of_run)
        if runs:
            file.attrs["default"] = f"run_{min(runs)}"
        every = _group(file, ALL_TABLES, "NXentry")
        _text(every, "title", "all tables of the export, a field for each column")
        for table in tables:
            group = _group(every, table.name, "NXcollection")
            for column, values in zip(table.columns, zip(*table.rows, strict=True), strict=True):
                _field(group, column.name, values, column)
    return [path]


def _by_run(tables: Sequence[Table]) -> dict[int, _OfRun]:
    columns = {table.name: {column.name: column for column in table.columns} for table in tables}
    found: dict[int, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for table in tables:
        for row in rows_of(table):
            found[row["run"]][table.name].append(row)
    return {run: _OfRun(rows, columns) for run, rows in sorted(found.items())}


def _group(parent: Any, name: str, nx_class: str) -> Any:
    group = parent.create_group(name)
    group.attrs["NX_class"] = nx_class
    return group


def _text(group: Any, name: str, text: Any) -> None:
    group[name] = text_without_nul(text)


def _field(group: Any, name: str, values: Sequence[Any], column: Column) -> Any:
    """Write a column: text where any value is text, whole numbers where all are, else double."""
    kinds = {type(value) for value in values}
    if str in kinds or any(isinstance(value, int) and not LEAST <= value < -LEAST for value in values):
        field = group.create_dataset(name, data=[text_without_nul(value) for value in values], dtype=_utf8())
    elif kinds == {int}:
        field = group.create_dataset(name, data=np.array(values, dtype=np.int64))
    else:
        numbers = [np.nan if value is None else float(value) for value in values]
        field = group.create_dataset(name, data=np.array(numbers, dtype=float))
    if column.unit not in NOT_A_UNIT:
        field.attrs["units"] = column.unit
    if column.meaning:
        field.attrs["long_name"] = column.meaning
    return field


def _utf8() -> Any:
    return needed("h5py", "nexus").string_dtype("utf-8")


def _describe(entry: Any, run: int, of_run: _OfRun) -> None:
    _text(entry, "title", f"run {run}")
    _text(entry, "program_name", "labctl")
    for row in of_run.rows.get("runs", ()):
        _text(entry, "entry_identifier", row["uuid"])
        _text(entry, "experiment_description", row["procedure"])
        for name, key in (("start_time", "started_s"), ("end_time", "ended_s")):
            if row[key] is not None:
                _text(entry, name, _iso(row[key]))
    note = _group(entry, "conformity", "NXnote")
    _text(note, "type", "text/plain")
    _text(note, "data", CONFORMITY)


def _iso(time_s: float) -> str:
    try:
        return datetime.datetime.fromtimestamp(time_s, datetime.UTC).isoformat()
    except (OverflowError, ValueError, OSError):
        return NO_DATE


def _measured(entry: Any, of_run: _OfRun) -> None:
    _sample(entry, of_run)
    _instrument(entry, of_run)
    for kind, curve in CURVES.items():
        for number, rows in _by_number(of_run.rows.get(curve.table, ()), kind).items():
            _curve(entry, f"{kind}_{number:03d}", curve, rows, of_run.columns[curve.table])
            entry.attrs.setdefault("default", f"{kind}_{number:03d}")
    _conductivities(entry, of_run)


def _by_number(points: Sequence[Row], kind: str) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = defaultdict(list)
    for point in points:
        found[point[kind]].append(point)
    return found


def _sample(entry: Any, of_run: _OfRun) -> None:
    for row in of_run.rows.get("samples", ()):
        group = _group(entry, "sample", "NXsample")
        _text(group, "name", row["name"])
        if row.get("thickness_m") is not None:
            group["thickness"] = float(row["thickness_m"])
            group["thickness"].attrs["units"] = "m"
        _text(group, "description", json.dumps(row, ensure_ascii=False))


def _instrument(entry: Any, of_run: _OfRun) -> None:
    rows, log = of_run.rows.get("instruments", ()), of_run.rows.get("temperature_log", ())
    read = of_run.rows.get("monitor_readings", ())
    if not rows and not log and not read:
        return
    group = _group(entry, "instrument", "NXinstrument")
    for number, row in enumerate(rows):
        sensor = _group(group, f"sensor_{number}", "NXsensor")
        for name, key in SENSOR.items():
            _text(sensor, name, row[key])
    if log or read:
        environment = _group(group, "environment", "NXenvironment")
        _temperature_log(environment, of_run, log)
        _monitors(environment, of_run, read)


def _temperature_log(environment: Any, of_run: _OfRun, log: Sequence[Row]) -> None:
    if log:
        sensor = _group(environment, "temperature", "NXsensor")
        _text(sensor, "measurement", "temperature")
        values, columns = _group(sensor, "value_log", "NXlog"), of_run.columns["temperature_log"]
        for name, key in LOG.items():
            _field(values, name, [row[key] for row in log], columns[key])


def _monitors(environment: Any, of_run: _OfRun, read: Sequence[Row]) -> None:
    """Write a sensor for each quantity of each monitor; readings without a value are not in the log."""
    columns = of_run.columns.get("monitor_readings", {})
    known = [row for row in read if row["value"] is not None]
    names = dict.fromkeys((row["instrument"], row["quantity"]) for row in known)
    for number, (instrument, quantity) in enumerate(names):
        sensor = _group(environment, f"monitor_{number}", "NXsensor")
        _text(sensor, "name", instrument)
        _text(sensor, "measurement", quantity)
        rows = [row for row in known if (row["instrument"], row["quantity"]) == (instrument, quantity)]
        values = _group(sensor, "value_log", "NXlog")
        for name, key in MONITOR_LOG.items():
            _field(values, name, [row[key] for row in rows], columns[key])


def _conductivities(entry: Any, of_run: _OfRun) -> None:
    rows, columns = of_run.rows.get("conductivities"), of_run.columns.get("conductivities", {})
    if not rows:
        return
    group = _plotted(entry, "conductivities", "conductivity_s_m", "temperature_k")
    entry.attrs["default"] = "conductivities"
    for name, column in columns.items():
        _field(group, name, [row[name] for row in rows], column)
    for name, key in ERRORS.items():
        if key in columns:
            _field(group, f"{name}_errors", [row[key] for row in rows], columns[key])


def _curve(entry: Any, name: str, curve: Curve, rows: Sequence[Row], columns: Described) -> None:
    group = _plotted(entry, name, curve.signal, curve.axis)
    if curve.auxiliary:
        group.attrs["auxiliary_signals"] = list(curve.auxiliary)
    for key in (curve.axis, curve.signal, *curve.auxiliary, *curve.beside):
        if key in columns:
            _field(group, key, [row[key] for row in rows], columns[key])


def _plotted(entry: Any, name: str, signal: str, axis: str) -> Any:
    group = _group(entry, name, "NXdata")
    group.attrs.update({"signal": signal, "axes": [axis], f"{axis}_indices": 0})
    return group
