"""Make instruments safe within a deadline, even if one of them is faulty.

1. First every instrument is sent its off commands, heaters first; then each is read back. Only a read-back
   confirms. A switch between cells and instruments follows after all others, even if one failed: its relays
   open without a current.
2. Each wire has a thread of its own. Instruments that share a wire take turns. Where no thread can be
   started, because memory is used up, the wires take turns in the calling thread, with heaters first.
3. Each instrument has two seconds, or the longer `safe_within_s` of its driver. A thread that still waits for
   an instrument after the deadline of its wire is left behind, and what it had to do is not confirmed. The
   next attempt on that wire closes the session of the thread that was left behind.
4. In virtual time all this happens in the calling thread and without deadlines, so that simulated nights stay
   reproducible.
5. Signals do not interrupt it: they are answered in words.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from labctl.clock import Clock, RealClock, VirtualClock
from labctl.errors import InstrumentError
from labctl.instruments.uninterrupted import uninterrupted

INSTRUMENT_S = 2.0
"""How long one instrument may take, from opening its session to the read-back."""
SWITCH_OFF_SHARE = 0.5
"""The part of that for its off commands, before the next instrument of the wire has its turn."""
STARTING_S = 0.5
LOOK_EVERY_S = 0.05
CLOSED_WITHIN_S = 0.2


@dataclass(frozen=True)
class Output:
    """One instrument that is made safe.

    Attributes
    ----------
    name : str
    connect : callable
        Returns its driver: the one with an open session, or one of a new session.
    close : callable
        Closes what `connect` opened; nothing for a session that was open before.
    heats : bool
        Whether it can heat; such instruments come first.
    connects : bool
        Whether it connects cells to instruments; such instruments come after all others.
    wires : frozenset[str]
        What it talks over, its partner's included. Empty: a wire of its own.
    within_s : float
    """

    name: str
    connect: Callable[[], Any]
    close: Callable[[], None] = lambda: None
    heats: bool = False
    wires: frozenset[str] = frozenset()
    within_s: float = INSTRUMENT_S
    connects: bool = False


@dataclass(frozen=True)
class SafeState:
    """What became of one instrument: `failure` is None once it was read back off; it took `seconds`."""

    failure: Exception | None
    seconds: float

    @property
    def confirmed(self) -> bool:
        """Whether every output of the instrument was read back off."""
        return self.failure is None

    @property
    def problem(self) -> str:
        """Why it is not confirmed; `""` where it is."""
        return "" if self.failure is None else f"{type(self.failure).__name__}: {self.failure}"


def within_s_of(driver_class: Any) -> float:
    """Return how long an instrument of this driver may take to be made safe, in s."""
    return max(INSTRUMENT_S, float(getattr(driver_class, "safe_within_s", 0.0)))


def longest_s(outputs: Sequence[Output]) -> float:
    """Return the time in s after which `make_all_safe` returns at the latest.

    The slowest wire decides; a switch needs its time after that.
    """
    return sum(max(map(_allowed_s, _lines(together))) for together in _in_order(outputs))


def make_all_safe(
    outputs: Sequence[Output], clock: Clock, while_waiting: Callable[[], None] = lambda: None
) -> dict[str, SafeState]:
    """Switch every instrument off and read each back; never raises for what an instrument does.

    Parameters
    ----------
    outputs : Sequence[Output]
    clock : Clock
        The station's: a virtual one means one thread and no deadlines.
    while_waiting : callable
        Called several times a second while the threads are at work.

    Returns
    -------
    dict[str, SafeState]
        By name, in the order given.
    """
    states: dict[str, SafeState] = {}
    with uninterrupted():
        for together in _in_order(outputs):
            lines = [_Line(line) for line in _lines(together)]
            if isinstance(clock, VirtualClock):
                _one_after_the_other(lines)
            else:
                _at_the_same_time(lines, while_waiting)
            states |= {turn.output.name: turn.state() for line in lines for turn in line.turns}
    return {output.name: states[output.name] for output in outputs}


def _in_order(outputs: Sequence[Output]) -> list[list[Output]]:
    """Return the sources, then the switches, each made safe together; neither list is empty."""
    parts = ([output for output in outputs if output.connects is connects] for connects in (False, True))
    return [part for part in parts if part]


def _one_after_the_other(lines: Sequence["_Line"]) -> None:
    turns = sorted((turn for line in lines for turn in line.turns), key=lambda turn: not turn.output.heats)
    for act in (_Turn.switch_off, _Turn.confirm):
        for turn in turns:
            act(turn, ())
    for turn in turns:
        turn.close()


def _at_the_same_time(lines: Sequence["_Line"], while_waiting: Callable[[], None]) -> None:
    clock = RealClock()
    begun_s = clock.monotonic()
    for line in sorted(lines, key=lambda line: not line.heats):
        line.start()
    for line in lines:
        end_s = begun_s + _allowed_s([turn.output for turn in line.turns]) + STARTING_S
        while line.at_work and clock.monotonic() < end_s:
            while_waiting()
            line.wait(LOOK_EVERY_S)
        line.leave_behind()


class _Turn:
    """Making one instrument safe."""

    def __init__(self, output: Output) -> None:
        self.output = output
        self.driver: Any = None
        self._clock = RealClock()
        self._failure: Exception | None = None
        self._spent_s = 0.0
        self._confirmed = False

    def switch_off(self, line: "Iterable[_Turn]") -> None:
        """Send the off command, where the driver has one of its own."""
        limit_s = SWITCH_OFF_SHARE * self.output.within_s
        with self._noting_failure():
            self.driver = self.output.connect()
            switch_off = getattr(self.driver, "switch_off", None)
            if switch_off is not None:
                with self._within(limit_s, line):
                    switch_off()

    def confirm(self, line: "Iterable[_Turn]") -> None:
        """Make safe with read-back, in the time that is left."""
        left_s = self.output.within_s - self._spent_s
        with self._noting_failure():
            if self.driver is None:
                self.driver = self.output.connect()
            with self._within(left_s, line):
                self.driver.make_safe()
            self._failure, self._confirmed = None, True

    def close(self) -> None:
        """Close the session that was opened here; a failure to close does not make an output unsafe."""
        with suppress(Exception):
            self.output.close()

    def state(self) -> SafeState:
        """Return the state as far as it is known now."""
        if self._confirmed:
            return SafeState(None, self._spent_s)
        late = InstrumentError(self.output.name, "", "", f"not read back off in {self.output.within_s:g} s")
        return SafeState(self._failure or late, self._spent_s)

    @contextmanager
    def _noting_failure(self) -> Iterator[None]:
        begun_s = self._clock.monotonic()
        try:
            yield
        except Exception as failure:  # noqa: BLE001 - the next instrument must still be reached
            self._failure = failure
        finally:
            self._spent_s += self._clock.monotonic() - begun_s

    @contextmanager
    def _within(self, seconds: float, line: "Iterable[_Turn]") -> Iterator[None]:
        """Hold every exchange on this wire to one deadline; a partner of the driver is on it, too."""
        with ExitStack() as held:
            for turn in line:
                _hold_to(turn.driver, seconds, held)
            yield


def _hold_to(driver: Any, seconds: float, held: ExitStack) -> None:
    """Let every exchange of a driver end in so many seconds, counted on its own clock."""
    adapter = getattr(driver, "adapter", None)
    until = getattr(driver, "until", None) or getattr(adapter, "until", None)
    clock = getattr(adapter, "clock", None)
    if until is not None and clock is not None:
        held.enter_context(until(clock.monotonic() + seconds * getattr(clock, "factor", 1.0)))


@dataclass
class _Line:
    """The instruments of one wire, heaters first, and the thread that talks over it."""

    outputs: Sequence[Output]
    turns: list[_Turn] = field(init=False)
    _thread: threading.Thread | None = field(init=False, default=None)
    _left: threading.Event = field(init=False, default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.turns = [_Turn(output) for output in sorted(self.outputs, key=lambda output: not output.heats)]

    @property
    def wires(self) -> frozenset[str]:
        """Every wire of its instruments."""
        return frozenset[str]().union(*(output.wires for output in self.outputs))

    @property
    def heats(self) -> bool:
        """Whether one of its instruments can heat."""
        return any(output.heats for output in self.outputs)

    @property
    def at_work(self) -> bool:
        """Whether its thread has not ended."""
        return self._thread is not None and self._thread.is_alive()

    def start(self) -> None:
        """Begin in a daemon thread; where no thread can be started, work in this one."""
        try:
            self._thread = RealClock().start_thread(self._work, name="labctl make safe")
        except (RuntimeError, MemoryError):
            self._work()

    def wait(self, seconds: float) -> None:
        """Wait for the end of the thread, for at most so long."""
        if self._thread is not None:
            self._thread.join(seconds)

    def leave_behind(self) -> None:
        """Stop waiting; a thread that still waits for an instrument begins nothing new."""
        self._left.set()
        if self.at_work:
            _left_behind.append(self)

    def close(self) -> None:
        """Close the sessions that were opened here."""
        for turn in self.turns:
            turn.close()

    def _work(self) -> None:
        _close_left_behind(self.wires)
        try:
            for act in (_Turn.switch_off, _Turn.confirm):
                for turn in self.turns:
                    if not self._left.is_set():
                        act(turn, self.turns)
        finally:
            self.close()


_left_behind: list[_Line] = []


def _close_left_behind(wires: frozenset[str]) -> None:
    """Close the sessions of threads that wait on these wires: a closed session ends their waiting."""
    _left_behind[:] = [line for line in _left_behind if line.at_work]
    for line in _left_behind:
        if line.wires & wires:
            line.close()
            line.wait(CLOSED_WITHIN_S)


def _lines(outputs: Sequence[Output]) -> list[list[Output]]:
    """Group the instruments that must take turns, because a wire is common to them."""
    lines: list[tuple[set[str], list[Output]]] = []
    for output in outputs:
        wires, members = set(output.wires), [output]
        for line in [line for line in lines if line[0] & wires]:
            lines.remove(line)
            wires |= line[0]
            members = [*line[1], *members]
        lines.append((wires, members))
    return [members for _, members in lines]


def _allowed_s(line: Sequence[Output]) -> float:
    return sum(output.within_s for output in line)
