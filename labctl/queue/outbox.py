"""Messages on their way to people: a thread and a bounded queue for each address.

1. Handing over a message never waits. An address that is slow, raises or hangs delays no other address, nor
   the thread that hands over.
2. An address keeps at most so many messages waiting; further messages are lost, and counted.
3. A fault is reported once, and once more when messages are taken again. Only the number and kind of an
   address are named, and of an error its type: address and error text may hold a password.
"""

import logging
import threading
from collections import deque
from collections.abc import Iterable
from typing import Any

from labctl.clock import Clock, RealClock

log = logging.getLogger(__name__)
MOST_WAITING = 100
STUCK_AFTER_S = 120.0


class Outbox:
    """The messages to one address.

    Parameters
    ----------
    name : str
        Name of the address for people, without secrets.
    service : object
        Anything with `notify(title=, body=) -> bool`.
    clock : Clock, optional
    """

    def __init__(self, name: str, service: Any, clock: Clock | None = None) -> None:
        self._name, self._service, self._clock = name, service, clock or RealClock()
        self._changed = threading.Condition()
        self._waiting: deque[tuple[str, str]] = deque()
        self._began_s: float | None = None
        self._lost = 0
        self._problem = self._told = ""
        self._closed = False
        self._thread = threading.Thread(target=self._live, name=f"labctl post {name}", daemon=True)
        self._thread.start()

    def put(self, title: str, body: str) -> None:
        """Hand over a message; it is lost, and counted, where too many are waiting."""
        with self._changed:
            if len(self._waiting) >= MOST_WAITING:
                self._lost += 1
                return
            self._waiting.append((title, body))
            self._changed.notify_all()

    @property
    def busy(self) -> bool:
        """Whether a message waits or is being sent, and the address is not stuck."""
        return self._left > 0 and not self._stuck

    def news(self) -> str:
        """Return a new problem, or that it is over; `""` where nothing changed since the last call."""
        problem = f"has not answered for {STUCK_AFTER_S:g} s" if self._stuck else self._problem
        with self._changed:
            if problem == self._told:
                return ""
            self._told, lost = problem, self._lost
            if not problem:
                self._lost = 0
        if problem:
            return f"{self._name} {problem}: messages to it are not delivered"
        return f"{self._name} takes messages again; {lost} were not delivered"

    def close(self, within_s: float) -> str:
        """Send waiting messages, for at most so many seconds; return in words how many were lost, or `""`."""
        with self._changed:
            self._changed.wait_for(lambda: not self._left, within_s)
            self._closed = True
            self._changed.notify_all()
            missing = self._lost + self._left
        return f"{missing} message(s) to {self._name} were not delivered" if missing else ""

    @property
    def _left(self) -> int:
        return len(self._waiting) + (self._began_s is not None)

    @property
    def _stuck(self) -> bool:
        began_s = self._began_s
        return began_s is not None and self._clock.monotonic() - began_s > STUCK_AFTER_S

    def _live(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._closed)
                if self._closed:
                    return
                title, body = self._waiting.popleft()
                self._began_s = self._clock.monotonic()
            problem = self._send(title, body)
            with self._changed:
                self._began_s, self._problem = None, problem
                self._lost += bool(problem)
                self._changed.notify_all()

    def _send(self, title: str, body: str) -> str:
        """Return why the message was not delivered; `""` if it was."""
        try:
            taken = self._service.notify(title=title, body=body)
        except Exception as error:  # noqa: BLE001 - a service raises anything
            problem = f"failed ({type(error).__name__})"
        else:
            problem = "" if taken else "did not take a message"
        if problem:
            log.warning("%s %s: %s", self._name, problem, title)
        return problem


class Outboxes:
    """One outbox for each address; takes messages as one service does."""

    def __init__(self, services: Iterable[tuple[str, Any]], clock: Clock | None = None) -> None:
        self._clock = clock or RealClock()
        self._each = [Outbox(name, service, clock) for name, service in services]

    def notify(self, title: str, body: str) -> bool:
        """Hand a message over to every address."""
        for outbox in self._each:
            outbox.put(title, body)
        return True

    @property
    def busy(self) -> bool:
        """Whether any address that is not stuck still has messages to send."""
        return any(outbox.busy for outbox in self._each)

    def news(self) -> list[str]:
        """Return what changed since the last call, a sentence for each address."""
        return [words for outbox in self._each if (words := outbox.news())]

    def close(self, within_s: float) -> list[str]:
        """Send waiting messages, for at most so many seconds in all; return a sentence for each loss."""
        until_s = self._clock.monotonic() + within_s
        closed = [outbox.close(max(0.0, until_s - self._clock.monotonic())) for outbox in self._each]
        return [words for words in closed if words]
