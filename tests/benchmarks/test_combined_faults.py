"""The campaign of combined faults: three fixed nights, and proof that its judgement can fail."""

import os
import sys
from contextlib import closing
from pathlib import Path

import pytest

from labctl.store import Store
from labctl.store.transactions import WriteConnection

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
SAMPLE = {"name": "a", "thickness_m": 1e-3, "area_m2": 1e-4, "electrodes": "blocking"}
ONE_JOB = ((32, 36),)  # a run or script that is not killed in time would end with so few steps
LAZY_OVEN = """
from drivers.lakeshore33x import LakeShore336

class LazyOven(LakeShore336):
    def switch_off(self):
        pass

    def make_safe(self):
        pass
"""


@pytest.fixture
def combined(monkeypatch):
    """The modules of the campaign."""
    if os.name != "posix":
        pytest.skip("signals of POSIX")
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import combined.night
    import combined.plan
    import combined.promise
    import combined.report
    import combined.seen

    return combined


@pytest.fixture
def plan(combined):
    """Make a plan from lines such as `1.5 program kill`."""

    def planned(program, kept, analyser_first, *lines):
        acts = (line.split(" ", 2) for line in lines)
        acts = tuple(combined.plan.Act(float(at), to, do) for at, to, do in acts)
        steps = ONE_JOB if program == "runner" else combined.plan.TEMPERATURES_DEGC
        return combined.plan.Plan(program, kept, analyser_first, acts, steps)

    return planned


@pytest.fixture
def promise(combined):
    return combined.promise.Promise("oven", dict)


NIGHTS = {
    "a runner is killed beside a dripping analyser, and the -wal is deleted": (
        *("runner", "second supervisor", True),
        *("0.4 analyser dripping", "0.5 program kill", "1.0 file -wal deleted", "2.0 analyser well"),
    ),
    "run and supervisor are killed while the cable of the oven is cut": (
        *("run", "second supervisor", False),
        *("0.5 oven cut", "0.55 program kill", "0.55 supervisor kill", "5.0 oven well"),
    ),
    "supervisor and script are stopped and killed while the disk is full": (
        *("script", "service", False),
        *("0.5 file full disk", "1.0 supervisor SIGTERM", "1.0 program kill", "4.0 file room"),
    ),
}


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.drawn(1)
@pytest.mark.parametrize("night", NIGHTS.values(), ids=NIGHTS)
def test_no_guarantee_is_violated_when(combined, plan, tmp_path, night):
    report = combined.night.Night(plan(*night), tmp_path).run()
    assert report.kept, "no output was on: nothing was judged"
    assert report.details == []


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_an_oven_that_nobody_switches_off_is_reported(combined, plan, tmp_path):
    (tmp_path / "lazy_oven.py").write_text(LAZY_OVEN)
    lazy = {"drivers.lakeshore33x:LakeShore336": "lazy_oven:LazyOven"}
    killed = plan("run", "second supervisor", False, "0.1 program kill")
    report = combined.night.Night(killed, tmp_path, lazy).run()
    assert set(report.broken) == {"oven left on", "said off, was on", "on in the end"}


def test_nights_of_a_seed_are_always_the_same_and_hold_every_fault(combined):
    nights = [combined.plan.drawn(1, number) for number in range(300)]
    assert nights == [combined.plan.drawn(1, number) for number in range(300)]
    done = {(act.to, act.do) for night in nights for act in night.acts}
    sick = {(i, s) for i in ("oven", "analyser") for s in combined.plan.SICKNESSES}
    assert sick <= done
    assert {("program", name.split()[0]) for name in combined.plan.PROGRAM_BLOWS} <= done
    assert {("supervisor", name) for name in combined.plan.SUPERVISOR_BLOWS if name} <= done
    assert {("file", name) for name in combined.plan.FILE_BLOWS if name} <= done
    assert len({(n.program, n.kept, n.analyser_first) for n in nights}) == 12


def test_five_seconds_are_promised_from_a_blow_at_the_program(promise):
    promise.strike(0.0, "program")
    assert promise.look(4.9, on=True) is None
    assert promise.look(5.1, on=True).broken


def test_an_output_that_goes_off_in_time_keeps_the_promise(promise):
    promise.strike(0.0, "program")
    kept = promise.look(1.0, on=False)
    assert (kept.on_s, kept.broken, promise.open) == (1.0, False, False)


def test_fifteen_seconds_are_promised_once_the_supervisor_was_struck(promise):
    promise.strike(0.0, "supervisor")
    promise.strike(0.5, "program")
    assert promise.look(15.4, on=True) is None
    assert promise.look(15.6, on=True).broken


def test_nothing_is_promised_while_the_instrument_is_sick_and_five_seconds_after(promise):
    promise.strike(0.0, "program")
    promise.fall_ill()
    assert promise.look(60.0, on=True) is None
    promise.get_well(60.0)
    assert promise.look(64.9, on=True) is None
    assert promise.look(65.1, on=True).broken


def test_the_time_without_a_core_is_subtracted(combined):
    waited = {1: 0.0, 2: 0.0}
    promise = combined.promise.Promise("oven", lambda: waited)
    promise.strike(0.0, "program")
    waited |= {1: 2.0, 2: 1.0}
    assert promise.look(7.9, on=True) is None
    assert promise.look(8.1, on=True).broken


@pytest.fixture
def measured(combined, tmp_path):
    """A file with a finished run of one spectrum of 13 points, and what was seen of it."""
    path = tmp_path / "lab.db"
    with Store.open(path) as store:
        sample = store.find_or_add_sample(SAMPLE)
        run = store.insert("runs", {"sample_id": sample, "procedure": "script", "started_s": 1.0})
        add_spectrum(store, run, 0)
        store.update("runs", run, {"status": "finished", "ended_s": 2.0})
    with closing(WriteConnection(path)) as connection:
        row = "INSERT INTO heartbeats (process, station, pid, host, state, started_s, beat_s) VALUES "
        connection.execute(row + "('runner', 'rig', 1, '', 'ended', 1, 1)")
    seen = combined.seen.Seen(path)
    seen.look()
    return seen


def add_spectrum(store, run, number):
    started = {"run_id": run, "number": number, "started_s": 1.0}
    spectrum = store.insert("spectra", started)
    for place in range(13):
        point = {"number": place, "time_s": 1.0, "frequency_hz": 1.0, "z_real_ohm": 1.0, "z_imag_ohm": -1.0}
        store.append("impedance_points", {"spectrum_id": spectrum, **point})
    store.update("spectra", spectrum, {"status": "finished", "ended_s": 2.0})


def test_rows_are_not_missed_where_nobody_was_left_to_rescue_them(combined, plan, measured):
    measured.rows["point"] |= {("uuid", 0, 0, 1.0, 1.0, 1.0, -1.0)}
    assert judged(combined, plan, measured, nobody_left=True) == {}


def judged(combined, plan, seen, program="run", nobody_left=False):
    report = combined.report.Report("", nobody_left=nobody_left)
    combined.report.judge_file(seen.path.parent, plan(program, "service", False), seen, report)
    return dict(report.broken)


def test_a_sound_file_is_not_blamed(combined, plan, measured):
    assert judged(combined, plan, measured) == {}


def test_rows_that_a_reader_saw_and_that_are_not_in_the_end_are_reported(combined, plan, measured):
    measured.rows["point"] |= {("uuid", 0, number, 1.0, 1.0, 1.0, -1.0) for number in range(3)}
    assert judged(combined, plan, measured) == {"point lost": 1}


def test_a_step_measured_twice_is_reported(combined, plan, measured):
    with Store.open(measured.path) as store:
        sample = store.find_or_add_sample(SAMPLE)
        run = store.insert("runs", {"sample_id": sample, "procedure": "p:C", "started_s": 1.0})
        add_spectrum(store, run, 0)
        add_spectrum(store, run, 1)
        store.update("runs", run, {"status": "finished", "ended_s": 2.0})
    assert judged(combined, plan, measured) == {"measured twice": 1}
    assert judged(combined, plan, measured, program="script") == {}


def test_a_spectrum_that_a_script_was_given_and_that_is_not_in_the_file_is_reported(combined, plan, measured):
    (measured.path.parent / "told.txt").write_text("a spectrum was returned\n" * 2)
    assert judged(combined, plan, measured, program="script") == {"returned spectrum lost": 1}


def test_a_state_that_says_unsafe_in_the_end_is_reported(combined, plan, measured):
    with closing(WriteConnection(measured.path)) as connection:
        connection.execute("UPDATE heartbeats SET state = 'unsafe'")
    assert judged(combined, plan, measured) == {"state not true": 1}


def test_a_lost_file_is_reported(combined, plan, measured):
    measured.path.unlink()
    assert "file lost" in judged(combined, plan, measured)


def test_the_table_sums_what_was_broken(combined):
    from combined.table import table

    night = {"blow": "kill", "supervisor": "", "sick": "oven cut", "file": "", "unsafe": True}
    kept = [{"output": "oven", "on_s": 7.0, "waited_s": 1.0, "promised_s": 5.0}]
    nights = [night | {"kept": kept, "broken": {"oven left on": 1}}, night | {"kept": [], "broken": {}}]
    assert "| oven sick, too | 2 | 1 | 7.0 s | 7.0 s | 6.0 s | 2 | 1 oven left on |" in table(nights)
