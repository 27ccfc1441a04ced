"""New runners in the place of those that died: at most 60 within an hour, and again when one has passed."""

import logging
from collections.abc import Callable
from typing import Any

from labctl.clock import Clock

log = logging.getLogger(__name__)
MOST_PER_HOUR = 60
TRY_AGAIN_S = 10.0


class Restarts:
    """Starts a runner where one is due.

    Parameters
    ----------
    start : callable, optional
        Starts a runner; None: another program does.
    clock : Clock
    announce : callable
        Given level, kind and message of an event.

    Attributes
    ----------
    due : bool
        Whether a runner died and none was started since.
    """

    def __init__(
        self, start: Callable[[], Any] | None, clock: Clock, announce: Callable[[str, str, str], None]
    ) -> None:
        self._start, self._clock, self._announce = start, clock, announce
        self._begun_s: list[float] = []
        self._next_s = clock.monotonic()
        self._has_announced_wait = False
        self.due = False

    @property
    def are_left_to_others(self) -> bool:
        """Whether another program starts the runners."""
        return self._start is None

    def start_if_due(self) -> None:
        """Start a runner if one is due; where that fails, it stays due."""
        now_s = self._clock.monotonic()
        if not self.due or self._start is None or now_s < self._next_s:
            return
        self._begun_s = [then_s for then_s in self._begun_s if now_s - then_s < 3600]
        if len(self._begun_s) >= MOST_PER_HOUR:
            self._announce_wait()
            return
        self._has_announced_wait = False
        try:
            self._start()
        except OSError as error:
            log.error("no runner could be started: %s", error)
            self._next_s = now_s + TRY_AGAIN_S
            return
        self._begun_s.append(now_s)
        self.due = False

    def _announce_wait(self) -> None:
        if self._has_announced_wait:
            return
        self._has_announced_wait = True
        died = f"the runner died {len(self._begun_s)} times within an hour"
        self._announce(
            "error", "person", f"{died}; it is started again when an hour after the first has passed"
        )
