"""What a person wishes to be measured: checked against the station, estimated, queued. Knows no Qt."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from labctl.clock import RealClock
from labctl.config.protocol import Protocol, parse_protocol
from labctl.config.sample import Sample, kept_sample
from labctl.config.station import Station
from labctl.queue.estimates import duration_s, measured_pace, procedure_of
from labctl.queue.hours import parse_hour
from labctl.queue.job import Job
from labctl.queue.jobs import Jobs
from labctl.queue.ledger import Ledger


@dataclass(frozen=True)
class Wish:
    """A protocol with what the queue wants to know about it; `not_before` as typed, empty for at once."""

    text: str
    source: str
    person: str
    held: bool
    not_before: str


@dataclass(frozen=True)
class Forecast:
    """Number of steps, s that they take (NaN: not known), and what labctl cannot do for them."""

    steps: int
    takes_s: float
    warnings: tuple[str, ...]


def estimate(ledger: Ledger, station: Station, wish: Wish) -> Forecast:
    """Hold the protocol against the station and say how long it takes.

    Raises
    ------
    ConfigurationError, LimitExceeded
        The protocol is wrong, or the station forbids it.
    """
    protocol, takes_s = _checked(ledger, station, wish)
    return Forecast(len(protocol.plan()), takes_s, protocol.warnings())


def add_job(ledger: Ledger, station: Station, wish: Wish) -> tuple[int, float]:
    """Queue the protocol; number of the job, and s that it takes. Raises as `estimate`."""
    protocol, takes_s = _checked(ledger, station, wish)
    job_id = Jobs(ledger).add(
        protocol,
        station=station.name,
        person=wish.person,
        held=wish.held,
        not_before_s=parse_hour(wish.not_before, RealClock().time()) if wish.not_before else None,
        duration_s=takes_s if takes_s == takes_s else None,
    )
    return job_id, takes_s


def protocol_of_job(job: Job) -> Protocol:
    """The protocol of a job with its sample as it was when it was queued; raises ConfigurationError."""
    source = job.source or f"job {job.id}"
    return parse_protocol(job.protocol_text, source, sample=kept_sample(job.sample_text))


def reuse(text: str, source: str, reference: str, parameters: Mapping[str, Any], sample: Sample) -> Protocol:
    """The protocol of an old run, with one procedure only: that of the run, its parameters exact.

    Raises ConfigurationError when its procedure is not to be found here any more.
    """
    protocol = parse_protocol(text, source, sample=sample)
    entry = next((e for e in protocol.procedures if e.reference == reference), protocol.procedures[0])
    return replace(protocol, procedures=(replace(entry, parameters=dict(parameters)),))


def _checked(ledger: Ledger, station: Station, wish: Wish) -> tuple[Protocol, float]:
    protocol = parse_protocol(wish.text, wish.source)
    protocol.check_against(station)
    pace = measured_pace(ledger, station.name, procedure_of)
    return protocol, duration_s(protocol.plan(), pace)
