"""The reading side of the file: rows, pandas frames, spectra. It never writes and never holds a lock."""

import math
import operator
import os
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from labctl.errors import InvalidRequest, StoreError
from labctl.plain_text import shown
from labctl.store.amendments import Exclusion, exclusions, in_force
from labctl.store.cells import cell_of_run
from labctl.store.connections import FrozenView, file_state, open_for_reading
from labctl.store.encoding import decode_all, decoded
from labctl.store.fetching import fetched
from labctl.store.pandas_needed import pandas
from labctl.store.presence import Files
from labctl.store.queries import (
    amendments,
    analyses,
    conductivities,
    events,
    facts,
    law_fits,
    monitor_readings,
    part_laws,
    polarisations,
    records,
    relaxation_times,
    resistances,
    runs,
    samples,
    spectra,
    temperature_log,
    thermal_steps,
    transference_numbers,
)
from labctl.store.queries.run_parts import part_ids
from labctl.store.queries.source import Through
from labctl.store.relative_parts import with_relative_parts
from labctl.store.structure import kinds_of, newest
from labctl.store.time_limit import TimeLimit

if TYPE_CHECKING:
    import pandas as pd

    from labctl.analysis import Spectrum

_BY_NUMBER = ("temperature_log", "records")
_BY_ID = ("spectra", "polarisations", "events", "conductivities", "law_fits", "transference_numbers")
_BY_PARENT = {
    "impedance_points": ("spectrum_id", "spectra"),
    "polarisation_points": ("polarisation_id", "polarisations"),
}


class Database:
    """A read-only view of a labctl file, also while a run writes it, from any thread.

    A run is named by its id, by `"last"`, or by the beginning of its uuid. A run that continues a cut one is
    given whole: what its earlier parts measured comes first, each row with the `run_id` of its part.
    A file of an older labctl is read as if this one had made it. With a `limit` all queries together may take
    so long; by default as long as they need. Derived rows come from the current analysis of each run; with
    `analyses` (ids of runs, each with the id of one of its analyses) from these.

    Raises
    ------
    StoreError
        No such file, not a labctl database, made by a newer labctl, or damaged.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        limit: TimeLimit | None = None,
        *,
        analyses: Mapping[int, int] | None = None,
    ) -> None:
        self.path, self._limit = Path(path), limit
        self._analyses = dict(analyses or {})
        self._open()
        try:
            _, of_file = self._fetch("SELECT column_name, unit FROM columns", ())
        except BaseException:
            self._connection.close()
            raise
        own = [(name, unit) for _, name, unit, _ in newest().described]
        known = {name for name, _ in own}
        described = own + [(name, unit) for name, unit in of_file if name not in known]
        kinds = kinds_of(described)
        self._json, self._numeric = kinds.json, kinds.numbers

    def rows(self, query: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> list[dict[str, Any]]:
        """Rows of a SELECT as dicts; JSON columns are decoded."""
        names, rows = self._fetch(query, parameters)
        encoded = [(index, name) for index, name in enumerate(names) if name in self._json]
        return [dict(zip(names, _decoded(row, encoded), strict=True)) for row in rows]

    def rows_since(self, table: str, run_id: int, last_key: Any = None) -> list[dict[str, Any]]:
        """Rows of one part of a run that came after the one with `last_key`, oldest first.

        The cost depends on the new rows only.

        Parameters
        ----------
        table : str
        run_id : int
        last_key : int or tuple of int, optional
            Key of the last row already seen; None: from the start. It is `number` for temperature_log and
            records, `(spectrum_id, number)` or `(polarisation_id, number)` for points, `id` elsewhere.
        """
        if table in _BY_PARENT:
            return self._points_since(table, run_id, last_key)
        if table not in _BY_NUMBER + _BY_ID:
            raise StoreError(f"{table} cannot be followed row by row")
        key = "number" if table in _BY_NUMBER else "id"
        last_key = -1 if last_key is None else last_key
        return self.rows(
            f"SELECT * FROM {table} WHERE run_id = ? AND {key} > ? ORDER BY {key}", (run_id, last_key)
        )

    def run(self, run: int | str = "last") -> dict[str, Any]:
        """The row of one run.

        Raises
        ------
        StoreError
            No such run, or a uuid beginning that fits several.
        """
        if not isinstance(run, str):
            run = _one(run, "run", "a number, 'last' or the start of a uuid")
        found = runs.named(self, run)
        if not found:
            raise InvalidRequest(
                f"{self.path}: no run {shown(run)}" if run != "last" else f"{self.path}: no run yet"
            )
        if len(found) > 1:
            raise InvalidRequest(f"{self.path}: {shown(run)} fits {len(found)} runs; give more of the uuid")
        return found[0]

    def sample(self, sample_id: int) -> dict[str, Any]:
        """The row of one sample."""
        found = samples.with_id(self, _one(sample_id, "sample", "its number"))
        if not found:
            raise InvalidRequest(f"{self.path}: no sample {sample_id}")
        return found[0]

    def provenance(self, run: int | str = "last") -> dict[str, Any]:
        """Where the run came from, by key."""
        return {row["key"]: row["value"] for row in runs.provenance(self, self.run(run)["id"])}

    def part_ids(self, run: int | str = "last") -> list[int]:
        """Ids of a run and of the earlier runs of its job that it continues, oldest first."""
        return part_ids(self, self.run(run)["id"])

    def runs(self) -> "pd.DataFrame":
        """All runs, oldest first."""
        return runs.all_runs(self._frames)

    def samples(self) -> "pd.DataFrame":
        """All samples."""
        return samples.all_samples(self._frames)

    def spectra(self, run: int | str = "last") -> "pd.DataFrame":
        """The spectra of a run, in order."""
        return spectra.of_parts(self._frames, self.part_ids(run))

    def polarisations(self, run: int | str = "last") -> "pd.DataFrame":
        """The polarisations of a run, in order."""
        return polarisations.of_parts(self._frames, self.part_ids(run))

    def temperatures(self, run: int | str = "last") -> "pd.DataFrame":
        """The temperature log of a run, in order."""
        return temperature_log.of_parts(self._frames, self.part_ids(run))

    def monitors(self, run: int | str = "last") -> "pd.DataFrame":
        """The readings of the monitors of a run, in the order read, in the unit at the end of `quantity`.

        A reading without a value says why in `status`; an instrument that did not answer has no `quantity`.
        """
        return monitor_readings.of_parts(self._frames, self.part_ids(run))

    def thermal_history(self, run: int | str = "last") -> "pd.DataFrame":
        """The steps of temperature that a run held before it measured, in their order."""
        return thermal_steps.of_parts(self._frames, self.part_ids(run))

    def records(self, run: int | str = "last") -> "pd.DataFrame":
        """The rows of a procedure with columns of its own, one column each, after `number` and `time_s`."""
        pd = pandas()
        _, rows = records.of_parts(self._tuples, self.part_ids(run))
        values = decode_all([data for _, _, data in rows])
        frame = pd.DataFrame([value if isinstance(value, dict) else {} for value in values])
        for name, values in (("time_s", [row[1] for row in rows]), ("number", [row[0] for row in rows])):
            if name not in frame:
                frame.insert(0, name, values)
        return frame

    def events(self, run: int | str | None = "last") -> "pd.DataFrame":
        """The events of a run, oldest first; None: events of the station and the file."""
        if run is None:
            return events.of_station(self._frames)
        return events.of_parts(self._frames, self.part_ids(run))

    def amendments(self, run: int | str | None = None) -> "pd.DataFrame":
        """The amendments of the file, or of a run and its sample, in the order of writing.

        The column `in_force` is False for a revoked one and for a revocation.
        """
        if run is None:
            found = amendments.all_amendments(self._frames)
        else:
            found = amendments.of_run(self._frames, self.run(run)["id"])
        standing = {row["id"] for row in in_force(found.to_dict("records"))}
        return found.assign(in_force=[number in standing for number in found["id"]])

    def facts(self, sample: str | None = None) -> "pd.DataFrame":
        """The facts of the file, or of a sample by its name, in SI units, in the order of writing.

        The column `in_force` is False for a revoked one and for a revocation.
        """
        found = facts.all_facts(self._frames) if sample is None else facts.of_name(self._frames, sample)
        standing = {row["id"] for row in in_force(found.to_dict("records"))}
        return found.assign(in_force=[number in standing for number in found["id"]])

    def exclusions(self, run: int | str = "last") -> "pd.DataFrame":
        """The exclusions of a run in force: spectra, ranges of frequency and temperature, with the reason."""
        pd = pandas()
        found = exclusions(in_force(amendments.of_run(self, self.run(run)["id"])))
        columns = [field.name for field in fields(Exclusion)]
        return pd.DataFrame([vars(exclusion) for exclusion in found], columns=columns)

    def resistances(self, run: int | str = "last") -> "pd.DataFrame":
        """The resistances of all spectra of a run."""
        return resistances.of_parts(self._frames, self.part_ids(run))

    def conductivities(self, run: int | str = "last") -> "pd.DataFrame":
        """The conductivities of a run with branch and number of their spectrum, in the order of these.

        `relative_uncertainty_independent` is each point's own part, by which a fit weighs it;
        `relative_uncertainty_common` the part that all points share (geometry, analyser, leads).
        """
        return with_relative_parts(conductivities.of_parts(self._frames, self.part_ids(run)))

    def fits(self, run: int | str = "last") -> "pd.DataFrame":
        """The temperature-law fits of a run: the last ones made, which saw the points of all its parts."""
        return law_fits.newest_of_parts(self._frames, self.part_ids(run))

    def part_fits(self, run: int | str = "last") -> "pd.DataFrame":
        """The laws of bulk and grain boundary of a run, where it resolves both; those of the total: `fits`.

        `part` is bulk, grain_boundary_apparent (by the sample's thickness) or grain_boundary_specific (of the
        boundaries' own material).
        """
        return part_laws.newest_of_parts(self._frames, self.part_ids(run))

    def transference_numbers(self, run: int | str = "last") -> "pd.DataFrame":
        """The transference numbers of a run, with the end of their polarisation, in the order measured."""
        return transference_numbers.of_parts(self._frames, self.part_ids(run))

    def relaxation_times(self, run: int | str = "last") -> "pd.DataFrame":
        """The distributions of relaxation times of a run: a row for each spectrum and time constant.

        Columns: `spectrum_id`, `number` of the spectrum, `tau_s`, and in ohm for each unit of ln(tau)
        `gamma_ohm` with its 95 % interval `gamma_low_ohm` to `gamma_high_ohm`. They are made when the run
        ends and by `labctl fit`; a run without them has no rows.
        """
        import numpy as np

        pd = pandas()
        lists = ("gamma", "gamma_low", "gamma_high")
        frames = [
            pd.DataFrame(
                {
                    "spectrum_id": row["spectrum_id"],
                    "number": row["number"],
                    "tau_s": np.geomspace(row["fastest_s"], row["slowest_s"], len(row["gamma"])),
                    **{f"{name}_ohm": row[name] for name in lists},
                }
            )
            for row in relaxation_times.of_parts(self, self.part_ids(run))
            if relaxation_times.is_readable(row)
        ]
        columns = ["spectrum_id", "number", "tau_s", *(f"{name}_ohm" for name in lists)]
        return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=columns)

    def relaxation_peaks(self, run: int | str = "last") -> "pd.DataFrame":
        """The peaks of the distributions of relaxation times of a run, a row for each.

        Columns: `spectrum_id`, `number`, `time_s` of the maximum, `fastest_s` and `slowest_s` between which
        the resistance lies, `resistance_ohm`, `standard_uncertainty_ohm`.
        """
        pd = pandas()
        rows = [
            {"spectrum_id": row["spectrum_id"], "number": row["number"], **peak}
            for row in relaxation_times.of_parts(self, self.part_ids(run))
            if relaxation_times.is_readable(row)
            for peak in row["peaks"]
        ]
        columns = ["spectrum_id", "number", *relaxation_times.PEAK]
        return pd.DataFrame(rows, columns=columns)

    def analyses(self, run: int | str = "last") -> "pd.DataFrame":
        """The analyses of a run, oldest first: who made each, when, by which labctl, with which options."""
        return analyses.of_run(self._frames, self.run(run)["id"])

    def analysis(self, run: int | str = "last", name: int | str = "current") -> dict[str, Any]:
        """The row of one analysis of a run, by id, by name, or the current one.

        Raises
        ------
        InvalidRequest
            No such analysis.
        """
        run_id = self.run(run)["id"]
        found = analyses.named(self, run_id, name)
        if not found:
            known = ", ".join(str(row["name"] or row["id"]) for row in analyses.of_run(self, run_id))
            raise InvalidRequest(
                f"{self.path}: run {run_id} has no analysis {shown(str(name))}; it has {known or 'none'}"
            )
        return found[0]

    def points(self, spectrum_id: int) -> "pd.DataFrame":
        """The points of a spectrum, bad ones included (see `status`); InvalidRequest without one."""
        spectrum_id = _one(spectrum_id, "spectrum", "its id")
        if not spectra.with_id(self, spectrum_id):
            raise InvalidRequest(f"{self.path}: no spectrum {spectrum_id}")
        return spectra.points(self._frames, spectrum_id)

    def polarisation_points(self, polarisation_id: int) -> "pd.DataFrame":
        """The points of a polarisation, bad ones included (see `status`); InvalidRequest without one."""
        polarisation_id = _one(polarisation_id, "polarisation", "its id")
        if not polarisations.exists(self, polarisation_id):
            raise InvalidRequest(f"{self.path}: no polarisation {polarisation_id}")
        return polarisations.points(self._frames, polarisation_id)

    def spectrum(self, spectrum_id: int) -> "Spectrum":
        """The good points of a spectrum, in the order measured, with its cell.

        The cell has the values of the sample that are in force (electrodes, geometry, leads, fixture), and
        the accuracy that was stated for the analyser when the run began. The points are as measured: the
        fixture is not taken out.

        Raises
        ------
        StoreError
            No such spectrum.
        """
        import numpy as np

        from labctl.analysis import Spectrum

        spectrum_id = _one(spectrum_id, "spectrum", "its id")
        found = spectra.with_id(self, spectrum_id)
        if not found:
            raise InvalidRequest(f"{self.path}: no spectrum {spectrum_id}")
        _, rows = spectra.good_points(self._tuples, spectrum_id)
        try:
            numbers = np.array(rows, dtype=float)
        except (TypeError, ValueError):  # text or bytes among them
            numbers = np.array([[_number(value) for value in row] for row in rows])
        frequency_hz, z_real_ohm, z_imag_ohm = numbers.reshape(-1, 3).T
        cell = cell_of_run(self, found[0]["run_id"])
        return Spectrum(frequency_hz, z_real_ohm + 1j * z_imag_ohm, cell=cell)

    def frame(self, query: str, parameters: Sequence[Any] = ()) -> "pd.DataFrame":
        """Result of a SELECT as a pandas frame; JSON columns are decoded, NULL numbers are NaN."""
        pd = pandas()
        names, rows = self._fetch(query, parameters)
        frame = pd.DataFrame.from_records(rows, columns=names, coerce_float=True)
        for name in self._json.intersection(names):
            frame[name] = [
                decoded(name, value) if isinstance(value, str | bytes) else value for value in frame[name]
            ]
        for name in self._numeric.intersection(names):
            if frame[name].dtype == object:
                frame[name] = [_number(value) for value in frame[name]]
        return frame

    def runs_of_sample(self, sample_id: int) -> "pd.DataFrame":
        """The runs of a sample, oldest first."""
        return runs.of_sample(self._frames, sample_id)

    def units(self) -> dict[str, str]:
        """Unit of every column of every table by the name of the column."""
        return {row["column_name"]: row["unit"] for row in self.rows("SELECT * FROM columns")}

    def columns(self) -> "pd.DataFrame":
        """Unit and meaning of every column of every table and view."""
        return self.frame("SELECT * FROM columns ORDER BY table_name, column_name")

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _fetch(
        self, query: str, parameters: Sequence[Any] | Mapping[str, Any]
    ) -> tuple[list[str], list[tuple[Any, ...]]]:
        """Fetch all rows at once: an open SELECT would prevent the -wal from starting again."""
        self._look_anew_if_changed()
        names, rows = fetched(self.path, self._connection, query, parameters)
        if self._look_anew_if_changed():
            return self._fetch(query, parameters)
        return names, rows

    @property
    def _frames(self) -> "Through[pd.DataFrame]":
        return Through(self.frame)

    @property
    def _tuples(self) -> Through[tuple[list[str], list[tuple[Any, ...]]]]:
        return Through(self._fetch)

    def _look_anew_if_changed(self) -> bool:
        """Reopen if the file was replaced, or if a `FrozenView` was written; return whether it was."""
        if self._state == self._present_state():
            return False
        self._connection.close()
        self._open()
        return True

    def _open(self) -> None:
        self._connection = open_for_reading(self.path, self._analyses)
        if self._limit is not None:
            self._limit.watch(self._connection)
        self._state = self._present_state()

    def _present_state(self) -> tuple[int, int, int, bool] | Files:
        if isinstance(self._connection, FrozenView):
            return file_state(self.path)
        try:
            return Files.of(Path(os.path.realpath(self.path)))
        except OSError as error:
            raise StoreError(f"{self.path}: cannot be read any more: {error.strerror}") from error

    def _points_since(
        self, table: str, run_id: int, last_key: tuple[int, int] | None
    ) -> list[dict[str, Any]]:
        parent, owner = _BY_PARENT[table]
        parent_id, number = last_key if last_key is not None else (-1, -1)
        query = f"""
            SELECT p.* FROM {table} p
            WHERE p.{parent} = :parent AND p.number > :number
            AND EXISTS (SELECT 1 FROM {owner} o WHERE o.id = :parent AND o.run_id = :run)
            UNION ALL
            SELECT p.* FROM {owner} o JOIN {table} p ON p.{parent} = o.id
            WHERE o.run_id = :run AND o.id > :parent AND o.number > coalesce(
                (SELECT seen.number FROM {owner} seen WHERE seen.id = :parent AND seen.run_id = :run), -1)
            ORDER BY 1, 2"""
        return self.rows(query, {"run": run_id, "parent": parent_id, "number": number})


def _one(number: Any, what: str, given: str) -> int:
    """Return a whole number, of numpy too; raises InvalidRequest for several, and for anything else."""
    try:
        return operator.index(number)
    except TypeError as error:
        raise InvalidRequest(
            f"give one {what}, {given}, not {shown(number)}; of several, ask for one after the other"
        ) from error


def _decoded(row: tuple[Any, ...], encoded: Sequence[tuple[int, str]]) -> Sequence[Any]:
    if not encoded:
        return row
    values = list(row)
    for index, name in encoded:
        if isinstance(values[index], str | bytes):
            values[index] = decoded(name, values[index])
    return values


def _number(value: Any) -> float:
    """A number of a column that holds numbers only, NaN for anything else, as a damaged file may hold."""
    return float(value) if isinstance(value, int | float) else math.nan
