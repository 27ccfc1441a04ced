"""The exported tables: rows of the database for some runs, each column with unit and meaning.

Rows are those that frames and `labctl show` give: from the current analysis, with the earlier parts of a run
that was resumed. Nothing is rounded, and excluded points are kept, with the reason.
"""

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from labctl.derive.in_force import in_force
from labctl.readmodel.run_unknowns import unknowns_in_file
from labctl.store import Database
from labctl.store.queries import (
    bench_checks,
    events,
    law_fits,
    monitor_readings,
    polarisations,
    resistances,
    spectra,
    temperature_log,
    thermal_steps,
    transference_numbers,
)

SEPARATOR = "; "
OF_VIEWS: dict[str, tuple[str, str]] = {
    "run": ("1", "number of the run in the file that this was exported from"),
    "sample": ("text", "name of the sample"),
    "spectrum": ("1", "number of the spectrum in its run"),
    "branch": ("text", "spectra on the way up, down, or at one temperature"),
    "excluded": ("text", "why a person excluded it; empty: not excluded"),
    "thermometer_correction_k": ("K", "added to each reading; empty: no correction is known"),
    "relative_uncertainty_independent": ("1", "each point's own part of its relative standard uncertainty"),
    "relative_uncertainty_common": ("1", "the part that all points share: geometry, analyser, leads"),
    "in_force": ("1", "1: not revoked"),
    "not_stated": ("text", "what has no stated uncertainty, so that it is in no interval of the run"),
    "if_it_were_only": ("text", "an instrument of a usual kind in its place"),
    "relative_effect_on_conductivity": ("1", "the standard uncertainty that it would add, relative"),
    "effect_on_energy_ev": ("eV", "the standard uncertainty that it would add; empty: none, or not known"),
}
"""Unit and meaning of the columns that no table of the database has."""


@dataclass(frozen=True)
class Column:
    """A column: its name with the unit in it, the unit as text, and what it means."""

    name: str
    unit: str
    meaning: str


@dataclass(frozen=True)
class Table:
    """Rows of plain values (None, int, float, str), each as long as `columns`."""

    name: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Any, ...], ...]


def tables_of(db: Database, runs: Sequence[int], names: Iterable[str] | None = None) -> list[Table]:
    """Return the tables of some runs, in the order of `TABLES`; those without a row are left out.

    Parameters
    ----------
    db : Database
    runs : sequence of int
        Numbers of the runs; each table has the rows of all, with the number in the column `run`.
    names : iterable of str, optional
        Which tables; None: all.
    """
    described = _described(db)
    chosen = set(TABLES if names is None else names)
    wanted = [name for name in TABLES if name in chosen]
    made = (_table(db, runs, name, described) for name in wanted)
    return [table for table in made if table.rows]


def rows_of(table: Table | None) -> list[dict[str, Any]]:
    """Return the rows of a table by name of the column; none where there is no such table."""
    if table is None:
        return []
    names = [column.name for column in table.columns]
    return [dict(zip(names, row, strict=True)) for row in table.rows]


def named(tables: Iterable[Table], name: str) -> Table | None:
    """Return the table of a name; None where there is none."""
    return next((table for table in tables if table.name == name), None)


def _described(db: Database) -> dict[tuple[str, str], tuple[str, str]]:
    rows = db.columns().to_dict("records")
    return {(row["table_name"], row["column_name"]): (row["unit"], row["meaning"]) for row in rows}


def _table(
    db: Database, runs: Sequence[int], name: str, described: Mapping[tuple[str, str], tuple[str, str]]
) -> Table:
    source, rows_of = TABLES[name]
    rows = [{"run": run} | row for run in runs for row in rows_of(db, run)]
    names = list(dict.fromkeys(key for row in rows for key in row))
    anywhere = {column: about for (_, column), about in described.items()}
    columns = []
    for column in names:
        about = described.get((source, column)) or OF_VIEWS.get(column) or anywhere.get(column) or ("", "")
        columns.append(Column(column, *about))
    return Table(name, tuple(columns), tuple(tuple(plain(row.get(key)) for key in names) for row in rows))


def plain(value: Any) -> Any:
    """Return a value as a cell: lists of sentences joined, objects as JSON, NaN as None."""
    if isinstance(value, list | tuple):
        if all(isinstance(part, str) for part in value):
            return SEPARATOR.join(value)
        return json.dumps(value)
    if isinstance(value, dict):
        return json.dumps(value, sort_keys=True)
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, float):
        return _number(value)
    return value if value is None or isinstance(value, int | str) else str(value)


def text_without_nul(value: Any) -> str:
    """Return a cell as text for formats that end a text at NUL: `\\x00` stands for one, None is empty."""
    text = "" if value is None else str(value)
    return text.replace("\x00", "\\x00").encode("utf-8", "backslashreplace").decode()


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value


def _records(frame: Any) -> list[dict[str, Any]]:
    return frame.to_dict("records")


def _of_parts(rows_of: Callable[..., Any], db: Database, run: int) -> Any:
    """Return rows of a run with the parts that it continues. A frame would take most of the time."""
    return rows_of(db, db.part_ids(run))


def _sample(db: Database, run: int) -> list[dict[str, Any]]:
    """Return the sample in force for a run: as stored, with the amendments."""
    return [dict(in_force(db, run).sample)]


def _impedance_points(db: Database, run: int) -> list[dict[str, Any]]:
    """Return every point of a run, bad and excluded ones too, with number and set point of its spectrum."""
    found = []
    for part in db.part_ids(run):
        now = in_force(db, part)
        for spectrum in spectra.of_parts(db, [part]):
            number, points = spectrum["number"], spectra.points(db, spectrum["id"])
            kelvin = _mean_k(points, now.correction_k)
            whole = now.why_excluded(number, kelvin)
            ranges = now.excluded_hz(number, kelvin)
            about = {"spectrum": number, "setpoint_k": spectrum["setpoint_k"]}
            found += [
                about | point | {"excluded": whole or _why(point["frequency_hz"], ranges)} for point in points
            ]
    return found


def _mean_k(points: Sequence[Mapping[str, Any]], correction_k: float) -> float | None:
    known = [point["temperature_k"] for point in points if point["temperature_k"] is not None]
    return sum(known) / len(known) + correction_k if known else None


def _why(frequency_hz: float, ranges: Sequence[tuple[tuple[float, float], str]]) -> str:
    """Return why a frequency is excluded; empty if it is not."""
    return SEPARATOR.join(why for (low, high), why in ranges if low <= frequency_hz <= high)


def _unknowns(db: Database, run: int) -> list[dict[str, Any]]:
    """Return a row for each thing that is not stated of a run with a number, and in no interval."""
    found = unknowns_in_file(db, run, in_force(db, run).sample)
    effects: dict[str, list[Any]] = {name: [] for name in found.names}
    for one in found.effects:
        owner = one.source if one.source in effects else "geometry"
        effects.setdefault(owner, []).append(one)
    return [
        {
            "not_stated": name,
            "if_it_were_only": one and f"{one.source}: {one.usual}",
            "relative_effect_on_conductivity": one and one.relative,
            "effect_on_energy_ev": one and (one.energy_ev or None),
        }
        for name, known in effects.items()
        for one in known or [None]
    ]


def _polarisation_points(db: Database, run: int) -> list[dict[str, Any]]:
    return [
        {"polarisation": one["number"]} | point
        for one in polarisations.of_parts(db, db.part_ids(run))
        for point in polarisations.points(db, one["id"])
    ]


TABLES: dict[str, tuple[str, Callable[[Database, int], Any]]] = {
    "samples": ("samples", _sample),
    "runs": ("runs", lambda db, run: [db.run(run)]),
    "instruments": ("run_instruments", bench_checks.instruments_of_run),
    "conductivities": ("conductivities", lambda db, run: _records(db.conductivities(run))),
    "resistances": ("resistances", lambda db, run: _of_parts(resistances.of_parts, db, run)),
    "laws": ("law_fits", lambda db, run: _of_parts(law_fits.newest_of_parts, db, run)),
    "transference_numbers": (
        "transference_numbers",
        lambda db, run: _of_parts(transference_numbers.of_parts, db, run),
    ),
    "spectra": ("spectra", lambda db, run: _of_parts(spectra.of_parts, db, run)),
    "impedance_points": ("impedance_points", _impedance_points),
    "relaxation_times": ("relaxation_times", lambda db, run: _records(db.relaxation_times(run))),
    "polarisations": ("polarisations", lambda db, run: _of_parts(polarisations.of_parts, db, run)),
    "polarisation_points": ("polarisation_points", _polarisation_points),
    "temperature_log": ("temperature_log", lambda db, run: _of_parts(temperature_log.of_parts, db, run)),
    "monitor_readings": ("monitor_readings", lambda db, run: _of_parts(monitor_readings.of_parts, db, run)),
    "thermal_steps": ("thermal_steps", lambda db, run: _of_parts(thermal_steps.of_parts, db, run)),
    "unknowns": ("", _unknowns),
    "amendments": ("amendments", lambda db, run: _records(db.amendments(run))),
    "events": ("events", lambda db, run: _of_parts(events.of_parts, db, run)),
}
"""Name of each table, the table of the database that describes its columns, and its rows of one run."""
