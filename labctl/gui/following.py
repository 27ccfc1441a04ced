"""Follows a run in the database, by the rows that came since the last look."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from labctl.analysis import Spectrum, fit_circuit, fit_polarisation
from labctl.gui.snapshot import (
    Array,
    PolarisationCurve,
    RunSnapshot,
    SpectrumCurve,
    SteadyCurrent,
    TemperatureCurve,
)
from labctl.gui.thinning import ThinnedColumns
from labctl.store import Database

ROWS_AT_ONCE = 100_000  # of a table that is thinned while SQLite reads it
SHOWN_ROWS = 4000
FEWEST_TO_FORETELL = 24
FORETELL_AGAIN_AFTER = 1.15  # times as many rows
MOST_EVENTS = 2000


class RunFollower:
    """One run with the parts it continues. Every `poll` reads a bounded number of rows.

    Raises
    ------
    StoreError
        From every method, when the file cannot be read.
    """

    def __init__(self, database: Database, run_id: int) -> None:
        self._db = database
        self.run_id = run_id
        query = "SELECT part_id FROM run_parts WHERE run_id = ? ORDER BY part_id"
        self._parts = [row["part_id"] for row in database.rows(query, (run_id,))]
        self._marks = ", ".join("?" * len(self._parts))
        run = database.run(run_id)
        self._snapshot = RunSnapshot(run, database.sample(run["sample_id"]), complete=False)
        self._spectra = _Spectra(self)
        self._polarisations = _Polarisations(self)
        self._temperature = _Log(self, "temperature_log", "run_id", TEMPERATURE)
        self._records = _Records(self)
        self._events: list[dict[str, Any]] = []
        self._derived_mark: Any = None

    def poll(self) -> RunSnapshot:
        """Read what came since; the same object as last time where nothing did."""
        changes: dict[str, Any] = {}
        self._poll_run(changes)
        self._poll_events(changes)
        self._poll_derived(changes)
        for name, part in (
            ("spectra", self._spectra),
            ("polarisations", self._polarisations),
            ("temperature", self._temperature),
            ("records", self._records),
        ):
            if part.poll():
                changes[name] = part.value()
        self._count(changes)
        if changes:
            self._snapshot = replace(self._snapshot, **changes)
        return self._snapshot

    def rows_of(self, query: str, parameters: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """Rows of a query in which `{parts}` stands for the runs followed."""
        return self._db.rows(query.format(parts=self._marks), [*self._parts, *parameters])

    def rows(self, query: str, parameters: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """Rows of any query."""
        return self._db.rows(query, parameters)

    def rows_since(self, table: str, part: int, last_key: Any) -> list[dict[str, Any]]:
        """Rows of a table of one part that came after `last_key`."""
        return self._db.rows_since(table, part, last_key)

    def array(self, query: str, parameters: Sequence[Any]) -> Array:
        """A SELECT of numbers as an array (n, columns); NULL is NaN."""
        rows = self._db.rows(query, parameters)
        return np.array([[*row.values()] for row in rows], dtype=float)

    @property
    def parts(self) -> list[int]:
        """Ids of the runs followed, oldest first."""
        return self._parts

    def _poll_run(self, changes: dict[str, Any]) -> None:
        if self._snapshot.run["status"] == "running":
            run = self._db.run(self.run_id)
            if run != self._snapshot.run:
                changes["run"] = run

    def _poll_events(self, changes: dict[str, Any]) -> None:
        last = self._events[-1]["id"] if self._events else 0
        query = "SELECT * FROM events WHERE run_id IN ({parts}) AND id > ? ORDER BY id DESC LIMIT ?"
        new = self.rows_of(query, (last, MOST_EVENTS))
        if new:
            self._events = [*self._events, *reversed(new)][-MOST_EVENTS:]
            changes["events"] = tuple(self._events)

    def _poll_derived(self, changes: dict[str, Any]) -> None:
        """Derived rows are few and may be made again: read all of them when any is new."""
        query = """SELECT
            (SELECT max(id) FROM conductivities WHERE run_id IN ({parts})) AS conductivities,
            (SELECT max(id) FROM law_fits WHERE run_id = ?) AS fits,
            (SELECT max(id) FROM transference_numbers WHERE run_id IN ({parts})) AS numbers"""
        mark = self._db.rows(query.format(parts=self._marks), [*self._parts, self.run_id, *self._parts])[0]
        if mark == self._derived_mark:
            return
        self._derived_mark = mark
        changes["conductivities"] = tuple(
            self.rows_of(
                "SELECT c.*, s.branch FROM conductivities c JOIN spectra s ON s.id = c.spectrum_id "
                "WHERE c.run_id IN ({parts}) ORDER BY c.spectrum_id"
            )
        )
        query = "SELECT * FROM law_fits WHERE run_id = ? ORDER BY branch, id"
        changes["fits"] = tuple(self._db.rows(query, (self.run_id,)))
        changes["transference_numbers"] = tuple(
            self.rows_of(
                "SELECT * FROM transference_numbers WHERE run_id IN ({parts}) ORDER BY polarisation_id, id"
            )
        )

    def _count(self, changes: dict[str, Any]) -> None:
        read = (self._spectra, self._polarisations, self._temperature, self._records)
        rows, complete = sum(part.rows for part in read), all(part.complete for part in read)
        if rows != self._snapshot.rows or complete != self._snapshot.complete:
            changes.update(rows=rows, complete=complete)


@dataclass(frozen=True)
class Columns:
    """Which numbers of a table are followed, and which of them must keep its extremes."""

    names: tuple[str, ...]
    extremes_of: str


TEMPERATURE = Columns(("time_s", "temperature_k", "setpoint_k"), "temperature_k")
CURRENT = Columns(("elapsed_s", "current_a"), "current_a")


class _Log:
    """The rows of one table of the parts, thinned: SQLite thins what is old, numpy what comes."""

    def __init__(self, run: RunFollower, table: str, parent: str, columns: Columns) -> None:
        self._run, self._table, self._parent, self._columns = run, table, parent, columns
        index = columns.names.index(columns.extremes_of)
        self._kept = ThinnedColumns(len(columns.names), index)
        self._next: dict[int, int] = {}
        self.rows, self.complete = 0, True

    def poll(self, parents: Sequence[int] | None = None) -> bool:
        """Read the next stretch of each parent; return whether there was any."""
        self.complete = True
        news = [self._poll_one(parent) for parent in (self._run.parts if parents is None else parents)]
        return any(news)

    def value(self) -> TemperatureCurve:
        """What was read, as the temperature log."""
        return TemperatureCurve(*self._kept.columns())

    def columns(self) -> tuple[Array, ...]:
        """What was read, a column each."""
        return self._kept.columns()

    def _poll_one(self, parent: int) -> bool:
        begin = self._next.get(parent, 0)
        query = f"SELECT max(number) AS last FROM {self._table} WHERE {self._parent} = ?"
        last = self._run.rows(query, (parent,))[0]["last"]
        if last is None or last < begin:
            return False
        end = min(last + 1, begin + ROWS_AT_ONCE)
        self._kept.append(self._stretch(parent, begin, end, last + 1))
        self._next[parent] = end
        self.rows += end - begin
        self.complete = self.complete and end == last + 1
        return True

    def _stretch(self, parent: int, begin: int, end: int, total: int) -> Array:
        """Rows from `begin` to `end`; of many, the extremes of each bucket."""
        names = ", ".join(self._columns.names)
        where = f"FROM {self._table} WHERE {self._parent} = ? AND number >= ? AND number < ?"
        bucket = max(1, 2 * (total - begin) // SHOWN_ROWS)
        if end - begin <= SHOWN_ROWS:
            rows = self._run.array(f"SELECT {names} {where} ORDER BY number", (parent, begin, end))
        else:
            key = self._columns.extremes_of
            each = "SELECT number, {names}, {extreme}({key}) {where} GROUP BY number / {bucket}"
            both = " UNION ALL ".join(
                each.format(names=names, extreme=extreme, key=key, where=where, bucket=bucket)
                for extreme in ("min", "max")
            )
            found = self._run.array(f"{both} ORDER BY 1", (parent, begin, end) * 2)
            rows = found[:, 1:-1]
        return rows.reshape(-1, len(self._columns.names))


class _Records:
    """Rows of a procedure with columns of its own; of many, every so-many-th."""

    def __init__(self, run: RunFollower) -> None:
        self._run = run
        self._rows: list[dict[str, float]] = []
        self._next: dict[int, int] = {}
        self.rows, self.complete = 0, True

    def poll(self) -> bool:
        """Read new rows; return whether there were any."""
        news = [self._poll_one(part) for part in self._run.parts]
        return any(news)

    def value(self) -> dict[str, Array]:
        """A column (n,) for every name; what is no number is NaN."""
        names = dict.fromkeys(name for row in self._rows for name in row)
        return {name: np.array([row.get(name, math.nan) for row in self._rows]) for name in names}

    def _poll_one(self, part: int) -> bool:
        begin = self._next.get(part, 0)
        query = "SELECT max(number) AS last FROM records WHERE run_id = ?"
        last = self._run.rows(query, (part,))[0]["last"]
        if last is None or last < begin:
            return False
        every = max(1, (last + 1 - begin) // SHOWN_ROWS)
        query = """SELECT data FROM records WHERE run_id = ? AND number >= ? AND number % ? = 0
                   ORDER BY number"""
        new = [_numbers(row["data"]) for row in self._run.rows(query, (part, begin, every))]
        self._rows = _every_second_of_many([*self._rows, *new])
        self._next[part] = last + 1
        self.rows += last + 1 - begin
        return True


def _every_second_of_many(rows: list[dict[str, float]]) -> list[dict[str, float]]:
    while len(rows) > 2 * SHOWN_ROWS:
        rows = rows[::2]
    return rows


def _numbers(record: Mapping[str, Any]) -> dict[str, float]:
    return {name: float(v) if isinstance(v, int | float) else math.nan for name, v in record.items()}


@dataclass
class _OneSpectrum:
    row: dict[str, Any]
    frequency_hz: list[float] = field(default_factory=list)
    z_ohm: list[complex] = field(default_factory=list)
    temperatures_k: list[float] = field(default_factory=list)
    bad: int = 0
    curve: SpectrumCurve | None = None

    def add(self, point: Mapping[str, Any]) -> None:
        if point["status"] != "ok":
            self.bad += 1
            return
        self.frequency_hz.append(point["frequency_hz"])
        self.z_ohm.append(complex(point["z_real_ohm"], point["z_imag_ohm"]))
        if point["temperature_k"] is not None:
            self.temperatures_k.append(point["temperature_k"])

    def drawn(self) -> SpectrumCurve:
        row = self.row
        kelvin = float(np.mean(self.temperatures_k)) if self.temperatures_k else row["setpoint_k"]
        about = {name: row[name] for name in ("id", "number", "step", "branch", "status", "setpoint_k")}
        return SpectrumCurve(
            **about,
            temperature_k=kelvin,
            frequency_hz=np.array(self.frequency_hz),
            z_ohm=np.array(self.z_ohm, dtype=complex),
            bad_points=self.bad,
        )


class _Spectra:
    """The spectra of the parts with their points, resistances and, one a poll, their fits."""

    def __init__(self, run: RunFollower) -> None:
        self._run = run
        self._all: dict[int, _OneSpectrum] = {}
        self._last: tuple[int, int] = (0, -1)
        self._open: set[int] = set()
        self._resistance_mark: Any = None
        self._not_fitted: dict[int, Mapping[str, Any]] = {}
        self.rows, self.complete = 0, True

    def poll(self) -> bool:
        """Read new points, statuses and resistances; return whether there were any."""
        changed = self._poll_rows() | self._poll_points()
        for spectrum_id in changed:
            one = self._all[spectrum_id]
            resistance = one.curve.resistance if one.curve else None
            one.curve = replace(one.drawn(), resistance=resistance)
        return bool(changed) | self._poll_resistances() | self._fit_one()

    def value(self) -> tuple[SpectrumCurve, ...]:
        """Every spectrum, in the order measured."""
        return tuple(one.curve for _, one in sorted(self._all.items()) if one.curve is not None)

    def _poll_rows(self) -> set[int]:
        known = max(self._all, default=0)
        marks = ", ".join("?" * len(self._open))
        query = f"SELECT * FROM spectra WHERE run_id IN ({{parts}}) AND (id > ? OR id IN ({marks}))"
        changed = set()
        for row in self._run.rows_of(query, (known, *self._open)):
            one = self._all.setdefault(row["id"], _OneSpectrum(row))
            if one.curve is None or one.row["status"] != row["status"]:
                one.row = row
                changed.add(row["id"])
            (self._open.add if row["status"] == "running" else self._open.discard)(row["id"])
        return changed

    def _poll_points(self) -> set[int]:
        changed = set()
        for part in self._run.parts:
            for point in self._points_since(part):
                self._last = max(self._last, (point["spectrum_id"], point["number"]))
                if point["spectrum_id"] not in self._all:
                    continue
                self._all[point["spectrum_id"]].add(point)
                changed.add(point["spectrum_id"])
                self.rows += 1
        return changed

    def _points_since(self, part: int) -> list[dict[str, Any]]:
        """A spectrum of an older part is read whole before one of a newer part begins."""
        return self._run.rows_since("impedance_points", part, self._last)

    def _poll_resistances(self) -> bool:
        query = """SELECT r.* FROM resistances r JOIN spectra s ON s.id = r.spectrum_id
                   WHERE s.run_id IN ({parts}) AND r.quantity = 'total' AND r.id > ? ORDER BY r.id"""
        new = self._run.rows_of(query, (self._resistance_mark or 0,))
        for row in new:
            self._resistance_mark = row["id"]
            one = self._all.get(row["spectrum_id"])
            if one is not None and one.curve is not None:
                one.curve = replace(one.curve, resistance=row)
                self._not_fitted[row["spectrum_id"]] = row
        return bool(new)

    def _fit_one(self) -> bool:
        """Draw the circuit of the newest spectrum that has none yet."""
        if not self._not_fitted:
            return False
        spectrum_id = max(self._not_fitted)
        row, one = self._not_fitted.pop(spectrum_id), self._all[spectrum_id]
        if one.curve is None or not row["circuit"]:
            return False
        try:
            fit = fit_circuit(Spectrum(one.curve.frequency_hz, one.curve.z_ohm), row["circuit"])
        except ValueError:
            return False
        one.curve = replace(one.curve, fit_frequency_hz=fit.frequency_hz, fit_z_ohm=fit.z_ohm)
        return True


@dataclass
class _OnePolarisation:
    row: dict[str, Any]
    log: _Log
    curve: PolarisationCurve | None = None
    foretold_rows: int = 0


class _Polarisations:
    """The polarisations of the parts with their currents and what the currents foretell."""

    def __init__(self, run: RunFollower) -> None:
        self._run = run
        self._all: dict[int, _OnePolarisation] = {}
        self.rows, self.complete = 0, True

    def poll(self) -> bool:
        """Read new points and statuses; return whether there were any."""
        changed = False
        self.complete = True
        for row in self._rows():
            one = self._all.get(row["id"])
            if one is None:
                log = _Log(self._run, "polarisation_points", "polarisation_id", CURRENT)
                one = self._all[row["id"]] = _OnePolarisation(row, log)
            new_rows = one.log.poll([row["id"]])
            self.complete = self.complete and one.log.complete
            if new_rows or one.curve is None or one.row != row:
                one.row, changed = row, True
                steady = one.curve.steady if one.curve else None
                one.curve = replace(_current_curve(row, one.log), steady=steady)
            changed |= self._foretell(one)
        self.rows = sum(one.log.rows for one in self._all.values())
        return changed

    def value(self) -> tuple[PolarisationCurve, ...]:
        """Every polarisation, in the order measured."""
        return tuple(one.curve for _, one in sorted(self._all.items()) if one.curve is not None)

    def _rows(self) -> Iterator[dict[str, Any]]:
        for row in self._run.rows_of("SELECT * FROM polarisations WHERE run_id IN ({parts}) ORDER BY id"):
            one = self._all.get(row["id"])
            if one is None or one.row["status"] == "running" or not one.log.complete:
                yield row

    def _foretell(self, one: _OnePolarisation) -> bool:
        """Fit again when there are a good part more points than at the last fit."""
        curve, rows = one.curve, one.log.rows
        if curve is None or not one.log.complete:
            return False
        if rows < max(FEWEST_TO_FORETELL, FORETELL_AGAIN_AFTER * one.foretold_rows):
            return False
        one.foretold_rows = rows
        steady = foretold(curve.elapsed_s, curve.current_a)
        one.curve = replace(curve, steady=steady)
        return steady is not None


def _current_curve(row: Mapping[str, Any], log: _Log) -> PolarisationCurve:
    about = {name: row[name] for name in ("id", "number", "status", "potential_v", "setpoint_k")}
    return PolarisationCurve(**about, elapsed_s=log.columns()[0], current_a=log.columns()[1])


def foretold(elapsed_s: Array, current_a: Array) -> SteadyCurrent | None:
    """The steady current that a relaxation fitted to the samples so far foretells; None where none fits."""
    good = np.isfinite(elapsed_s) & np.isfinite(current_a) & (elapsed_s > 0)
    time_s, first = np.unique(elapsed_s[good], return_index=True)
    every = max(1, len(time_s) // 400)
    try:
        fit = fit_polarisation(time_s[::every], current_a[good][first][::every])
    except ValueError:
        return None
    low_a, high_a = fit.steady_current_a.interval()
    if not (math.isfinite(low_a) and math.isfinite(high_a)):
        return None
    words = "steady" if fit.steady else "not steady yet; extrapolated"
    return SteadyCurrent(fit.steady_current_a.value, low_a, high_a, words)
