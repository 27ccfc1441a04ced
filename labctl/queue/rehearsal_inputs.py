"""Hash of everything that determines the course of a job, to see whether a rehearsal still describes it.

It covers the protocol, the sample as it was when queued, the station file, the code of the laboratory's own
procedures and drivers, and the version of labctl. It does not cover the temperature of the oven.
"""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from labctl.config.loading import CodeIdentity
from labctl.config.protocol import Protocol
from labctl.config.station import Station
from labctl.queue.job import Job
from labctl.shipped import HOME, PACKAGES
from labctl.version import __version__

SHIPPED = tuple(HOME / package for package in PACKAGES)


def hash_of_inputs(job: Job, protocol: Protocol, station: Station) -> str:
    """Return the hash (hexadecimal SHA-256) of a job, its parsed protocol and a station with their code."""
    procedures = (identity for entry in protocol.procedures for identity in entry.code)
    drivers = (identity for entry in station.instruments for identity in entry.code)
    inputs = [
        __version__,
        job.protocol_text,
        job.sample_text,
        station.text,
        _own([*procedures, *drivers]),
    ]
    return hashlib.sha256(json.dumps(inputs).encode()).hexdigest()


def _own(code: Iterable[CodeIdentity]) -> list[tuple[str, str]]:
    """Return path and hash of the files that do not ship with labctl, each once."""
    own = {one.path: one.sha256 or "unknown" for one in code if not _is_shipped(Path(one.path))}
    return sorted(own.items())


def _is_shipped(path: Path) -> bool:
    return any(path.is_relative_to(folder) for folder in SHIPPED)
