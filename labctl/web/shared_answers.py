"""Answers that are computed once for all who ask at the same time, by one thread."""

import asyncio
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from labctl.clock import Clock, RealClock

MOST_KEPT = 64


class SharedAnswers:
    """Keeps each answer for a while; a question that is being answered is not begun a second time.

    Parameters
    ----------
    kept_s : float
        How long an answer is given again.
    clock : Clock, optional
    """

    def __init__(self, kept_s: float, clock: Clock | None = None) -> None:
        self._kept_s, self._clock = kept_s, clock or RealClock()
        self._answers: OrderedDict[Hashable, tuple[float, Future[Any]]] = OrderedDict()
        self._lock = threading.Lock()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="labctl web")

    async def of(self, question: Hashable, answer: Callable[[], Any]) -> Any:
        """Return the answer to a question, by calling `answer` where none is kept; raises what it raises."""
        return await asyncio.wrap_future(self._future(question, answer))

    def close(self) -> None:
        """End the thread."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _future(self, question: Hashable, answer: Callable[[], Any]) -> Future[Any]:
        with self._lock:
            kept = self._answers.get(question)
            if kept is not None and not self._is_old(*kept):
                return kept[1]
            future = self._thread.submit(self._answered, question, answer)
            self._answers[question] = (self._clock.monotonic(), future)
            while len(self._answers) > MOST_KEPT:
                self._answers.popitem(last=False)
            return future

    def _answered(self, question: Hashable, answer: Callable[[], Any]) -> Any:
        try:
            return answer()
        finally:
            with self._lock:
                if question in self._answers:  # its age counts from when it was there
                    self._answers[question] = (self._clock.monotonic(), self._answers[question][1])

    def _is_old(self, since_s: float, future: Future[Any]) -> bool:
        return future.done() and self._clock.monotonic() - since_s > self._kept_s
