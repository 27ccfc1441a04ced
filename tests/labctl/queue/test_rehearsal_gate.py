"""A runner begins no job before its rehearsal has passed, and waits for none for ever."""

import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest

from labctl.config.protocol import parse_protocol
from labctl.config.station import read_station
from labctl.queue.job import Claimant
from labctl.queue.rehearsal_gate import ENDS_ITSELF_S, RehearsalGate
from labctl.queue.rehearsal_inputs import hash_of_inputs
from labctl.queue.rehearsal_records import NO_RESULT, RehearsalRecords, RehearsalResult
from labctl.queue.rehearsing import rehearse_jobs
from labctl.store.processes import process_birth

LONGEST_S = 600.0
HERE = Claimant.this_process()


class Process:
    """A process that has ended, or lives until it is killed."""

    def __init__(self, lives: bool = False) -> None:
        self.lives = lives

    def poll(self) -> int | None:
        return None if self.lives else 0

    def kill(self) -> None:
        self.lives = False


@pytest.fixture
def own_rig(rig, tmp_path):
    """The station with a rig of its own, which no other test or job uses."""
    return read_station(tmp_path / "station.toml")


@pytest.fixture
def rehearsals(night, own_rig):
    """Jobs that were rehearsed at the runner's wish, in order; call it as the runner does."""

    class Rehearsals(list):
        def __call__(self, job_id):
            self.append(job_id)
            rehearse_jobs(night.path, own_rig, [job_id], night.clock)
            return Process()

    return Rehearsals()


@pytest.fixture
def starts():
    """The jobs that processes of the gate were started for; these end without a result."""
    return []


@pytest.fixture
def gate(night, rig, starts):
    def start(job_id) -> Any:
        starts.append(job_id)
        return Process()

    return RehearsalGate(night.connection, rig.station, night.clock, LONGEST_S, start)


def wanted(night, *arguments, **options):
    return night.add(*arguments, rehearsal="wanted", **options)


def passed(night, job_id, inputs):
    records = RehearsalRecords(night.connection, HERE, night.clock)
    records.claim([job_id])
    assert records.record(job_id, RehearsalResult("passed", "1.0 h", inputs))


def look_for(gate, clock, seconds):
    """Look once a second, as a runner that waits; return what was said last."""
    said = gate.look()
    for _ in range(round(seconds)):
        clock.sleep(1.0)
        said = gate.look()
    return said


def reasons(night, job_id):
    return [row["reason"] for row in night.jobs.history(job_id)]


def test_a_job_begins_after_its_rehearsal_and_a_failed_one_is_held_while_the_next_begins(
    night, run_night, rehearsals
):
    bad, good = night.add_bad(rehearsal="wanted"), wanted(night, "good", [40])
    run_night(rehearse=rehearsals)
    assert night.states() == ["held", "finished"]
    assert rehearsals == [bad, good]
    _, rehearsed, claimed, *_ = reasons(night, good)
    assert rehearsed.startswith("rehearsed: ")
    assert claimed == "claimed by the runner"


def test_a_released_job_begins_although_its_rehearsal_failed(night, run_night, rehearsals):
    job_id = night.add_bad(rehearsal="wanted")
    run_night(rehearse=rehearsals)
    night.jobs.release(job_id, "ann")
    run_night(rehearse=rehearsals)
    assert rehearsals == [job_id]
    assert night.states() == ["failed"]


def test_a_job_that_is_released_after_a_change_is_rehearsed_again(night, run_night, rehearsals, rig):
    job_id = night.add_bad(rehearsal="wanted")
    run_night(rehearse=rehearsals)
    night.jobs.release(job_id, "ann")
    mended = replace(rig.station, text=f"{rig.station.text}# mended")
    run_night(station=mended, rehearse=rehearsals)
    assert rehearsals == [job_id, job_id]
    assert night.states() == ["held"]


@pytest.mark.parametrize("rehearsal", ["", "declined", "impossible"])
def test_jobs_that_are_not_rehearsed_begin_at_once_as_before(night, gate, rehearsal, starts):
    job_id = night.add()
    with night.connection.transaction() as connection:
        connection.update("jobs", job_id, {"rehearsal": rehearsal})
    assert gate.look() == ""
    assert night.jobs.claim("rig", gate.allows).id == job_id
    assert starts == []


def test_a_job_that_was_begun_goes_on_without_a_rehearsal(night, gate):
    job_id = wanted(night)
    night.jobs.claim("rig")
    night.jobs.end(job_id, "interrupted", "a power cut")
    assert gate.look() == ""
    assert night.jobs.claim("rig", gate.allows).id == job_id


def test_a_job_keeps_its_place_while_it_is_rehearsed(night, gate):
    wanted(night, "first")
    night.add("second")
    assert gate.look() == "waiting: job 1 'first' is rehearsed"
    assert night.jobs.claim("rig", gate.allows) is None


def test_the_program_that_queued_a_job_is_left_time_to_rehearse_it(night, gate, starts):
    wanted(night)
    look_for(gate, night.clock, 4)
    assert starts == []
    look_for(gate, night.clock, 1)
    assert starts == [1]


def test_jobs_that_wait_for_their_hour_are_rehearsed_while_the_runner_is_idle(night, gate, starts):
    later = wanted(night, not_before_s=night.clock.time() + 3600)
    assert look_for(gate, night.clock, 5) == ""
    assert starts == [later]


def test_a_job_is_held_when_its_rehearsal_never_gives_a_result(night, gate, starts):
    wanted(night)
    look_for(gate, night.clock, 9)
    assert starts == [1, 1, 1]
    job = night.jobs.get(1)
    assert (job.state, job.reason) == ("held", f"rehearsal failed: {NO_RESULT}")


def test_a_job_is_held_when_no_process_can_be_started(night, rig):
    def start(job_id) -> Any:
        raise OSError("no more processes")

    gate = RehearsalGate(night.connection, rig.station, night.clock, LONGEST_S, start)
    wanted(night)
    look_for(gate, night.clock, 9)
    assert night.jobs.get(1).state == "held"


def test_a_process_that_never_claims_the_job_is_killed_in_the_end(night, rig):
    started = []

    def start(job_id) -> Any:
        started.append(Process(lives=True))
        return started[-1]

    gate = RehearsalGate(night.connection, rig.station, night.clock, LONGEST_S, start)
    wanted(night)
    for _ in range(4):
        look_for(gate, night.clock, LONGEST_S + ENDS_ITSELF_S + 6)
    assert len(started) == 3
    assert not any(process.lives for process in started)
    assert night.jobs.get(1).state == "held"


def test_a_rehearsal_that_is_frozen_is_killed_and_the_job_held(night, gate, starts):
    frozen = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
    claimant = Claimant(HERE.host, frozen.pid, process_birth(frozen.pid) or "")
    job_id = wanted(night, held=True)
    RehearsalRecords(night.connection, claimant, night.clock).claim([job_id])
    look_for(gate, night.clock, 3)
    assert frozen.poll() is None
    night.clock.sleep(LONGEST_S + ENDS_ITSELF_S)
    gate.look()
    frozen.communicate()
    assert frozen.returncode != 0
    job = night.jobs.get(job_id)
    assert (job.rehearsal, job.state) == ("failed", "held")
    assert "did not end within 10 min" in job.reason
    assert starts == []


def test_a_changed_station_file_is_rehearsed_again_once_and_not_for_ever(night, run_night, rehearsals, rig):
    """The runner goes on with the station file that it has read; the process reads the new one."""
    job_id = wanted(night, temperatures=[40])
    passed(night, job_id, "of another station file")
    as_read = replace(rig.station, text=f"{rig.station.text}# as the runner read it")
    run_night(station=as_read, rehearse=rehearsals)
    assert rehearsals == [job_id]
    assert night.states() == ["finished"]
    words = [reason.partition(":")[0] for reason in reasons(night, job_id)]
    assert words[:5] == ["queued", "rehearsed", "to be rehearsed again", "rehearsed", "claimed by the runner"]


def test_a_job_with_unchanged_content_is_not_rehearsed_twice(night, gate, own_rig):
    job_id = wanted(night)
    passed(night, job_id, hash_of_inputs(night.jobs.get(job_id), night.protocol(), own_rig))
    assert gate.look() == ""
    assert night.jobs.claim("rig", gate.allows).id == job_id


def test_changed_own_code_changes_the_hash_and_shipped_code_is_told_by_the_version(night, own_rig, tmp_path):
    job = night.jobs.get(night.add())
    text = night.protocol().text.replace("procedures.temperature_stepped_eis:", "ours:")
    hashes = []
    for remark in ("", "# changed"):
        code = f"from procedures.temperature_stepped_eis import TemperatureSteppedEIS\n{remark}"
        (tmp_path / "ours.py").write_text(code)
        hashes.append(hash_of_inputs(job, parse_protocol(text, tmp_path / "p.toml"), own_rig))
    assert len({*hashes}) == 2
    shipped = night.protocol()
    known = hash_of_inputs(job, shipped, own_rig)
    unread = [
        replace(entry, code=tuple(replace(c, sha256=None) for c in entry.code))
        for entry in shipped.procedures
    ]
    assert hash_of_inputs(job, replace(shipped, procedures=tuple(unread)), own_rig) == known


def test_a_job_whose_deadline_passes_while_it_waits_is_cancelled(night, gate):
    job_id = wanted(night, deadline_s=night.clock.time() + 2)
    look_for(gate, night.clock, 3)
    assert night.jobs.claim("rig", gate.allows) is None
    assert night.jobs.get(job_id).state == "cancelled"


def test_a_runner_without_rehearsals_begins_every_job(night, run_night):
    wanted(night, temperatures=[40])
    run_night()
    assert night.states() == ["finished"]
