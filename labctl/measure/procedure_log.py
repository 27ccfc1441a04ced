"""Messages that a procedure logs, as events of its run: they are seen in the tab Log."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

KIND = "procedure"
MOST_MESSAGES = 10_000  # of one run: a procedure may log every point
LONGEST = 2000  # letters


@contextmanager
def logged_as_events(procedure: Any, event: Callable[[str, str, str], None]) -> Iterator[None]:
    """Record messages of the module of a procedure, from INFO on, while the block runs.

    Parameters
    ----------
    procedure : Procedure
    event : callable
        Called with level (`info`, `warning` or `error`), kind and message, in the thread that logs. After
        10 000 messages a last one says that the others are not kept.
    """
    with kept_by(MessageEvents(event), procedure):
        yield


@contextmanager
def kept_by(handler: "MessageEvents", procedure: Any) -> Iterator[None]:
    """Record messages of the module of a procedure by `handler` while the block runs, from INFO on."""
    logger = logging.getLogger(type(procedure).__module__)
    before = logger.level
    if logger.getEffectiveLevel() > logging.INFO:
        logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)


class MessageEvents(logging.Handler):
    """Passes messages of one run on as events; the most of them are counted over all blocks."""

    def __init__(self, event: Callable[[str, str, str], None]) -> None:
        super().__init__(logging.INFO)
        self._event, self._left = event, MOST_MESSAGES

    def emit(self, record: logging.LogRecord) -> None:
        """Record one message; an error in its arguments is the message then."""
        if self._left <= 0:
            return
        self._left -= 1
        level = "error" if record.levelno >= logging.ERROR else "warning"
        level = "info" if record.levelno < logging.WARNING else level
        try:
            message = record.getMessage()
        except (TypeError, ValueError, KeyError) as error:
            message = f"{record.msg!r} cannot be formatted: {error}"
        self._event(level, KIND, message[:LONGEST])
        if not self._left:
            self._event("warning", KIND, f"more than {MOST_MESSAGES} messages: the others are not kept")
