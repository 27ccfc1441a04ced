"""One attempt at a job: finished steps are skipped, the interrupted one is repeated, the reason recorded."""

import logging
import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from typing import Any, assert_never

from labctl.bench import Bench
from labctl.clock import Clock, RealClock
from labctl.config.night import Night
from labctl.config.protocol import ProcedureEntry, Protocol
from labctl.config.sample import Sample
from labctl.config.station import Station
from labctl.derive import derive_fits, derive_run, derive_spectrum
from labctl.errors import InstrumentError, LabctlError, SettlingTimeout, StoreError
from labctl.instruments.locks import now_doing
from labctl.measure import events
from labctl.measure.cell_before import measured_before
from labctl.measure.cell_checks import CONTRADICTION
from labctl.measure.monitoring import KIND as MONITOR
from labctl.measure.recording import MISSING, Recording
from labctl.measure.run import Outcome, run_procedure
from labctl.measure.turns import LEFT_OUT, Turn, run_in_turns
from labctl.queue.confirmed_off import ConfirmedOff
from labctl.queue.estimates import Pace, TimeLeft, duration_s
from labctl.queue.heartbeat import Pulse
from labctl.queue.interlocks import Interlocks, InterlockTripped
from labctl.queue.job import Ending, Job
from labctl.queue.jobs import Jobs
from labctl.queue.progress import Progress, cells_due, procedures_finished, progress_of
from labctl.queue.retry import Patience, patient_bench
from labctl.queue.steering import Steering
from labctl.queue.submission import protocol_of_job
from labctl.store import Store
from labctl.store.queries import analyses
from labctl.store.queries.measured import notes_of_job, shortcomings_of_job
from labctl.store.queries.progress import underived_spectrum_ids
from labctl.store.transactions import WriteConnection

log = logging.getLogger(__name__)
SETTLING_SIGN_S = 300.0
MEASURING_SIGN_S = 600.0
CAUSES = ("set again",)
"""Kinds of the events of a run that tell why a temperature did not settle, and that it was mended."""


@dataclass
class Watched:
    """The run of one sample: where it is recorded, its part measured before and its part measured since."""

    recording: Recording
    progress: Progress
    step_ends_with: str
    rows_per_step: int
    left: TimeLeft | None = None
    rows_of_step: Counter[int] = field(default_factory=Counter)


@dataclass
class Attempt:
    """One attempt at one job; `progressed` once a step is finished in it."""

    job: Job
    station: Station
    night: Night
    store: Store
    connection: WriteConnection
    clock: Clock
    pulse: Pulse
    steering: Steering
    pace: Pace
    on_event: Callable[[events.AnyEvent], None]
    off: ConfirmedOff
    progressed: bool = field(init=False, default=False)
    _watched: "Watched" = field(init=False)
    _doing: str = field(init=False, default="")
    _place: tuple[int, int] = field(init=False, default=(0, 1))
    _later_s: float = field(init=False, default=0.0)
    _longest_sign_s: float = field(init=False, default=MEASURING_SIGN_S)
    _cause_told: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        self.steering.on_wait = lambda doing: self._promise(SETTLING_SIGN_S, doing=doing)

    def run(self) -> Ending:
        """Measure the rest of the job; raises StoreError only, when nothing can be recorded."""
        ending = None
        try:
            protocol = self._protocol()
        except Exception as error:  # noqa: BLE001 - a procedure of the laboratory raises anything
            return Ending("failed", _in_words(error), type(error).__name__)  # nothing was touched
        try:
            with now_doing(f"job {self.job.id} {self.job.title!r}"), ExitStack() as opened:
                ending = self._measure(protocol, self._open(opened))
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 - the night goes on
            return self._could_not(error, ending)
        return ending

    def _protocol(self) -> Protocol:
        protocol = protocol_of_job(self.job)
        protocol.check_against(self.station)
        return protocol

    def _open(self, opened: ExitStack) -> Bench:
        """Connect to the station, with as many retries as in a measurement."""
        failures = 0
        while True:
            try:
                self.off.doubt()
                return opened.enter_context(self.station.open(self.clock, self.off.take))
            except InstrumentError as error:
                failures += 1
                if failures > self.night.exchange_retries:
                    raise
                self._note_opening(f"{error}; opening again ({failures} of {self.night.exchange_retries})")
                self.clock.sleep(self.night.retry_delay_s * failures)

    def _note_opening(self, words: str) -> None:
        """An event of the station: there is no run yet."""
        row = {"time_s": self.clock.time(), "level": "warning", "kind": "retry", "station": self.station.name}
        self.store.append("events", row | {"message": f"job {self.job.id} {self.job.title!r}: {words}"})

    def _could_not(self, error: Exception, ending: Ending | None) -> Ending:
        """The bench could not be opened (no ending yet) or not be left safe."""
        log.debug("attempt failed", exc_info=error)
        words = _in_words(error)
        if ending is None:
            return Ending("failed", words, type(error).__name__, unsafe=words)
        return Ending(ending.state, ending.reason, ending.error, unsafe=words)

    def _measure(self, protocol: Protocol, bench: Bench) -> Ending:
        self._interlocks = Interlocks(self.night.interlocks, self.station.limits, self.store.path)
        self._interlocks.hold_for_sample(*lowest_ceilings(protocol.samples))
        limits = self.station.limits
        for sample in protocol.samples:
            limits = sample.within(limits)
        self.steering.keep_within(limits, self.station.instruments)
        patience = Patience(self.night.exchange_retries, self.night.retry_delay_s)
        patient = patient_bench(bench, patience, self._note_retry)
        self._takes_s = [duration_s(plan, self.pace) for plan in protocol.plans()]
        first = 0 if protocol.in_cells else procedures_finished(self.connection, self.job.id)
        for index in range(first, len(protocol.procedures)):
            outcomes = self._run_procedure(protocol, index, patient)
            if outcomes and not any(outcome.status == "finished" for outcome in outcomes):
                return self._ending(outcomes[0])
            if any(outcome.status == "aborted" for outcome in outcomes):
                return self._ending(next(one for one in outcomes if one.status == "aborted"))
            self._note_progress()
        return self._finished()

    def _finished(self) -> Ending:
        """Every procedure is finished; where a person had every step skipped, nothing is measured."""
        found = shortcomings_of_job(self.connection, self.job.id)
        if found["skipped"] and not found["spectra"] and not found["polarisations"]:
            return Ending("failed", f"measured nothing: {found['skipped']} step(s) skipped by request")
        return Ending("finished", what_is_missing(self.connection, self.job.id))

    def _run_procedure(self, protocol: Protocol, index: int, bench: Bench) -> list[Outcome]:
        """Run one procedure; on several samples none whose part of it is finished already."""
        entry = protocol.procedures[index]
        self._place = (index, len(protocol.procedures))
        self._cause_told, self._later_s = False, sum(self._takes_s[index + 1 :])
        self._longest_sign_s = MEASURING_SIGN_S + sum(
            step.duration_s for step in protocol.plan_of_all_cells(entry, entry.build())
        )
        if not entry.cells:
            watched = self._watch(entry, index, bench)
            steer = partial(self._begin, watched, index, protocol, entry)
            recording, steering = watched.recording, self.steering
            return [run_procedure(entry, protocol, self.station, bench, recording, steering, steer=steer)]
        due = cells_due(self.connection, self.job.id, protocol, index)
        turns = [self._turn(protocol, index, bench, cell) for cell in due]
        return run_in_turns(turns, self.station, bench, self.steering) if turns else []

    def _turn(self, protocol: Protocol, index: int, bench: Bench, cell: str) -> Turn:
        entry = protocol.procedures[index]
        own = entry.for_cell(cell, protocol.in_cells[cell])
        watched = self._watch(own, index, bench.cell(cell), cell)
        return Turn(
            cell,
            entry,
            protocol,
            watched.recording,
            steer=partial(self._begin, watched, index, protocol, entry),
            on_turn=partial(self._take, watched, index, cell),
        )

    def _watch(self, entry: ProcedureEntry, index: int, bench: Bench, cell: str | None = None) -> Watched:
        planned = entry.build()
        ends_with = getattr(planned, "step_ends_with", "spectra")
        rows_per_step = getattr(planned, "rows_per_step", 1)
        progress = progress_of(self.connection, self.job.id, ends_with, rows_per_step, cell, index)
        recording = Recording(self.store, bench, None, self.job.id, progress.cut)
        watched = Watched(recording, progress, ends_with, rows_per_step)
        recording.tell_to(partial(self._see, watched))
        return watched

    def _begin(
        self, watched: Watched, index: int, protocol: Protocol, entry: ProcedureEntry, procedure: Any
    ) -> None:
        """Let a procedure of a run that has begun go on where an earlier one was cut."""
        self._watched = watched
        self._continue_from(procedure, watched)
        watched.left = TimeLeft(procedure, self.pace, partial(protocol.plan_of_all_cells, entry))
        self.steering.take(procedure, index)

    def _take(self, watched: Watched, index: int, cell: str, procedure: Any) -> None:
        """Follow and steer this sample's procedure: it is its turn."""
        self._watched = watched
        self.pulse.tell(run_id=watched.recording.run_id)
        self.steering.take(procedure, index, cell)

    def _continue_from(self, procedure: Any, watched: Watched) -> None:
        progress, recording = watched.progress, watched.recording
        self.pulse.tell(run_id=recording.run_id)
        procedure.finished_steps = progress.finished_steps
        procedure.finished_history = progress.finished_history
        procedure.should_skip = self.steering.should_skip
        if hasattr(procedure, "revise"):
            procedure.revisions = progress.revisions
        if not progress.finished_steps:
            return
        procedure.measured_before = partial(measured_before, self.store, recording.run_id)
        recording.event("info", "continued", f"{len(progress.finished_steps)} step(s) were measured before")
        try:
            derive_what_is_missing(self.store, recording.run_id, self.clock.time())
        except Exception as error:  # noqa: BLE001 - no evaluation may end a measurement
            recording.event("warning", "evaluation failed", f"{type(error).__name__}: {error}")

    def _ending(self, outcome: Outcome) -> Ending:
        unsafe = outcome.reason if outcome.unsafe else ""
        if outcome.status == "aborted":
            return Ending(self.steering.ends_as, outcome.reason, unsafe=unsafe)
        reason = outcome.reason.replace(f"{InterlockTripped.__name__}: ", "interlock: ")
        explained = outcome.error == SettlingTimeout.__name__ and self._cause_told
        return Ending("failed", reason, outcome.error, unsafe, explained)

    def _note_retry(self, words: str) -> None:
        self._watched.recording.event("warning", "retry", words)

    def _see(self, watched: Watched, event: events.AnyEvent) -> None:
        """Follow every event: for the persons who steer, the heartbeat, the interlocks, the display."""
        self.steering.see(event)
        match event:
            case events.StepStarted():
                self._tell_step(watched, event)
            case events.TemperatureRead():
                self._tell_reading(event, SETTLING_SIGN_S)
            case (
                events.PointMeasured()
                | events.CheckPointMeasured()
                | events.CurrentMeasured()
                | events.RowMeasured()
            ):
                self._tell_reading(event, self._longest_sign_s)
                self._tell_end_of_step(watched, event)
            case events.SpectrumStarted() | events.SpectrumEnded():
                self._tell_part(watched, event, "spectra")
            case events.PolarisationStarted() | events.PolarisationEnded():
                self._tell_part(watched, event, "polarisations")
            case events.ProgressMade():
                self._tell_progress(event)
            case (
                events.MonitorRead()
                | events.ThermalStepEnded()
                | events.OwnTopic()
                | events.SpectrumEvaluated()
                | events.PolarisationEvaluated()
                | events.RunEnded()
            ):
                pass  # no sign of where the job is
            case events.NoteWritten():
                self._cause_told |= event.kind in CAUSES
            case _:
                assert_never(event)
        self.on_event(event)
        if isinstance(event, events.Emitted) and not isinstance(event, events.ProgressMade):
            self._judge(watched, event)

    def _judge(self, watched: Watched, event: events.Emitted) -> None:
        trip = self._interlocks.judge(event.topic, event) or self._interlocks.look_around()
        for doubt in self._interlocks.take_doubts():
            watched.recording.event("warning", MONITOR, doubt)
        if trip is None:
            return
        watched.recording.event("error", "interlock", trip.words)
        self.steering.stops_queue = trip.words if trip.stops_queue else ""
        raise InterlockTripped(trip)

    def _tell_step(self, watched: Watched, event: events.StepStarted) -> None:
        if any(step < event.step for step in watched.rows_of_step):
            self._note_progress()  # of a step that needed fewer rows than planned
        left_s = math.nan if watched.left is None else watched.left.from_step(event.step) + self._later_s
        speed = getattr(self.clock, "factor", 1.0)
        self._doing = f"job {self.job.id} {self.job.title!r}: step {event.step + 1} of {event.of}"
        self._promise(self._longest_sign_s)
        self.pulse.tell(
            doing=self._doing,
            setpoint_k=event.setpoint_k,
            expected_end_s=RealClock().time() + left_s / speed if math.isfinite(left_s) else None,
        )

    def _tell_progress(self, event: events.ProgressMade) -> None:
        """Report how much of the job is done, as far as the procedure under way reported it."""
        if event.percent is None:
            return
        index, count = self._place
        share = min(max(event.percent, 0.0), 100.0)
        self.pulse.tell(percent=(100.0 * index + share) / count)

    def _tell_reading(
        self,
        event: events.TemperatureRead
        | events.PointMeasured
        | events.CheckPointMeasured
        | events.CurrentMeasured
        | events.RowMeasured,
        silence_s: float,
    ) -> None:
        self._promise(silence_s, doing=self._doing, temperature_k=event.get("temperature_k"))

    def _tell_end_of_step(self, watched: Watched, event: Mapping[str, Any]) -> None:
        if event.get("phase") in events.ENDS:
            self._tell_row(watched, event.get("step"), "records")

    def _tell_part(
        self,
        watched: Watched,
        event: events.SpectrumStarted
        | events.SpectrumEnded
        | events.PolarisationStarted
        | events.PolarisationEnded,
        table: str,
    ) -> None:
        self._promise(self._longest_sign_s)
        if event.state == "finished":
            self._tell_row(watched, event.step, table)

    def _tell_row(self, watched: Watched, of_step: Any, table: str) -> None:
        step = of_step or 0
        if table == watched.step_ends_with and step not in watched.progress.finished_steps:
            watched.rows_of_step[step] += 1
            if watched.rows_of_step[step] >= watched.rows_per_step:
                self._note_progress()

    def _note_progress(self) -> None:
        """A step is finished: what failed before it does not count any more."""
        counts = not self.progressed and bool(self.job.attempts or self.job.deaths)
        self.progressed = True
        if counts:
            Jobs(self.connection).step_finished(self.job.id)

    def _promise(self, silence_s: float, **told: Any) -> None:
        """Promise the next sign of this thread within `silence_s` of the station's time; NaN: nothing."""
        known = math.isfinite(silence_s)
        self.pulse.promise(silence_s / min(getattr(self.clock, "factor", 1.0), 1.0) if known else None)
        self.pulse.tell(**told)


def lowest_ceilings(samples: Sequence[Sample]) -> list[float | None]:
    """Return the lowest ceilings of temperature (K), potential (V) and current (A) of samples in one oven."""
    stated = [(one.temperature_max_k, one.potential_max_v, one.current_max_a) for one in samples]
    return [
        min((c for c in ceilings if c is not None), default=None) for ceilings in zip(*stated, strict=True)
    ]


def _in_words(error: Exception) -> str:
    return str(error) if isinstance(error, LabctlError) else f"{type(error).__name__}: {error}"


def what_is_missing(connection: WriteConnection, job_id: int) -> str:
    """Say what of a finished job is not as it was asked for; `""` where all is."""
    found = shortcomings_of_job(connection, job_id)
    without, cut, skipped = found["without"], found["cut"], found["skipped"]
    words = [
        f"{without} of {found['spectra']} spectra gave no conductivity" if without else "",
        f"{cut} of {found['polarisations']} polarisations ended at their maximum time" if cut else "",
        f"{skipped} step(s) skipped by request" if skipped else "",
        *notes_of_job(connection, job_id, MISSING),
        *(f"left out: {words}" for words in notes_of_job(connection, job_id, LEFT_OUT)),
        *notes_of_job(connection, job_id, CONTRADICTION),
    ]
    return "; ".join(filter(None, words))


def derive_what_is_missing(store: Store, run_id: int, derived_s: float) -> None:
    """Derive the spectra that a killed process left without results in the runs continued here, and fit.

    The provisional analysis of a killed run is completed and closed; a closed one is followed by a new one.
    """
    with store.read() as database:
        parts = database.part_ids(run_id)[:-1]
        missing = {part: underived_spectrum_ids(database, part) for part in parts}
        closed = {row["run_id"] for row in analyses.current(database, parts) if row["closed_s"] is not None}
    for part, spectra in missing.items():
        if spectra and part in closed:
            derive_run(store, part, derived_s)
            continue
        for spectrum_id in spectra:
            derive_spectrum(store, spectrum_id, derived_s)
        store.close_provisional(part, derived_s)
    derive_fits(store, run_id, derived_s)
