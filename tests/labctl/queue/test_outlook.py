"""Expected times follow the order in which a runner takes jobs."""

from dataclasses import replace

import pytest

from labctl.queue.heartbeat import Heartbeat
from labctl.queue.outlook import outlook, outlook_of_all
from labctl.queue.pauses import Pause

HOUR_S = 3600.0
NOW_S = 1_767_290_400.0


@pytest.fixture
def jobs(night):
    """Three queued jobs of an hour each."""
    for title in ("one", "two", "three"):
        night.add(title, duration_s=HOUR_S)
    return night.jobs.listed()


def hours(expected):
    """(begin, end) of each job, in hours from now."""
    return {
        job_id: tuple(None if s is None else round((s - NOW_S) / HOUR_S, 3) for s in (e.begin_s, e.end_s))
        for job_id, e in expected.items()
    }


def runner_of_the_first(end_s):
    known = {"job_id": 1, "expected_end_s": end_s}
    return Heartbeat(**(dict.fromkeys(Heartbeat.__dataclass_fields__, None) | known))


def test_one_job_follows_the_other(jobs):
    assert hours(outlook(jobs, NOW_S, None)) == {1: (0, 1), 2: (1, 2), 3: (2, 3)}


def test_a_job_whose_hour_has_not_come_is_passed_by_those_behind_it(jobs):
    jobs[0] = replace(jobs[0], not_before_s=NOW_S + 1.5 * HOUR_S)
    assert hours(outlook(jobs, NOW_S, None)) == {2: (0, 1), 3: (1, 2), 1: (2, 3)}


def test_while_nothing_else_is_left_the_rig_waits_for_the_hour(jobs):
    late = [replace(job, not_before_s=NOW_S + n * 5 * HOUR_S) for n, job in enumerate(jobs)]
    assert hours(outlook(late, NOW_S, None)) == {1: (0, 1), 2: (5, 6), 3: (10, 11)}


def test_a_held_job_takes_no_place(jobs):
    jobs[1] = replace(jobs[1], state="held")
    assert hours(outlook(jobs, NOW_S, None)) == {1: (0, 1), 3: (1, 2)}


def test_after_a_job_of_unknown_length_nothing_is_foretold(jobs):
    jobs[1] = replace(jobs[1], duration_s=None)
    assert hours(outlook(jobs, NOW_S, None)) == {1: (0, 1), 2: (1, None), 3: (None, None)}


@pytest.mark.parametrize("after", ["point", "step", "job"])
def test_a_paused_queue_has_no_end(jobs, after):
    jobs[0] = replace(jobs[0], state="running")
    runner = runner_of_the_first(NOW_S + 0.25 * HOUR_S)
    expected = hours(outlook(jobs, NOW_S, runner, Pause(after, "", "Ada", NOW_S)))
    assert expected == {1: (None, 0.25 if after == "job" else None), 2: (None, None), 3: (None, None)}


def test_a_pause_of_another_station_stops_nothing_here(jobs):
    here, there = (Pause("step", "", "Ada", NOW_S, station) for station in (jobs[0].rig, "another"))
    assert hours(outlook_of_all(jobs, NOW_S, {}, [there])) == {1: (0, 1), 2: (1, 2), 3: (2, 3)}
    assert hours(outlook_of_all(jobs, NOW_S, {}, [here])) == dict.fromkeys((1, 2, 3), (None, None))


def test_a_job_that_cannot_begin_before_its_deadline_is_announced_as_cancelled(jobs):
    jobs[1] = replace(jobs[1], deadline_s=NOW_S + 0.5 * HOUR_S)
    expected = outlook(jobs, NOW_S, None)
    assert "will be cancelled" in expected[2].warning
    assert hours(expected)[3] == (1, 2)


def test_a_job_that_ends_after_its_deadline_is_warned_of(jobs):
    jobs[1] = replace(jobs[1], deadline_s=NOW_S + 1.5 * HOUR_S)
    assert outlook(jobs, NOW_S, None)[2].warning == "will end 0.5 h after its deadline"


def test_the_running_job_ends_when_its_runner_says(jobs):
    jobs[0] = replace(jobs[0], state="running")
    runner = runner_of_the_first(NOW_S + 0.25 * HOUR_S)
    assert hours(outlook(jobs, NOW_S, runner)) == {1: (None, 0.25), 2: (0.25, 1.25), 3: (1.25, 2.25)}
    assert hours(outlook(jobs, NOW_S, None)) == {1: (None, None), 2: (None, None), 3: (None, None)}


def test_stations_in_one_file_do_not_wait_for_each_other(jobs):
    jobs[1] = replace(jobs[1], station="another rig")
    assert hours(outlook_of_all(jobs, NOW_S, {})) == {1: (0, 1), 3: (1, 2), 2: (0, 1)}
