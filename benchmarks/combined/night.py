"""One night: real processes on a served rig, the acts of a plan, and the violated guarantees. Linux only.

Afterwards the person of the morning comes: cables and disk are well, the queue is resumed, a runner is
started, and all jobs must end. Then everything is asked to stop.
"""

import math
import os
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from combined.load import waited_for_a_core_s
from combined.plan import Act, Plan
from combined.programs import CLOCK, SCRIPT, UNLIMITED, Programs, Service
from combined.promise import Promise
from combined.report import Report, judge_file
from combined.seen import OFF, Seen, State, lives, size_of_growing_file
from combined.served import Outputs, ServedRig

LOOK_S = 0.03
READ_EVERY_S = 0.3
HEATS_WITHIN_S = 120.0
CONFIRMED_WITHIN_S = 10.0
REST_WITHIN_S = 120.0
MORNING_WITHIN_S = 120.0
ENDS_WITHIN_S = 45.0
GONE_FOR_S = 4.0
NOTICED_WITHIN_S = 3.0
JOB_OVER = ("finished", "failed", "cancelled")
SAMPLE = '[sample]\nname = "pellet"\nthickness_mm = 1.0\ndiameter_mm = 10.0\n'
SERIES = """
[[procedure]]
use = "procedures.temperature_stepped_eis:TemperatureSteppedEIS"
temperatures_degc = {temperatures}
frequency_max_hz = 1e5
frequency_min_hz = 100
points_per_decade = 4
dwell_min = 2
"""
SCRIPT_TEXT = """\
import labctl

sample = {"name": "pellet", "thickness_mm": 1.0, "diameter_mm": 10.0}
with labctl.bench("station.toml", database="lab.db", sample=sample) as bench:
    for temperature_degc in TEMPERATURES:
        bench.bring_to(temperature_degc, dwell_min=2)
        bench.take_spectrum(1e5, 100, points_per_decade=4)
        with open("told.txt", "a") as told:
            told.write("a spectrum was returned\\n")
"""


class Night:
    """A night in a folder; `run()` it once.

    Parameters
    ----------
    plan : Plan
    folder : Path
        Empty.
    drivers : mapping, optional
        Replaces drivers in the station file; for tests of this judgement.
    """

    def __init__(self, plan: Plan, folder: Path, drivers: dict[str, str] | None = None) -> None:
        self.plan, self.folder = plan, folder.resolve()
        self.rig = ServedRig(self.folder / "station.toml", plan.analyser_first, drivers)
        self.programs = Programs(self.folder, plan.program)
        self.seen = Seen(self.folder / "lab.db")
        self.report = Report(plan.words)
        self._service: Service | None = None
        self._promises = {output: Promise(output, self._waited) for output in ("oven", "analyser")}
        self._read_s = self._well_since_s = CLOCK.monotonic()
        self._unsafe_since_s: float | None = None
        self._full = False
        self._left_s: float | None = None
        self._deleted_s, self._holders = math.inf, set[int]()

    def run(self) -> Report:
        """Run it."""
        begun_s = CLOCK.monotonic()
        with ExitStack() as opened:
            opened.enter_context(self.rig)
            opened.callback(self.programs.kill_all)
            self._begin(opened)
            if self._live(HEATS_WITHIN_S, lambda: self.rig.outputs().oven):
                self._act()
                self._rest()
                self._morning()
            else:
                self.report.breaks("never heated")
            self._end()
            self.report.nobody_left = self._nobody_had_it_open()
            judge_file(self.folder, self.plan, self.seen, self.report)
            self._judge_exit_code()
        self.report.took_s = round(CLOCK.monotonic() - begun_s, 1)
        return self.report

    def _begin(self, opened: ExitStack) -> None:
        if self.plan.kept == "service":
            self._service = Service(self.programs)
            opened.callback(self._service.close)
        jobs = self.plan.temperatures_degc
        temperatures = [t for job in jobs for t in job]
        if self.plan.program == "script":
            text = SCRIPT_TEXT.replace("TEMPERATURES", str(temperatures))
            (self.folder / SCRIPT).write_text(text, encoding="utf-8")
        elif self.plan.program == "run":
            self._protocol("protocol.toml", temperatures)
        else:
            files = [f"p{number}.toml" for number in range(len(jobs))]
            for file, steps in zip(files, jobs, strict=True):
                self._protocol(file, list(steps))
            adding = ("queue", "add", *files, "--no-rehearsal", "--retries", "2", "--retry-delay-min", "0")
            self.programs.labctl(*adding)
        self._program = self.programs.start_program()

    def _protocol(self, file: str, temperatures: list[int]) -> None:
        text = f'title = "{file}"\n{SAMPLE}{SERIES.format(temperatures=temperatures)}'
        (self.folder / file).write_text(text, encoding="utf-8")

    def _act(self) -> None:
        begun_s = CLOCK.monotonic()
        for act in self.plan.acts:
            self._live(act.at_s - (CLOCK.monotonic() - begun_s), lambda: False)
            self._do(act)

    def _do(self, act: Act) -> None:
        now_s = CLOCK.monotonic()
        if act.to in self._promises:
            self.rig.cables[act.to].become(act.do)
            promise = self._promises[act.to]
            if act.do == "well":
                promise.get_well(CLOCK.monotonic())
                self._well_since_s = CLOCK.monotonic()
            else:
                promise.fall_ill()
        elif act.to == "file":
            self._strike_file(act.do)
        elif self.programs.strike(act.to, act.do):
            outputs = self.rig.outputs()
            for name, promise in self._promises.items():
                if act.to == "supervisor" or getattr(outputs, name) or promise.open:
                    promise.strike(now_s, act.to)

    def _strike_file(self, do: str) -> None:
        file = self.seen.path
        parts = {"-wal deleted": ["-wal"], "-shm deleted": ["-shm"], "file deleted": [""]}
        if do == "full disk":
            self._full = True
            self.programs.limit_files(size_of_growing_file(file))
        elif do == "room":
            self._full = False
            self.programs.limit_files(UNLIMITED)
        elif holders := self.programs.holders(file):
            self.seen.look()
            self._deleted_s, self._holders = CLOCK.monotonic(), holders
            for part in parts.get(do, ["", "-wal", "-shm"]):
                file.with_name(file.name + part).unlink(missing_ok=True)

    def _live(self, seconds: float, until: Callable[[], bool]) -> bool:
        """Keep, look and read for so long, or until that is true; return whether it is."""
        end_s = CLOCK.monotonic() + seconds
        while CLOCK.monotonic() < end_s:
            if self._service is not None:
                self._service.keep()
            self._look()
            if CLOCK.monotonic() - self._read_s > READ_EVERY_S:
                self._read()
                if until():
                    return True
            CLOCK.sleep(LOOK_S)
        return False

    def _look(self) -> None:
        outputs, now_s = self.rig.outputs(), CLOCK.monotonic()
        for name, promise in self._promises.items():
            if (kept := promise.look(now_s, getattr(outputs, name))) is not None:
                self.report.kept.append(kept)
                if kept.broken:
                    self.report.breaks(f"{name} left on", f"{kept}; {self.seen.state}")

    def _read(self) -> None:
        if self._full:
            self.programs.keep_limit()
        before = self.rig.outputs()
        state = self.seen.look()
        self._read_s = CLOCK.monotonic()
        if state is None:
            return
        if state.runner in OFF:  # a program frozen before or after it used the rig is for a person to end
            for pid in self.programs.programs():
                self.programs.end_frozen(pid)
        self._judge_off(before, state)
        self._judge_unsafe(state)

    def _judge_off(self, before: Outputs, state: State) -> None:
        """A state that says that everything is off is true."""
        after = self.rig.outputs()
        if state.runner not in OFF or before != after or not (after.oven or after.analyser):
            return
        if self.seen.look() == state and not lives(state.pid) and self.rig.outputs() == after:
            self.report.breaks("said off, was on", f"{state} {after}")

    def _judge_unsafe(self, state: State) -> None:
        """A state that says that an output is not confirmed is left soon after the rig answers."""
        if state.runner != "unsafe":
            self._unsafe_since_s = None
            return
        self.report.unsafe = True
        now_s = CLOCK.monotonic()
        well = all(cable.state == "well" for cable in self.rig.cables.values())
        if not well or self._full:
            self._unsafe_since_s = None
        elif self._unsafe_since_s is None:
            self._unsafe_since_s = max(now_s, self._well_since_s)
            self._unsafe_waited = self._waited()
        else:
            waited = self._waited()
            stolen_s = max(s - self._unsafe_waited.get(pid, 0.0) for pid, s in waited.items())
            if now_s - self._unsafe_since_s - stolen_s > CONFIRMED_WITHIN_S:
                self.report.breaks("unsafe though well", state.unsafe)
                self._unsafe_since_s = float("inf")

    def _waited(self) -> dict[int, float]:
        """Time that this process and each of the night waited for a core so far."""
        return {pid: waited_for_a_core_s(pid) for pid in (os.getpid(), *self.programs.all())}

    def _rest(self) -> None:
        if not self._live(REST_WITHIN_S, self._at_rest):
            state = self.seen.state
            self.report.breaks("no rest", f"{state}, {list(self.programs.all().values())}")

    def _at_rest(self) -> bool:
        """Whether the night stands still without a person."""
        if any(promise.open for promise in self._promises.values()):
            return False
        state = self.seen.state
        if state.jobs and (state.paused or all(job in JOB_OVER for job in state.jobs)):
            return state.runner != "unsafe"
        return self._nobody_measures(state)

    def _nobody_measures(self, state: State) -> bool:
        """Whether no program is left, for as long as it takes to start another one.

        A runner without jobs does not count: the service starts one after a `run` or a script that died.
        """
        now_s = CLOCK.monotonic()
        lost = self._nobody_had_it_open()
        without_jobs = (not state.jobs or lost) and state.runner == "alive"
        idle = without_jobs and state.pid in self.programs.runners()
        gone = (state.runner in OFF or lost) and not self.programs.programs()
        if self._program.poll() is None or not (idle or gone):
            self._left_s = None
            return False
        self._left_s = self._left_s or now_s
        return now_s - self._left_s > GONE_FOR_S

    def _morning(self) -> None:
        """Resume what waits for a person, start a runner where none is, and wait until all jobs ended."""
        if not self.seen.state.jobs or self._jobs_over() or self._nobody_had_it_open():
            return
        if self.seen.state.paused:
            self.programs.labctl("queue", "resume")
        if not self.programs.programs():
            self.programs.start_program()
        if not self._live(MORNING_WITHIN_S, self._jobs_over):
            self.report.breaks("jobs do not end", str(self.seen.state))

    def _jobs_over(self) -> bool:
        return bool(self.seen.state.jobs) and all(job in JOB_OVER for job in self.seen.state.jobs)

    def _end(self) -> None:
        """Ask every process to stop; judge the rest."""
        for _ in range(2):
            self.programs.ask_to_stop()
            if self._live(ENDS_WITHIN_S / 2, lambda: not self.programs.programs()):
                break
        if self._service is not None:
            self._service.close()
            self._service = None
        self._live(ENDS_WITHIN_S, lambda: not self.programs.all())
        for pid in self.seen.ended():  # frozen between its last heartbeat and its end
            self.programs.end_frozen(pid)
        outputs, left = self.rig.outputs(), self.programs.kill_all()
        if left and not self._nobody_had_it_open():  # else one that is frozen cannot be judged by the file
            self.report.breaks("a process stays", "; ".join(left))
        if outputs.oven or outputs.analyser:
            self.report.breaks("on in the end", str(outputs))

    def _nobody_had_it_open(self) -> bool:
        """Whether a file was deleted that no program had open, or only such as were struck at that time."""
        if math.isinf(self._deleted_s):
            return False
        struck_s = [self.programs.struck_s.get(pid, math.inf) for pid in self._holders]
        return all(at_s < self._deleted_s + NOTICED_WITHIN_S for at_s in struck_s)

    def _judge_exit_code(self) -> None:
        """A program that ended with 0 has measured all."""
        steps = sum(len(job) for job in self.plan.temperatures_degc)
        finished = len(self.seen.rows["finished spectrum"])
        if self.plan.program != "runner" and self._program.poll() == 0 and finished != steps:
            self.report.breaks("exit code 0, not complete", f"{finished} of {steps}")
