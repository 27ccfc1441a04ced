"""A request to make safe, for a program that measures without the queue: `labctl run` or a script.

1. A runner reads such a request itself. These programs do not: their supervisor interrupts them, as Ctrl-C
   does, and they make safe as they end.
2. A program that has not ended within five seconds is ended by its supervisor, which then makes safe.
"""

import os
import platform
import signal
from contextlib import suppress

from labctl.clock import Clock
from labctl.config.station import Station
from labctl.errors import ConfigurationError
from labctl.instruments.lock_errors import HardwareHeld
from labctl.queue.heartbeat import Heartbeat
from labctl.queue.requests import Pause, Pauses

RUNNER = "labctl runner"
OBEY_WITHIN_S = 5.0


class UnqueuedProgram:
    """The supervisor's view of such a program, and of the request to make safe that concerns it.

    Parameters
    ----------
    station : Station
    pauses : Pauses
        A request is a pause of the queue that asks for it.
    clock : Clock
    """

    def __init__(self, station: Station, pauses: Pauses, clock: Clock) -> None:
        self._station, self._pauses, self._clock = station, pauses, clock
        self._program: tuple[int, str] | None = None
        self._before_s: float | None = None
        self._interrupted_s = 0.0
        self.request = ""

    def must_end(self, beat: Heartbeat) -> bool:
        """Interrupt the program once it is asked to make safe; return whether its time to end is over.

        `beat` is its heartbeat. A pause from before its start does not concern it.
        """
        pause = self._pauses.in_force()
        if (beat.pid, beat.process_birth) != self._program:
            self._see(beat, pause)
        if self.request:
            return self._clock.monotonic() - self._interrupted_s > OBEY_WITHIN_S
        if pause is None or not pause.asks_safe or pause.paused_s == self._before_s:
            return False
        if program_of(self._station, beat) not in ("", RUNNER):
            self.request, self._interrupted_s = pause.reason, self._clock.monotonic()
            interrupt(beat)
        return False

    def answered(self) -> str:
        """Return the request that a program has answered by its end, once; `""`: there is none."""
        request, self.request = self.request, ""
        return request

    def _see(self, beat: Heartbeat, pause: Pause | None) -> None:
        self._program, self.request = (beat.pid, beat.process_birth), ""
        is_older = pause is not None and pause.paused_s <= beat.started_s
        self._before_s = pause.paused_s if pause is not None and is_older else None


def program_of(station: Station, beat: Heartbeat) -> str:
    """Return the name of the program of a heartbeat; `""` unless it holds the instruments of the station."""
    try:
        with station.hold("a look at who uses them"):
            return ""
    except HardwareHeld as held:
        return held.holder.program if held.holder.pid == beat.pid else ""
    except ConfigurationError:
        return ""


def interrupt(beat: Heartbeat) -> None:
    """Interrupt a process of this computer as Ctrl-C does; on Windows it is ended."""
    if beat.host == platform.node() and beat.pid != os.getpid():
        with suppress(OSError):
            os.kill(beat.pid, signal.SIGINT)
