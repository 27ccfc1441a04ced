"""Jobs keep their order, history and number under concurrent requests."""

import itertools
import json
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from labctl.config.protocol import Protocol, parse_protocol
from labctl.errors import ConfigurationError, StoreError
from labctl.queue.conclusions import Conclusions
from labctl.queue.job import Ending, FailurePolicy
from labctl.queue.jobs import Jobs
from labctl.store.transactions import WriteConnection


def order(jobs):
    return [job.id for job in jobs.listed()]


def test_a_job_keeps_protocol_and_sample_whole(night):
    policy = FailurePolicy(retries=1, delay_s=5.0, then="stop")
    job_id = night.add(
        "first", station="rig", person="ann", not_before_s=7.0, deadline_s=9.0, policy=policy, duration_s=60.0
    )
    job = night.jobs.get(job_id)
    assert job.protocol_text == night.protocol("first").text
    assert json.loads(job.sample_text)["thickness_m"] == pytest.approx(1e-3)
    assert (job.title, job.station, job.person, job.state) == ("first", "rig", "ann", "queued")
    assert (job.not_before_s, job.deadline_s, job.duration_s, job.policy) == (7.0, 9.0, 60.0, policy)


def test_a_remark_is_left_out_only_where_labctl_wrote_how_the_job_came_to_its_state(night):
    first, second, third = (
        night.add(person="ann"),
        night.add(person="ann"),
        night.add(held=True, person="ann"),
    )
    assert [night.jobs.get(job).remark for job in (first, second, third)] == ["", "", ""]
    night.jobs.hold(first, reason="queued too early")
    night.jobs.claim("rig")
    assert night.jobs.get(second).remark == ""
    night.jobs.end(second, "failed", "claimed by nobody: the file of the cell is gone")
    assert night.jobs.get(first).remark == "queued too early"
    assert night.jobs.get(second).remark == "claimed by nobody: the file of the cell is gone"


def test_jobs_run_in_the_order_they_came_unless_priority_says_otherwise(night):
    first, second, urgent = night.add(), night.add(), night.add(priority=5)
    assert order(night.jobs) == [urgent, first, second]
    claimed = [night.jobs.claim("rig") for _ in range(4)]
    assert [job.id if job else None for job in claimed] == [urgent, first, second, None]


def test_a_moved_job_takes_the_place_it_was_given(night):
    ids = [night.add() for _ in range(3)]
    urgent = night.add(priority=5)
    night.jobs.move(ids[2], 1)
    assert order(night.jobs) == [ids[2], urgent, ids[0], ids[1]]
    night.jobs.move(urgent, 99)
    assert order(night.jobs) == [ids[2], ids[0], ids[1], urgent]
    assert "moved to place 4" in night.jobs.history(urgent)[-1]["reason"]


def test_every_change_of_state_is_in_the_history(night):
    job = night.add(person="ann")
    night.jobs.hold(job, "bob")
    night.jobs.release(job, "ann")
    night.jobs.claim("rig")
    night.jobs.end(job, "failed", "InstrumentError: no answer")
    night.jobs.retry(job, "ann")
    history = [(row["state"], row["reason"]) for row in night.jobs.history(job)]
    assert history == [
        ("queued", "queued by ann"),
        ("held", "held by bob"),
        ("queued", "released by ann"),
        ("running", "claimed by the runner"),
        ("failed", "InstrumentError: no answer"),
        ("queued", "queued again by ann"),
    ]


@pytest.mark.parametrize("verb", ["hold", "release", "cancel", "move"])
def test_what_a_finished_job_cannot_be_is_refused_in_words(night, verb):
    job = night.add()
    night.jobs.claim("rig")
    night.jobs.end(job, "finished", "")
    with pytest.raises(ConfigurationError, match=f"job {job}: is finished and cannot be"):
        getattr(night.jobs, verb)(job, *([1] if verb == "move" else []))
    assert night.jobs.get(job).state == "finished"


def test_a_job_that_does_not_exist_is_named(night):
    with pytest.raises(ConfigurationError, match="job 99: there is no such job"):
        night.jobs.cancel(99)


def test_held_jobs_and_jobs_of_another_station_are_not_claimed(night):
    night.add(held=True)
    night.add(station="another rig")
    mine = night.add(station="rig")
    claimed = night.jobs.claim("rig")
    assert claimed is not None
    assert claimed.id == mine
    assert night.jobs.claim("rig") is None


def test_a_job_waits_for_its_hour(night):
    night.add(not_before_s=night.clock.time() + 100)
    assert night.jobs.claim("rig") is None
    assert night.jobs.next_start_s("rig") == night.clock.time() + 100
    night.clock.sleep(100)
    assert night.jobs.claim("rig") is not None


def test_a_job_whose_deadline_passed_before_it_began_is_cancelled_with_that_reason(night):
    late = night.add(deadline_s=night.clock.time() - 1)
    assert night.jobs.claim("rig") is None
    job = night.jobs.get(late)
    assert (job.state, job.reason) == ("cancelled", "its deadline passed before it could begin")


def test_an_interrupted_job_goes_first(night):
    first = night.add()
    night.add(priority=9)
    night.jobs.hold(2)
    night.jobs.claim("rig")
    night.jobs.release(2)
    (fate,) = Conclusions(night.connection, "rig", night.clock).runner_died("runner died")
    assert (fate.job.id, fate.state) == (first, "interrupted")
    claimed = night.jobs.claim("rig")
    assert claimed is not None
    assert claimed.id == first


def test_clearing_hides_what_has_ended_and_deletes_nothing(night):
    done, waiting = night.add(), night.add()
    night.jobs.claim("rig")
    night.jobs.end(done, "finished", "")
    assert night.jobs.clear_finished() == 1
    assert order(night.jobs) == [waiting]
    assert night.jobs.get(done).state == "finished"
    assert [job.id for job in night.jobs.listed(cleared=True)] == [waiting, done]


def test_a_retry_from_the_start_is_a_new_job(night):
    job = night.add(person="ann", priority=3)
    night.jobs.claim("rig")
    night.jobs.end(job, "finished", "")
    again = night.jobs.retry(job, "bob", from_start=True)
    assert again != job
    assert night.jobs.get(again).protocol_text == night.jobs.get(job).protocol_text
    assert night.jobs.get(again).priority == 3
    assert night.jobs.get(job).state == "finished"


@pytest.mark.parametrize(
    "wrong", [{"retries": -1}, {"retries": 1.5}, {"delay_s": -1}, {"delay_s": float("nan")}, {"then": "pray"}]
)
def test_a_failure_policy_without_sense_is_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        FailurePolicy(**wrong)


def test_two_programs_that_claim_at_once_never_get_the_same_job(night):
    ids = {night.add() for _ in range(30)}
    claimed = []

    def claim_all():
        with WriteConnection(night.path) as connection:
            jobs = Jobs(connection, night.clock)
            while (job := jobs.claim("rig")) is not None:
                claimed.append(job.id)

    threads = [threading.Thread(target=claim_all) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(claimed) == sorted(ids)


def test_of_several_protocols_all_are_queued_or_none(night):
    protocol = night.protocol()
    assert night.jobs.add_all([(protocol, 60.0), (protocol, None)], person="ann") == [1, 2]
    with pytest.raises(StoreError):
        night.jobs.add_all([(protocol, 60.0), (protocol, -1.0)])
    assert [job.duration_s for job in night.jobs.listed()] == [60.0, None]


class TwoPeople(RuleBasedStateMachine):
    """Two connections alternate in any order; a model predicts the result."""

    protocol: Protocol
    new_path: Callable[[], Path]
    known = Bundle("known")
    people = st.sampled_from([0, 1])

    def __init__(self):
        super().__init__()
        path = self.new_path()
        self.connections = [WriteConnection(path).without_fsync() for _ in range(2)]
        self.views = [Jobs(connection) for connection in self.connections]
        self.expected: dict[int, str] = {}
        self.line: list[int] = []

    def attempt(self, job, allowed, state, action):
        if self.expected[job] in allowed:
            action()
            self.expected[job] = state
            return True
        with pytest.raises(ConfigurationError):
            action()
        return False

    @rule(target=known, person=people)
    def add(self, person):
        job = self.views[person].add(self.protocol)
        assert job not in self.expected
        self.expected[job] = "queued"
        self.line.append(job)
        return job

    @rule(job=known, person=people, place=st.integers(1, 6))
    def move(self, job, person, place):
        state = self.expected[job]
        moved = self.attempt(job, ("queued", "held"), state, lambda: self.views[person].move(job, place))
        if moved:
            self.line.remove(job)
            self.line.insert(place - 1, job)

    @rule(job=known, person=people)
    def hold(self, job, person):
        self.attempt(job, ("queued", "interrupted"), "held", lambda: self.views[person].hold(job))

    @rule(job=known, person=people)
    def release(self, job, person):
        self.attempt(job, ("held",), "queued", lambda: self.views[person].release(job))

    @rule(job=known, person=people)
    def cancel(self, job, person):
        action = lambda: self.views[person].cancel(job)  # noqa: E731
        if self.attempt(job, ("queued", "held"), "cancelled", action):
            self.line.remove(job)

    @rule(person=people, end=st.sampled_from(["finished", "failed"]))
    def run_one(self, person, end):
        startable = [job for job in self.line if self.expected[job] == "queued"]
        claimed = self.views[person].claim("rig")
        if not startable:
            assert claimed is None
            return
        assert claimed is not None
        assert claimed.id == startable[0]
        self.views[person].end(claimed.id, end, "")
        self.expected[claimed.id] = end
        self.line.remove(claimed.id)

    @invariant()
    def both_see_every_job_once_in_order(self):
        for view in self.views:
            listed = view.listed(cleared=True)
            assert {job.id: job.state for job in listed} == self.expected
            assert len(listed) == len(self.expected)
            assert [job.id for job in listed if job.state in ("queued", "held")] == self.line

    def teardown(self):
        for connection in self.connections:
            connection.close()


def test_two_people_never_lose_or_double_a_job(tmp_path, protocol_text):
    files = itertools.count()

    class OnFreshFiles(TwoPeople):
        protocol = parse_protocol(protocol_text.format(title="t", temperatures=[40]), tmp_path / "p.toml")
        new_path = staticmethod(lambda: tmp_path / f"{next(files)}.db")

    checks = [HealthCheck.too_slow, HealthCheck.filter_too_much]
    few = settings(max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=checks)
    run_state_machine_as_test(OnFreshFiles, settings=few)


@pytest.mark.parametrize("step_s", [-7200.0, 7200.0])
def test_a_retry_waits_as_long_as_its_policy_says_whatever_the_clock_is_set_to(night, step_s):
    night.add("unlucky", policy=FailurePolicy(retries=2, delay_s=300.0))
    job = night.jobs.claim("rig")
    Conclusions(night.connection, "rig", night.clock).attempt_ended(job, Ending("failed", "a fuse"), True)
    assert night.jobs.claim("rig") is None
    night.clock.jump(step_s)
    night.clock.sleep(299.0)
    assert night.jobs.claim("rig") is None
    assert night.jobs.next_start_s("rig") == pytest.approx(night.clock.time() + 1.0)
    night.clock.sleep(1.5)
    assert night.jobs.claim("rig").id == job.id


def test_a_later_runner_waits_no_longer_than_the_policy_after_the_clock_was_set_back(night):
    night.add("unlucky", policy=FailurePolicy(retries=2, delay_s=300.0))
    job = night.jobs.claim("rig")
    Conclusions(night.connection, "rig", night.clock).attempt_ended(job, Ending("failed", "a fuse"), True)
    night.clock.jump(-86400.0)
    later = Jobs(night.connection, night.clock)
    assert later.claim("rig") is None
    night.clock.sleep(300.5)
    assert later.claim("rig").id == job.id


def test_an_hour_that_a_person_stated_is_an_hour_of_the_clock_as_it_is_set(night):
    night.add("later", not_before_s=night.clock.time() + 3600.0)
    assert night.jobs.claim("rig") is None
    night.clock.jump(3600.0)
    assert night.jobs.claim("rig") is not None
