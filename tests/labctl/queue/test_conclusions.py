"""What becomes of a job when its attempt ends: deaths count, requests end it, other stations keep theirs."""

import os
import platform
import subprocess
import sys

import pytest

from labctl.errors import ConfigurationError, StoreError
from labctl.queue.conclusions import Conclusions
from labctl.queue.job import Claimant, Ending, FailurePolicy, Job
from labctl.queue.jobs import Jobs
from labctl.queue.pauses import LABCTL, Pauses
from labctl.store.processes import process_birth

TWICE = FailurePolicy(retries=2, delay_s=60.0)
BROKEN = Ending("failed", "InstrumentError: no answer", "InstrumentError")


def conclusions(night, station="rig"):
    return Conclusions(night.connection, station, night.clock)


def die(night, times=1, station="rig"):
    """Claim and lose the runner, so many times."""
    fates = []
    for _ in range(times):
        assert night.jobs.claim(station) is not None
        fates += conclusions(night, station).runner_died("its runner (pid 7) ended unexpectedly")
    return fates


def outcomes(night):
    return [row["outcome"] for row in night.connection.rows("SELECT outcome FROM requests ORDER BY id")]


def test_a_job_that_ends_the_runner_again_and_again_fails_and_the_next_one_is_claimed(night):
    bad, good = night.add(policy=TWICE), night.add()
    fates = die(night, times=3)
    assert [fate.state for fate in fates] == ["interrupted", "interrupted", "failed"]
    assert night.jobs.get(bad).reason == (
        "ended the runner 3 times without a new finished step; "
        "the last time its runner (pid 7) ended unexpectedly"
    )
    claimed = night.jobs.claim("rig")
    assert claimed is not None
    assert claimed.id == good


def test_a_finished_step_begins_the_count_of_deaths_anew(night):
    job = night.add(policy=TWICE)
    die(night, times=2)
    night.jobs.claim("rig")
    night.jobs.step_finished(job)
    conclusions(night).runner_died("gone")
    assert (night.jobs.get(job).attempts, night.jobs.get(job).deaths) == (1, 1)
    assert die(night)[0].state == "interrupted"


def test_deaths_and_failed_attempts_count_together(night):
    job = night.add(policy=FailurePolicy(retries=1, delay_s=0.0))
    claimed = night.jobs.claim("rig")
    assert conclusions(night).attempt_ended(claimed, BROKEN, may_retry=True).state == "interrupted"
    die(night)
    assert night.jobs.get(job).state == "failed"
    assert night.jobs.get(job).reason.startswith("ended the runner once and 1 attempt(s) failed without")


def test_a_job_that_continues_after_a_death_does_not_wait_and_after_a_failure_it_does(night):
    job = night.add(policy=TWICE)
    die(night)
    assert night.jobs.get(job).not_before_s is None
    conclusions(night).attempt_ended(night.jobs.claim("rig"), BROKEN, may_retry=True)
    assert night.jobs.get(job).not_before_s == night.clock.time() + 60
    assert night.jobs.claim("rig") is None


def test_a_job_that_ends_the_runner_too_often_stops_the_queue_where_its_policy_says_so(night):
    job = night.add(policy=FailurePolicy(retries=0, then="stop"))
    (fate,) = die(night)
    assert fate.state == "failed"
    pause = Pauses(night.connection, station="rig").in_force()
    assert (pause.person, pause.reason) == (LABCTL, f"job {job} failed, and its policy is to stop")


def test_a_power_cut_after_which_a_person_decides_counts_as_no_attempt(night):
    job = night.add(policy=FailurePolicy(retries=0))
    night.jobs.claim("rig")
    conclusions(night).interrupted("the power was cut")
    assert (night.jobs.get(job).state, night.jobs.get(job).attempts) == ("interrupted", 0)


def test_a_cancellation_that_a_dead_runner_did_not_take_cancels_the_job_at_once(night):
    job = night.add()
    night.jobs.claim("rig")
    night.requests.ask(job, "cancel", person="ann")
    conclusions(night).runner_died("gone")
    assert (night.jobs.get(job).state, night.jobs.get(job).reason) == ("cancelled", "cancelled by ann")
    assert outcomes(night) == ["obeyed"]


def test_an_interlock_that_a_dead_runner_did_not_obey_fails_the_job_and_stops_the_queue_of_its_station(night):
    job = night.add(policy=FailurePolicy(retries=0))
    night.jobs.claim("rig")
    night.requests.ask(job, "stop", {"reason": "interlock: too hot", "stops_queue": True}, "supervisor")
    conclusions(night).runner_died("gone")
    assert (night.jobs.get(job).state, night.jobs.get(job).reason) == ("failed", "interlock: too hot")
    assert Pauses(night.connection, station="rig").in_force().reason == "interlock: too hot"
    assert Pauses(night.connection, station="another").in_force() is None


def test_an_interlock_of_one_attempt_does_not_end_the_next(night):
    job = night.add(policy=TWICE)
    claimed = night.jobs.claim("rig")
    night.requests.ask(job, "stop", {"reason": "interlock: too hot"}, "supervisor")
    conclusions(night).attempt_ended(claimed, BROKEN, may_retry=True)
    assert (night.jobs.get(job).state, night.jobs.get(job).reason) == ("failed", "interlock: too hot")
    night.jobs.retry(job)
    night.jobs.claim("rig")
    assert night.requests.pending(job) == []


def test_a_step_is_skipped_in_the_attempt_of_the_request_only_and_new_temperatures_hold_for_the_next(night):
    job = night.add()
    night.jobs.claim("rig")
    night.requests.ask(job, "skip step")
    night.requests.ask(job, "temperatures", {"temperatures_degc": [70]})
    conclusions(night).runner_died("gone")
    claimed = night.jobs.claim("rig")
    assert [request.kind for request in night.requests.pending(job, claimed.claims)] == ["temperatures"]
    assert outcomes(night) == ["too late: interrupted", ""]


@pytest.mark.parametrize(("verb", "outcome"), [("cancel", "cancelled"), ("retry", "queued again")])
def test_cancel_and_retry_answer_what_was_left(night, verb, outcome):
    job = night.add()
    night.requests.ask(job, "temperatures", {"temperatures_degc": [70]})
    if verb == "retry":  # as an older labctl left it: a request about a job that has failed
        night.jobs.claim("rig")
        with night.connection.transaction() as connection:
            connection.execute("UPDATE jobs SET state = 'failed'")
    getattr(night.jobs, verb)(job)
    assert outcomes(night) == [f"too late: {outcome}"]


def test_a_job_that_has_ended_takes_no_request(night):
    job = night.add()
    night.jobs.cancel(job)
    with pytest.raises(ConfigurationError, match="is cancelled: too late for 'cancel'"):
        night.requests.ask(job, "cancel")
    with pytest.raises(ConfigurationError, match="no such job"):
        night.requests.ask(99, "cancel")


def test_a_request_to_end_a_waiting_job_is_obeyed_before_it_is_claimed(night):
    job, following = night.add(), night.add()
    night.requests.ask(job, "cancel", person="ann")
    claimed = night.jobs.claim("rig")
    assert (claimed.id, night.jobs.get(job).state) == (following, "cancelled")


def test_a_claim_writes_who_made_it_and_when(night):
    job = night.add()
    claimant = Claimant.this_process()
    Jobs(night.connection, night.clock, claimant).claim("rig")
    begun_s = night.clock.time()
    conclusions(night).runner_died("gone")
    night.clock.sleep(100)
    Jobs(night.connection, night.clock, claimant).claim("rig")
    row = night.jobs.get(job)
    assert (row.owner, row.claims, row.begun_s, row.claimed_s) == ("rig", 2, begun_s, begun_s + 100)
    assert (row.runner_host, row.runner_pid) == (platform.node(), os.getpid())
    assert row.runner_birth == process_birth(os.getpid())


def test_a_job_for_any_station_belongs_to_the_one_that_claimed_it(night):
    job = night.add()
    night.jobs.claim("a")
    assert conclusions(night, "b").runner_died("gone") == []
    assert night.jobs.get(job).state == "running"
    assert len(conclusions(night, "a").runner_died("gone")) == 1
    assert night.jobs.claim("b") is None
    assert night.jobs.claim("a").id == job


def test_a_retry_from_the_start_belongs_to_no_station_yet(night):
    job = night.add()
    night.jobs.end(night.jobs.claim("a").id, "finished", "")
    again = night.jobs.retry(job, from_start=True)
    assert night.jobs.get(again).owner == ""
    assert night.jobs.claim("b").id == again


def test_the_job_of_a_runner_that_is_alive_is_not_taken_from_it(night):
    """A runner that was found frozen, of a second station file with the same name."""
    with subprocess.Popen([sys.executable, "-SEc", "input()"], stdin=subprocess.PIPE) as other:
        there = Claimant(platform.node(), other.pid, process_birth(other.pid) or "")
        night.add()
        Jobs(night.connection, night.clock, there).claim("rig")
        assert conclusions(night).runner_died("gone") == []
        assert night.states() == ["running"]
        other.communicate(b"\n")
    assert [fate.state for fate in conclusions(night).runner_died("gone")] == ["interrupted"]


def test_a_runner_that_comes_back_cannot_end_the_claim_of_the_next_one(night):
    night.add(policy=TWICE)
    stale = night.jobs.claim("rig")
    conclusions(night).runner_died("it was frozen")
    night.jobs.claim("rig")
    with pytest.raises(ConfigurationError, match="is running after claim 2: claim 1 of this runner is over"):
        conclusions(night).attempt_ended(stale, Ending("finished", ""), may_retry=False)
    assert night.states() == ["running"]


def test_an_interrupted_job_that_is_held_and_released_goes_on_first_and_after_its_deadline(night):
    job = night.add(deadline_s=night.clock.time() + 100)
    urgent = night.add(priority=5)
    night.jobs.hold(urgent)
    die(night)
    night.jobs.release(urgent)
    night.jobs.hold(job)
    night.clock.sleep(200)
    night.jobs.release(job)
    assert night.jobs.get(job).state == "interrupted"
    assert night.jobs.claim("rig").id == job


def test_a_job_that_was_begun_and_is_tried_again_by_a_person_goes_on_after_its_deadline(night):
    job = night.add(deadline_s=night.clock.time() + 100)
    night.jobs.claim("rig")
    night.jobs.end(job, "failed", "no answer")
    night.clock.sleep(200)
    night.jobs.retry(job)
    assert night.jobs.claim("rig").id == job


def test_an_error_of_the_runner_itself_counts_only_for_its_own_claim(night):
    here, there = Claimant.this_process(), Claimant(platform.node(), 1, "another")
    mine, other = night.add(station="a", policy=TWICE), night.add(station="b", policy=TWICE)
    Jobs(night.connection, night.clock, here).claim("a")
    Jobs(night.connection, night.clock, there).claim("b")
    (fate,) = conclusions(night, "a").attempt_broke("ImportError: no such name", here)
    assert (fate.job.id, fate.state, fate.attempts) == (mine, "interrupted", 1)
    assert night.jobs.get(other).state == "running"


def test_a_running_job_whose_row_is_damaged_fails_with_its_runner_and_the_next_one_begins(night):
    damaged, good = night.add(policy=TWICE), night.add()
    night.jobs.claim("rig")
    night.connection.update("jobs", damaged, {"failure_policy": '{"retries": "many"}'})
    (fate,) = conclusions(night).runner_died("its runner (pid 7) ended unexpectedly")
    assert (fate.job.id, fate.state) == (damaged, "failed")
    assert night.jobs.claim("rig").id == good


def test_a_job_with_counts_that_no_labctl_wrote_waits_and_the_next_one_begins(night):
    damaged, good = night.add(), night.add()
    night.connection.update("jobs", damaged, {"claims": 2**63 - 1})
    assert night.jobs.claim("rig").id == good
    assert "cannot be read: ValueError: claims is 9223372036854775807" in night.jobs.get(damaged).reason


def test_a_time_of_a_job_that_is_text_in_a_damaged_file_is_told(night):
    (row,) = night.connection.rows("SELECT * FROM jobs WHERE id = ?", (night.add(),))
    assert Job.of(row).not_before_s is None
    with pytest.raises(StoreError, match="job 1 cannot be read: ValueError: not_before_s is 'soon'"):
        Job.of(row | {"not_before_s": "soon"})
