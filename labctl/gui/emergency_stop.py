"""Attempts to make safe, one after another in a thread of their own, with progress and result in words."""

import logging
import threading
from collections.abc import Callable

from labctl.clock import Clock, RealClock
from labctl.gui.qt import QtCore, Signal
from labctl.plain_text import local_time
from labctl.queue.making_safe import SafeReport

log = logging.getLogger(__name__)
PROGRESS_EVERY_MS = 1000

CONTRADICTED = "NOT SAFE, not read back off"
IDLE, MAKING, SAFE, NOT_SAFE, PAST = "", "making", "safe", "not safe", "past"


class EmergencyStop(QtCore.QObject):
    """Makes safe at every press; a press during an attempt starts another one after it.

    Parameters
    ----------
    make_safe : callable
        `make_safe(person)` tries once and reports; called in another thread.
    off : str
        The state that a confirmed report has read back, for example `"heater off"`.
    clock : Clock, optional
        Real time by default.

    Signals
    -------
    changed(str, str)
        The state (`IDLE`, `MAKING`, `SAFE`, `NOT_SAFE` or `PAST`: safe then, unknown now) and a sentence.
    reported(SafeReport)
        The report of an attempt.
    """

    changed = Signal(str, str)
    reported = Signal(object)
    _ended = Signal(object)

    def __init__(
        self,
        make_safe: Callable[[str], SafeReport],
        off: str,
        parent: QtCore.QObject | None = None,
        clock: Clock | None = None,
    ) -> None:
        super().__init__(parent)
        self._make_safe, self._off, self._clock = make_safe, off, clock or RealClock()
        self.state, self.words = IDLE, ""
        self._began_s = self._ended_s = self._began_monotonic_s = 0.0
        self._attempt, self._before = 0, ""
        self._next: tuple[str, float] | None = None  # person and time of the last press during an attempt
        self._timer = QtCore.QTimer(self)
        self._timer.timeout.connect(self._tell_progress)
        self._ended.connect(self._take_report)

    def press(self, person: str) -> None:
        """Make safe now, or once more after the attempt under way."""
        if self.state == MAKING:
            self._next = (person, self._clock.time())
            self._tell_progress()
        else:
            self._attempt, self._before = 0, ""
            self._begin(person)

    def doubt(self, since: str) -> None:
        """Note that something since may have switched an output on; a result that is not safe stays."""
        self._put_in_the_past(f"Made safe at {_minute(self._ended_s)}, {self._off}, read back. {since}")

    def contradict(self, left_on: str) -> None:
        """Note which outputs were not read back off since; a result that is not safe stays."""
        before = f"Before, made safe at {_minute(self._ended_s)}"
        self._put_in_the_past(f"{CONTRADICTED}: {left_on}. {before}")

    def _put_in_the_past(self, words: str) -> None:
        if self.made_safe_s is not None and words != self.words:
            self._change(PAST, words)

    @property
    def made_safe_s(self) -> float | None:
        """When everything was read back off, in s since 1970-01-01 UTC, also where it may hold no longer.

        None where the last attempt is under way or did not succeed.
        """
        return self._ended_s if self.state in (SAFE, PAST) else None

    @property
    def is_contradicted(self) -> bool:
        """Whether outputs are shown that were not read back off since."""
        return self.state == PAST and self.words.startswith(CONTRADICTED)

    def _begin(self, person: str) -> None:
        self._attempt += 1
        self._next, self._began_s = None, self._clock.time()
        self._began_monotonic_s = self._clock.monotonic()
        self.state = MAKING
        self._tell_progress()
        self._timer.start(PROGRESS_EVERY_MS)
        # Not a daemon: closing the window must not cut an attempt short.
        threading.Thread(target=self._try_once, args=(person,), name="labctl make safe", daemon=False).start()

    def _try_once(self, person: str) -> None:
        try:
            report = self._make_safe(person)
        except Exception as error:  # an attempt without a report would look as if it never ended
            log.exception("make safe failed")
            words = f"NOT SAFE: internal error in labctl: {type(error).__name__}: {error}."
            report = SafeReport(False, f"{words} Switch the instruments off by hand.")
        try:
            self._ended.emit(report)
        except RuntimeError:  # the window was closed in the meantime
            log.warning("made safe after the window was closed: %s", report.words)

    def _take_report(self, report: SafeReport) -> None:
        self._timer.stop()
        self._ended_s = self._clock.time()
        self.reported.emit(report)
        if self._next is not None:
            self._before = f"Attempt {self._attempt}: {'safe' if report.safe else report.words}"
            self._begin(self._next[0])
        elif report.safe:
            self._change(SAFE, f"SAFE since {_minute(self._ended_s)}, {self._off}, read back")
        else:
            words = report.words if report.words.startswith("NOT SAFE") else f"NOT SAFE: {report.words}"
            self._change(NOT_SAFE, f"{words} (at {_minute(self._ended_s)}; F12 tries again)")

    def _tell_progress(self) -> None:
        took_s = round(self._clock.monotonic() - self._began_monotonic_s)
        number = f", attempt {self._attempt}" if self._attempt > 1 else ""
        words = [f"Making safe since {_second(self._began_s)}{number} … {took_s} s"]
        if self._next is not None:
            words.append(f"Pressed again at {_second(self._next[1])}: another attempt follows")
        if self._before:
            words.append(self._before)
        self._change(MAKING, ". ".join(words))

    def _change(self, state: str, words: str) -> None:
        self.state, self.words = state, words
        self.changed.emit(state, words)


def _minute(time_s: float) -> str:
    return local_time(time_s, "%H:%M")


def _second(time_s: float) -> str:
    return local_time(time_s, "%H:%M:%S")
