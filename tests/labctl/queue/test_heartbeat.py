"""One rule says which process is frozen: `status`, window and supervisor agree."""

import json
import math
import os
import platform
import subprocess
import sys
import threading
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from labctl.cli import app
from labctl.clock import RealClock, VirtualClock
from labctl.config.night import DEFAULT_SILENCE_S, Night, read_silence
from labctl.config.station import read_station
from labctl.errors import ConfigurationError
from labctl.measure.stop import StopRequest
from labctl.queue.heartbeat import Heartbeats, Pulse, StillPulse, state_of
from labctl.queue.silence import Silences
from labctl.queue.supervisor import Supervisor
from labctl.readmodel.station_view import read_station_view, status_in_words
from labctl.store.processes import process_birth

CLOCK = RealClock()
SILENCE_S = 20.0
STATION = """
name = "rig"
[limits]
temperature_degc = [0, 150]
potential_v = 1.0
current_a = 0.1
"""


@pytest.fixture
def other_process():
    """A living process that is not this one: a supervisor ends what it finds frozen."""
    process = subprocess.Popen([sys.executable, "-SEc", "input()"], stdin=subprocess.PIPE)
    yield process
    process.kill()
    process.communicate()


@pytest.fixture
def station_file(tmp_path):
    path = tmp_path / "station.toml"
    path.write_text(f"{STATION}[night]\nsilence_s = {SILENCE_S}\n")
    return path


@pytest.fixture
def beat_before(night, other_process):
    """Write the heartbeat of a process of station rig as it was so many seconds ago; return it as read."""

    def write(age_s, process="runner", **changes):
        heartbeats = Heartbeats(night.connection, process, "rig")
        heartbeats.begin()
        row = {"pid": other_process.pid, "process_birth": process_birth(other_process.pid) or ""}
        row |= {"host": platform.node(), "beat_s": CLOCK.time() - age_s, **changes}
        assignments = ", ".join(f"{name} = ?" for name in row)
        with night.connection.transaction() as connection:
            statement = f"UPDATE heartbeats SET {assignments} WHERE process = ?"
            connection.execute(statement, [*row.values(), process])
        return heartbeats.read()

    return write


def test_a_process_that_never_ran_has_no_state():
    assert state_of(None, SILENCE_S) == "none"


@pytest.mark.parametrize(
    ("age_s", "changes", "state"),
    [
        (0.9 * SILENCE_S, {}, "running"),
        (1.1 * SILENCE_S, {}, "frozen"),
        (-3600.0, {}, "running"),
        (0.0, {"due_s": 0.0}, "frozen"),
        (0.0, {"due_s": math.inf}, "running"),
        (1.1 * SILENCE_S, {"state": "ended"}, "ended"),
        (0.0, {"state": "dead"}, "dead"),
        (0.0, {"state": "unsafe"}, "unsafe"),
        (1.1 * SILENCE_S, {"state": "dismissed"}, "dismissed"),
        (0.0, {"process_birth": "another process of that number"}, "dead"),
        (0.0, {"process_birth": "another process", "host": "another computer"}, "running"),
    ],
)
def test_the_state_of_a_runner_follows_from_its_last_heartbeat(beat_before, age_s, changes, state):
    assert state_of(beat_before(age_s, **changes), SILENCE_S) == state


def test_a_supervisor_may_be_silent_for_twice_as_long_as_a_runner(beat_before):
    assert state_of(beat_before(1.9 * SILENCE_S, "supervisor"), SILENCE_S) == "running"
    assert state_of(beat_before(2.1 * SILENCE_S, "supervisor"), SILENCE_S) == "frozen"


def shown_by_status(night, station_file):
    arguments = ["status", "--db", str(night.path), "--station", str(station_file), "--json"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0
    (process,) = json.loads(result.stdout)["processes"]
    return process["state"]


def shown_by_the_window(night):
    view = read_station_view(night.connection, "rig", CLOCK.time(), SILENCE_S, Silences(CLOCK).of)
    return view.runner_state


def made_safe_by_the_supervisor(night, station_file):
    """Whether a supervisor that has just begun finds the runner frozen within a tenth of the limit.

    Asked to stop, it waits for one more heartbeat, which a runner that lives then writes.
    """
    made_safe, stop, clock = [], StopRequest(), VirtualClock(epoch_s=CLOCK.time())

    def make_safe():
        made_safe.append(1)
        return {}

    watching = Supervisor(read_station(station_file), night.path, stop, make_safe=make_safe, clock=clock)
    with clock.participant():
        thread = clock.start_thread(watching.run)
        clock.sleep(0.1 * SILENCE_S)
        stop.request("enough")
        while thread.is_alive() and not made_safe:
            with night.connection.transaction() as connection:
                connection.execute("UPDATE heartbeats SET beat_s = beat_s + 1e-3 WHERE process = 'runner'")
            clock.sleep(0.05)
        with clock.released():
            thread.join(timeout=60)
    return bool(made_safe)


def test_status_window_and_supervisor_call_the_same_runner_running(night, beat_before, station_file):
    beat_before(0.8 * SILENCE_S)
    assert shown_by_status(night, station_file) == "running"
    assert shown_by_the_window(night) == "running"
    assert not made_safe_by_the_supervisor(night, station_file)


def test_status_window_and_supervisor_call_the_same_runner_frozen(night, beat_before, station_file):
    beat_before(1.1 * SILENCE_S)
    assert shown_by_status(night, station_file) == "FROZEN"
    assert shown_by_the_window(night) == "frozen"
    assert made_safe_by_the_supervisor(night, station_file)


def test_status_and_window_say_what_was_not_read_back_off(night, beat_before, station_file):
    beat_before(0.0, state="unsafe", unsafe="oven: no answer")
    arguments = ["status", "--db", str(night.path), "--station", str(station_file)]
    assert "rig: NOT SAFE, not read back off: oven: no answer" in CliRunner().invoke(app, arguments).stdout
    view = read_station_view(night.connection, "rig", CLOCK.time(), SILENCE_S)
    assert view.in_trouble
    assert status_in_words(view)[:2] == [
        "NOT SAFE: the runner has ended",
        "NOT SAFE, not read back off: oven: no answer",
    ]


def test_status_and_window_say_what_a_living_runner_cannot_make_safe(night, beat_before, station_file):
    beat_before(0.0, unsafe="oven: no answer")
    arguments = ["status", "--db", str(night.path), "--station", str(station_file)]
    assert "running, NOT SAFE, trying again: oven: no answer" in CliRunner().invoke(app, arguments).stdout
    view = read_station_view(night.connection, "rig", CLOCK.time(), SILENCE_S)
    assert view.in_trouble
    assert "NOT SAFE, not read back off: oven: no answer" in status_in_words(view)


def test_what_a_person_has_seen_to_is_no_trouble_but_is_named(night, beat_before, station_file):
    beat_before(0.0, state="dismissed", unsafe="oven: no answer")
    arguments = ["status", "--db", str(night.path), "--station", str(station_file)]
    assert "a person has seen to it: oven: no answer" in CliRunner().invoke(app, arguments).stdout
    view = read_station_view(night.connection, "rig", CLOCK.time(), SILENCE_S)
    assert not view.in_trouble
    assert "a person has seen to it: oven: no answer" in status_in_words(view)[0]


def test_the_outputs_of_a_runner_that_died_unattended_are_not_called_off(night, beat_before, station_file):
    beat_before(0.0, pid=2**22 + 1)
    arguments = ["status", "--db", str(night.path), "--station", str(station_file)]
    left = "NOT SAFE: the outputs were not read back; the next supervisor or runner makes safe first"
    assert f"NOT RUNNING, {left}" in CliRunner().invoke(app, arguments).stdout
    (process,) = json.loads(CliRunner().invoke(app, [*arguments, "--json"]).stdout)["processes"]
    assert (process["unsafe"], process["unsafe_in_words"]) == ("the outputs were not read back", left)
    words = status_in_words(read_station_view(night.connection, "rig", CLOCK.time(), SILENCE_S))
    assert "NOT SAFE, not read back off: the outputs were not read back" in words
    assert "AND NO SUPERVISOR: press Make safe, then check the rig" in words


def test_after_a_supervisor_has_made_safe_a_dead_runner_left_nothing_on(night, beat_before):
    beat_before(0.0, state="dead")
    words = status_in_words(read_station_view(night.connection, "rig", CLOCK.time(), SILENCE_S))
    assert not any("NOT SAFE" in phrase for phrase in words)
    assert "AND NO SUPERVISOR" in words


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("alive", "NOT SAFE, trying again: oven: no answer"),
        ("unsafe", "not read back off: oven: no answer; a supervisor tries until it is (or --dismiss)"),
        ("dismissed", "a person has seen to it: oven: no answer"),
    ],
)
def test_the_list_of_the_queue_says_what_was_not_read_back_off(night, beat_before, state, words):
    beat_before(0.0, state=state, unsafe="oven: no answer")
    arguments = ["queue", "list", "--db", str(night.path)]
    assert f"rig: {words}" in CliRunner().invoke(app, arguments).stdout
    assert json.loads(CliRunner().invoke(app, [*arguments, "--json"]).stdout)["not_safe"] == {"rig": words}


@pytest.mark.parametrize(
    ("tell", "state", "words"),
    [
        (lambda pulse: None, "unsafe", "the outputs were not read back"),
        (lambda pulse: pulse.made_safe({}), "ended", ""),
        (lambda pulse: pulse.made_safe({"oven": "no answer"}), "unsafe", "oven: no answer"),
        (lambda pulse: (pulse.made_safe({}), pulse.doubt()), "unsafe", "the outputs were not read back"),
    ],
)
def test_a_program_ends_as_ended_only_after_it_was_told_that_everything_is_off(night, tell, state, words):
    with StillPulse(night.path, "rig") as pulse:
        tell(pulse)
    beat = Heartbeats(night.connection, "runner", "rig").read()
    assert (beat.state, beat.unsafe) == (state, words)


@pytest.mark.parametrize("file", ["absent.toml", "of another.toml", "wrong.toml"])
def test_status_without_the_file_of_a_station_takes_the_default(night, beat_before, tmp_path, file):
    (tmp_path / "of another.toml").write_text('name = "another"\n[night]\nsilence_s = 60\n')
    (tmp_path / "wrong.toml").write_text('name = "rig"\n[night]\nsilence_s = "long"\n')
    beat_before(0.7 * DEFAULT_SILENCE_S)
    assert shown_by_status(night, tmp_path / file) == "running"
    beat_before(1.3 * DEFAULT_SILENCE_S)
    assert shown_by_status(night, tmp_path / file) == "FROZEN"


def test_the_default_is_that_of_the_night():
    assert Night.silence_s == DEFAULT_SILENCE_S


def test_the_limit_is_read_without_loading_a_driver(station_file):
    text = station_file.read_text()
    station_file.write_text(f'{text}\n[instruments.oven]\ndriver = "no.such:Driver"\n')
    assert read_silence(station_file) == ("rig", SILENCE_S)


def test_a_limit_that_is_no_number_is_refused(tmp_path):
    path = tmp_path / "station.toml"
    path.write_text('[night]\nsilence_s = "long"\n')
    with pytest.raises(ConfigurationError, match=r"night\.silence_s"):
        read_silence(path)


def test_a_watcher_believes_the_age_of_the_first_heartbeat_it_sees(beat_before):
    clock = VirtualClock(epoch_s=CLOCK.time())
    assert Silences(clock).of(beat_before(90.0)) == pytest.approx(90.0, abs=5.0)


def test_a_clock_that_is_set_back_or_forward_freezes_nobody_for_a_watcher(beat_before):
    clock = VirtualClock(epoch_s=CLOCK.time())
    silences = Silences(clock)
    for age_s in (0.0, 3600.0, -3600.0, 0.0):
        clock.sleep(0.5)
        assert state_of(beat_before(age_s), SILENCE_S, silences.of) == "running"


def test_a_watcher_adds_up_the_silence_of_each_process_by_itself(beat_before):
    clock = VirtualClock(epoch_s=CLOCK.time())
    silences, silent = Silences(clock), beat_before(0.0)
    states = []
    for _ in range(30):
        beating = beat_before(0.0, "supervisor")
        clock.sleep(1.0)
        states = [state_of(beat, SILENCE_S, silences.of) for beat in (silent, beating)]
    assert states == ["frozen", "running"]


def test_a_watcher_that_slept_does_not_count_that_as_silence(beat_before):
    clock = VirtualClock(epoch_s=CLOCK.time())
    silences, beat = Silences(clock, one_look_counts_s=2.0), beat_before(0.0)
    silences.of(beat)
    before_s = silences.of(beat)
    clock.sleep(3600.0)
    assert silences.of(beat) - before_s == pytest.approx(2.0)


@pytest.mark.parametrize("ahead_s", [-3600.0, 3600.0], ids=["its clock behind", "its clock ahead"])
def test_a_process_whose_clock_is_another_is_watched_before_it_is_called_frozen(beat_before, ahead_s):
    clock = VirtualClock(epoch_s=CLOCK.time())
    first, later = beat_before(-ahead_s), beat_before(-ahead_s - 0.5)
    assert state_of(first, SILENCE_S, watch(clock, lambda: later)) == "running"
    assert clock.monotonic() < SILENCE_S


@pytest.mark.parametrize("ahead_s", [-3600.0, 3600.0], ids=["its clock behind", "its clock ahead"])
def test_a_process_whose_clock_is_another_and_that_is_silent_is_called_frozen(beat_before, ahead_s):
    clock, silent = VirtualClock(epoch_s=CLOCK.time()), beat_before(-ahead_s)
    assert state_of(silent, SILENCE_S, watch(clock, lambda: silent)) == "frozen"


def test_a_fresh_heartbeat_is_believed_at_once_and_one_of_another_computer_for_good(beat_before):
    clock = VirtualClock(epoch_s=CLOCK.time())
    fresh, elsewhere = beat_before(0.1), replace(beat_before(3600.0), host="elsewhere")
    states = [state_of(beat, SILENCE_S, watch(clock, pytest.fail)) for beat in (fresh, elsewhere)]
    assert (states, clock.monotonic()) == (["running", "frozen"], 0.0)


def watch(clock, read_again):
    """As `labctl status` looks once at a process."""
    silences = Silences(clock)
    return lambda beat: silences.watched(beat, beat.allowed_silence_s(SILENCE_S), read_again)


def next_beat(night):
    """Wait for another heartbeat of the runner, and return it."""
    heartbeats, end_s = Heartbeats(night.connection, "runner", "rig"), CLOCK.monotonic() + 60.0
    before = beat = heartbeats.read()
    while beat == before:
        assert CLOCK.monotonic() < end_s, "no heartbeat"
        CLOCK.sleep(0.02)
        beat = heartbeats.read()
    return beat


@pytest.mark.parametrize("monotonic_goes_on", [True, False], ids=["as on Windows", "as on Linux"])
def test_a_suspended_computer_breaks_no_promise_of_the_measuring_thread(night, monotonic_goes_on):
    clock = VirtualClock(epoch_s=CLOCK.time())
    with Pulse(night.path, "rig", clock=clock) as pulse:
        pulse.promise(300.0)
        clock.sleep(0.1)
        next_beat(night)
        (clock.sleep if monotonic_goes_on else clock.jump)(600.0)
        beat = next_beat(night)
    assert not beat.overdue
    assert beat.due_s - beat.beat_s == pytest.approx(300.0, abs=1.0)


def test_the_end_is_recorded_without_memory_for_another_thread(night, monkeypatch):
    start, threads = threading.Thread.start, []

    def start_the_first(thread):
        if threads:
            raise RuntimeError("can't start new thread")
        threads.append(thread)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", start_the_first)
    with Pulse(night.path, "rig") as pulse:
        assert next_beat(night).state == "alive"
        pulse.made_safe({})
    assert Heartbeats(night.connection, "runner", "rig").read().state == "ended"


def test_a_measuring_thread_that_is_late_on_a_computer_that_works_breaks_its_promise(night):
    clock = VirtualClock(epoch_s=CLOCK.time())
    with Pulse(night.path, "rig", clock=clock) as pulse:
        pulse.promise(3.0)
        for _ in range(4):
            clock.sleep(0.9)
            beat = next_beat(night)
    assert beat.overdue


def test_this_process_is_alive(night):
    heartbeats = Heartbeats(night.connection, "runner", "rig")
    heartbeats.begin()
    beat = heartbeats.read()
    assert beat is not None
    assert beat.pid == os.getpid()
    assert beat.lives(SILENCE_S)
