"""The supervisor: another process that makes every instrument safe when the runner cannot.

1. A runner that is gone, or silent for longer than `silence_s`, is ended for certain; then, and only then,
   the instruments are opened here and made safe. While a runner lives, it alone talks to instruments.
2. It judges the recorded rows by the same interlocks as the runner. A trip is first a request; a runner
   that does not obey within five seconds is ended.
3. Everything it does is an event in the file. A rescue that fails is tried again until it succeeds. Nothing
   is written before a rescue, for the file may be locked: by a runner that froze while it wrote, or by any
   program. Where the runner's heartbeats cannot be read, it counts as silent.
4. Afterwards a new runner is started, unless an interlock wants a person.
5. While any output of a runner that is gone was not read back off, it stays, tries every two seconds and
   notifies people, also when it was asked to stop before it saw that the runner is gone; until everything is
   off or a person dismissed it. Asked to stop beside a runner that seems to live, it waits for one more
   heartbeat: without one the runner is frozen.
6. Where a runner is dead or frozen and twelve looks fail, not because of the file, it ends as if it had died:
   it cannot make safe, for example because its memory is used up, and the process that replaces it may.
7. A watchdog on a wire of its own is kicked while nothing is known to be unsafe, and not otherwise.
8. A program that holds the station and was stopped, without a heartbeat that says it lives, is ended as well.
9. `labctl run` or a script is ended, and everything made safe, where a person asks for it.
"""

import logging
import math
import os
import signal
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from labctl.clock import Clock, RealClock
from labctl.config.night import read_night
from labctl.config.station import Station
from labctl.errors import ConfigurationError, StoreError
from labctl.instruments.lock_errors import HardwareHeld
from labctl.measure.stop import StopRequest
from labctl.queue.activity import is_stopped
from labctl.queue.boot import power_was_cut
from labctl.queue.conclusions import Conclusions
from labctl.queue.heartbeat import OVER, UNKNOWN_PID, Heartbeat, Heartbeats, problems_in_words, state_of
from labctl.queue.interlocks import Interlocks, Trip
from labctl.queue.job import ENDED
from labctl.queue.job_reports import JobReports
from labctl.queue.left_unsafe import LeftUnsafe
from labctl.queue.new_rows import NewRows
from labctl.queue.processes import end_for_certain
from labctl.queue.requests import MADE_SAFE, Pauses, Requests
from labctl.queue.restarts import Restarts
from labctl.queue.silence import Silence
from labctl.queue.station_lock import holder_of, rescue_lock, station_lock
from labctl.queue.stopped_program import StoppedProgram
from labctl.queue.unqueued_program import UnqueuedProgram
from labctl.queue.watchdog import Kicker
from labctl.store.queries import samples
from labctl.store.queries.notifications import add_event
from labctl.store.transactions import WriteConnection

log = logging.getLogger(__name__)
LOOK_EVERY_S = 0.25
OBEY_WITHIN_S = 5.0
HANGS_FOR_S = 5.0  # the last threads of a killed process may take a moment on a busy computer
BEAT_WHILE_WAITING_S = 0.5
LOCK_PATIENCE_S = 0.5
MOST_FAILED_LOOKS = 12
RESCUE_AGAIN_S = 2.0
STARTING_TAKES_AT_MOST_S = 30.0  # of a program that is over since, this process was to see the end
WATCHED_AT_LEAST_S = 1.5  # by a supervisor that has just begun, whatever the clock on the wall says
LEFT_BY_UNKNOWN = "a program held the station that the results file does not name"


class Supervisor:
    """Watches the runner of one station.

    Parameters
    ----------
    station : Station
    db : Path
    stop : StopRequest
    restart : callable, optional
        Starts a new runner; None: another program does.
    ends_with_runner : bool
        End once a runner has ended with everything off, or a person has seen to it.
    make_safe : callable, optional
        What opens the instruments and makes them safe, returning failures by name.
    on_look : callable
        Called after each look that did not fail.
    kept_by : str
        What starts this process again; written into its heartbeat.
    takes_over : bool
        Whether it takes the place of another supervisor, which has seen a runner.
    """

    def __init__(
        self,
        station: Station,
        db: Path,
        stop: StopRequest,
        *,
        restart: Callable[[], Any] | None = None,
        ends_with_runner: bool = False,
        make_safe: Callable[[], dict[str, str]] | None = None,
        clock: Clock | None = None,
        on_look: Callable[[], None] = lambda: None,
        kept_by: str = "",
        takes_over: bool = False,
    ) -> None:
        self._on_look, self._kept_by = on_look, kept_by
        self.station, self.db, self.stop = station, Path(db), stop
        self.night = read_night(station)
        self._clock = clock or RealClock()
        self._ends_with_runner = ends_with_runner
        self._restarts = Restarts(restart, self._clock, self._announce)
        self._make_safe = make_safe or self._make_station_safe
        self._left = LeftUnsafe(station, self._clock, self._make_safe, self._announce)
        self._stopped, self._after_stopped = StoppedProgram(station, self._clock), ""
        self._has_refused = self._has_looked_last = False
        self._beat_at_stop: tuple[int, float] | None = None
        self._beat_s = -math.inf
        self._failed_looks = 0
        self._safe_after: tuple[int, str] | None = None
        self._hangs_since_s: float | None = None
        self._last_seen: Heartbeat | None = None
        self._trip: Trip | None = None
        self._asked: tuple[int | None, int | None] | None = None
        self._insisted_s: dict[int, float] = {}
        self._unwritten: list[dict[str, Any]] = []
        self._saw_runner, self._begun = takes_over, False
        self._unknown_is_off = not takes_over and holder_of(station) is None
        self._loss, self._next_rescue_s = "", -math.inf
        self._watched_run_id: int | None = None
        self._silence = Silence(self._clock, self.night.silence_s - WATCHED_AT_LEAST_S)

    def run(self) -> None:
        """Look four times a second until asked to stop; raises ConfigurationError if one is there."""
        with (
            station_lock(self.station, "supervisor"),
            WriteConnection(self.db, LOCK_PATIENCE_S) as self._connection,
        ):
            self._connection.without_fsync()
            self._runner = Heartbeats(self._connection, "runner", self.station.name)
            self._own = Heartbeats(self._connection, "supervisor", self.station.name)
            self._interlocks = Interlocks(self.night.interlocks, self.station.limits, self.db)
            self._new_rows = NewRows(self._connection)
            pauses = Pauses(self._connection, station=self.station.name)
            self._unqueued = UnqueuedProgram(self.station, pauses, self._clock)
            kicker = Kicker(self.station, self._clock)
            for first in (self._show_life, self._warm_up):
                self._logging_failure(first)
            while not self.stop() or self._stays():
                for do in (self._look_and_tell, self._write_events, self._show_life):
                    self._logging_failure(do)
                kicker.kick_if(well=self._is_well)
                self._clock.sleep(LOOK_EVERY_S)
            kicker.close()
            for last in (self._put_file_back, self._write_events, self._own.end):
                self._logging_failure(last)

    @property
    def _is_well(self) -> bool:
        """Whether no output is known that could not be read back off."""
        left_on = self._last_seen is not None and self._last_seen.state == "unsafe"
        hangs_unsafe = self._hangs_since_s is not None and self._safe_after is None
        return not (left_on or self._left.problem or hangs_unsafe)

    def _stays(self) -> bool:
        """Return whether something is unsafe or not yet known to be well.

        Logs once why the request to stop is not obeyed where something is unsafe.
        """
        runner = self._read_runner()
        if runner is not None and runner.state == "alive" and runner.gone and not self._has_looked_last:
            self._has_looked_last = True  # it died since the last look: one more makes safe
            return True
        if self._may_have_frozen(runner):
            return True
        is_recorded = runner is not None and runner.state == "unsafe"
        left_on = runner.unsafe if runner is not None and is_recorded else self._left.problem
        if not (is_recorded or left_on):
            return False
        if not self._has_refused:
            self._has_refused = True
            log.error(
                "asked to stop (%s), but stays until everything is off, or `labctl supervisor --dismiss`: %s",
                self.stop.reason,
                left_on,
            )
        return True

    def _may_have_frozen(self, runner: Heartbeat | None) -> bool:
        """Return whether no heartbeat was seen since the request to stop."""
        if runner is None or runner.state != "alive" or runner.gone:
            return False
        mark = runner.pid, runner.beat_s
        self._beat_at_stop = self._beat_at_stop or mark
        return mark == self._beat_at_stop

    def _make_station_safe(self) -> dict[str, str]:
        return self.station.make_safe(while_waiting=self._beat_while_waiting)

    def _beat_while_waiting(self) -> None:
        """Show that this process lives while many instruments of one wire are made safe."""
        now_s = self._clock.monotonic()
        if self._begun and now_s - self._beat_s > BEAT_WHILE_WAITING_S:
            self._beat_s = now_s
            for do in (self._own.beat, self._on_look):
                self._logging_failure(do)

    def _warm_up(self) -> None:
        """Import now all that making safe needs: VISA takes a second, and memory may be used up by then."""
        import pyvisa

        import labctl.instruments.connection
        import labctl.instruments.locks  # noqa: F401 - what holds and opens an instrument later

        try:
            self._visa = pyvisa.ResourceManager(self.station.visa_library)
        except (OSError, ValueError) as error:
            self._announce("error", "interlock", f"no VISA here, nothing could be made safe: {error}")

    def _logging_failure(self, do: Callable[[], None]) -> None:
        try:
            do()
        except Exception as error:
            log.error("this look failed: %s", error, exc_info=not isinstance(error, StoreError))

    def _show_life(self) -> None:
        """After the look, which only reads: a runner that froze while it wrote keeps the file locked."""
        if self._begun:
            self._own.beat(doing=self._kept_by)
        else:
            self._own.begin()
            self._begun = True

    def _look_and_tell(self) -> None:
        self._failed_looks += 1
        try:
            self._look()
        except StoreError:
            self._failed_looks = 0
            raise
        except Exception:
            if self._failed_looks >= MOST_FAILED_LOOKS:
                log.exception("this supervisor cannot do its work and ends, so that another one replaces it")
                raise SystemExit(1) from None
            raise
        self._failed_looks = 0
        self._on_look()

    def _look(self) -> None:
        self._keep_file()
        runner = self._read_runner()
        if runner is None or runner.state != "alive":
            self._without_runner(runner)
            return
        self._saw_runner, self._after_stopped = True, ""
        state = state_of(runner, self.night.silence_s, self._silence.of)
        if state == "dead":
            self._rescue(runner, "ended unexpectedly")
        elif state == "frozen":
            self._rescue(runner, "is frozen: no heartbeat in time")
        else:
            self._left.forget()
            self._failed_looks = 0  # whatever fails now, a dead runner would be seen
            self._watch(runner)

    def _read_runner(self) -> Heartbeat | None:
        """Its last heartbeat; where the file cannot be read, the last one read before."""
        try:
            self._last_seen = self._runner.read()
        except StoreError as error:
            log.error("the runner's heartbeat cannot be read: %s", error)
        return self._last_seen

    def _keep_file(self) -> None:
        """Put a lost file back, before another one is read, where no runner that lives would do it."""
        seen, now_s = self._last_seen, self._clock.monotonic()
        if now_s < self._next_rescue_s or (seen is not None and seen.state == "alive" and not seen.gone):
            return
        self._put_file_back()

    def _put_file_back(self) -> None:
        """Also at the end, beside a runner that lives: it may be frozen, and the next one must see it."""
        try:
            loss = self._connection.rescue()
        except StoreError as error:
            loss, self._next_rescue_s = str(error), self._clock.monotonic() + RESCUE_AGAIN_S
        if loss and loss != self._loss:
            self._announce("error", "process", loss)
        self._loss = loss

    def _make_unknown_safe(self) -> None:
        """Make safe after a program that the file does not name: the file may have been lost with it."""
        holder = holder_of(self.station)
        if holder is not None and is_stopped(holder, self.db):
            log.error("the program (pid %d) that holds the station is frozen and is ended", holder)
            with suppress(OSError):
                os.kill(holder, getattr(signal, "SIGKILL", signal.SIGTERM))
        self._unknown_is_off = self._left.try_again(LEFT_BY_UNKNOWN)
        if self._left.problem:
            self._runner.name_unknown(self._left.problem)
        if self._unknown_is_off and self._ends_with_runner:
            self.stop.request("no runner is left")

    def _follows_stopped(self) -> bool:
        """End a program that is stopped, make safe, start a runner; return whether it did or is trying."""
        if pid := self._stopped.look():
            with suppress(OSError):
                os.kill(pid, getattr(signal, "SIGKILL", signal.SIGTERM))
            words = "held the station without a heartbeat, was frozen, and is ended"
            self._after_stopped = f"a program (pid {pid}) {words}"
        if not self._after_stopped:
            return False
        if self._left.try_again(self._after_stopped):
            self._after_stopped, self._unknown_is_off = "", True
            self._restarts.due = True
            self._restarts.start_if_due()
        return True

    def _without_runner(self, runner: Heartbeat | None) -> None:
        if self._follows_stopped():
            return
        if runner is None and not self._unknown_is_off:
            self._make_unknown_safe()
        if runner is not None and runner.state == "unsafe":
            self._saw_runner = True
            known = (runner.pid, runner.process_birth)  # off already where only the recording failed
            by_runner = f"outputs left on by the runner (pid {runner.pid})"
            words = LEFT_BY_UNKNOWN if runner.pid == UNKNOWN_PID else by_runner
            if self._safe_after == known or self._left.try_again(words):
                self._safe_after = known
                self._record_off(runner)
                self._restarts.start_if_due()
            return
        if runner is not None:
            self._left.forget()
            self._saw_runner = self._saw_runner or runner.age_s() < STARTING_TAKES_AT_MOST_S
            self._confirm_answer(runner)
            if runner.state == "dead":
                self._restarts.start_if_due()
        if self._saw_runner and self._ends_with_runner and runner is not None and self._is_over(runner):
            self.stop.request(f"the runner is {runner.state}")

    def _record_off(self, runner: Heartbeat) -> None:
        """Everything is off; a runner of before a power cut did not end in good order all the same."""
        if not power_was_cut(runner.boot):
            self._runner.mark_confirmed(runner)
        else:
            self._runner.mark_dead(runner)

    def _confirm_answer(self, runner: Heartbeat) -> None:
        """Record that a program has made safe as it was asked to: it ended with everything read back off."""
        if runner.state == "ended" and (request := self._unqueued.answered()):
            self._announce("warning", "person", f"{request}: {MADE_SAFE}")

    def _is_over(self, runner: Heartbeat) -> bool:
        """Whether nothing is left to do: a runner found dead may be followed by another one."""
        return runner.state in OVER or (runner.state == "dead" and self._restarts.are_left_to_others)

    def _rescue(self, runner: Heartbeat, why: str) -> None:
        """End the runner, make every instrument safe, then record it, and start a new runner.

        The station is held until all is recorded: the job of a new runner is not the interrupted one.
        """
        gone = end_for_certain(runner, self._clock)
        with ExitStack() as held:
            try:
                held.enter_context(rescue_lock(self.station))
            except HardwareHeld as other:
                self._left.take(f"the runner (pid {runner.pid}) {why}", {"not reached": str(other)})
                return
            except ConfigurationError as holder:
                if gone and holder_of(self.station) != runner.pid:
                    log.info("a new runner is in charge already: %s", holder)
                    self._left.forget()
                else:
                    self._pass_by(runner)
                return
            failures = self._made_safe_after(runner)
            self._connection.rescue()
            self._conclude_attempt(runner, f"its runner (pid {runner.pid}) {why}")
            self._connection.end_left_runs()
            self._mark(runner, failures)
            self._hangs_since_s = None
        self._left.take(f"the runner (pid {runner.pid}) {why}", failures)
        self._restarts.due = True
        if not failures:
            self._restarts.start_if_due()

    def _conclude_attempt(self, runner: Heartbeat, reason: str) -> None:
        """The death counts against the retries of the job, but for a power cut, after which people decide."""
        conclusions = Conclusions(self._connection, self.station.name)
        cut = power_was_cut(runner.boot) and not self.night.restart_after_power_cut
        fates = conclusions.interrupted(reason) if cut else conclusions.runner_died(reason)
        for fate in fates:
            if fate.state in ENDED:
                for news in fate.news():
                    self._announce(*news)
                JobReports(self._connection, self.station, self._clock).job_ended(fate.job, fate.state)

    def _mark(self, runner: Heartbeat, failures: dict[str, str]) -> None:
        if failures:
            self._runner.mark_unsafe(runner, problems_in_words(failures))
            self._last_seen = replace(runner, state="unsafe")
        else:
            self._runner.mark_dead(runner)
            self._last_seen = None

    def _pass_by(self, runner: Heartbeat) -> None:
        """A thread of it hangs in the kernel, in a disk or a bus that does not answer, and keeps the station:
        make safe past it. It is recorded, and a new runner started, once the station is released.
        """
        failures = self._made_safe_after(runner)
        now_s = self._clock.monotonic()
        self._hangs_since_s = self._hangs_since_s or now_s
        if now_s - self._hangs_since_s > HANGS_FOR_S:
            self._hangs_since_s = math.inf
            outcome = f"NOT SAFE, trying again: {failures}" if failures else "every instrument was made safe"
            words = (
                f"the runner (pid {runner.pid}) hangs and keeps the station; {outcome}; look at the computer"
            )
            self._announce("error", "process", words)

    def _made_safe_after(self, runner: Heartbeat) -> dict[str, str]:
        """Failures of making safe, by name; done once where only the recording has to be tried again."""
        known = (runner.pid, runner.process_birth)
        failures = {} if self._safe_after == known else self._make_safe()
        self._safe_after = None if failures else known
        self._left.note(failures)
        return failures

    def _watch(self, runner: Heartbeat) -> None:
        """Interlocks, and cancellations that cannot wait for a point to end."""
        if runner.job_id is None:
            self._trip = None
            if self._unqueued.must_end(runner):
                self._rescue(runner, f"did not end in time ({self._unqueued.request})")
            return
        self._trip = self._first_trip(runner) or self._trip
        attempt = (runner.job_id, runner.run_id)
        if self._trip is not None and attempt != self._asked:
            details = {"reason": f"interlock: {self._trip.words}", "stops_queue": self._trip.stops_queue}
            with suppress(ConfigurationError):  # the job has ended
                Requests(self._connection).ask(runner.job_id, "stop", details, "supervisor")
            self._announce("error", "interlock", f"job {runner.job_id} must end: {self._trip.words}")
            self._asked, self._trip = attempt, None
        self._insist(runner)

    def _first_trip(self, runner: Heartbeat) -> Trip | None:
        if runner.run_id is not None and runner.run_id != self._watched_run_id:
            ceilings = samples.ceilings_of_run(self._connection, runner.run_id)
            self._interlocks.hold_for_sample(*ceilings)
            self._watched_run_id = runner.run_id
        for topic, record in self._new_rows.since_last(runner):
            if trip := self._interlocks.judge(topic, record):
                return trip
        return self._interlocks.look_around()

    def _insist(self, runner: Heartbeat) -> None:
        """End a runner that does not obey a request that cannot wait, counted from when it is seen."""
        now_s = self._clock.monotonic()
        for request in Requests(self._connection).pending(runner.job_id or 0):
            seen_s = self._insisted_s.setdefault(request.id, now_s)
            if request.kind in ("stop", "cancel now") and now_s - seen_s > OBEY_WITHIN_S:
                self._rescue(runner, f"did not obey in time ({request.words})")
                return

    def _announce(self, level: str, kind: str, message: str) -> None:
        log.log(logging.ERROR if level == "error" else logging.INFO, "%s: %s", kind, message)
        row = {"time_s": self._clock.time(), "level": level, "kind": kind, "message": message}
        row |= {"station": self.station.name}
        self._unwritten.append(row)
        with suppress(StoreError):  # it is tried again after every look
            self._write_events()

    def _write_events(self) -> None:
        """Write the events that the file has not taken yet."""
        while self._unwritten:
            with self._connection.transaction() as connection:
                add_event(connection, self._unwritten[0])
            del self._unwritten[0]
