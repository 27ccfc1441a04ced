"""Answers that are computed once for all who ask at the same time, by one thread.

1. An answer is given again for `kept_s`. Where it took longer to compute than a `share` of that, it is kept
   for longer, so that one question takes no more than this share of a core, however many ask it.
2. With a share, the answer before is given while the next is computed, but for at most twice that time.
"""

import asyncio
import math
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from labctl.clock import Clock, RealClock

MOST_KEPT = 64
LONGEST_KEPT_S = 10.0


@dataclass(frozen=True)
class _Kept:
    """An answer, when it was there (infinite: not yet), how long it took, and the answer before it."""

    future: Future[Any]
    since_s: float = math.inf
    took_s: float = 0.0
    before: "_Kept | None" = None


class SharedAnswers:
    """Keeps each answer for a while; a question that is being answered is not begun a second time.

    Parameters
    ----------
    kept_s : float
        How long an answer is given again.
    clock : Clock, optional
    share : float, optional
        Of a core, which one question may take; see above. None: every answer is kept for `kept_s`.
    """

    def __init__(self, kept_s: float, clock: Clock | None = None, share: float | None = None) -> None:
        self._kept_s, self._clock, self._share = kept_s, clock or RealClock(), share
        self._answers: OrderedDict[Hashable, _Kept] = OrderedDict()
        self._lock = threading.Lock()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="labctl web")

    async def of(self, question: Hashable, answer: Callable[[], Any]) -> Any:
        """Return the answer to a question, by calling `answer` where none is kept; raises what it raises."""
        # one page that is given up must not cancel the answer for the others
        return await asyncio.shield(asyncio.wrap_future(self.begin(question, answer)))

    def close(self) -> None:
        """End the thread."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def begin(self, question: Hashable, answer: Callable[[], Any]) -> Future[Any]:
        """Return the answer as a future, without waiting; as `of`."""
        with self._lock:
            kept = self._answers.get(question)
            if kept is None or kept.future.cancelled() or self._age(kept) > self._keeps_s(kept):
                kept = self._begun(question, answer, kept)
            before = kept.before
            if before is not None and self._age(before) <= 2 * self._keeps_s(before):
                return before.future
            return kept.future

    def _begun(self, question: Hashable, answer: Callable[[], Any], old: _Kept | None) -> _Kept:
        usable = old if self._share is not None and old is not None and _was_given(old) else None
        kept = _Kept(self._thread.submit(self._answered, question, answer), before=usable)
        self._answers[question] = kept
        while len(self._answers) > MOST_KEPT:
            self._answers.popitem(last=False)
        return kept

    def _answered(self, question: Hashable, answer: Callable[[], Any]) -> Any:
        begun_s = self._clock.monotonic()
        try:
            return answer()
        finally:
            ended_s = self._clock.monotonic()
            with self._lock:
                if question in self._answers:  # its age counts from when it was there
                    future = self._answers[question].future
                    self._answers[question] = _Kept(future, ended_s, ended_s - begun_s)

    def _age(self, kept: _Kept) -> float:
        return self._clock.monotonic() - kept.since_s

    def _keeps_s(self, kept: _Kept) -> float:
        if self._share is None:
            return self._kept_s
        return max(self._kept_s, min(kept.took_s / self._share, LONGEST_KEPT_S))


def _was_given(kept: _Kept) -> bool:
    return kept.future.done() and not kept.future.cancelled() and kept.future.exception() is None
