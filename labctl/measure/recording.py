"""Rows from the events of a run: one method for each kind of event."""

import math
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, assert_never
from uuid import uuid4

from labctl.clock import RealClock
from labctl.config.protocol import ProcedureEntry, Protocol
from labctl.config.sample import Sample
from labctl.config.station import Station
from labctl.derive import (
    LiveLaws,
    derive_fits,
    derive_polarisation,
    derive_run,
    derive_spectrum,
    spectra_before,
    spectra_without_number,
)
from labctl.errors import EventError, StoreError
from labctl.measure import events
from labctl.measure.cell_before import known_before
from labctl.measure.columns import Columns
from labctl.measure.emitted import Points, event_of
from labctl.measure.monitoring import Monitoring
from labctl.measure.own_series import KnownBefore, Place
from labctl.measure.procedure_facts import metadata_of, reference_of
from labctl.measure.run_beginning import RunBeginning, Timed
from labctl.store import Store
from labctl.store.amendments import BY_LABCTL, EXCLUSION, in_force
from labctl.store.queries import amendments, measured

POINT_COLUMNS = ("time_s", "frequency_hz", "z_real_ohm", "z_imag_ohm", "temperature_k", "status")
CURRENT_COLUMNS = ("time_s", "elapsed_s", "potential_v", "current_a", "temperature_k", "status")
CHECK_COLUMNS = ("repeats", *POINT_COLUMNS)
TEMPERATURE_COLUMNS = ("time_s", "temperature_k", "setpoint_k", "phase")
MONITOR_COLUMNS = ("time_s", "instrument", "quantity", "value", "status")
SPECTRUM_COLUMNS = (
    *("step", "branch", "setpoint_k", "amplitude_v", "bias_v", "integration_s", "band_k"),
    *("condition_quantity", "condition_setpoint", "condition_value"),
)
POLARISATION_COLUMNS = ("step", "setpoint_k", "potential_v", "rest_potential_v", "rest_drift_v_s")
ENDING_COLUMNS = ("ended_by", "saved_s")
SET_BY_AT_LEAST_S = 2.0
PROGRESS_EVERY_S = 2.0  # of real time, also in a run in virtual time
MISSING = "missing"
"""Topic on which a procedure emits, in a sentence, what it could not measure; also the kind of that event."""


class Recording:
    """One run in the store, from its first row to its end status.

    Parameters
    ----------
    on_event : callable
        Called with each event after it is recorded, and with labctl's own: evaluations, notes, the end.
    job_id : int, optional
        The job that the run belongs to.
    repeats : mapping
        Step to the id of its interrupted spectrum, which this run repeats.
    """

    def __init__(
        self,
        store: Store,
        bench: Timed,
        on_event: Callable[[events.AnyEvent], None] | None = None,
        job_id: int | None = None,
        repeats: Mapping[int, int] | None = None,
    ) -> None:
        self.store, self._bench = store, bench
        self._beginning = RunBeginning(store, bench, job_id)
        self._repeats = dict(repeats or {})
        self._on_event = on_event or (lambda event: None)
        self.run_id = 0
        self._spectrum_id: int | None = None
        self._finished_spectrum: tuple[int, Any] | None = None
        self._polarisation_id: int | None = None
        self._last_spectrum_id: int | None = None
        self._clock_set_by_s = 0.0
        self._percent: float | None = None
        self._real_clock, self._next_progress_s = RealClock(), -math.inf
        self._live_laws: LiveLaws | None = None
        self._fits: list[dict[str, Any]] = []
        self._counts: dict[str, int] = {}
        self._columns = Columns(())
        self._promises_rows = self._has_steps = False
        self._missing: list[str] = []
        self._doubts: dict[Place, int] = {}
        self._monitoring = Monitoring(getattr(bench, "monitors", {}), bench.clock, self.event)
        self._one_at_a_time = threading.RLock()  # some procedures emit from their own threads

    def tell_to(self, on_event: Callable[[events.AnyEvent], None]) -> None:
        """Call `on_event` with each event from now on, instead of the one given before."""
        self._on_event = on_event

    def begin(self, protocol: Protocol, entry: ProcedureEntry, station: Station, procedure: Any) -> int:
        """Write the run, its sample, its instruments; return the run's id."""
        self._columns = Columns(procedure.DATA_COLUMNS)
        self._has_steps = getattr(procedure, "step_ends_with", "records") != "records"
        self._promises_rows = self._has_steps or bool(procedure.DATA_COLUMNS)
        run_id = self._beginning.of_protocol(protocol, entry, station, procedure)
        return self._begun(run_id, entry.reference)

    def begin_alone(self, sample: Sample, procedure: Any, uuid: str) -> int:
        """Write the run of a procedure that opens its own instruments; return the run's id."""
        self._columns = Columns(procedure.DATA_COLUMNS)
        run_id = self._beginning.alone(sample, procedure, uuid)
        return self._begun(run_id, reference_of(type(procedure)))

    def begin_script(self, sample: Sample, station: Station, text: str, file: Path) -> int:
        """Write the run of a script, with its text; return the run's id."""
        return self._begun(self._beginning.of_script(sample, station, text, file), "script")

    def _begun(self, run_id: int, reference: str) -> int:
        self.run_id = run_id
        self.event("info", "started", reference)
        return run_id

    def keep_metadata(self, procedure: Any) -> None:
        """Store the metadata of a procedure after they are evaluated."""
        if metadata := metadata_of(procedure):
            self.store.record_provenance(self.run_id, {"metadata": metadata})

    def emit(self, topic: str, record: Any) -> None:
        """Record an event, or a plain record as emitted by pymeasure's procedures.

        Raises
        ------
        EventError
            A field of it is wrong. The event is not recorded.
        ValueError
            A row has a column that DATA_COLUMNS does not name, or a value that cannot be stored.
        StoreError
            The event cannot be stored.
        """
        self._note_a_set_clock()
        with self._one_at_a_time:
            emitted = self._events(topic, record)
            for event in emitted:
                self._keep(event)
            if topic == MISSING:
                self._note_missing(str(record))
        for event in emitted:
            self._on_event(event)
        for event in emitted:
            self._read_monitors(event)

    def _read_monitors(self, event: events.Emitted) -> None:
        """Record the readings of the monitors that are due beside an event."""
        for reading in self._monitoring.beside(event):
            with self._one_at_a_time:
                self._keep(reading)
            self._on_event(reading)

    def record(self, values: Mapping[str, Any]) -> None:
        """Record a row with its own columns, independent of any spectrum or polarisation under way."""
        with self._one_at_a_time:
            self._row(values)
        self._on_event(events.RowMeasured(values_by_column=values))

    def event(self, level: str, kind: str, message: str, **details: Any) -> None:
        """Record an event of this run, with its details."""
        now_s = self._bench.clock.time()
        row = {"run_id": self.run_id, "time_s": now_s, "level": level, "kind": kind, "message": message}
        row |= {"details": details} if details else {}
        self.store.append("events", row)
        self._on_event(events.NoteWritten(**row))

    def known_of_cell(self) -> KnownBefore:
        """Return what the file knows of the cell of this run from before it began."""
        return known_before(self.store, self.run_id)

    def put_in_doubt(self, places: Sequence[Place], reason: str) -> None:
        """Exclude spectra until a person decides, with an amendment for each.

        Raises
        ------
        StoreError
            An amendment cannot be stored.
        """
        for place in places:
            excluded = {"old_value": {}, "new_value": {"spectrum": place.number}}
            self._doubts[place] = self._amend(place, excluded | {"reason": reason})

    def believe(self, places: Sequence[Place], reason: str) -> None:
        """Revoke the exclusions of spectra that were put in doubt; raises as `put_in_doubt`."""
        for place in places:
            amendment_id = self._doubts.pop(place, None) or self._doubt_before(place)
            if amendment_id is not None:
                old = {"old_value": {"spectrum": place.number}, "revokes": amendment_id}
                self._amend(place, old | {"reason": reason})

    def _doubt_before(self, place: Place) -> int | None:
        """Return the amendment by which an earlier part of this run put a spectrum in doubt."""
        with self.store.read() as db:
            standing = in_force(amendments.of_run(db, place.run_id))
        mine = [row["id"] for row in standing if row["person"] == BY_LABCTL and row["field"] == EXCLUSION]
        values = {row["id"]: row["new_value"] for row in standing}
        return next((id_ for id_ in mine if values[id_].get("spectrum") == place.number), None)

    def _amend(self, place: Place, about: Mapping[str, Any]) -> int:
        made = {"uuid": str(uuid4()), "person": BY_LABCTL, "time_s": RealClock().time()}
        return self.store.insert("amendments", made | {"run_id": place.run_id, "field": EXCLUSION, **about})

    def _measured_nothing(self) -> str:
        """Say that the run, earlier parts included, has no valid row although its procedure has columns.

        `""` where it has one, and where a person asked to skip steps.
        """
        if not self._promises_rows:
            return ""
        self.store.flush()
        with self.store.read() as db:
            counts = measured.points_by_status(db, self.run_id)
            own_rows = not self._has_steps and measured.has_own_rows(db, self.run_id)
            skipped = measured.steps_skipped(db, self.run_id)
        if counts.get("ok") or own_rows or skipped:
            return ""
        if not counts:
            return "measured nothing: not one point was taken"
        usual = max(counts, key=lambda status: counts[status])
        return f"measured nothing: none of the {sum(counts.values())} points is valid ({usual})"

    def end(self, status: str, reason: str) -> str:
        """Evaluate all spectra together and write the end status; open spectra and polarisations are ended.

        Return the reason as written: for a finished run it names missing results, such as spectra without
        a resistance.

        Raises
        ------
        StoreError
            Rows or this end could not be stored. Where the file takes it now, the run has ended as failed.
        """
        try:
            return self._end(status, reason)
        except StoreError as error:
            self._end_as_failed(reason or str(error))
            raise

    def conclude(self, status: str, reason: str) -> tuple[str, str]:
        """End the run, and raise, as `end` does; a run that measured nothing has not finished but failed.

        Return status and reason as written.
        """
        try:
            if status == "finished" and (nothing := self._measured_nothing()):
                status, reason = "failed", nothing
            return status, self._end(status, reason)
        except StoreError as error:
            self._end_as_failed(reason or str(error))
            raise

    def _end_as_failed(self, reason: str) -> None:
        """Try twice: the first attempt may report an earlier loss of the file, which was put back since."""
        for _ in range(2):
            with suppress(StoreError):
                self._write_end("failed", reason)
                return

    def _end(self, status: str, reason: str) -> str:
        if "spectrum" in self._counts:
            self._evaluate(lambda now_s: derive_run(self.store, self.run_id, now_s))
        if status == "finished" and not reason:
            without = spectra_without_number(self.store, self.run_id) if "spectrum" in self._counts else ""
            reason = "; ".join(filter(None, (without, *self._missing)))
        level = {"finished": "warning" if reason else "info", "aborted": "warning"}.get(status, "error")
        self.event(level, status, reason or status)
        self._write_end(status, reason)
        self._on_event(events.RunEnded(run_id=self.run_id, status=status, reason=reason))
        return reason

    def _write_end(self, status: str, reason: str) -> None:
        now_s = self._bench.clock.time()
        end = {"status": status, "reason": reason, "ended_s": now_s}
        progress = {} if self._percent is None else {"percent": self._percent}
        self.store.update("runs", self.run_id, end | progress)

    def _note_a_set_clock(self) -> None:
        """Say that the system clock was set during the run: its times are counted on from its start."""
        set_by_s = getattr(self._bench.clock, "set_by_s", lambda: 0.0)()
        step_s = set_by_s - self._clock_set_by_s
        if abs(step_s) < SET_BY_AT_LEAST_S:
            return
        self._clock_set_by_s = set_by_s
        way = "forward" if step_s > 0 else "back"
        words = (
            f"the clock of the computer was set {way} by {abs(step_s):.0f} s; this run counts its own time on"
        )
        self.event("info", "clock", words)

    def _events(self, topic: str, record: Any) -> list[events.Emitted]:
        if topic != "batch results":
            return [event_of(topic, record, self._points_under_way())]
        rows = self._columns.rows(record)
        return [event_of("results", row, self._points_under_way()) for row in rows]

    def _points_under_way(self) -> Points:
        spectrum = [events.PointMeasured] if self._spectrum_id is not None else []
        return [*spectrum, *([events.CurrentMeasured] if self._polarisation_id is not None else [])]

    def _keep(self, event: events.Emitted) -> None:
        match event:
            case events.PointMeasured() | events.CheckPointMeasured():
                self._impedance(event)
            case events.CurrentMeasured():
                self._current(event)
            case events.RowMeasured():
                self._row(event.values_by_column)
            case events.TemperatureRead() | events.MonitorRead() | events.ThermalStepEnded():
                self._log(event)
            case events.SpectrumStarted():
                self._spectrum_started(event)
            case events.SpectrumEnded():
                self._spectrum_ended(event)
            case events.PolarisationStarted():
                self._polarisation_started(event)
            case events.PolarisationEnded():
                self._polarisation_ended(event)
            case events.StepStarted() | events.ProgressMade() | events.OwnTopic():
                self._note_progress(event)  # nothing else of them is stored
            case _:
                assert_never(event)

    def _note_progress(self, event: events.StepStarted | events.ProgressMade | events.OwnTopic) -> None:
        """Store the progress, now and then: a commit takes time. The last one is stored with the end."""
        if not isinstance(event, events.ProgressMade) or event.percent is None:
            return
        self._percent = min(max(event.percent, 0.0), 100.0)
        now_s = self._real_clock.monotonic()
        if now_s >= self._next_progress_s:
            self._next_progress_s = now_s + PROGRESS_EVERY_S
            self.store.update("runs", self.run_id, {"percent": self._percent})

    def _note_missing(self, words: str) -> None:
        """Record a measurement that the procedure could not make; the run is finished with that remark."""
        self._missing.append(words)
        self.event("warning", MISSING, words)

    def _impedance(self, event: events.PointMeasured | events.CheckPointMeasured) -> None:
        if isinstance(event, events.CheckPointMeasured):
            self._check_point(event)
        else:
            self._point(event)

    def _point(self, event: events.PointMeasured) -> None:
        """Add a point to the spectrum under way; without a spectrum record it as the procedure's own row."""
        if self._spectrum_id is None:
            self._row(dict(event))
            return
        where = {"spectrum_id": self._spectrum_id}
        number = self._count(f"spectrum {self._spectrum_id}")
        self.store.append(
            "impedance_points", {**where, "number": number, **_columns_of(event, POINT_COLUMNS)}
        )
        self._keep_extra(event.extra, {**where, "point": number})

    def _check_point(self, event: events.CheckPointMeasured) -> None:
        """Add a check point to the last spectrum, which is evaluated again with it.

        Raises
        ------
        EventError
            No spectrum has ended.
        """
        spectrum_id = self._last_spectrum_id
        if spectrum_id is None or self._spectrum_id is not None:
            raise EventError("CheckPointMeasured", "", "follows the end of a spectrum; none has just ended")
        if event.amplitude_v is not None:
            self._linearity_point(spectrum_id, event)
            return
        row = {"spectrum_id": spectrum_id, "number": self._count(f"check {spectrum_id}")}
        self.store.append("check_points", row | _finite(_columns_of(event, CHECK_COLUMNS)))
        self.store.flush()
        self._evaluate(lambda now_s: derive_spectrum(self.store, spectrum_id, now_s))

    def _linearity_point(self, spectrum_id: int, event: events.CheckPointMeasured) -> None:
        """Add a point at another amplitude; the spectrum is evaluated with it when the run ends."""
        row = {"spectrum_id": spectrum_id, "number": self._count(f"linearity {spectrum_id}")}
        columns = _columns_of(event, (*CHECK_COLUMNS, "amplitude_v"))
        self.store.append("linearity_points", row | _finite(columns))

    def _current(self, event: events.CurrentMeasured) -> None:
        """Add a point to the polarisation under way; without one record it as the procedure's own row."""
        if self._polarisation_id is None:
            self._row(dict(event))
            return
        where = {"polarisation_id": self._polarisation_id}
        number = self._count(f"polarisation {self._polarisation_id}")
        self.store.append(
            "polarisation_points", {**where, "number": number, **_columns_of(event, CURRENT_COLUMNS)}
        )
        self._keep_extra(event.extra, {**where, "point": number})

    def _keep_extra(self, extra: Mapping[str, Any], where: Mapping[str, Any]) -> None:
        """Record the columns of a point that its table does not have in a separate row."""
        if extra:
            self._append_record({**where, **extra})

    def _row(self, values: Any) -> None:
        self._append_record(self._columns.row(values))

    def _append_record(self, data: Mapping[str, Any]) -> None:
        row = {"run_id": self.run_id, "number": self._count("record"), "time_s": self._bench.clock.time()}
        self.store.append("records", row | {"data": data})

    def _log(self, event: events.TemperatureRead | events.MonitorRead | events.ThermalStepEnded) -> None:
        if isinstance(event, events.MonitorRead):
            self._monitor(event)
        elif isinstance(event, events.ThermalStepEnded):
            self.store.append("thermal_steps", {"run_id": self.run_id, **_columns_of(event, event.names)})
            self.event("info", "thermal step", f"ended: {event.name}, {event.state}")
        else:
            self._temperature(event)

    def _temperature(self, event: events.TemperatureRead) -> None:
        row = {"run_id": self.run_id, "number": self._count("temperature")}
        self.store.append("temperature_log", row | _columns_of(event, TEMPERATURE_COLUMNS))

    def _monitor(self, event: events.MonitorRead) -> None:
        row = {"run_id": self.run_id, "number": self._count("monitor")}
        self.store.append("monitor_readings", row | _columns_of(event, MONITOR_COLUMNS))

    def _spectrum_started(self, event: events.SpectrumStarted) -> None:
        row = {
            "run_id": self.run_id,
            "number": self._count("spectrum"),
            "status": "running",
            "started_s": self._bench.clock.time(),
            "repeat_of": self._repeated(event),
        }
        self._spectrum_id = self.store.insert("spectra", row | _known(event, SPECTRUM_COLUMNS))
        self._last_spectrum_id = self._spectrum_id

    def _repeated(self, event: events.SpectrumStarted) -> int | None:
        """Return the spectrum that this one repeats: the previous one, or one cut in an earlier run."""
        return self._last_spectrum_id if event.repeats else self._repeats.pop(event.step or 0, None)

    def _spectrum_ended(self, event: events.SpectrumEnded) -> None:
        ended, self._spectrum_id = self._spectrum_id, None
        if ended is None:
            return
        self._counts.pop(f"spectrum {ended}", None)
        self.store.flush()
        self.store.update("spectra", ended, {"status": event.state, "ended_s": self._bench.clock.time()})
        finished = event.state == "finished"
        self._finished_spectrum = (ended, event.polarisation) if finished else None
        if finished:
            self._evaluate_spectrum(ended)

    def _polarisation_started(self, event: events.PolarisationStarted) -> None:
        """Begin a polarisation after the spectrum before it."""
        row = {
            "run_id": self.run_id,
            "number": self._count("polarisation"),
            "status": "running",
            "started_s": self._bench.clock.time(),
            "initial_spectrum_id": self._spectrum_of(event.polarisation),
        }
        self._polarisation_id = self.store.insert("polarisations", row | _known(event, POLARISATION_COLUMNS))

    def _polarisation_ended(self, event: events.PolarisationEnded) -> None:
        """End a polarisation; its last spectrum is taken as the steady state."""
        ended, self._polarisation_id = self._polarisation_id, None
        if ended is None:
            return
        self._counts.pop(f"polarisation {ended}", None)
        self.store.flush()
        finished = event.state == "finished"
        changes = {
            "status": event.state,
            "ended_s": self._bench.clock.time(),
            "steady_spectrum_id": self._spectrum_of(event.polarisation) if finished else None,
        }
        self.store.update("polarisations", ended, changes | _known(event, ENDING_COLUMNS))
        if finished:
            number = self._evaluate(partial(derive_polarisation, self.store, ended))
            self._on_event(events.PolarisationEvaluated(transference_number=number))

    def _spectrum_of(self, polarisation: Any) -> int | None:
        """Return the spectrum just finished, once, if it belongs to the same polarisation."""
        finished, self._finished_spectrum = self._finished_spectrum, None
        return finished[0] if finished is not None and finished[1] == polarisation else None

    def _evaluate_spectrum(self, spectrum_id: int) -> None:
        row = self._evaluate(lambda now_s: derive_spectrum(self.store, spectrum_id, now_s))
        if self._live_laws is None:
            self._live_laws = LiveLaws(spectra_before(self.store, self.run_id, spectrum_id))
        if self._live_laws.are_due(row["temperature_k"] if row else None):
            self._fits = self._evaluate(lambda now_s: derive_fits(self.store, self.run_id, now_s)) or []
        self._on_event(events.SpectrumEvaluated(conductivity=row, fits=self._fits))

    def _evaluate(self, derive: Callable[[float], Any]) -> Any:
        """Evaluate the run so far; a failure is recorded as an event and does not end the measurement."""
        try:
            return derive(self._bench.clock.time())
        except Exception as error:  # noqa: BLE001 - no evaluation may end a measurement
            self.event("warning", "evaluation failed", f"{type(error).__name__}: {error}")
            return None

    def _count(self, key: str) -> int:
        self._counts[key] = self._counts.get(key, -1) + 1
        return self._counts[key]


def _columns_of(event: events.Event, columns: tuple[str, ...]) -> dict[str, Any]:
    """Return every column; unknown values are None."""
    return {column: getattr(event, column) for column in columns}


def _known(event: events.Event, columns: tuple[str, ...]) -> dict[str, Any]:
    """Return the columns that are known; the table has defaults for the others."""
    return {column: event[column] for column in columns if column in event}


def _finite(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the row without its infinite values, which an overload has."""
    infinite = {name for name, value in row.items() if isinstance(value, float) and math.isinf(value)}
    return {name: None if name in infinite else value for name, value in row.items()}
