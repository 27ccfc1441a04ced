"""What a procedure emits, as rows: the one place that knows which topic goes into which table."""

import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any
from typing import Protocol as Shape

from labctl.clock import Clock, VirtualClock
from labctl.config.protocol import ProcedureEntry, Protocol
from labctl.config.sample import Sample
from labctl.config.station import Station
from labctl.derive import (
    derive_fits,
    derive_polarisation,
    derive_run,
    derive_spectrum,
    spectra_without_number,
)
from labctl.measure.columns import Columns
from labctl.measure.procedure_facts import described, exact_parameters, metadata_of, reference_of
from labctl.store import Store
from labctl.store.provenance import collect_provenance

POINT_COLUMNS = ("time_s", "frequency_hz", "z_real_ohm", "z_imag_ohm", "temperature_k", "status")
CURRENT_COLUMNS = ("time_s", "elapsed_s", "potential_v", "current_a", "temperature_k", "status")
POLARISATION_COLUMNS = ("step", "setpoint_k", "potential_v", "rest_potential_v", "rest_drift_v_s")
ENDING_COLUMNS = ("ended_by", "saved_s")
KNOWN_OF_A_POINT = frozenset({"spectrum", "polarisation", "phase", "step", "branch", "setpoint_k"})
SPECTRUM_COLUMNS = ("step", "branch", "setpoint_k", "amplitude_v", "bias_v", "integration_s")


class Timed(Shape):
    """Whatever has a clock: a bench, as a rule. Rows and events are stamped with its time."""

    @property
    def clock(self) -> Clock:
        """The clock."""
        ...


class Recording:
    """One run in the store, from its first row to its end status.

    Parameters
    ----------
    on_row : callable
        Told (topic, record) after each thing recorded: progress displays hang here.
    job_id : int, optional
        The job that the run serves.
    repeats : mapping
        Step to the id of the spectrum that was cut in it, which this run repeats.
    """

    def __init__(
        self,
        store: Store,
        bench: Timed,
        on_row: Callable[[str, Any], None] | None = None,
        job_id: int | None = None,
        repeats: Mapping[int, int] | None = None,
    ) -> None:
        self.store, self._bench = store, bench
        self._job_id, self._repeats = job_id, dict(repeats or {})
        self._on_row = on_row or (lambda topic, record: None)
        self.run_id = 0
        self._spectrum_id: int | None = None
        self._finished_spectrum: tuple[int, Mapping[str, Any]] | None = None
        self._polarisation_id: int | None = None
        self._last_spectrum_id: int | None = None
        self._counts: dict[str, int] = {}
        self._columns = Columns(())
        self._one_at_a_time = threading.RLock()  # some procedures emit from threads of their own

    def begin(self, protocol: Protocol, entry: ProcedureEntry, station: Station, procedure: Any) -> int:
        """Write the run, its sample, its instruments; return the run's id."""
        about = {
            "procedure": entry.reference,
            "station": station.name,
            "station_text": station.text,
            "protocol_text": protocol.text,
        }
        self._insert_procedure(protocol.sample, procedure, about)
        self._note_instruments(station)
        facts = {"procedure": described(procedure), "repetition": entry.repetition}
        self._note_origin(_scripts(station, protocol, entry), **{k: v for k, v in facts.items() if v})
        return self.run_id

    def begin_alone(self, sample: Sample, procedure: Any, uuid: str) -> int:
        """Write the run of a procedure that brings its own instruments; return the run's id."""
        about = {"procedure": reference_of(type(procedure)), "uuid": uuid}
        about["station"] = getattr(self._bench, "station", "")
        self._insert_procedure(sample, procedure, about)
        for role, driver in getattr(self._bench, "roles", {}).items():
            row = {"role": role, "name": driver.name, "driver": reference_of(type(driver))}
            self.store.append("run_instruments", row | {"run_id": self.run_id, "identity": driver.identity})
        self._note_origin(_files_of([type(procedure)]), procedure=described(procedure))
        return self.run_id

    def begin_script(self, sample: Sample, station: Station, text: str, file: Path) -> int:
        """Write the run of a script, with its text; return the run's id."""
        about = {"procedure": "script", "station": station.name, "station_text": station.text}
        self._insert(sample, about)
        self._note_instruments(station)
        files = [path for path in (file, Path(station.source)) if path.is_file()]
        files += _files_of([instrument.driver_class for instrument in station.instruments])
        self._note_origin(files, script_text=text)
        return self.run_id

    def _insert_procedure(self, sample: Sample, procedure: Any, about: Mapping[str, Any]) -> None:
        self._columns = Columns(procedure.DATA_COLUMNS)
        self._insert(sample, {"parameters": exact_parameters(procedure), **about})

    def _insert(self, sample: Sample, about: Mapping[str, Any]) -> None:
        row = {
            "job_id": self._job_id,
            "sample_id": self.store.find_or_add_sample(vars(sample)),
            "clock": _clock_kind(self._bench.clock),
            "status": "running",
            "started_s": self._bench.clock.time(),
        }
        self.run_id = self.store.insert("runs", {**row, **about})
        self._started = str(about["procedure"])

    def _note_origin(self, scripts: Sequence[Path], **facts: Any) -> None:
        self.store.record_provenance(self.run_id, {**collect_provenance(scripts=scripts), **facts})
        self.event("info", "started", self._started)

    def keep_metadata(self, procedure: Any) -> None:
        """Keep the metadata of a procedure, once they are evaluated."""
        if metadata := metadata_of(procedure):
            self.store.record_provenance(self.run_id, {"metadata": metadata})

    def _note_instruments(self, station: Station) -> None:
        for entry in station.instruments:
            for role in entry.roles:
                self._instrument(role, entry)

    def _instrument(self, role: str, entry: Any) -> None:
        row = {
            "run_id": self.run_id,
            "role": role,
            "name": entry.name,
            "driver": entry.driver,
            "address": entry.address,
            "identity": getattr(getattr(self._bench, "roles", {})[role], "identity", ""),
            "settings": dict(entry.settings),
        }
        self.store.append("run_instruments", row)

    def emit(self, topic: str, record: Any) -> None:
        """Record what a procedure emits; topics that no table holds are shown only."""
        record_as = {
            "results": self._result,
            "batch results": self._batch,
            "temperature": self._temperature,
            "spectrum": self._spectrum,
            "polarisation": self._polarisation,
        }.get(topic)
        if record_as:
            with self._one_at_a_time:
                record_as(record)
        self._on_row(topic, record)

    def record(self, values: Mapping[str, Any]) -> None:
        """Keep a row of columns of its own, whatever is being measured."""
        with self._one_at_a_time:
            self._record(self._columns.row(values))
        self._on_row("results", values)

    def event(self, level: str, kind: str, message: str, **details: Any) -> None:
        """Record an event of this run, with the facts behind it."""
        now_s = self._bench.clock.time()
        row = {"run_id": self.run_id, "time_s": now_s, "level": level, "kind": kind, "message": message}
        row |= {"details": details} if details else {}
        self.store.append("events", row)
        self._on_row("event", row)

    def end(self, status: str, reason: str) -> str:
        """Evaluate all spectra together and write the end status; what was still open ends with it.

        Return the reason as written: a run that finished says there which of its spectra gave no number.
        """
        if "spectrum" in self._counts:
            self._evaluate(lambda now_s: derive_run(self.store, self.run_id, now_s))
            reason = reason or (
                spectra_without_number(self.store, self.run_id) if status == "finished" else ""
            )
        level = {"finished": "warning" if reason else "info", "aborted": "warning"}.get(status, "error")
        self.event(level, status, reason or status)
        now_s = self._bench.clock.time()
        self.store.update("runs", self.run_id, {"status": status, "reason": reason, "ended_s": now_s})
        self._on_row("end", {"run_id": self.run_id, "status": status, "reason": reason})
        return reason

    def _count(self, key: str) -> int:
        self._counts[key] = self._counts.get(key, -1) + 1
        return self._counts[key]

    def _result(self, record: Mapping[str, Any]) -> None:
        if self._spectrum_id is not None and "frequency_hz" in record:
            number = self._count(f"spectrum {self._spectrum_id}")
            row = {"spectrum_id": self._spectrum_id, "number": number}
            self.store.append("impedance_points", row | _chosen(record, POINT_COLUMNS))
            self._keep_extra(record, POINT_COLUMNS, {"spectrum_id": self._spectrum_id, "point": number})
            return
        if self._polarisation_id is not None and "current_a" in record:
            number = self._count(f"polarisation {self._polarisation_id}")
            row = {"polarisation_id": self._polarisation_id, "number": number}
            self.store.append("polarisation_points", row | _chosen(record, CURRENT_COLUMNS))
            where = {"polarisation_id": self._polarisation_id, "point": number}
            self._keep_extra(record, CURRENT_COLUMNS, where)
            return
        self._record(self._columns.row(record))

    def _keep_extra(
        self, record: Mapping[str, Any], columns: tuple[str, ...], where: Mapping[str, Any]
    ) -> None:
        """What a procedure measures at a point beside what the table holds goes into a record of its own."""
        extra = record.keys() - KNOWN_OF_A_POINT - set(columns)
        if extra:
            self._record({**where, **{name: record[name] for name in record if name in extra}})

    def _batch(self, batch: Any) -> None:
        for row in self._columns.rows(batch):
            self._result(row)

    def _record(self, data: Mapping[str, Any]) -> None:
        row = {"run_id": self.run_id, "number": self._count("record"), "time_s": self._bench.clock.time()}
        self.store.append("records", row | {"data": data})

    def _temperature(self, record: Mapping[str, Any]) -> None:
        number = self._count("temperature")
        self.store.append("temperature_log", {"run_id": self.run_id, "number": number, **record})

    def _spectrum(self, record: Mapping[str, Any]) -> None:
        if record["state"] == "started":
            row = {
                "run_id": self.run_id,
                "number": self._count("spectrum"),
                "status": "running",
                "started_s": self._bench.clock.time(),
                "repeat_of": self._repeated(record),
            }
            self._spectrum_id = self.store.insert("spectra", row | _chosen(record, SPECTRUM_COLUMNS))
            self._last_spectrum_id = self._spectrum_id
            return
        ended, self._spectrum_id = self._spectrum_id, None
        if ended is None:
            return
        self.store.flush()
        changes = {"status": record["state"], "ended_s": self._bench.clock.time()}
        self.store.update("spectra", ended, changes)
        self._finished_spectrum = (ended, record) if record["state"] == "finished" else None
        if record["state"] == "finished":
            self._derive(ended)

    def _repeated(self, record: Mapping[str, Any]) -> int | None:
        """Return the spectrum that this one repeats: the one before it, or the one cut in an earlier run."""
        if record.get("repeats"):
            return self._last_spectrum_id
        return self._repeats.pop(record.get("step", 0), None)

    def _polarisation(self, record: Mapping[str, Any]) -> None:
        """Begin a polarisation after the spectrum before it, or end it with the spectrum taken meanwhile."""
        if record["state"] == "started":
            row = {
                "run_id": self.run_id,
                "number": self._count("polarisation"),
                "status": "running",
                "started_s": self._bench.clock.time(),
                "initial_spectrum_id": self._spectrum_of(record),
            }
            self._polarisation_id = self.store.insert(
                "polarisations", row | _chosen(record, POLARISATION_COLUMNS)
            )
            return
        ended, self._polarisation_id = self._polarisation_id, None
        if ended is None:
            return
        self.store.flush()
        changes = {"status": record["state"], "ended_s": self._bench.clock.time()}
        last = self._spectrum_of(record) if record["state"] == "finished" else None
        self.store.update(
            "polarisations", ended, changes | _chosen(record, ENDING_COLUMNS) | {"steady_spectrum_id": last}
        )
        if record["state"] == "finished":
            now = partial(derive_polarisation, self.store, ended)
            self._on_row("derived", {"transference_number": self._evaluate(now)})

    def _spectrum_of(self, record: Mapping[str, Any]) -> int | None:
        """Return the spectrum just finished, once, if it was taken for the same polarisation."""
        finished, self._finished_spectrum = self._finished_spectrum, None
        if finished is None or finished[1].get("polarisation") != record.get("polarisation"):
            return None
        return finished[0]

    def _derive(self, spectrum_id: int) -> None:
        row = self._evaluate(lambda now_s: derive_spectrum(self.store, spectrum_id, now_s))
        fits = self._evaluate(lambda now_s: derive_fits(self.store, self.run_id, now_s))
        self._on_row("derived", {"conductivity": row, "fits": fits or []})

    def _evaluate(self, derive: Callable[[float], Any]) -> Any:
        """Evaluate so far; a failure here is an event, never the end of a night's measuring."""
        try:
            return derive(self._bench.clock.time())
        except (ValueError, ArithmeticError, LookupError) as error:
            self.event("warning", "evaluation failed", f"{type(error).__name__}: {error}")
            return None


def _scripts(station: Station, protocol: Protocol, entry: ProcedureEntry) -> list[Path]:
    """Return the files that decide what this run does: station, protocol, procedure, drivers."""
    files = [path for path in (Path(station.source), Path(protocol.source)) if path.is_file()]
    return files + _files_of([entry.procedure_class, *(i.driver_class for i in station.instruments)])


def _files_of(classes: Sequence[type]) -> list[Path]:
    files = [Path(str(getattr(sys.modules[c.__module__], "__file__", ""))) for c in classes]
    return [path for path in files if path.is_file()]


def _chosen(record: Mapping[str, Any], columns: tuple[str, ...]) -> dict[str, Any]:
    return {column: record[column] for column in columns if column in record}


def _clock_kind(clock: Clock) -> str:
    if isinstance(clock, VirtualClock):
        return "virtual"
    return "scaled" if getattr(clock, "factor", 1.0) != 1.0 else "real"
