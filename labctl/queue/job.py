"""A job as a value, the states it passes, and what to do when it fails."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

WAITING = ("interrupted", "queued", "held")
STARTABLE = ("interrupted", "queued")
ENDED = ("finished", "failed", "cancelled")


@dataclass(frozen=True)
class FailurePolicy:
    """What happens after an attempt at a job has failed.

    Attributes
    ----------
    retries : int
        Further attempts without a new finished step; each begins after the last finished step.
    delay_s : float
        Wait before each.
    then : str
        `"skip"`: the night goes on with the next job; `"stop"`: the queue waits for a person.
    """

    retries: int = 2
    delay_s: float = 60.0
    then: str = "skip"

    def __post_init__(self) -> None:
        if not (isinstance(self.retries, int) and 0 <= self.retries <= 100):
            raise ValueError(f"retries must be a whole number from 0 to 100, got {self.retries!r}")
        if not 0 <= self.delay_s <= 86400:
            raise ValueError(f"delay_s must be from 0 to 86400 s, got {self.delay_s!r}")
        if self.then not in ("skip", "stop"):
            raise ValueError(f"then must be 'skip' or 'stop', got {self.then!r}")

    def as_json(self) -> str:
        """The policy as it is kept in the file."""
        return json.dumps(asdict(self))


@dataclass(frozen=True)
class Job:
    """One row of `jobs`. Times in s since 1970-01-01 UTC; `duration_s` is the estimate made when queued."""

    id: int
    state: str
    reason: str
    title: str
    station: str
    person: str
    priority: int
    position: int
    not_before_s: float | None
    deadline_s: float | None
    duration_s: float | None
    policy: FailurePolicy
    attempts: int
    created_s: float
    source: str
    protocol_text: str
    sample_text: str
    cleared: bool

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "Job":
        """The job of a row."""
        known = {field.name for field in fields(cls)}
        values = {name: value for name, value in row.items() if name in known}
        policy = FailurePolicy(**json.loads(row["failure_policy"]))
        return cls(**(values | {"policy": policy, "cleared": bool(row["cleared"])}))

    @classmethod
    def shown(cls, row: Mapping[str, Any]) -> "Job":
        """The job of a row to be listed; one that cannot be read says so in its reason."""
        try:
            return cls.of(row)
        except (LookupError, RecursionError, TypeError, ValueError) as fault:
            reason = f"cannot be shown: {type(fault).__name__}: {fault}"[:200]
            known: dict[str, Any] = {field.name: row.get(field.name) for field in fields(cls)}
            return cls(**(known | {"policy": FailurePolicy(0), "reason": reason, "cleared": False}))


@dataclass(frozen=True)
class Ending:
    """How an attempt ended: a job's `state`, the exception's name in `error`, what stayed on in `unsafe`.

    `progressed`: a step was finished in it.
    """

    state: str
    reason: str
    error: str = ""
    unsafe: str = ""
    progressed: bool = False
