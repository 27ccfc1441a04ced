"""Two rigs, people, deaths and the clock act on one queue in any order; a small model predicts every state.

`LABCTL_QUEUE_SEQUENCES=300` plays so many sequences of 60 actions; without it ten are played.
"""

import itertools
import os
import random
from dataclasses import dataclass, field

import pytest

from labctl.errors import ConfigurationError
from labctl.queue.conclusions import Conclusions
from labctl.queue.job import Ending, FailurePolicy
from labctl.queue.jobs import Jobs
from labctl.queue.pauses import Pauses
from labctl.queue.requests import Requests

SEQUENCES = int(os.environ.get("LABCTL_QUEUE_SEQUENCES") or 0)
RIGS = ("a", "b")
ENDED = ("finished", "failed", "cancelled")
DELAY_S = 50.0
REQUESTS = ("cancel", "stop", "skip step", "temperatures")
ENDINGS = ("finished", "failed", "interrupted")
JOB = ("a job",)
ACTIONS = {  # name: weight, and what each argument is drawn from
    "submit": (2, [("", *RIGS), (False, True), (0, 1, 2), (0, 1), (None, 30.0, 200.0), (None, None, 100.0)]),
    "hold": (1, [JOB]),
    "release": (2, [JOB]),
    "hold_for_a_while": (2, [JOB, (1.0, 250.0)]),
    "move": (1, [JOB, (1, 2, 3, 4)]),
    "cancel": (1, [JOB]),
    "retry": (2, [JOB]),
    "ask": (2, [JOB, REQUESTS]),
    "ask_too_late": (2, [JOB, RIGS, REQUESTS]),
    "pause": (1, [("", *RIGS)]),
    "resume": (2, [("", *RIGS)]),
    "wait": (2, [(1.0, 40.0, 120.0)]),
    "claim": (3, [RIGS]),
    "attempt": (6, [RIGS, ("die", "goes on", *ENDINGS)]),
    "die": (1, [RIGS]),
    "end": (2, [RIGS, ENDINGS, (False, True)]),
    "finish_a_step": (1, [RIGS]),
    "obey": (1, [RIGS]),
    "come_back_late": (1, [RIGS]),
}
FROM_TO = {  # every transition that there may be; a job begins as queued or held
    "queued": {"held", "cancelled", "running", "failed"},
    "held": {"queued", "interrupted", "cancelled"},
    "running": {"finished", "failed", "cancelled", "interrupted"},
    "interrupted": {"running", "held", "cancelled", "failed"},
    "failed": {"queued"},
    "cancelled": {"queued"},
    "finished": set[str](),
}


@dataclass
class Expected:
    """What the model knows of one job."""

    station: str
    state: str
    retries: int
    deadline_s: float | None
    not_before_s: float | None = None
    owner: str = ""
    held_from: str = "queued"
    begun: bool = False
    claims: int = 0
    failed: int = 0
    deaths: int = 0
    asked: list[str] = field(default_factory=list)

    def may_be_of(self, rig):
        return (self.owner or self.station) in (rig, "")

    def asked_to_end(self):
        """The request that decides: an interlock goes before a cancellation."""
        return next((kind for kind in ("stop", "cancel") if kind in self.asked), None)

    def end_as_asked(self, kind):
        self.state = "failed" if kind == "stop" else "cancelled"
        self.asked = []

    def conclude(self, goes_on, state):
        """An attempt ended with `state` unless a request decides; return whether the queue stops."""
        asked = self.asked_to_end()
        if asked == "stop" or (asked and goes_on):
            self.end_as_asked(asked)
            return asked == "stop"
        self.state = "interrupted" if goes_on else state
        self.asked = [kind for kind in self.asked if goes_on and kind == "temperatures"]
        return False


class TwoRigs:
    """Rigs a and b, each with at most one runner, share a file."""

    def __init__(self, connection, clock, protocol, chance):
        self.connection, self.clock = connection, clock
        self.chance, self.protocol, self.log = chance, protocol, []
        self.jobs = Jobs(self.connection, self.clock)
        self.requests = Requests(self.connection, self.clock)
        self.conclusions = {rig: Conclusions(self.connection, rig, self.clock) for rig in RIGS}
        self.pauses = {rig: Pauses(self.connection, self.clock, rig) for rig in ("", *RIGS)}
        self.expected: dict[int, Expected] = {}
        self.under_way = {}  # rig: the job as claimed
        self.paused = set()

    def play(self, actions):
        """Three jobs first, then so many actions, each of random kind with random arguments."""
        for station in ("", *RIGS):
            self.submit(station, False, 1, 0, None, None)
        for _ in range(actions):
            name = self.chance.choices(list(ACTIONS), [weight for weight, _ in ACTIONS.values()])[0]
            arguments = [self.drawn(choices) for choices in ACTIONS[name][1]]
            self.log.append((name, *arguments))
            getattr(self, name)(*arguments)
            self.every_job_is_where_the_model_says()
            self.no_two_rigs_measure_one_job_and_no_rig_two()
            self.each_rig_is_paused_or_not()
        self.every_transition_is_allowed()

    def drawn(self, choices):
        """One of the choices, a job for `JOB`: mostly one of the first, so that much happens to it."""
        if choices is JOB:
            return min(self.chance.choice(list(self.expected)), self.chance.choice(list(self.expected)))
        return self.chance.choice(choices)

    def do(self, job, allowed, action):
        """Return whether the action is allowed; where it is not, it must be refused."""
        if self.expected[job].state in allowed:
            action()
            return True
        with pytest.raises(ConfigurationError):
            action()
        return False

    def submit(self, station, held, retries, priority, within_s, wait_s):
        now_s = self.clock.time()
        hours = {
            "deadline_s": None if within_s is None else now_s + within_s,
            "not_before_s": None if wait_s is None else now_s + wait_s,
        }
        policy = FailurePolicy(retries, DELAY_S)
        job = self.jobs.add(
            self.protocol, station=station, held=held, priority=priority, policy=policy, **hours
        )
        self.expected[job] = Expected(station, "held" if held else "queued", retries, **hours)
        return job

    def hold(self, job):
        expected = self.expected[job]
        if self.do(job, ("queued", "interrupted"), lambda: self.jobs.hold(job)):
            expected.state, expected.held_from = "held", expected.state

    def release(self, job):
        expected = self.expected[job]
        if self.do(job, ("held",), lambda: self.jobs.release(job)):
            expected.state = expected.held_from

    def move(self, job, place):
        self.do(job, ("queued", "held"), lambda: self.jobs.move(job, place))

    def cancel(self, job):
        if self.do(job, ("queued", "held", "interrupted"), lambda: self.jobs.cancel(job)):
            self.expected[job].end_as_asked("cancel")

    def retry(self, job):
        expected = self.expected[job]
        if self.do(job, ("failed", "cancelled"), lambda: self.jobs.retry(job)):
            expected.state, expected.held_from, expected.asked = "queued", "queued", []
            expected.failed = expected.deaths = 0
            expected.not_before_s = None

    def ask(self, job, kind):
        details = {"reason": "too hot", "stops_queue": True} if kind == "stop" else {}
        states = ("queued", "held", "interrupted", "running")
        if self.do(job, states, lambda: self.requests.ask(job, kind, details)):
            self.expected[job].asked.append(kind)

    def pause(self, rig):
        self.pauses[rig].pause()
        self.paused.add(rig)

    def resume(self, rig):
        assert self.pauses[rig].resume() == bool(self.paused & {rig, ""} if rig else self.paused)
        seen = {e.station for e in self.expected.values()} | {e.owner for e in self.expected.values()}
        others = (seen - {rig, ""}) if rig and "" in self.paused else set()
        self.paused = (self.paused - {rig, ""}) | others if rig else set()

    def wait(self, seconds):
        self.clock.sleep(seconds)

    def claim(self, rig):
        """As a runner does: one job at a time, and none while the queue is paused."""
        if rig in self.under_way or self.pauses[rig].in_force() is not None:
            return
        wanted = self.first_of(rig)
        claimed = self.jobs.claim(rig)
        assert (None if claimed is None else claimed.id) == wanted
        if claimed is not None:
            self.under_way[rig] = claimed
            expected = self.expected[claimed.id]
            expected.state, expected.owner, expected.begun = "running", rig, True
            expected.claims += 1

    def first_of(self, rig):
        """The job that a claim must give, ending on the way what must not begin any more."""
        for job in self.jobs.listed(cleared=True):
            expected, now_s = self.expected[job.id], self.clock.time()
            if expected.state not in ("interrupted", "queued") or not expected.may_be_of(rig):
                continue
            if asked := expected.asked_to_end():
                expected.end_as_asked(asked)
                self.paused |= {rig} if asked == "stop" else set()
            elif expected.deadline_s is not None and now_s > expected.deadline_s and not expected.begun:
                expected.end_as_asked("cancel")
            elif expected.not_before_s is None or now_s >= expected.not_before_s:
                return job.id
        return None

    def finish_a_step(self, rig):
        if rig in self.under_way:
            self.jobs.step_finished(self.under_way[rig].id)
            expected = self.expected[self.under_way[rig].id]
            expected.failed = expected.deaths = 0

    def obey(self, rig):
        """The attempt takes what does not end it."""
        if rig in self.under_way:
            job = self.under_way[rig]
            for request in self.requests.pending(job.id, job.claims):
                if request.kind in ("skip step", "temperatures"):
                    self.requests.take(request, "obeyed")
                    self.expected[job.id].asked.remove(request.kind)

    def die(self, rig):
        fates = self.conclusions[rig].runner_died("killed")
        job = self.under_way.pop(rig, None)
        assert [fate.job.id for fate in fates] == ([] if job is None else [job.id])
        if job is not None:
            expected = self.expected[job.id]
            expected.failed += 1
            expected.deaths += 1
            self.paused |= (
                {rig} if expected.conclude(expected.failed <= expected.retries, "failed") else set()
            )

    def end(self, rig, state, worth_it):
        if rig not in self.under_way:
            return
        job = self.under_way.pop(rig)
        self.conclusions[rig].attempt_ended(job, Ending(state, "as it went"), worth_it)
        expected = self.expected[job.id]
        if state == "finished":
            expected.state, expected.asked = state, []
            return
        if state == "failed" and worth_it:
            expected.failed += 1
        again = state == "failed" and worth_it and expected.failed <= expected.retries
        if again:
            expected.not_before_s = self.clock.time() + DELAY_S
        self.paused |= {rig} if expected.conclude(again or state == "interrupted", state) else set()

    def attempt(self, rig, ending):
        """An hour of a rig: what usually happens one after the other."""
        self.resume(rig)
        self.claim(rig)
        if ending == "die":
            self.die(rig)
        elif ending != "goes on":
            self.end(rig, ending, True)

    def hold_for_a_while(self, job, seconds):
        self.hold(job)
        self.wait(seconds)
        self.release(job)

    def ask_too_late(self, job, rig, kind):
        self.ask(job, kind)
        self.die(rig)

    def come_back_late(self, rig):
        """A runner that was given up cannot end the attempt of the next one."""
        if rig in self.under_way and self.under_way[rig].claims > 1:
            job = self.under_way[rig]
            stale = type(job)(**{**vars(job), "claims": job.claims - 1})
            with pytest.raises(ConfigurationError):
                self.conclusions[rig].attempt_ended(stale, Ending("finished", ""), False)

    def every_job_is_where_the_model_says(self):
        listed = {job.id: job for job in self.jobs.listed(cleared=True)}
        assert {i: job.state for i, job in listed.items()} == {i: e.state for i, e in self.expected.items()}
        for job_id, expected in self.expected.items():
            job = listed[job_id]
            assert (job.owner, job.claims) == (expected.owner, expected.claims)
            assert (job.begun_s is not None) == expected.begun
            if job.state not in ENDED:
                assert (job.attempts, job.deaths) == (expected.failed, expected.deaths)
            pending = [request.kind for request in self.requests.pending(job_id)]
            assert sorted(pending) == sorted(expected.asked)

    def no_two_rigs_measure_one_job_and_no_rig_two(self):
        running = [job for job in self.jobs.listed() if job.state == "running"]
        assert sorted(job.id for job in running) == sorted(job.id for job in self.under_way.values())
        assert len({job.owner for job in running}) == len(running)

    def each_rig_is_paused_or_not(self):
        for rig in RIGS:
            assert (self.pauses[rig].in_force() is not None) == bool(self.paused & {rig, ""})

    def every_transition_is_allowed(self):
        for job_id in self.expected:
            states = [row["state"] for row in self.jobs.history(job_id)]
            for before, after in itertools.pairwise(states):
                assert before == after or after in FROM_TO[before], (job_id, states)


@pytest.mark.parametrize("seed", range(SEQUENCES or 10))
def test_no_sequence_of_actions_loses_doubles_or_misleads_a_job_of_two_rigs(night, seed):
    rigs = TwoRigs(night.connection.without_fsync(), night.clock, night.protocol(), random.Random(seed))
    try:
        rigs.play(60)
    except (AssertionError, ConfigurationError) as error:
        raise AssertionError("\n".join(["after these actions:", *map(str, rigs.log)])) from error
