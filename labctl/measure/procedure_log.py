"""Messages that a procedure logs, as events of its run: they are seen in the tab Log."""

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

KIND = "procedure"
MOST_MESSAGES = 10_000  # of one run: a procedure may log every point
LONGEST = 2000  # letters


@contextmanager
def logged_as_events(procedure: Any, event: Callable[[str, str, str], None]) -> Iterator[None]:
    """Record messages of the module of a procedure, from INFO on, while the block runs.

    They come from the logger with the name of the module, and from any logger that the module keeps in a
    global name. Of the root logger only the messages that the module itself logs through it are recorded.

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
    module = type(procedure).__module__
    with ExitStack() as listening:
        for logger in _loggers_of(module):
            listens = _OfRoot(handler, module) if logger is logging.root else handler
            listening.enter_context(_listening(logger, listens))
        yield


class _OfRoot(logging.Handler):
    """Passes on messages of one module to the root logger itself; none of other loggers and modules."""

    def __init__(self, handler: logging.Handler, module: str) -> None:
        super().__init__(logging.INFO)
        self._handler, self._file = handler, getattr(sys.modules.get(module), "__file__", None)

    def emit(self, record: logging.LogRecord) -> None:
        """Pass on a message."""
        if record.name == logging.root.name and record.pathname == self._file:
            self._handler.handle(record)


def _loggers_of(module: str) -> list[logging.Logger]:
    """Return the loggers of a module, none of which passes its messages on to another of them."""
    kept = vars(sys.modules[module]).values() if module in sys.modules else ()
    named = [logging.getLogger(module), *(one for one in kept if isinstance(one, logging.Logger))]
    loggers = list(dict.fromkeys(named))
    return [one for one in loggers if one is logging.root or not _passes_on(one, loggers)]


def _passes_on(logger: logging.Logger, to: list[logging.Logger]) -> bool:
    above = logger.parent if logger.propagate else None
    while above is not None and above is not logging.root:
        if above in to:
            return True
        above = above.parent if above.propagate else None
    return False


@contextmanager
def _listening(logger: logging.Logger, handler: logging.Handler) -> Iterator[None]:
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
