"""State of a station at one moment: runner, supervisor, queue."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from labctl.queue.heartbeat import Heartbeat, Heartbeats, left_on, state_of
from labctl.queue.hours import hour_in_words
from labctl.queue.job import STARTABLE, Job
from labctl.queue.jobs import Jobs
from labctl.queue.outlook import Expectation, outlook
from labctl.queue.requests import Pause, Pauses
from labctl.readmodel.formatting import celsius
from labctl.store.transactions import WriteConnection


@dataclass(frozen=True)
class StationView:
    """One look at the station.

    Attributes
    ----------
    runner : Heartbeat, optional
        Its last heartbeat; None if no runner ever ran.
    runner_state, supervisor_state : str
        `"running"`, `"ended"` (all off), `"unsafe"`, `"dismissed"`, `"frozen"`, `"dead"` or `"none"`; see
        `state_of`.
    """

    time_s: float
    runner: Heartbeat | None
    runner_state: str
    supervisor_state: str
    pause: Pause | None
    jobs: tuple[Job, ...]
    expected: Mapping[int, Expectation]

    @property
    def running_job(self) -> Job | None:
        """The job under way, as the queue says."""
        return next((job for job in self.jobs if job.state == "running"), None)

    @property
    def percent(self) -> Mapping[int, float]:
        """How much of the job under way is done, by its id, as its procedures emit it; else empty."""
        runner, job = self.runner, self.running_job
        if runner is None or job is None or runner.job_id != job.id or runner.percent is None:
            return {}
        return {job.id: runner.percent}

    @property
    def next_job(self) -> Job | None:
        """The job that will start next."""
        return next((job for job in self.jobs if job.state in STARTABLE), None)

    @property
    def in_trouble(self) -> bool:
        """Whether a person should look: something is not off, or no runner lives although one should."""
        missing = self.running_job is not None and self.runner_state != "running"
        return self.runner_state in ("frozen", "dead", "unsafe") or missing or bool(self.not_safe)

    @property
    def not_safe(self) -> str:
        """Which outputs were not read back off, and why; `""`: none is known, or a person has seen to it."""
        return "" if self.runner_state == "dismissed" else self.left_on

    @property
    def left_on(self) -> str:
        """Which outputs were not read back off, and why, also those that a person has seen to."""
        return "" if self.runner is None else left_on(self.runner, self.runner_state)

    @property
    def is_supervised(self) -> bool:
        """Whether a supervisor is running."""
        return self.supervisor_state == "running"


def read_station_view(
    connection: WriteConnection,
    station: str,
    now_s: float,
    silence_s: float,
    silent_for_s: Callable[[Heartbeat], float] = Heartbeat.age_s,
) -> StationView:
    """Look once at heartbeats, queue and pauses of a station.

    Parameters
    ----------
    connection : WriteConnection
    station : str
        Its name.
    now_s : float
        s since 1970-01-01 UTC.
    silence_s : float
        `silence_s` of its `[night]` table.
    silent_for_s : callable
        As for `state_of`.
    """
    runner = Heartbeats(connection, "runner", station).read()
    supervisor = Heartbeats(connection, "supervisor", station).read()
    jobs = tuple(job for job in Jobs(connection).listed() if job.is_of(station))
    pause = Pauses(connection, station=station).in_force()
    return StationView(
        time_s=now_s,
        runner=runner,
        runner_state=state_of(runner, silence_s, silent_for_s),
        supervisor_state=state_of(supervisor, silence_s, silent_for_s),
        pause=pause,
        jobs=jobs,
        expected=outlook(jobs, now_s, runner, pause),
    )


RUNNER_WORDS = {
    "none": "no runner has run here yet",
    "ended": "no runner: it ended with everything off",
    "unsafe": "NOT SAFE: the runner has ended",
    "dismissed": "no runner; not read back off, but a person has seen to it",
    "dead": "THE RUNNER IS DEAD",
    "frozen": "THE RUNNER DOES NOT RESPOND",
}


def status_in_words(view: StationView) -> list[str]:
    """Short phrases for the status line: runner, temperature, pause, next, end."""
    words = [_runner_in_words(view)]
    if view.not_safe:
        words.append(f"NOT SAFE, not read back off: {view.not_safe}")
    if view.runner_state == "running" and view.runner is not None:
        words += _temperature_in_words(view.runner)
    if view.in_trouble and not view.is_supervised:
        words.append(f"AND NO SUPERVISOR{_advice(view)}")
    if view.pause is not None:
        words.append(f"queue paused ({view.pause.words})")
    if view.next_job is not None:
        words.append(f"next: job {view.next_job.id} {view.next_job.title}")
    end_s = _all_done_s(view)
    if end_s is not None:
        words.append(f"all done about {hour_in_words(end_s, view.time_s)}")
    return words


def _runner_in_words(view: StationView) -> str:
    if view.runner is None or view.runner_state != "running":
        since = f", last heartbeat {hour_in_words(view.runner.beat_s, view.time_s)}" if view.runner else ""
        if view.runner_state == "dismissed":
            return f"{RUNNER_WORDS['dismissed']}: {view.left_on}"
        return RUNNER_WORDS[view.runner_state] + (since if view.runner_state in ("dead", "frozen") else "")
    return f"runner: {view.runner.doing or 'idle'}"


def _advice(view: StationView) -> str:
    """What to do without a supervisor; nothing where all was read back off after a dead runner."""
    return "" if view.runner_state == "dead" and not view.left_on else ": press Make safe, then check the rig"


def _temperature_in_words(runner: Heartbeat) -> list[str]:
    if runner.temperature_k is None:
        return []
    wanted = f" (set {celsius(runner.setpoint_k)})" if runner.setpoint_k is not None else ""
    return [f"{celsius(runner.temperature_k)} °C{wanted}"]


def _all_done_s(view: StationView) -> float | None:
    """Return when the queue is expected to end; None where it is paused or no runner is running."""
    if view.runner_state != "running":
        return None
    ends: list[Any] = [expectation.end_s for expectation in view.expected.values()]
    return max(ends) if ends and None not in ends else None
