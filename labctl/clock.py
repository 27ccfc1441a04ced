"""Clocks: real, scaled, or virtual time.

Rules of the virtual clock, which make runs with several threads reproducible:

1. A thread takes part (is a *participant*) inside `with clock.participant():`, or from its birth when it
   is started by `clock.start_thread()`. A single thread that only sleeps needs neither.
2. Time moves only when every participant sleeps, waits for a clock lock, or is released.
3. One sleeper is woken at a time: earliest deadline first, then in order of arrival.
4. A lock held across a sleep is a `clock.lock()`: time can move while threads wait for it.
5. A participant that blocks on anything else does so inside `with clock.released():`.
"""

import heapq
import threading
import time as _time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Protocol


class Clock(Protocol):
    """Time for procedures, the simulated rig and the runner."""

    def monotonic(self) -> float:
        """Return seconds since an arbitrary start; never decreases."""
        ...

    def time(self) -> float:
        """Seconds since 1970-01-01 UTC."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait for `seconds`."""
        ...

    def participant(self) -> AbstractContextManager[None]:
        """Make this thread a participant: virtual time moves only when it sleeps, waits or is released."""
        ...

    def released(self) -> AbstractContextManager[None]:
        """Let virtual time move while this participant does not sleep."""
        ...

    def lock(self) -> AbstractContextManager[object]:
        """Make a re-entrant lock that may be held across `sleep`."""
        ...

    def start_thread(self, target: Callable[[], None], name: str | None = None) -> threading.Thread:
        """Start a daemon thread that takes part from its birth."""
        ...


class ScaledClock:
    """Wall-clock time, `factor` times faster.

    Parameters
    ----------
    factor : float
        How many seconds of this clock pass in one real second; greater than zero.
    """

    def __init__(self, factor: float) -> None:
        if not factor > 0:
            raise ValueError(f"factor must be greater than zero, got {factor!r}")
        self.factor = factor
        self._epoch_s = _time.time()
        self._start_s = _time.monotonic()

    def monotonic(self) -> float:
        return (_time.monotonic() - self._start_s) * self.factor

    def time(self) -> float:
        return self._epoch_s + self.monotonic()

    def sleep(self, seconds: float) -> None:
        if seconds > 0:
            _time.sleep(seconds / self.factor)

    def participant(self) -> AbstractContextManager[None]:
        return nullcontext()

    def released(self) -> AbstractContextManager[None]:
        return nullcontext()

    def lock(self) -> AbstractContextManager[object]:
        return threading.RLock()

    def start_thread(self, target: Callable[[], None], name: str | None = None) -> threading.Thread:
        thread = threading.Thread(target=target, name=name, daemon=True)
        thread.start()
        return thread


class RealClock(ScaledClock):
    """Real time."""

    def __init__(self) -> None:
        super().__init__(1.0)

    def time(self) -> float:
        return _time.time()


class SteadyClock(ScaledClock):
    """Real time, counted on from the system clock as it was at the start.

    A system clock that is set later does not show in `time()`. While the computer sleeps, `time()` goes on
    where the system counts that time (Linux), and `monotonic()` stands still.
    """

    def __init__(self) -> None:
        super().__init__(1.0)
        self._start_uptime_s = _uptime_s()

    def time(self) -> float:
        return self._epoch_s + _uptime_s() - self._start_uptime_s

    def set_by_s(self) -> float:
        """By how many seconds the system clock was set forward since the start."""
        return _time.time() - self.time()


def _uptime_s() -> float:
    """Seconds since an arbitrary start, with the time asleep where the system knows it."""
    boottime = getattr(_time, "CLOCK_BOOTTIME", None)
    return _time.monotonic() if boottime is None else _time.clock_gettime(boottime)


class _Waiter:
    __slots__ = ("due", "thread_id")

    def __init__(self, thread_id: int) -> None:
        self.thread_id = thread_id
        self.due = False


class VirtualClock:
    """A clock that jumps: sleeping takes no real time, and threads always interleave in the same order.

    Parameters
    ----------
    epoch_s : float
        Initial value of `time()`, seconds since 1970-01-01 UTC (default 2026-01-01 18:00 UTC).
    """

    def __init__(self, epoch_s: float = 1_767_290_400.0) -> None:
        self._epoch_s = epoch_s
        self._now_s = 0.0
        self._changed = threading.Condition()
        self._participants: set[int] = set()
        self._running: set[int] = set()
        self._queue: list[tuple[float, int, _Waiter]] = []
        self._arrivals = 0

    def monotonic(self) -> float:
        return self._now_s

    def time(self) -> float:
        return self._epoch_s + self._now_s

    def sleep(self, seconds: float) -> None:
        with self._changed:
            self._wait_in_queue(self._now_s + max(0.0, seconds))

    def jump(self, seconds: float) -> None:
        """Shift `time()` only, like a correction of the system clock; `monotonic` does not change."""
        self._epoch_s += seconds

    @contextmanager
    def participant(self) -> Iterator[None]:
        with self._changed:
            self._join()
        try:
            yield
        finally:
            with self._changed:
                self._leave()

    @contextmanager
    def released(self) -> Iterator[None]:
        me = threading.get_ident()
        with self._changed:
            held_time = me in self._running
            self._running.discard(me)
            self._wake_next()
        try:
            yield
        finally:
            if held_time:
                self.sleep(0.0)

    def lock(self) -> AbstractContextManager[object]:
        return _VirtualLock(self)

    def start_thread(self, target: Callable[[], None], name: str | None = None) -> threading.Thread:
        def live() -> None:
            with self._changed:
                while not birth.due:
                    self._changed.wait()
            try:
                target()
            finally:
                with self._changed:
                    self._leave()

        thread = threading.Thread(target=live, name=name, daemon=True)
        with self._changed:
            thread.start()
            birth = _Waiter(thread.ident or 0)
            self._participants.add(birth.thread_id)
            self._enqueue(birth, self._now_s)
            self._wake_next()
        return thread

    def _join(self) -> None:
        me = threading.get_ident()
        self._participants.add(me)
        self._running.add(me)

    def _leave(self) -> None:
        me = threading.get_ident()
        self._participants.discard(me)
        self._running.discard(me)
        self._wake_next()

    def _enqueue(self, waiter: _Waiter, deadline_s: float) -> None:
        self._arrivals += 1
        heapq.heappush(self._queue, (deadline_s, self._arrivals, waiter))

    def _wait_in_queue(self, deadline_s: float) -> None:
        """Give up the turn and return at this thread's next turn. The caller holds `_changed`."""
        waiter = _Waiter(threading.get_ident())
        self._enqueue(waiter, deadline_s)
        self._wait_for(waiter)

    def _wait_for(self, waiter: _Waiter) -> None:
        self._running.discard(waiter.thread_id)
        self._wake_next()
        while not waiter.due:
            self._changed.wait()
        if waiter.thread_id not in self._participants:
            self._running.discard(waiter.thread_id)
            self._wake_next()

    def _wake_next(self) -> None:
        if self._running or not self._queue:
            return
        deadline_s, _, waiter = heapq.heappop(self._queue)
        self._now_s = max(self._now_s, deadline_s)
        waiter.due = True
        self._running.add(waiter.thread_id)
        self._changed.notify_all()


class _VirtualLock:
    """Re-entrant lock, acquired in order of arrival through the clock's queue."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self._owner: int | None = None
        self._depth = 0
        self._waiting: deque[_Waiter] = deque()

    def __enter__(self) -> "_VirtualLock":
        me = threading.get_ident()
        with self._clock._changed:
            if self._owner is not None and self._owner != me:
                waiter = _Waiter(me)
                self._waiting.append(waiter)
                self._clock._wait_for(waiter)
            self._owner = me
            self._depth += 1
        return self

    def __exit__(self, *_: object) -> None:
        with self._clock._changed:
            self._depth -= 1
            if self._depth:
                return
            if not self._waiting:
                self._owner = None
                return
            heir = self._waiting.popleft()
            self._owner = heir.thread_id
            self._clock._enqueue(heir, self._clock._now_s)
            self._clock._wake_next()


class SteadyVirtualClock(VirtualClock):
    """A virtual clock as seen by a session: `time()` is counted on from the start, unchanged by `jump`."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self._offset_s = clock.time() - clock.monotonic()

    def monotonic(self) -> float:
        return self._clock.monotonic()

    def time(self) -> float:
        return self._offset_s + self._clock.monotonic()

    def set_by_s(self) -> float:
        """By how many seconds the clock jumped forward since the start."""
        return self._clock.time() - self.time()

    def sleep(self, seconds: float) -> None:
        self._clock.sleep(seconds)

    def jump(self, seconds: float) -> None:
        self._clock.jump(seconds)

    @contextmanager
    def participant(self) -> Iterator[None]:
        with self._clock.participant():
            yield

    @contextmanager
    def released(self) -> Iterator[None]:
        with self._clock.released():
            yield

    def lock(self) -> AbstractContextManager[object]:
        return self._clock.lock()

    def start_thread(self, target: Callable[[], None], name: str | None = None) -> threading.Thread:
        return self._clock.start_thread(target, name)


def steady(clock: Clock) -> Clock:
    """Return a clock with a `time()` that never steps, to record one session of measurements with.

    Times of rows that are counted on from one start differ by the time that passed, also when the system
    clock is set in between. Scaled clocks are steady already.
    """
    if isinstance(clock, SteadyVirtualClock):
        return clock
    if isinstance(clock, VirtualClock):
        return SteadyVirtualClock(clock)
    return SteadyClock() if isinstance(clock, RealClock) else clock
