"""Expected begin and end of the waiting jobs, as far as they are known now."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from labctl.queue.heartbeat import Heartbeat
from labctl.queue.job import STARTABLE, Job
from labctl.queue.pauses import Pause


@dataclass(frozen=True)
class Expectation:
    """Expected begin and end, s since 1970-01-01 UTC; None where not known. `warning` for people."""

    begin_s: float | None
    end_s: float | None
    warning: str = ""


def outlook_of_all(
    jobs: Sequence[Job], now_s: float, runners: Mapping[str, Heartbeat], pauses: Sequence[Pause] = ()
) -> dict[int, Expectation]:
    """Expect the jobs of each station by themselves: stations do not wait for each other.

    `pauses` are those in force, newest first, of all stations.
    """
    expected: dict[int, Expectation] = {}
    for station in {job.rig for job in jobs}:
        pause = next((one for one in pauses if one.station in (station, "")), None)
        expected |= outlook([job for job in jobs if job.rig == station], now_s, runners.get(station), pause)
    return expected


def outlook(
    jobs: Sequence[Job], now_s: float, runner: Heartbeat | None, pause: Pause | None = None
) -> dict[int, Expectation]:
    """Expect one job after the other: always the first of the queue that may begin.

    While the queue is paused no waiting job has a begin or an end. The job under way has one only where the
    pause lets it finish.
    """
    expected: dict[int, Expectation] = {}
    free_s: float | None = now_s
    for job in jobs:
        if job.state == "running":
            goes_on = runner is not None and runner.job_id == job.id and not (pause and pause.after != "job")
            free_s = runner.expected_end_s if runner is not None and goes_on else None
            expected[job.id] = Expectation(None, free_s, _late(job, free_s))
    waiting = [job for job in jobs if job.state in STARTABLE]
    if pause is not None:
        return expected | {job.id: Expectation(None, None) for job in waiting}
    while waiting:
        job = _next(waiting, free_s)
        waiting.remove(job)
        begin_s = None if free_s is None else max(free_s, job.not_before_s or free_s)
        if _too_late(job, begin_s):
            expected[job.id] = Expectation(
                None, free_s, "cannot begin before its deadline: will be cancelled"
            )
            continue
        known = begin_s is not None and job.duration_s is not None and math.isfinite(job.duration_s)
        free_s = begin_s + (job.duration_s or 0.0) if begin_s is not None and known else None
        expected[job.id] = Expectation(begin_s, free_s, _late(job, free_s))
    return expected


def _next(waiting: Sequence[Job], free_s: float | None) -> Job:
    """The first that may begin when the rig is free, else the first to be allowed to."""
    for job in waiting:
        if free_s is None or (job.not_before_s or 0.0) <= free_s:
            return job
    return min(waiting, key=lambda job: job.not_before_s or 0.0)


def _too_late(job: Job, begin_s: float | None) -> bool:
    """Whether a job that was not begun yet would be cancelled, as a claim does."""
    if job.deadline_s is None or begin_s is None:
        return False
    return not job.was_begun and begin_s > job.deadline_s


def _late(job: Job, end_s: float | None) -> str:
    if job.deadline_s is None or end_s is None or end_s <= job.deadline_s:
        return ""
    return f"will end {(end_s - job.deadline_s) / 3600:.1f} h after its deadline"
