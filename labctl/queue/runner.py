"""The runner: one per station. Claims jobs, measures them, and leaves everything safe in every case.

1. Before the first job every instrument is made safe; after a power cut nothing heats until a person says so.
   No job begins before every output was read back off, and only then does a runner end as `ended`.
2. A job that fails is tried again as its policy says, from its last finished step; then the night goes on.
   Attempts that failed are counted since the last step that was finished. The death of a runner is one.
3. A job is started only while a supervisor is running, unless the runner is started without one.
4. A first signal finishes the point under way, a second one interrupts; both end safe, and the job continues
   with the next runner.
5. Between jobs the temperature is watched. Jobs that an interlock kept waiting too long are failed.
6. A job waits for its rehearsal; where that failed it is held (`labctl.queue.rehearsal_gate`).
7. After a mistake in labctl itself, as after a file that cannot be written, it takes up again, for a while.
   A runner that gives up does not end in good order: its supervisor starts a new one.
8. Reports of ended jobs are made by another process, for which nothing waits (`labctl.queue.job_reports`).
"""

import logging
import os
import platform
import subprocess
from collections.abc import Callable
from pathlib import Path

from labctl.clock import Clock, RealClock, VirtualClock
from labctl.config.night import read_night
from labctl.config.station import Station
from labctl.errors import ConfigurationError, StoreError
from labctl.measure.events import AnyEvent
from labctl.measure.stop import StopRequest
from labctl.queue.analyser_gate import doubts_about_analyser
from labctl.queue.boot import power_was_cut
from labctl.queue.conclusions import Conclusions, Fate
from labctl.queue.confirmed_off import ConfirmedOff
from labctl.queue.estimates import Pace
from labctl.queue.heartbeat import Heartbeat, Heartbeats, Pulse, StillPulse
from labctl.queue.idle_watch import IdleWatch
from labctl.queue.interlocks import Interlocks, Trip
from labctl.queue.job import ENDED, Claimant, Ending, Job
from labctl.queue.job_reports import JobReports, Start
from labctl.queue.jobs import Jobs
from labctl.queue.rehearsal_gate import OpenGate, RehearsalGate
from labctl.queue.requests import MADE_SAFE, Pause, Pauses, Requests
from labctl.queue.station_lock import station_lock
from labctl.queue.steering import Steering
from labctl.store import SpaceRule, Store
from labctl.store.queries.progress import running_run_ids
from labctl.store.transactions import WriteConnection

log = logging.getLogger(__name__)
IDLE_S = 0.5
IDLE_VIRTUAL_S = 10.0
MOST_FAILURES = 20
STORE_WAIT_S = 30.0
WORTH_RETRYING = ("InstrumentError", "AnswerTimeout", "VisaIOError", "StoreError")
"""Errors after which another attempt makes sense; after a settling only where a cause was told."""
LOOK_TAKES_S = 120.0  # at most, with every retry: then the supervisor counts this thread as frozen


class Runner:
    """Runs the jobs of one file on one station.

    Parameters
    ----------
    station : Station
    db : Path
    stop : StopRequest
        Raised by signals.
    clock : Clock, optional
        The station's own by default.
    supervised : callable, optional
        Returns whether a supervisor is running; None: do without.
    keep_supervised : callable
        Called twice a second, in a thread of its own: starts a supervisor where none lives.
    rehearse : callable, optional
        Starts the process that rehearses a job, by its number; None: jobs begin without a rehearsal.
    report : callable, optional
        Starts the process that makes the reports of ended jobs; None: none is made.
    until_empty : bool
        End when no job is left that could start, instead of waiting for more.
    on_event : callable
        Given every event of a job.

    Attributes
    ----------
    unsafe : str
        What could not be read back off when it ended, and why; `""`: everything was.
    """

    def __init__(
        self,
        station: Station,
        db: Path,
        stop: StopRequest,
        *,
        clock: Clock | None = None,
        supervised: Callable[[], bool] | None = None,
        keep_supervised: Callable[[], None] = lambda: None,
        rehearse: Callable[[int], subprocess.Popen[bytes]] | None = None,
        report: Start | None = None,
        until_empty: bool = False,
        pace: Pace | None = None,
        on_event: Callable[[AnyEvent], None] = lambda event: None,
    ) -> None:
        self.station, self.db, self.stop = station, Path(db), stop
        self.night = read_night(station)
        self.clock = clock or station.make_clock()
        self._virtual = isinstance(self.clock, VirtualClock)
        self._queue_clock: Clock = self.clock if self._virtual else RealClock()
        self._supervised, self._until_empty, self._on_event = supervised, until_empty, on_event
        self._keep_supervised = keep_supervised
        self._pace, self._rehearse, self._report = pace or Pace(), rehearse, report
        self._failures = 0
        self.unsafe = ""
        self._watch = IdleWatch(station, self.night.interlocks, self.clock)
        self._unwatched = False
        self._doing = self._broke = ""
        self._claimant = Claimant.this_process()
        self._broken: set[int] = set()
        self._station_text = station.text
        self._told: list[str] = []
        self._obeyed: Pause | None = None
        self._waited: tuple[Pause, float, int] | None = None

    def run(self) -> None:
        """Work until asked to stop.

        Raises
        ------
        ConfigurationError
            Another runner holds the station, or one of the same name.
        StoreError
            The file cannot be written for a long time. Everything is safe.
        """
        with (
            station_lock(self.station, doing="its queue"),
            Store.open(self.db) as self._store,
            WriteConnection(self.db) as self._connection,
        ):
            self._jobs = Jobs(self._connection, self._queue_clock, self._claimant)
            self._pauses = Pauses(self._connection, self._queue_clock, self.station.name)
            self._conclusions = Conclusions(self._connection, self.station.name, self._queue_clock)
            self._gate = self._gate_for_rehearsals()
            self._reports = JobReports(self._connection, self.station, self._queue_clock, self._report)
            before = Heartbeats(self._connection, "runner", self.station.name).read()
            self._refuse_namesake(before)
            pulse = StillPulse if self._virtual else Pulse
            with pulse(self.db, self.station.name, self._keep_supervised) as self._pulse:
                log.info("runner of %s, results in %s", self.station.name, self.db)
                self._off = ConfirmedOff(
                    self.station, self.clock, self._pulse, self._watch.let_go, self._announce
                )
                try:
                    self._take_over(before)
                    while not self.stop() and self._next_or_wait():
                        pass
                except Exception:
                    self._pulse.end_without_a_word()
                    raise
                finally:
                    self._watch.let_go()
                    self.unsafe = self._off.problem

    def _refuse_namesake(self, before: Heartbeat | None) -> None:
        """Two stations of one name in one file would be taken for each other, by their supervisors too."""
        if before is None or before.pid == os.getpid() or not before.lives(self.night.silence_s):
            return
        problem = (
            f"is {self.station.name!r}, and a runner of another station file with that name uses {self.db} "
            f"(pid {before.pid}); give each station its own name, or its own results file"
        )
        raise ConfigurationError(self.station.source, "name", problem)

    def _gate_for_rehearsals(self) -> RehearsalGate | OpenGate:
        longest_s = self.night.longest_rehearsal_s
        if self._rehearse is None or not longest_s:
            return OpenGate()
        return RehearsalGate(self._connection, self.station, self._queue_clock, longest_s, self._rehearse)

    def _take_over(self, before: Heartbeat | None) -> None:
        """Conclude the attempt that the last runner left, and make the instruments safe."""
        self._obeyed = self._pauses.in_force()  # asked before: obeyed now
        reason = f"its runner (pid {before.pid}) ended unexpectedly" if before else "no runner was left"
        cut = before is not None and power_was_cut(before.boot) and not self.night.restart_after_power_cut
        fates = self._conclusions.interrupted(reason) if cut else self._conclusions.runner_died(reason)
        for fate in fates:
            self._tell(fate)
        if self.station.simulation is None:
            self._make_sure_safe("at the start")
        if before is not None and cut and (fates or before.state != "ended"):
            words = "the computer was started again: nothing heats until a person says `labctl queue resume`"
            self._pauses.wait_for_person(words)
            self._announce("warning", "person", words)

    def _next_or_wait(self) -> bool:
        """One job, or a moment of waiting; False when the runner is to end."""
        try:
            going_on = self._next()
        except Exception as error:  # noqa: BLE001 - the night goes on
            return self._survive(error)
        self._failures = 0
        return going_on

    def _next(self) -> bool:
        self._off.try_again()
        self._conclude_what_broke()
        self._reports.look()
        if (pause := self._pauses.in_force()) is not None:
            self._make_safe_if_asked(pause)
            self._give_up_waiting(pause)
            return self._idle("waiting: the queue is paused", None)
        if self._off.problem:
            return self._idle("waiting: not every output is off", None)
        if self._supervised is not None and not self._supervised():
            return self._idle("waiting for a supervisor: without one no job is started", 0.0)
        next_start_s = self._jobs.next_start_s(self.station.name)
        if next_start_s is not None and next_start_s <= self._queue_clock.time() and self._must_not_begin():
            return True
        waits = self._gate.look()
        job = self._jobs.claim(self.station.name, self._gate.allows)
        if job is None:
            return self._idle(waits or "waiting for a job", 0.0 if waits else next_start_s)
        self._doing = ""
        self._note_changed_station()
        log.info("job %d %r begins", job.id, job.title)
        self._pulse.tell(
            job_id=job.id,
            run_id=None,
            percent=None,
            doing=f"job {job.id} {job.title!r}: opening the instruments",
        )
        self._conclude(job, *self._attempt(job))
        self._pulse.promise(None)
        self._pulse.tell(job_id=None, run_id=None, percent=None, expected_end_s=None, setpoint_k=None)
        return True

    def _idle(self, doing: str, next_start_s: float | None) -> bool:
        """Wait a moment; with `until_empty`, until the next job may start, or end when none is left."""
        if self._until_empty and next_start_s is None:
            return False
        if doing != self._doing:
            log.info(doing)
            self._doing = doing
        self._pulse.tell(doing=doing)
        self._look_at_the_temperature()
        if not self._until_empty or next_start_s is None:
            self.clock.sleep(IDLE_VIRTUAL_S if self._virtual else IDLE_S * getattr(self.clock, "factor", 1.0))
            return True
        self._queue_clock.sleep(min(max(next_start_s - self._queue_clock.time(), IDLE_S), 60.0))
        return True

    def _must_not_begin(self) -> bool:
        """Return whether disk, watched file or analyser keep the next job from beginning."""
        trip = Interlocks(self.night.interlocks, self.station.limits, self.db).look_around()
        words = trip.words if trip is not None else self._want_of_room() or self._doubt_about_analyser()
        if words:
            self._wait_for_person(f"no job begins: {words}")
        return bool(words)

    def _want_of_room(self) -> str:
        try:
            SpaceRule().check_before_run(self.db.absolute())
        except StoreError as error:
            return f"{error}; make room"
        return ""

    def _doubt_about_analyser(self) -> str:
        """Return why the last check of the analyser keeps the next job from beginning.

        Where the station only warns, this is an event, once for each reason.
        """
        doubts = doubts_about_analyser(self._connection, self.station, self._queue_clock.time())
        if self.station.check.refuses:
            return "; ".join(doubts)
        for doubt in doubts:
            if doubt not in self._told:
                self._announce("warning", "not checked", doubt)
        self._told = doubts
        return ""

    def _note_changed_station(self) -> None:
        """Warn once for each change that the limits and addresses read at the start stay in force."""
        try:
            text = Path(self.station.source).read_text("utf-8")
        except (OSError, UnicodeDecodeError):
            return
        if text != self._station_text:
            self._station_text = text
            words = (
                f"{self.station.source} was changed after this runner was started, which goes on with the "
                "old one; stop the runner (Ctrl-C) and start it again"
            )
            self._announce("warning", "person", words)

    def _wait_for_person(self, words: str) -> None:
        words = words.removeprefix("interlock: ")
        self._pauses.wait_for_person(f"interlock: {words}")
        self._announce("error", "interlock", f"the queue waits for a person: {words}")

    def _look_at_the_temperature(self) -> None:
        self._pulse.promise(LOOK_TAKES_S)
        sight = self._watch.look()
        self._pulse.promise(None)
        if sight is None:
            return
        self._pulse.tell(temperature_k=sight.temperature_k)
        if sight.problem and not self._unwatched:
            self._announce("warning", "process", f"the temperature is not read now: {sight.problem}")
        self._unwatched = bool(sight.problem)
        if sight.trip is not None:
            self._doubt_the_rig(sight.trip)

    def _doubt_the_rig(self, trip: Trip) -> None:
        """Something heats that should not: everything safe once more, no job until a person has looked."""
        self._announce("error", "interlock", f"between jobs: {trip.words}")
        pause = self._pauses.in_force()
        if pause is None or not pause.is_interlock:
            self._pauses.wait_for_person(f"interlock: {trip.words}")
        self._make_sure_safe("between jobs")
        self._watch.begin_again()

    def _make_safe_if_asked(self, pause: Pause) -> None:
        """Make safe once for each pause that requests it, and confirm it in an event.

        Pauses are compared, not their times: the system clock may have been set back.
        """
        if not pause.asks_safe or pause == self._obeyed:
            return
        self._obeyed = pause
        if self._make_sure_safe("as asked"):
            self._announce("warning", "person", f"{pause.reason}: {MADE_SAFE}")

    def _give_up_waiting(self, pause: Pause) -> None:
        """Fail the jobs that an interlock has kept waiting for longer than the station allows.

        The wait is counted since this runner saw the pause, not from times written in the file.
        """
        longest_s, now_s = self.night.longest_wait_for_person_s, self.clock.monotonic()
        if self._waited is None or self._waited[0] != pause:
            self._waited = (pause, now_s, self._jobs.last_change())
        _, since_s, since = self._waited
        speed = getattr(self.clock, "factor", 1.0)
        if not pause.is_interlock or now_s - since_s < longest_s * speed:
            return
        words = f"the queue waited {longest_s / 3600:g} h for a person: {pause.reason}"
        for job in self._jobs.give_up(self.station.name, since, words):
            self._announce("error", "job failed", f"job {job.id} {job.title!r} failed: {words}")
            self._reports.job_ended(job, "failed")

    def _attempt(self, job: Job) -> tuple[Ending, str]:
        """The ending, and why the queue must stop ("" = it need not)."""
        from labctl.queue.attempt import Attempt  # its analysis takes seconds to import: safety comes first

        self._watch.let_go()
        requests = Requests(self._connection, self._queue_clock)
        steering = Steering(
            job,
            requests,
            self._pauses,
            self.clock,
            self.station.limits,
            self.stop,
            self.night.longest_pause_s,
        )
        attempt = Attempt(
            job,
            self.station,
            self.night,
            self._store,
            self._connection,
            self.clock,
            self._pulse,
            steering,
            self._pace,
            self._on_event,
            self._off,
        )
        try:
            ending = attempt.run()
        except KeyboardInterrupt:
            ending = Ending("interrupted", f"{self.stop.reason or 'interrupted'}, at once")
        return ending, steering.stops_queue

    def _conclude(self, job: Job, ending: Ending, stops_queue: str) -> None:
        self._watch.begin_again()
        safe = not self._off.problem or self._make_sure_safe(f"after job {job.id}")
        worth_it = ending.error in WORTH_RETRYING or bool(ending.unsafe) or ending.explained
        may_go_on = safe or self.stop()  # the next runner makes safe first
        waits_for = f"interlock: {stops_queue.removeprefix('interlock: ')}" if stops_queue else ""
        self._tell(self._conclusions.attempt_ended(job, ending, worth_it and may_go_on, waits_for))

    def _tell(self, fate: Fate) -> None:
        """Announce what became of a job, and that the queue waits for a person where it does."""
        for level, kind, message in fate.news():
            self._announce(level, kind, message)
        self._reports.job_ended(fate.job, fate.state)

    def _make_sure_safe(self, when: str) -> bool:
        """Make safe until every instrument is; where one is not for minutes, the queue waits for a person."""
        if self._off.insist(when, self.stop):
            return True
        if not self.stop():
            words = f"instruments could not be made safe {when}; look at the rig: {self._off.problem}"
            self._pauses.wait_for_person(words)
            self._announce("error", "person", words)
        return False

    def _announce(self, level: str, kind: str, message: str) -> None:
        """An event of the station: it is what notifications are made of."""
        log.log(logging.getLevelNamesMapping()[level.upper()], "%s: %s", kind, message)
        row = {"time_s": self._queue_clock.time(), "level": level, "kind": kind, "message": message}
        row |= {"station": self.station.name}
        self._store.append("events", row)
        self._store.flush()

    def _survive(self, error: Exception) -> bool:
        """Nothing can be recorded, or labctl is mistaken; all is safe: wait for a lock, a disk, and go on."""
        self._failures += 1
        if isinstance(error, StoreError):
            log.error("the results cannot be written: %s", error)
        else:
            log.error("a mistake in labctl itself", exc_info=error)
        if self._failures > MOST_FAILURES:
            raise error
        self._off.wait(STORE_WAIT_S)
        try:
            self._broke = str(error) if isinstance(error, StoreError) else f"{type(error).__name__}: {error}"
            if not isinstance(error, StoreError):
                self._announce("error", "process", f"a mistake in labctl itself, tried again: {self._broke}")
            self._conclude_what_broke()
        except StoreError as again:
            log.error("still not: %s", again)
        return True

    def _conclude_what_broke(self) -> None:
        """Conclude the attempt that ended with an error of this runner, as soon as the file takes it."""
        if not self._broke:
            return
        self._end_own_runs(self._broke)
        for fate in self._conclusions.attempt_broke(self._broke, self._claimant, self._broken):
            self._broken.add(fate.job.id)
            if fate.state in ENDED:
                self._tell(fate)
        self._broke = ""

    def _end_own_runs(self, reason: str) -> None:
        for run_id in running_run_ids(self._connection, os.getpid(), platform.node()):
            end = {"status": "failed", "reason": reason, "ended_s": self.clock.time()}
            self._store.update("runs", run_id, end)
