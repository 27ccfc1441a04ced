"""Signals while instruments are made safe: answered in words, and handed on when it is done."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
_under_way = threading.Lock()


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Let no signal interrupt the block: each is answered on standard error.

    Afterwards a signal that came is handed on: to the method `later` of the handler, where it has one, else
    to the handler as if it came now. An exception that leaves the block is not replaced by a
    KeyboardInterrupt. A block inside another one, and a block in another thread than the main one, changes
    nothing: signals reach the main thread alone.
    """
    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or not _under_way.acquire(blocking=False):
        yield
        return
    came: list[int] = []
    handlers: dict[int, Any] = {}
    try:
        try:
            _replace_handlers(handlers, came)
            yield
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)
            _under_way.release()
    except BaseException:
        with suppress(KeyboardInterrupt):
            _hand_on(came, handlers)
        raise
    _hand_on(came, handlers)


def say(words: str) -> None:
    """Write a line to standard error from a signal handler; a terminal that is closed does not matter."""
    with suppress(OSError):
        os.write(2, f"labctl: {words}\n".encode())


def _replace_handlers(handlers: dict[int, Any], came: list[int]) -> None:
    """Answer every signal that is not ignored; keep in `handlers` what handled it before."""

    def answer(number: int, _frame: FrameType | None) -> None:
        came.append(number)
        name = signal.Signals(number).name
        say(f"{name}: the instruments are being made safe; this takes seconds and is not interrupted")

    for number in (getattr(signal, name) for name in _NAMES if hasattr(signal, name)):
        handler = signal.getsignal(number)
        if handler not in (signal.SIG_IGN, None):
            handlers[number] = handler
            signal.signal(number, answer)


def _hand_on(came: list[int], handlers: dict[int, Any]) -> None:
    for number in dict.fromkeys(came):
        later = getattr(handlers[number], "later", None)
        if later is None:
            signal.raise_signal(number)
        else:
            later(number)
