"""Submission of protocols to the queue: checked against the station, estimated, queued.

The window and the command line use these same functions. Knows no Qt.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from labctl.bench import PlannedStep
from labctl.clock import RealClock, VirtualClock
from labctl.config.doubts import doubts_about_station, doubts_about_temperatures
from labctl.config.night import read_night
from labctl.config.possible_steps import shortest_intervals
from labctl.config.protocol import Protocol, parse_protocol
from labctl.config.sample import Sample, kept_in_cells, kept_sample
from labctl.config.station import Station
from labctl.errors import ConfigurationError
from labctl.queue.analyser_gate import doubts_about_analyser, refuse_or_tell
from labctl.queue.estimates import Pace, measured_pace, paced, procedure_of
from labctl.queue.hours import hour_in_words, parse_future_hour
from labctl.queue.job import STARTABLE, FailurePolicy, Job
from labctl.queue.jobs import Jobs
from labctl.store.transactions import WriteConnection

LONG_S = 72 * 3600.0


@dataclass(frozen=True)
class Terms:
    """When and how jobs are to run; hours in s since 1970-01-01 UTC, None where there is none.

    `rehearsed`: they do not begin before a rehearsal has passed; see `asked_rehearsal`.
    """

    person: str = ""
    priority: int = 0
    not_before_s: float | None = None
    deadline_s: float | None = None
    policy: FailurePolicy = field(default_factory=FailurePolicy)
    held: bool = False
    rehearsed: bool = True

    def options(self) -> dict[str, Any]:
        """Return the options of `Jobs.add_all` that do not depend on the station."""
        return {name: value for name, value in vars(self).items() if name != "rehearsed"}


@dataclass(frozen=True)
class Submission:
    """Protocol text as filled in by a person; `not_before` as typed, empty for at once.

    `further` are the texts of the other jobs of a sweep.
    """

    text: str
    source: str
    person: str
    held: bool
    not_before: str
    further: tuple[str, ...] = ()

    def terms(self) -> Terms:
        """The terms of the job; raises ConfigurationError where the hour is past or none."""
        try:
            not_before_s = parse_future_hour(self.not_before, RealClock().time()) if self.not_before else None
        except ValueError as error:
            raise ConfigurationError(self.source, "not before", str(error)) from error
        return Terms(person=self.person, held=self.held, not_before_s=not_before_s)


@dataclass(frozen=True)
class Forecast:
    """The steps of a protocol, and warnings: missing guarantees, and possible mistakes.

    The durations of the steps, in s (NaN: not known), are by the clock on the wall.
    """

    steps: tuple[PlannedStep, ...]
    warnings: tuple[str, ...]

    @property
    def takes_s(self) -> float:
        """The duration of all steps in s; NaN where one is not known."""
        return sum(step.duration_s for step in self.steps)


@dataclass(frozen=True)
class QueuedJob:
    """A job just queued, with its estimated duration in s; NaN: not known.

    `rehearsal` is as in `labctl.queue.job.Job`; where it is `"wanted"`, `start_rehearsal` begins it.
    """

    id: int
    title: str
    takes_s: float
    rehearsal: str = ""


def forecast(protocol: Protocol, station: Station, connection: WriteConnection | None = None) -> Forecast:
    """Check a protocol against a station and estimate how long each step takes. Touches nothing.

    Parameters
    ----------
    protocol : Protocol
    station : Station
    connection : WriteConnection, optional
        With the earlier runs of the station, which correct the planned times; None: times as planned.

    Raises
    ------
    ConfigurationError
        The station lacks a role or forbids a step, or its `[night]` table is wrong.
    """
    pace, told = Pace(), list[str]()
    if connection is not None:
        pace, told = (
            _pace(connection, station),
            doubts_about_analyser(connection, station, RealClock().time()),
        )
    return _forecast(protocol, station, pace, told)


def _pace(connection: WriteConnection, station: Station) -> Pace:
    return measured_pace(connection, station.name, procedure_of)


def _forecast(protocol: Protocol, station: Station, pace: Pace, told: Sequence[str] = ()) -> Forecast:
    protocol.check_against(station)
    read_night(station)
    speed = _speed(station)
    steps = [replace(step, duration_s=step.duration_s / speed) for step in paced(protocol.plan(), pace)]
    planned_k = [step.temperature_k for step in steps if step.temperature_k is not None]
    doubts = (
        *doubts_about_station(station),
        *doubts_about_temperatures(station.accuracy, planned_k),
        *shortest_intervals(steps, station.instruments),
        *told,
    )
    found = Forecast(tuple(steps), (*protocol.warnings(), *doubts))
    return replace(found, warnings=(*found.warnings, *doubts_about_duration(found.takes_s, station)))


def takes_s(protocol: Protocol, station: Station) -> float:
    """Return the duration of a protocol in s by the clock on the wall, as planned; NaN where not known."""
    return sum(step.duration_s for step in protocol.plan()) / _speed(station)


def doubts_about_duration(duration_s: float, station: Station) -> list[str]:
    """Return a sentence about a protocol of more than 72 h; none in virtual time, which takes no time."""
    if not LONG_S < duration_s < math.inf or isinstance(station.make_clock(), VirtualClock):
        return []
    now_s = RealClock().time()
    ends = hour_in_words(now_s + duration_s, now_s)
    takes = f"takes {duration_s / 3600:.0f} h: begun now, it ends {ends}"
    return [f"{takes}; is every time in the unit of its key (dwell_min: minutes)?"]


def _speed(station: Station) -> float:
    """How many seconds of the station pass in one second."""
    return getattr(station.make_clock(), "factor", 1.0)


def submit(
    connection: WriteConnection, station: Station, protocols: Sequence[Protocol], terms: Terms
) -> list[QueuedJob]:
    """Check protocols against a station and queue them, all or none.

    Raises as `forecast`, and where the last check of the analyser with a standard does not let it measure.
    """
    refuse_or_tell(connection, station, RealClock().time())
    pace, rehearsal = _pace(connection, station), asked_rehearsal(station, terms)
    taking_s = [_forecast(protocol, station, pace).takes_s for protocol in protocols]
    known_s = [takes_s if math.isfinite(takes_s) else None for takes_s in taking_s]
    ids = Jobs(connection).add_all(
        list(zip(protocols, known_s, strict=True)), station=station.name, **terms.options(), **rehearsal
    )
    return [
        QueuedJob(job_id, protocol.title, takes_s, rehearsal["rehearsal"])
        for job_id, protocol, takes_s in zip(ids, protocols, taking_s, strict=True)
    ]


def asked_rehearsal(station: Station, terms: Terms) -> dict[str, Any]:
    """Return state and reason of the rehearsal of new jobs, as options of `Jobs.add_all`.

    None is asked for where the station is simulated in the process that measures: nothing real is at risk,
    and in virtual time the measurement takes no longer than its rehearsal.
    """
    if station.simulation is not None:
        return {"rehearsal": "", "rehearsal_reason": ""}
    if not terms.rehearsed:
        by = f" by {terms.person}" if terms.person else ""
        return {"rehearsal": "declined", "rehearsal_reason": f"declined{by} when it was queued"}
    if not read_night(station).longest_rehearsal_s:
        return {"rehearsal": "declined", "rehearsal_reason": "[night] longest_rehearsal_min is 0"}
    return {"rehearsal": "wanted", "rehearsal_reason": ""}


def estimate(connection: WriteConnection, station: Station, submission: Submission) -> Forecast:
    """Check and estimate a submission; raises as `forecast`, and where a text is wrong.

    The steps are those of all its jobs, one after the other.
    """
    found = [forecast(one, station, connection) for one in _protocols(connection, submission)]
    warnings = dict.fromkeys(warning for one in found for warning in one.warnings)
    return Forecast(tuple(step for one in found for step in one.steps), tuple(warnings))


def add_jobs(connection: WriteConnection, station: Station, submission: Submission) -> list[QueuedJob]:
    """Queue the jobs of a submission, all or none. Raises as `estimate`, and where the hour is past."""
    return submit(connection, station, _protocols(connection, submission), submission.terms())


def add_job(connection: WriteConnection, station: Station, submission: Submission) -> QueuedJob:
    """Queue a submission of one job. Raises as `add_jobs`."""
    (queued,) = add_jobs(connection, station, submission)
    return queued


def _protocols(connection: WriteConnection, submission: Submission) -> list[Protocol]:
    texts = (submission.text, *submission.further)
    return [parse_protocol(text, submission.source, connection.path) for text in texts]


def protocol_of_job(job: Job) -> Protocol:
    """Parse the protocol of a job, with its samples as they were when queued; raises ConfigurationError."""
    source = job.source or f"job {job.id}"
    try:
        sample, in_cells = kept_sample(job.sample_text), kept_in_cells(job.sample_text)
    except (AttributeError, LookupError, RecursionError, TypeError, ValueError) as fault:
        problem = f"of job {job.id}, as it was when queued, cannot be read: {type(fault).__name__}: {fault}"
        raise ConfigurationError(source, "sample", problem[:300]) from fault
    return parse_protocol(job.protocol_text, source, sample=sample, in_cells=in_cells)


def waiting_protocols(connection: WriteConnection) -> list[Protocol]:
    """Parse the protocols of the jobs that wait for their turn, in order; raises ConfigurationError."""
    return [protocol_of_job(job) for job in Jobs(connection).listed(states=STARTABLE)]


def reuse(text: str, source: str, reference: str, parameters: Mapping[str, Any], sample: Sample) -> Protocol:
    """Return the protocol of an old run with only the procedure of that run, its parameters exact.

    Raises ConfigurationError when its procedure is not to be found here any more, or not in that protocol.
    """
    protocol = parse_protocol(text, source, sample=sample)
    entry = next((e for e in protocol.procedures if e.reference == reference), None)
    if entry is None:
        there = ", ".join(dict.fromkeys(e.reference for e in protocol.procedures))
        problem = f"{reference!r} is not in the protocol that was stored with this run, which has: {there}"
        raise ConfigurationError(source, "procedure", problem)
    return replace(protocol, procedures=(replace(entry, parameters=dict(parameters)),))
