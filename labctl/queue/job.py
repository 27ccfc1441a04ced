"""A job as a value, the states it passes, and what to do when it fails."""

import json
import os
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from labctl.errors import StoreError
from labctl.plain_text import shown
from labctl.store.processes import is_gone, process_birth

WAITING = ("interrupted", "queued", "held")
STARTABLE = ("interrupted", "queued")
ENDED = ("finished", "failed", "cancelled")
COUNTED = ("attempts", "claims", "deaths", "rehearsal_tries")
HIGHEST_COUNT = 10**9
TIMES = ("not_before_s", "deadline_s", "duration_s", "begun_s", "claimed_s", "rehearsal_s")
REHEARSALS = {
    "wanted": "waits for its rehearsal",
    "running": "is being rehearsed",
    "passed": "rehearsed",
    "failed": "its rehearsal failed",
    "impossible": "not rehearsed",
    "declined": "not rehearsed",
}


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
class Claimant:
    """The process that claims a job: its computer, number and birth; None and `""` where not known."""

    host: str = ""
    pid: int | None = None
    birth: str = ""

    @classmethod
    def this_process(cls) -> "Claimant":
        """The process that calls."""
        pid = os.getpid()
        return cls(platform.node(), pid, process_birth(pid) or "")

    @property
    def lives_elsewhere(self) -> bool:
        """Whether it is another process of this computer that is still there."""
        known_here = self.pid is not None and self.host == platform.node() and self.pid != os.getpid()
        return known_here and not is_gone(self.pid or 0, self.birth)


@dataclass(frozen=True)
class Job:
    """One row of `jobs`. Times in s since 1970-01-01 UTC; `duration_s` is the estimate made when queued.

    `owner` is the station that claimed it: no other continues it. `claims` counts the claims, `deaths` those
    that ended with the death of the runner since the last finished step. `rehearsal` is its state: `""` (none
    was asked for), `"wanted"`, `"running"`, `"passed"`, `"failed"`, `"impossible"` or `"declined"`;
    `rehearsal_of` is the hash of its inputs. A file of an older schema, opened for reading, has none
    of these.
    """

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
    owner: str = ""
    runner_host: str = ""
    runner_pid: int | None = None
    runner_birth: str = ""
    claims: int = 0
    begun_s: float | None = None
    claimed_s: float | None = None
    deaths: int = 0
    rehearsal: str = ""
    rehearsal_reason: str = ""
    rehearsal_s: float | None = None
    rehearsal_host: str = ""
    rehearsal_pid: int | None = None
    rehearsal_birth: str = ""
    rehearsal_of: str = ""
    rehearsal_tries: int = 0

    @property
    def rehearser(self) -> Claimant:
        """The process that rehearses it, or did so last."""
        return Claimant(self.rehearsal_host, self.rehearsal_pid, self.rehearsal_birth)

    @property
    def waits_for_rehearsal(self) -> bool:
        """Whether it must not begin before a rehearsal has ended."""
        return self.rehearsal in ("wanted", "running") and not self.was_begun

    @property
    def rehearsal_in_words(self) -> str:
        """State and result of its rehearsal; `""` where none was asked for."""
        words = REHEARSALS.get(self.rehearsal, self.rehearsal)
        return f"{words}: {self.rehearsal_reason}" if words and self.rehearsal_reason else words

    @property
    def claimant(self) -> Claimant:
        """The process that claimed it last."""
        return Claimant(self.runner_host, self.runner_pid, self.runner_birth)

    @property
    def was_begun(self) -> bool:
        """Whether a runner has claimed it before."""
        return self.begun_s is not None or self.state == "interrupted"

    @property
    def rig(self) -> str:
        """The station that owns it, or else the station that it was queued for; `""`: any."""
        return self.owner or self.station

    def is_of(self, station: str) -> bool:
        """Whether a station may measure it, or measures it."""
        return self.rig in (station, "")

    def shares_rig(self, other: "Job") -> bool:
        """Whether the same rig may measure both."""
        return "" in (self.rig, other.rig) or self.rig == other.rig

    @property
    def remark(self) -> str:
        """The reason of its state, unless that only says that it was queued or claimed, and its rehearsal."""
        waits = self.state in WAITING and not self.was_begun
        told = self.rehearsal_in_words if waits and self.rehearsal != "failed" else ""
        return "; ".join(filter(None, (self._reason_if_new, told)))

    @property
    def _reason_if_new(self) -> str:
        begins = {"queued": "queued", "running": "claimed"}.get(self.state)
        told = begins is not None and self.reason.startswith(begins)
        as_queued = ("queued", f"queued by {self.person}")
        return "" if told or (self.state == "held" and self.reason in as_queued) else self.reason

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "Job":
        """The job of a row; raises StoreError if the row cannot be read."""
        known = {field.name for field in fields(cls)}
        values = {name: value for name, value in row.items() if name in known}
        try:
            policy = FailurePolicy(**json.loads(row["failure_policy"]))
            _check_numbers(values)
        except (LookupError, RecursionError, TypeError, ValueError) as fault:
            raise StoreError(
                f"job {row.get('id')} cannot be read: {type(fault).__name__}: {fault}"
            ) from fault
        return cls(**(values | {"policy": policy, "cleared": bool(row["cleared"])}))

    @classmethod
    def shown(cls, row: Mapping[str, Any]) -> "Job":
        """The job of a row to be listed; an unreadable one says so in its reason."""
        try:
            return cls.of(row)
        except StoreError as fault:
            reason = str(fault)[:200]
            known: dict[str, Any] = {
                field.name: row[field.name] for field in fields(cls) if field.name in row
            }
            counts: dict[str, Any] = {name: 0 for name in COUNTED if not _is_count(row.get(name, 0))}
            return cls(**(known | counts | {"policy": FailurePolicy(0), "reason": reason, "cleared": False}))


def _check_numbers(values: Mapping[str, Any]) -> None:
    """Raise ValueError for a count that cannot be counted on, or a time that is no number."""
    for name in TIMES:
        if not isinstance(values.get(name), int | float | None):
            raise ValueError(f"{name} is {shown(values[name])}")
    for name in COUNTED:
        if not _is_count(values.get(name, 0)):
            raise ValueError(f"{name} is {shown(values[name])}")


def _is_count(value: object) -> bool:
    return isinstance(value, int) and 0 <= value < HIGHEST_COUNT


@dataclass(frozen=True)
class Ending:
    """How an attempt ended: a job's `state`, the exception's name in `error`, what stayed on in `unsafe`.

    `explained`: a temperature did not settle, and its cause was found, recorded and removed.
    """

    state: str
    reason: str
    error: str = ""
    unsafe: str = ""
    explained: bool = False
