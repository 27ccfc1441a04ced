"""When the jobs that wait will begin and end, as far as anybody can say now."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from labctl.queue.heartbeat import Heartbeat
from labctl.queue.job import STARTABLE, Job


@dataclass(frozen=True)
class Expectation:
    """Expected begin and end, s since 1970-01-01 UTC; None where it cannot be said. `warning` for people."""

    begin_s: float | None
    end_s: float | None
    warning: str = ""


def outlook(jobs: Sequence[Job], now_s: float, runner: Heartbeat | None) -> dict[int, Expectation]:
    """Expect one job after the other, in the order of the queue, each not before its hour."""
    expected: dict[int, Expectation] = {}
    free_s: float | None = now_s
    for job in jobs:
        if job.state == "running":
            end_s = runner.expected_end_s if runner is not None and runner.job_id == job.id else None
            expected[job.id] = Expectation(None, end_s, _late(job, end_s))
            free_s = end_s
        elif job.state in STARTABLE:
            begin_s = None if free_s is None else max(free_s, job.not_before_s or free_s)
            known = begin_s is not None and job.duration_s is not None and math.isfinite(job.duration_s)
            end_s = begin_s + (job.duration_s or 0.0) if begin_s is not None and known else None
            expected[job.id] = Expectation(begin_s, end_s, _late(job, end_s))
            free_s = end_s
    return expected


def _late(job: Job, end_s: float | None) -> str:
    if job.deadline_s is None or end_s is None or end_s <= job.deadline_s:
        return ""
    return f"will end {(end_s - job.deadline_s) / 3600:.1f} h after its deadline"
