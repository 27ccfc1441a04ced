"""Nights in virtual time: jobs end with the true reason, nothing is measured twice, no output stays on."""

import subprocess
import sys
import time
from dataclasses import replace
from itertools import pairwise

import pytest

from labctl.config.protocol import parse_protocol
from labctl.errors import ConfigurationError, SettlingTimeout, StoreError
from labctl.measure.run import StopRequest
from labctl.queue.attempt import CAUSES, Attempt
from labctl.queue.conclusions import Conclusions
from labctl.queue.heartbeat import Heartbeats, Pulse
from labctl.queue.job import FailurePolicy
from labctl.queue.jobs import Jobs
from labctl.queue.requests import Pauses
from labctl.queue.runner import Runner
from labctl.store import SpaceRule
from labctl.store.processes import process_birth
from labctl.store.transactions import WriteConnection
from procedures.temperature_stepped_eis import TemperatureSteppedEIS

OVEN, ANALYSER = "GPIB0::12::INSTR", "GPIB0::4::INSTR"
AT_ONCE = FailurePolicy(retries=2, delay_s=0.0)


class AtRow:
    """Executes an action once, at the n-th row of a topic."""

    def __init__(self, topic, number, action):
        self.topic, self.number, self.action = topic, number, action

    def __call__(self, event):
        if event.topic == self.topic:
            self.number -= 1
            if self.number == 0:
                self.action()


def test_a_night_of_three_jobs_finishes_in_order_and_leaves_all_off(night, rig, run_night):
    ids = [night.add(f"job {n}", [40, 50]) for n in range(3)]
    run_night()
    assert night.states() == ["finished"] * 3
    assert night.finished_spectra() == [(job, t) for job in ids for t in (40.0, 50.0)]
    assert not rig.heater_is_on
    assert not rig.cell_is_excited


def test_a_stopped_job_continues_with_the_next_runner_from_its_last_finished_step(night, rig, run_night):
    job, stop = night.add(temperatures=[40, 50, 60]), StopRequest()
    sixth_point_of_the_second = 16 + 6
    run_night(stop, on_event=AtRow("results", sixth_point_of_the_second, lambda: stop.request("SIGTERM")))
    assert night.states() == ["interrupted"]
    assert night.jobs.get(job).reason == "SIGTERM"
    assert not rig.heater_is_on
    run_night()
    assert night.states() == ["finished"]
    assert night.finished_spectra() == [(job, 40.0), (job, 50.0), (job, 60.0)]
    with night.read() as db:
        spectra = db.rows("SELECT id, step, status, repeat_of FROM spectra ORDER BY id")
        fits = db.rows("SELECT n_points FROM law_fits WHERE run_id = 2 AND law = 'arrhenius'")
    assert [(s["step"], s["status"], s["repeat_of"]) for s in spectra] == [
        (0, "finished", None),
        (1, "aborted", None),
        (1, "finished", 2),
        (2, "finished", None),
    ]
    assert {fit["n_points"] for fit in fits} == {3}


@pytest.mark.parametrize("details", ["[]", "{}", '{"temperatures_degc": "x"}', "[" * 900 + "]" * 900])
def test_a_request_that_cannot_be_read_is_refused_and_the_job_goes_on(night, run_night, details):
    job = night.add(temperatures=[40, 50])

    def ask():
        request = night.requests.ask(job, "temperatures", {"temperatures_degc": [60]})
        with night.connection.transaction() as connection:
            connection.update("requests", request, {"details": details})

    run_night(on_event=AtRow("results", 3, ask))
    assert night.states() == ["finished"]
    assert night.finished_spectra() == [(job, 40.0), (job, 50.0)]
    assert (
        night.connection.value("SELECT outcome FROM requests") == "refused: it holds no list of temperatures"
    )


def test_a_second_interrupt_is_immediate_and_safe(night, rig, run_night):
    def interrupt():
        raise KeyboardInterrupt

    night.add(temperatures=[40, 50])
    stop = StopRequest()
    stop.request("SIGINT")
    stop.reason = ""
    run_night(stop, on_event=AtRow("results", 5, interrupt))
    assert night.finished_spectra() == [(1, 40.0), (1, 50.0)]
    with night.read() as db:
        assert [run["status"] for run in db.rows("SELECT status FROM runs ORDER BY id")] == [
            "aborted",
            "finished",
        ]
    assert not rig.heater_is_on


def last_heartbeat(night):
    return Heartbeats(night.connection, "runner", "rig").read()


def test_a_night_with_everything_read_back_off_ends_as_ended(night, rig, run_night):
    night.add(temperatures=[40])
    run_night()
    assert (last_heartbeat(night).state, last_heartbeat(night).unsafe) == ("ended", "")


def test_no_job_begins_and_no_night_ends_well_while_an_output_is_not_read_back_off(night, rig, run_night):
    night.add("first", [40], policy=AT_ONCE)
    night.add("second", [40])
    stuck = rig.true.faults.add("timeout", instrument=OVEN, command=r"RANGE\?", count=10**6)
    run_night()
    assert night.states() == ["failed", "queued"]
    assert last_heartbeat(night).state == "unsafe"
    assert last_heartbeat(night).unsafe.startswith("oven: AnswerTimeout: oven: time-out")
    assert "look at the rig: oven" in night.pauses.in_force().reason
    stuck.count = 0
    night.pauses.resume()
    run_night()
    assert night.states() == ["failed", "finished"]
    assert last_heartbeat(night).state == "ended"


@pytest.mark.parametrize("refused", ["the event that tells of it", "the pause that asks for a person"])
def test_a_heater_is_off_seconds_after_it_answers_although_the_file_takes_no_rows(
    night, rig, run_night, monkeypatch, refused
):
    """A disk that is nearly full, while heartbeats still go on."""
    stuck = rig.true.faults.add("timeout", instrument=OVEN, command=r"RANGE\?", count=10**6)
    answers_again_s, announce, pause = [], Runner._announce, Pauses.wait_for_person

    def refuse():
        if not answers_again_s:
            stuck.count = 0
            answers_again_s.append(night.clock.time())
            raise StoreError("the disk is nearly full")

    def announce_or_not(self, level, kind, message):
        if "NOT SAFE" in message and "event" in refused:
            refuse()
        announce(self, level, kind, message)

    def pause_or_not(self, reason):
        if "pause" in refused:
            refuse()
        pause(self, reason)

    monkeypatch.setattr(Runner, "_announce", announce_or_not)
    monkeypatch.setattr(Pauses, "wait_for_person", pause_or_not)
    night.add(temperatures=[40], policy=AT_ONCE)
    run_night()
    (off,) = [row for row in events(night, "process") if "every output is off, read back" in row["message"]]
    assert 0 < off["time_s"] - answers_again_s[0] < 5


def test_a_job_whose_last_read_back_failed_for_a_while_is_measured_once(night, rig, run_night):
    """The runner tries on new connections, for minutes, before it counts the rig as unsafe."""
    night.add(temperatures=[40], policy=AT_ONCE)
    at_the_end = AtRow(
        "spectrum",
        2,
        lambda: rig.true.faults.add("timeout", instrument=OVEN, command=r"RANGE\?", count=60),
    )
    run_night(on_event=at_the_end)
    assert night.states() == ["finished"]
    assert night.finished_spectra() == [(1, 40.0)]
    assert last_heartbeat(night).state == "ended"
    with night.read() as db:
        told = [row["message"] for row in db.rows("SELECT message FROM events WHERE run_id IS NULL")]
    assert any("NOT SAFE after job 1, trying again: oven" in message for message in told)


def test_a_runner_that_is_asked_to_stop_says_what_is_not_safe_and_ends_at_once(night, rig, run_night):
    night.add(temperatures=[40, 50])
    stop = StopRequest()

    def cut_and_stop():
        rig.true.faults.add("timeout", instrument=OVEN, count=10**6)
        stop.request("stopped by SIGTERM")

    run_night(stop, on_event=AtRow("results", 3, cut_and_stop))
    assert last_heartbeat(night).state == "unsafe"
    assert night.states() == ["interrupted"]
    assert night.pauses.in_force() is None


def test_a_protocol_the_station_forbids_fails_alone(night, run_night):
    night.add("too hot", [40, 160])
    night.add("fine", [40])
    run_night()
    assert night.states() == ["failed", "finished"]
    assert "160" in night.jobs.get(1).reason


@pytest.mark.parametrize("kind", ["timeout", "garble", "truncate", "late", "fields"])
@pytest.mark.parametrize("where", [(OVEN, "KRDG"), (ANALYSER, "SI")])
def test_a_faulty_answer_is_asked_for_again_and_recorded(night, rig, run_night, kind, where):
    rig.true.faults.add(kind, instrument=where[0], command=where[1], skip=20, delay_s=30.0)
    night.add(temperatures=[40, 50])
    run_night()
    assert night.states() == ["finished"]
    assert night.finished_spectra() == [(1, 40.0), (1, 50.0)]
    assert len(rig.true.faults.log) == 1
    with night.read() as db:
        retries = db.rows("SELECT message FROM events WHERE kind = 'retry'")
        points = db.rows("SELECT spectrum_id, frequency_hz FROM impedance_points")
    assert len(retries) == 1
    assert "trying again (1 of 3)" in retries[0]["message"]
    assert len(points) == len({(p["spectrum_id"], p["frequency_hz"]) for p in points}) == 32


def test_an_instrument_that_started_anew_gets_its_settings_again(night, rig, run_night):
    """Its first reply after the restart fails; then the set point must be restored instead of the default."""
    rig.true.faults.add("reboot", instrument=OVEN, command="KRDG", skip=10, duration_s=3.0)
    night.add(temperatures=[40])
    run_night()
    assert night.states() == ["finished"]


def test_a_fault_that_stays_fails_the_job_after_its_attempts_and_the_night_goes_on(night, rig, run_night):
    fault = rig.true.faults.add("timeout", instrument=ANALYSER, command="SI", count=1e9)
    night.add("unlucky", [40], policy=FailurePolicy(retries=1, delay_s=0.0))
    night.add("next", [40])

    def mend(event):
        if event.topic == "end" and event.run_id == 2:
            fault.count = 0

    run_night(on_event=mend)
    assert night.states() == ["failed", "finished"]
    assert "time-out" in night.jobs.get(1).reason
    assert [row["state"] for row in night.jobs.history(1)] == [
        "queued",
        "running",
        "interrupted",
        "running",
        "failed",
    ]
    assert not rig.heater_is_on


def test_an_answer_that_is_garbage_while_instruments_are_opened_costs_no_attempt(night, rig, run_night):
    rig.true.faults.add("garble", instrument=ANALYSER, command=r"\*IDN", count=2)
    night.add(temperatures=[40], policy=FailurePolicy(retries=0))
    run_night()
    assert night.states() == ["finished"]
    retries = [row["message"] for row in events(night, "retry")]
    assert ["opening again (1 of 3)" in retries[0], "opening again (2 of 3)" in retries[1]] == [True] * 2


def fail_for_good(rig):
    rig.true.faults.add("timeout", instrument=ANALYSER, command="SI", count=4)


def test_attempts_are_counted_anew_after_every_finished_step(night, rig, run_night):
    """A fault at the fifth point of every step: each step is repeated once, no step twice."""
    fifth_points = [AtRow("results", number, lambda: fail_for_good(rig)) for number in (5, 5 + 21, 5 + 42)]

    def strike(event):
        for point in fifth_points:
            point(event)

    night.add(temperatures=[40, 45, 50], policy=FailurePolicy(retries=1, delay_s=0.0))
    run_night(on_event=strike)
    assert night.states() == ["finished"]
    failed = [row for row in night.jobs.history(1) if row["state"] == "interrupted"]
    assert len(failed) == 3


def test_a_job_whose_policy_is_to_stop_leaves_the_rest_to_a_person(night, rig, run_night):
    rig.true.faults.add("sensor_fault", duration_s=1e9)
    night.add(policy=FailurePolicy(retries=0, then="stop"))
    night.add()
    run_night()
    assert night.states() == ["failed", "queued"]
    pause = night.pauses.in_force()
    assert pause is not None
    assert "job 1 failed" in pause.reason


def test_a_settling_that_takes_too_long_fails_the_job_with_that_reason(night, rig, run_night):
    rig.true.faults.add("never_settles", value=5.0)
    night.add()
    run_night()
    assert night.states() == ["failed"]
    assert "no stable 313.15 K" in night.jobs.get(1).reason


def test_a_skipped_step_is_left_at_once_and_never_measured(night, run_night):
    job = night.add(temperatures=[40, 50, 60])
    run_night(on_event=AtRow("temperature", 3, lambda: night.requests.ask(job, "skip step")))
    assert night.states() == ["finished"]
    assert night.jobs.get(job).reason == "1 step(s) skipped by request"
    assert night.finished_spectra() == [(job, 50.0), (job, 60.0)]


def test_the_remaining_temperatures_can_change_while_a_job_runs_and_the_change_survives(night, run_night):
    job, stop = night.add(temperatures=[40, 50, 60, 70]), StopRequest()

    def change():
        night.requests.ask(job, "temperatures", {"temperatures_degc": [45, 42]}, "ann")

    rows = [AtRow("results", 20, change), AtRow("results", 35, lambda: stop.request("SIGTERM"))]
    run_night(stop, on_event=lambda event: [action(event) for action in rows])
    run_night()
    assert night.states() == ["finished"]
    assert [t for _, t in night.finished_spectra()] == [40.0, 50.0, 45.0, 42.0]
    with night.read() as db:
        assert [row["branch"] for row in db.rows("SELECT branch FROM spectra WHERE status = 'finished'")] == [
            "heating",
            "heating",
            "cooling",
            "cooling",
        ]


def test_a_change_beyond_the_limits_is_refused_in_words_and_nothing_changes(night, run_night):
    job = night.add(temperatures=[40, 50])
    ask = {"temperatures_degc": [400]}
    run_night(on_event=AtRow("results", 3, lambda: night.requests.ask(job, "temperatures", ask)))
    assert [t for _, t in night.finished_spectra()] == [40.0, 50.0]
    with night.read() as db:
        (outcome,) = db.rows("SELECT outcome FROM requests")
    assert outcome["outcome"].startswith("refused: temperature 400 degC is outside")


def test_a_running_job_is_cancelled_by_request(night, rig, run_night):
    job = night.add(temperatures=[40, 50])
    run_night(on_event=AtRow("results", 3, lambda: night.requests.ask(job, "cancel", person="ann")))
    assert night.states() == ["cancelled"]
    assert night.jobs.get(job).reason == "cancelled by ann"
    assert not rig.heater_is_on


def resume_after(night, seconds):
    def wait():
        night.clock.sleep(seconds)
        with WriteConnection(night.path) as connection:
            Pauses(connection, night.clock).resume()

    return lambda: night.clock.start_thread(wait)


@pytest.mark.parametrize(("after", "points_before"), [("point", 20), ("step", 32)])
def test_a_pause_holds_the_temperature_after_the_point_or_the_step(
    night, rig, run_night, after, points_before
):
    night.add(temperatures=[40, 50, 60])
    times, start = [], resume_after(night, 3000.0)

    def pause():
        night.pauses.pause(after, "a look at the cable")
        start()

    at = AtRow("results", 20, pause)

    def watch(event):
        at(event)
        if event.topic == "results":
            times.append(night.clock.time())

    with night.clock.participant():
        run_night(on_event=watch)
    gaps = [later - earlier for earlier, later in pairwise(times)]
    longest = max(range(len(gaps)), key=gaps.__getitem__)
    assert night.states() == ["finished"]
    assert longest == points_before - 1
    assert gaps[longest] > 2900
    assert len(times) == 48


def test_a_forgotten_pause_ends_safe_and_the_job_waits(night, rig, run_night):
    night.add(temperatures=[40, 50])
    run_night(on_event=AtRow("results", 20, lambda: night.pauses.pause("point")))
    assert night.states() == ["interrupted"]
    assert "paused for longer than 120 min" in night.jobs.get(1).reason
    assert not rig.heater_is_on
    night.pauses.resume()
    run_night()
    assert night.finished_spectra() == [(1, 40.0), (1, 50.0)]


def test_a_paused_queue_starts_nothing(night, run_night):
    night.add()
    night.pauses.pause("job")
    run_night()
    assert night.states() == ["queued"]


def test_a_request_to_make_safe_is_obeyed_once_also_after_the_clock_was_set_back(night, run_night):
    def ask():
        night.clock.jump(-3600)
        night.pauses.ask_to_make_safe("Mara")

    night.add(temperatures=[40])
    run_night(on_event=AtRow("results", 5, ask))
    run_night()
    with night.read() as db:
        confirmed = db.rows("SELECT message FROM events WHERE message LIKE 'make safe, asked for by Mara: %'")
    assert [row["message"].partition(": ")[2] for row in confirmed] == ["every instrument was made safe"]


@pytest.fixture
def in_berlin(monkeypatch):
    """Summer time ends there on 25 October 2026 at 01:00 UTC and begins on 28 March 2027 at 01:00 UTC."""
    if not hasattr(time, "tzset"):
        pytest.skip("this system does not let a process choose its time zone")
    monkeypatch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("changes_s", [1_792_890_000.0, 1_806_195_600.0], ids=["to winter", "to summer"])
def test_a_night_in_which_summer_time_changes_is_a_night_like_others(
    night, rig, run_night, in_berlin, changes_s
):
    before, after = (time.localtime(changes_s + s).tm_isdst for s in (-1.0, 1.0))
    assert before != after
    night.clock.jump(changes_s - 600.0 - night.clock.time())
    night.add(temperatures=[40, 50])
    run_night()
    assert night.states() == ["finished"]
    with night.read() as db:
        times_s = [row["time_s"] for row in db.rows("SELECT time_s FROM temperature_log ORDER BY number")]
    assert times_s[0] < changes_s < times_s[-1]
    assert all(0 < later_s - earlier_s < 600.0 for earlier_s, later_s in pairwise(times_s))
    assert not rig.heater_is_on


def test_without_a_supervisor_no_job_is_started(night, run_night):
    night.add()
    start_s = night.clock.time()
    run_night(supervised=lambda: night.clock.time() > start_s + 600)
    (claimed,) = [row for row in night.jobs.history(1) if row["state"] == "running"]
    assert night.states() == ["finished"]
    assert claimed["time_s"] > start_s + 600


def test_after_a_power_cut_nothing_heats_until_a_person_says_so(night, rig, run_night):
    job = night.add()
    night.jobs.claim("rig")
    heartbeats = Heartbeats(night.connection, "runner", "rig")
    heartbeats.begin()
    with night.connection.transaction() as connection:
        connection.execute("UPDATE heartbeats SET boot = 'an earlier start', pid = 4000000")
    run_night()
    assert night.states() == ["interrupted"]
    assert not rig.heater_is_on
    pause = night.pauses.in_force()
    assert pause is not None
    assert "nothing heats until a person says" in pause.reason
    night.pauses.resume()
    run_night()
    assert night.states() == ["finished"]
    assert "ended unexpectedly" in night.jobs.history(job)[2]["reason"]


def test_a_station_may_choose_to_go_on_after_a_power_cut(night, rig, run_night, tmp_path):
    night.add()
    night.jobs.claim("rig")
    Heartbeats(night.connection, "runner", "rig").begin()
    with night.connection.transaction() as connection:
        connection.execute("UPDATE heartbeats SET boot = 'an earlier start', pid = 4000000")
    run_night(station=replace(rig.station, night={"restart_after_power_cut": True}))
    assert night.states() == ["finished"]


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"kind": "heater_stuck_on", "value": 300.0, "after_s": 300.0}, "the heater does not obey"),
        ({"kind": "sensor_fault", "after_s": 600.0}, "sensor units over range"),
    ],
)
def test_what_befalls_the_oven_ends_the_job_with_that_reason(night, rig, run_night, fault, words):
    rig.true.faults.add(**fault)
    night.add(temperatures=[40, 50], policy=FailurePolicy(retries=0))
    run_night()
    assert night.states() == ["failed"]
    assert words in night.jobs.get(1).reason
    assert not rig.heater_is_on


def test_a_heater_that_does_not_obey_stops_the_whole_queue(night, rig, run_night):
    rig.true.faults.add("heater_stuck_on", value=300.0, after_s=300.0)
    night.add(temperatures=[40, 45, 40])
    night.add()
    run_night()
    assert night.states() == ["failed", "queued"]
    pause = night.pauses.in_force()
    assert pause is not None
    assert "interlock" in pause.reason


def events(night, kind):
    with night.read() as db:
        return db.rows("SELECT time_s, message FROM events WHERE kind = ? ORDER BY id", (kind,))


def test_an_open_door_keeps_the_next_job_from_beginning_and_fails_none(night, rig, run_night, tmp_path):
    door = tmp_path / "door"
    door.touch()
    watching = replace(rig.station, night={"interlocks": {"watched_file": str(door)}})
    night.add(temperatures=[40])
    run_night(station=watching)
    assert night.states() == ["queued"]
    pause = night.pauses.in_force()
    assert pause is not None
    assert pause.reason == f"interlock: no job begins: {door} exists"
    door.unlink()
    night.pauses.resume()
    run_night(station=watching)
    assert night.states() == ["finished"]


def test_an_open_door_is_nobodys_affair_while_no_job_waits(night, rig, run_night, tmp_path):
    watching = replace(rig.station, night={"interlocks": {"watched_file": str(tmp_path)}})
    run_night(station=watching)
    assert night.pauses.in_force() is None


def test_a_heater_that_heats_between_jobs_is_seen_and_keeps_the_next_job_waiting(night, rig, run_night):
    """A job has failed in the evening; at three in the morning the relay welds shut."""
    begin_s, hours_s = night.clock.time(), 3600.0
    rig.true.faults.add("sensor_fault", after_s=600.0, duration_s=600.0)
    rig.true.faults.add("heater_stuck_on", value=40.0, after_s=9 * hours_s)
    night.add("fails", policy=FailurePolicy(retries=0))
    night.add("tomorrow", not_before_s=begin_s + 14 * hours_s)
    run_night()
    assert night.states() == ["failed", "queued"]
    pause = night.pauses.in_force()
    assert pause is not None
    assert "rises although everything is off" in pause.reason
    (alarm,) = events(night, "interlock")
    assert 9 * hours_s < alarm["time_s"] - begin_s < 9.2 * hours_s
    assert rig.true.world.oven.sample_k < 273.15 + 60
    assert not rig.heater_is_on


def test_an_oven_that_cools_between_jobs_is_left_alone(night, rig, run_night):
    night.add("one", [40, 90])
    night.add("two", [40], not_before_s=night.clock.time() + 14 * 3600)
    run_night()
    assert night.states() == ["finished", "finished"]
    assert events(night, "interlock") == events(night, "process") == []


def test_an_oven_that_is_switched_off_between_jobs_is_told_once(night, rig, run_night):
    rig.true.faults.add("lost", instrument=OVEN, command="", after_s=4 * 3600, duration_s=3 * 3600)
    night.add("one", [40])
    night.add("two", [40], not_before_s=night.clock.time() + 10 * 3600)
    run_night()
    assert night.states() == ["finished", "finished"]
    (told,) = events(night, "process")
    assert "the temperature is not read now: oven" in told["message"]


class WhenDecided(StopRequest):
    """Ends a runner that would otherwise wait without limit, once no job is waiting."""

    def __init__(self, night):
        super().__init__()
        self.night = night

    def __call__(self):
        if not {"queued", "interrupted", "running"} & set(self.night.states()):
            self.request("every job has ended")
        return super().__call__()


def test_jobs_that_an_interlock_keeps_waiting_too_long_fail_with_that_reason(night, rig):
    rig.true.faults.add("heater_stuck_on", value=300.0, after_s=300.0, duration_s=1800.0)
    night.add("hot", [40, 45, 40])
    night.add("waits")
    kept = night.add("kept by a person", held=True)
    station = replace(rig.station, night={"longest_wait_for_person_h": 2})
    Runner(station, night.path, WhenDecided(night), clock=night.clock).run()
    assert night.states() == ["failed", "failed", "held"]
    reason = night.jobs.get(2).reason
    assert reason.startswith("not begun: the queue waited 2 h for a person: interlock: temperature")
    assert night.jobs.get(kept).reason == "queued"
    waited_s = night.jobs.history(2)[-1]["time_s"] - night.jobs.history(1)[-1]["time_s"]
    assert waited_s == pytest.approx(2 * 3600, abs=60)
    assert not rig.heater_is_on


@pytest.mark.parametrize(("before_s", "meanwhile_s"), [(-86400.0, 0.0), (0.0, -86400.0), (0.0, 86400.0)])
def test_a_clock_that_is_set_changes_nothing_about_which_jobs_are_given_up(night, rig, before_s, meanwhile_s):
    stop, station = StopRequest(), replace(rig.station, night={"longest_wait_for_person_h": 1})
    night.add("waits from the beginning")
    night.clock.jump(before_s)
    night.pauses.wait_for_person("interlock: too hot")

    def set_the_clock():
        night.clock.sleep(600)
        night.clock.jump(meanwhile_s)
        with WriteConnection(night.path) as connection:
            Jobs(connection, night.clock).add(night.protocol("queued meanwhile"))
        night.clock.sleep(2 * 3600)
        stop.request("enough")

    with night.clock.participant():
        night.clock.start_thread(set_the_clock)
        Runner(station, night.path, stop, clock=night.clock).run()
    assert night.states() == ["failed", "queued"]


def test_jobs_wait_for_a_person_who_paused_them_as_long_as_it_takes(night, rig):
    night.add()
    night.pauses.pause("job", "back on Monday", "ann")
    stop, station = StopRequest(), replace(rig.station, night={"longest_wait_for_person_h": 1})
    with night.clock.participant():
        night.clock.start_thread(lambda: (night.clock.sleep(5 * 3600), stop.request("enough")))
        Runner(station, night.path, stop, clock=night.clock).run()
    assert night.states() == ["queued"]


def test_a_job_whose_spectra_say_nothing_says_so(night, rig, run_night):
    """Every point of the first spectrum is beyond the range of the instrument."""
    rig.true.faults.add("overload", duration_s=900.0)
    night.add(temperatures=[40, 50])
    run_night()
    assert night.states() == ["finished"]
    assert night.jobs.get(1).reason == "1 of 2 spectra gave no conductivity"
    (told,) = events(night, "job finished")
    assert told["message"].endswith("finished: 1 of 2 spectra gave no conductivity")


def test_an_error_of_a_procedure_itself_is_not_tried_again(night, run_night, monkeypatch):
    def broken(self, step, target_k, branch):
        raise ZeroDivisionError("a mistake in the procedure")

    monkeypatch.setattr(TemperatureSteppedEIS, "measure_at", broken)
    night.add()
    run_night()
    assert [row["state"] for row in night.jobs.history(1)] == ["queued", "running", "failed"]
    assert "a mistake in the procedure" in night.jobs.get(1).reason


def test_an_instrument_that_is_absent_fails_the_job_in_words(night, rig, run_night):
    rig.true.faults.add("lost", instrument=ANALYSER, command="", duration_s=1e9)
    night.add(policy=AT_ONCE)
    run_night()
    assert night.states() == ["failed"]
    assert "analyser" in night.jobs.get(1).reason
    pause = night.pauses.in_force()
    assert pause is not None
    assert "look at the rig" in pause.reason
    assert not rig.heater_is_on


def test_a_file_that_cannot_be_used_for_a_while_costs_no_job(night, rig, run_night, monkeypatch):
    claim, refusals = Jobs.claim, [StoreError("locked"), StoreError("locked")]

    def refuse_twice(self, station, allows):
        if refusals:
            raise refusals.pop()
        return claim(self, station, allows)

    monkeypatch.setattr(Jobs, "claim", refuse_twice)
    night.add()
    run_night()
    assert night.states() == ["finished"]


def test_a_file_that_cannot_be_used_at_all_ends_the_runner_with_everything_safe(
    night, rig, run_night, monkeypatch
):
    def refuse(self, station, allows):
        raise StoreError("the disk is full")

    monkeypatch.setattr(Jobs, "claim", refuse)
    night.add()
    with pytest.raises(StoreError, match="the disk is full"):
        run_night()
    assert not rig.heater_is_on


def test_a_runner_that_cannot_take_over_does_not_end_in_good_order(night, run_night, monkeypatch):
    """Its supervisor starts a new one only after a death."""

    def refuse(self, reason):
        raise StoreError("another program keeps it locked")

    monkeypatch.setattr(Conclusions, "runner_died", refuse)
    with pytest.raises(StoreError, match="keeps it locked"):
        run_night()
    assert last_heartbeat(night).state == "alive"


def test_a_mistake_in_labctl_itself_costs_no_job(night, rig, run_night, monkeypatch):
    """Simulates an update of labctl under a runner: a late import no longer matches."""
    run, mistakes = Attempt.run, [ImportError("no such name"), AttributeError("nor this")]

    def mistaken_twice(self):
        if mistakes:
            raise mistakes.pop()
        return run(self)

    monkeypatch.setattr(Attempt, "run", mistaken_twice)
    night.add()
    run_night()
    assert night.states() == ["finished"]
    assert "AttributeError: nor this" in events(night, "process")[0]["message"]


def test_a_job_that_breaks_every_runner_fails_and_the_next_one_begins(night, rig, run_night, monkeypatch):
    """A runner tries for ten minutes, counts it once, and gives up: the mistake may be its own alone."""
    run = Attempt.run

    def break_the_first(self):
        if self.job.id == 1:
            raise ImportError("no such name")
        return run(self)

    monkeypatch.setattr(Attempt, "run", break_the_first)
    night.add("bad", [40], policy=AT_ONCE)
    night.add("good", [40])
    with pytest.raises(ImportError):
        run_night()
    run_night()
    assert night.states() == ["failed", "finished"]
    assert night.jobs.get(1).reason == "ImportError: no such name"


class Death(BaseException):
    """Passes through everything, as a kill does."""


def test_a_job_that_ends_the_runner_each_time_does_not_eat_the_night(night, rig, run_night, monkeypatch):
    """An abort in a vendor's library: twelve restarts of the runner, and the second job never began."""
    run = Attempt.run

    def die_in_the_first(self):
        if self.job.id == 1:
            raise Death
        return run(self)

    monkeypatch.setattr(Attempt, "run", die_in_the_first)
    night.add("deadly", [40], policy=AT_ONCE)
    night.add("good", [40])
    for _ in range(3):
        with pytest.raises(Death):
            run_night()
    run_night()
    assert night.states() == ["failed", "finished"]
    assert night.jobs.get(1).reason.startswith("ended the runner 3 times without a new finished step")
    assert [row["message"] for row in events(night, "job failed")] == [
        f"job 1 'deadly' failed: {night.jobs.get(1).reason}"
    ]


def test_deaths_are_counted_anew_after_every_finished_step(night, rig, run_night):
    """The runner dies at the fifth point of each of three steps, and every one is measured once."""

    def die():
        raise Death

    fifth_points = [AtRow("results", number, die) for number in (5, 5 + 21, 5 + 42)]

    def strike(event):
        for point in fifth_points:
            point(event)

    job = night.add(temperatures=[40, 45, 50], policy=FailurePolicy(retries=1, delay_s=0.0))
    for _ in range(3):
        with pytest.raises(Death):
            run_night(on_event=strike)
    run_night()
    assert night.states() == ["finished"]
    assert night.finished_spectra() == [(job, 40.0), (job, 45.0), (job, 50.0)]


def test_a_settling_that_failed_for_a_cause_that_was_told_is_tried_again(night, run_night, monkeypatch):
    bring_to, told = TemperatureSteppedEIS.bring_to, []

    def find_it_off_once(self, target_k):
        if not told:
            told.append("the oven was found off, and set on again")
            self.emit.__self__.event("warning", CAUSES[0], told[0])
            raise SettlingTimeout(target_k, 290.0, 14400.0, 0.5)
        bring_to(self, target_k)

    monkeypatch.setattr(TemperatureSteppedEIS, "bring_to", find_it_off_once)
    night.add(temperatures=[40], policy=AT_ONCE)
    run_night()
    assert night.states() == ["finished"]
    assert "attempt 1 failed: SettlingTimeout: no stable" in night.jobs.history(1)[2]["reason"]


def test_a_job_without_one_valid_point_has_failed_and_says_so(night, rig, run_night):
    rig.true.faults.add("overload", duration_s=1e9)
    night.add(temperatures=[40])
    run_night()
    assert night.states() == ["failed"]
    assert night.jobs.get(1).reason.startswith("measured nothing: none of the 16 points is valid (")
    with night.read() as db:
        assert [run["status"] for run in db.rows("SELECT status FROM runs")] == ["failed"]


def test_a_job_of_which_every_step_was_skipped_has_measured_nothing(night, run_night):
    job = night.add(temperatures=[40])
    run_night(on_event=AtRow("temperature", 3, lambda: night.requests.ask(job, "skip step")))
    assert night.states() == ["failed"]
    assert night.jobs.get(job).reason == "measured nothing: 1 step(s) skipped by request"


RAMP = """
[sample]
name = "pellet"
thickness_mm = 1.0
diameter_mm = 10.0
[[procedure]]
use = "procedures.temperature_ramp_eis:TemperatureRampEIS"
start_degc = {start}
end_degc = 140
ramp_k_min = 20
timeout_min = 1
frequency_max_hz = 1e5
frequency_min_hz = 1e3
points_per_decade = 3
"""


@pytest.mark.parametrize(("start", "spectra"), [(40, False), (22, True)])
def test_a_ramp_that_runs_into_its_own_time_limit_is_not_finished(night, rig, run_night, start, spectra):
    """The oven is slower than asked: on the way to the start, or to the end."""
    night.jobs.add(parse_protocol(RAMP.format(start=start), night.path.parent / "p.toml"))
    run_night()
    assert night.states() == ["failed"]
    assert night.jobs.get(1).reason.startswith("SettlingTimeout: no stable")
    assert bool(night.finished_spectra()) == spectra


def test_a_runner_that_gives_up_does_not_end_in_good_order(night, rig, run_night, monkeypatch):
    """Then its supervisor starts a new one."""
    monkeypatch.setattr(Jobs, "claim", lambda self, station, allows: 1 / 0)
    night.add()
    with pytest.raises(ZeroDivisionError):
        run_night()
    beat = Heartbeats(night.connection, "runner", "rig").read()
    assert beat is not None
    assert beat.state == "alive"
    assert not rig.heater_is_on


def test_the_reason_of_a_stop_never_counts_as_an_instrument_left_on(night, rig, run_night):
    job = night.add(temperatures=[40])
    details = {"reason": "the door opened while making safe the other rig"}
    run_night(on_event=AtRow("results", 3, lambda: night.requests.ask(job, "stop", details, "ann")))
    assert night.jobs.get(job).reason == details["reason"]
    assert night.pauses.in_force() is None


def test_a_cancellation_asked_for_while_an_attempt_fails_holds_for_the_next(night, rig, run_night):
    fail_for_good(rig)
    job = night.add(policy=AT_ONCE)
    run_night(on_event=AtRow("end", 1, lambda: night.requests.ask(job, "cancel", person="ann")))
    assert night.states() == ["cancelled"]
    assert night.jobs.get(job).reason == "cancelled by ann"
    assert night.finished_spectra() == []


def test_new_temperatures_that_a_killed_runner_did_not_take_follow_the_step_under_way(night, run_night):
    job, stop = night.add(temperatures=[40, 50, 60, 70]), StopRequest()
    run_night(stop, on_event=AtRow("results", 40, lambda: stop.request("SIGTERM")))
    night.requests.ask(job, "temperatures", {"temperatures_degc": [45, 42]}, "ann")
    run_night()
    assert [t for _, t in night.finished_spectra()] == [40.0, 50.0, 60.0, 45.0, 42.0]


def test_a_disk_too_full_for_a_run_keeps_the_jobs_waiting_and_fails_none(night, run_night, monkeypatch):
    def refuse(self, path):
        raise StoreError(f"{path}: 150 MB free on this disk, a run needs 268 MB")

    night.add()
    with monkeypatch.context() as patched:
        patched.setattr(SpaceRule, "check_before_run", refuse)
        run_night()
    assert night.states() == ["queued"]
    pause = night.pauses.in_force()
    assert pause is not None
    assert "150 MB free on this disk, a run needs 268 MB; make room" in pause.reason
    night.pauses.resume()
    run_night()
    assert night.states() == ["finished"]


def test_a_station_file_changed_under_the_runner_is_told_once(night, rig, run_night, tmp_path):
    night.add("one", [40])
    night.add("two", [40])
    (tmp_path / "station.toml").write_text("name = 'other limits from now on'")
    run_night()
    assert night.states() == ["finished", "finished"]
    (told,) = events(night, "person")
    assert (
        "was changed after this runner was started, which goes on with the old one; stop" in told["message"]
    )


def test_a_second_station_of_the_same_name_in_the_same_file_is_refused(night, run_night):
    with subprocess.Popen([sys.executable, "-SEc", "input()"], stdin=subprocess.PIPE) as other:
        Heartbeats(night.connection, "runner", "rig").begin()
        with night.connection.transaction() as connection:
            row = (other.pid, process_birth(other.pid))
            connection.execute("UPDATE heartbeats SET pid = ?, process_birth = ?, beat_s = beat_s + 600", row)
        with pytest.raises(ConfigurationError, match=rf"is 'rig', and a runner of another .*pid {other.pid}"):
            run_night()
        other.communicate(b"\n")
    run_night()


def test_what_the_runner_waits_for_is_said_once(night, run_night, caplog):
    night.add()
    start_s = night.clock.time()
    with caplog.at_level("INFO"):
        run_night(supervised=lambda: night.clock.time() > start_s + 600)
    assert [line for line in caplog.messages if "waiting" in line] == [
        "waiting for a supervisor: without one no job is started"
    ]


KILLED = """
import os, signal, sys
from pathlib import Path
from labctl.queue.runner import Runner
from labctl.measure.run import StopRequest
from labctl.config.station import read_station

left = int(sys.argv[3])

def on_event(event):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)

Runner(read_station(sys.argv[1]), Path(sys.argv[2]), StopRequest(), until_empty=True, on_event=on_event).run()
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is a matter of POSIX")
def test_a_night_survives_runners_killed_at_any_row(night, tmp_path, station_text):
    (tmp_path / "station.toml").write_text(station_text)
    for n in range(2):
        night.add(f"job {n}", [40, 45])
    for row in (120, 150, 10**9):
        command = [sys.executable, "-c", KILLED, tmp_path / "station.toml", night.path, str(row)]
        subprocess.run(command, check=False, timeout=60)
    assert night.states() == ["finished", "finished"]
    assert night.finished_spectra() == [(1, 40.0), (1, 45.0), (2, 40.0), (2, 45.0)]
    with night.read() as db:
        ended = db.rows("SELECT status, count(*) AS n FROM runs GROUP BY status ORDER BY status")
        derived = db.rows("SELECT count(*) AS n FROM conductivities")
        cut = db.rows("SELECT count(*) AS n FROM spectra WHERE status = 'interrupted'")
        repeated = db.rows("SELECT count(*) AS n FROM spectra WHERE repeat_of IS NOT NULL")
    assert {row["status"] for row in ended} == {"finished", "interrupted"}
    assert derived[0]["n"] == 4
    assert cut[0]["n"] == repeated[0]["n"] > 0


def test_an_attempt_without_its_protocol_text_fails_in_words(night, run_night):
    night.add()
    with night.connection.transaction() as connection:
        connection.execute("UPDATE jobs SET protocol_text = 'no = [toml'")
    run_night()
    assert [row["state"] for row in night.jobs.history(1)] == ["queued", "running", "failed"]
    assert "not valid TOML" in night.jobs.get(1).reason


def test_the_heartbeat_says_how_much_of_the_job_is_done_as_the_procedures_emit_it(
    night, run_night, monkeypatch
):
    told = []

    def keep(pulse, **changes):
        told.extend(changes[name] for name in changes if name == "percent")

    monkeypatch.setattr(Pulse, "tell", keep)
    night.add(temperatures=[40, 50])
    run_night()
    assert (told[0], told[-1]) == (None, None)  # of the job before, and of none after it
    emitted = told[1:-1]
    assert emitted == sorted(emitted)
    assert 0 < emitted[0] < 10
    assert emitted[-1] == pytest.approx(100.0)
