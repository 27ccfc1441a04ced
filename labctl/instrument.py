"""Base classes of every labctl driver: pymeasure's Instrument and Channel with strict replies."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from threading import RLock
from typing import Any, ClassVar

from pymeasure.instruments import Channel as PymeasureChannel
from pymeasure.instruments import Instrument as PymeasureInstrument

from labctl.capabilities import NO_RAMP, Above, Capabilities, OneOf, Range
from labctl.clock import Clock, RealClock, VirtualClock
from labctl.command_table import BenchCheck, Message
from labctl.errors import InstrumentError

__all__ = [
    "NO_RAMP",
    "Above",
    "Capabilities",
    "Channel",
    "Instrument",
    "OneOf",
    "Range",
    "SharedSession",
    "StrictReplies",
]


class StrictReplies:
    """Replies are cast strictly and counted.

    pymeasure keeps a string where the cast of a reply fails, and accepts any number of fields. A driver
    that inherits from this class raises InstrumentError instead, and clears the bus so that the rest of a
    reply cannot answer the next question. Several fields are requested by `values_kwargs={"fields": n}`.
    """

    ask: Callable[..., str]

    def values(
        self,
        command: str,
        separator: str = ",",
        cast: Callable[[str], Any] = float,
        preprocess_reply: Callable[[str], str] | None = None,
        maxsplit: int = -1,
        fields: int = 1,
        **kwargs: Any,
    ) -> list[Any]:
        """Send `command`, split the reply and cast every field.

        Raises InstrumentError where a cast fails, a number is not finite, or the number of fields is not
        `fields` (0: any number).
        """
        reply = self.ask(command, **kwargs).strip()
        text = preprocess_reply(reply) if preprocess_reply else reply
        parts = text.split(separator, maxsplit)
        if fields and len(parts) != fields:
            raise self.refuse(command, reply, f"expected {fields} value(s), got {len(parts)}")
        try:
            values = [cast(part) for part in parts]
        except ValueError as error:
            raise self.refuse(command, reply, f"expected {cast.__name__}") from error
        if any(isinstance(value, float) and not math.isfinite(value) for value in values):
            raise self.refuse(command, reply, "a value is not finite")
        return values

    def refuse(self, sent: str, received: str, problem: str) -> InstrumentError:
        """Clear the bus and return the error that says why `received` cannot be used."""
        raise TypeError(f"{type(self).__name__} must be an Instrument or a Channel of labctl.instrument")


class Instrument(StrictReplies, PymeasureInstrument):  # pyright: ignore[reportIncompatibleMethodOverride]
    """A pymeasure Instrument that raises InstrumentError for a reply that it cannot interpret.

    A driver of a role defines two methods that remove every stimulus:

    * `switch_off()`: only the messages that switch heater, cell and source off. It is fast and asks nothing,
      except that it reads the acknowledgements of a protocol that sends them (`acknowledges`). It may be
      called at any moment and any number of times, and does not say that the outputs are off.
    * `make_safe()`: `switch_off()`, then the outputs are read back; raises InstrumentError unless they are
      off.

    Class attributes
    ----------------
    connection_settings : dict
        Keyword arguments of the VISA resource (terminations, time-out in ms, `asrl={...}` ...).
    write_interval_s, quiet_after_s
        Pauses that the instrument needs: after any message, and after certain messages (by exact text).
    quiet_after_opening_s : float
        Pause that it needs after its session was opened.
    identity_question : str
        Query of its identity.
    safe_within_s : float
        How long `switch_off()`, `make_safe()` and opening the session may take together, in s; at least 2.
    acknowledges : bool
        Whether the protocol answers every command, so that `switch_off()` reads these answers.
    questions : str
        Regular expression of messages that only ask although they have no `?`; such a message is repeated
        once where the instrument has closed its socket during a pause. Frames of bytes are matched as text
        in hexadecimal, `01 03 ...`.
    answers : bool
        Whether it answers anything at all; False for a board that only listens.
    shown_on_reset : str
        What `prepare()` may put at the cell for an instant because it resets the instrument, as words; empty:
        nothing.
    messages : tuple of labctl.command_table.Message
        The messages that it sends, with unit and source.
    bench_checks : tuple of labctl.command_table.BenchCheck
        What to check once on the real instrument.
    line_address : str or None
        Name of the setting that distinguishes instruments on one serial line; `""` for an instrument with a
        line of its own, None: not declared.
    can : Capabilities
        Ranges of the instrument (`labctl.capabilities`); by default none is declared.
    """

    connection_settings: ClassVar[dict[str, Any]] = {}
    write_interval_s: ClassVar[float] = 0.0
    quiet_after_s: ClassVar[dict[str, float]] = {}
    quiet_after_opening_s: ClassVar[float] = 0.0
    identity_question: ClassVar[str] = "*IDN?"
    safe_within_s: ClassVar[float] = 2.0
    acknowledges: ClassVar[bool] = False
    questions: ClassVar[str] = ""
    answers: ClassVar[bool] = True
    shown_on_reset: ClassVar[str] = ""
    messages: ClassVar[tuple[Message, ...]] = ()
    bench_checks: ClassVar[tuple[BenchCheck, ...]] = ()
    line_address: ClassVar[str | None] = None
    can: Capabilities = Capabilities()

    def __init__(self, adapter: Any, name: str | None = None, **kwargs: Any) -> None:
        settings = {**self.connection_settings, **kwargs}
        PymeasureInstrument.__init__(
            self, adapter, name or type(self).__name__, includeSCPI=False, **settings
        )

    @classmethod
    def unconfirmed(cls, settings: Mapping[str, Any]) -> tuple[str, ...]:
        """Return a sentence for each thing that must be confirmed at the bench before its numbers hold.

        `settings` come from the station file. `labctl check` shows the sentences, and each run records
        them. There are none unless a driver says so.
        """
        return ()

    @classmethod
    def declared_texts(cls, sent: str) -> tuple[str, ...]:
        """Split a text on the wire into messages, spelt as in `messages`.

        `sent` is a text, or the bytes of a frame in hexadecimal, `01 03 ...`. Each line of a text is a
        message unless the driver overrides this method.
        """
        return tuple(line.strip() for line in sent.splitlines() if line.strip())

    @classmethod
    def capabilities(cls, settings: Mapping[str, Any]) -> Capabilities:
        """Return the capabilities with these settings of the station file.

        `settings` holds only entries of the station file: the defaults of the driver are not in it. By
        default the answer is `can`. `labctl check` holds planned steps against it, and says which quantities
        are not declared. Override it where a range depends on a setting, and let the driver check what it is
        asked for against the same declaration.
        """
        return cls.can

    @property
    def identity(self) -> str:
        """Get the identity of the instrument (str): manufacturer, model, serial number, firmware."""
        return self.ask(self.identity_question).strip()

    def refuse(self, sent: str, received: str, problem: str) -> InstrumentError:
        """Clear the bus and return the error that says why `received` cannot be used."""
        self.clear_bus()
        return InstrumentError(self.name, sent, received, problem)

    def clear_bus(self) -> None:
        """Discard everything under way or unread, so that it cannot be taken for the next reply."""
        clear = getattr(self.adapter, "clear", None) or self.adapter.connection.clear  # type: ignore[attr-defined]
        clear()

    def check_identity(self, *expected: str) -> None:
        """Raise InstrumentError unless one of `expected` occurs in its identity (`""`: any)."""
        identity = self.identity
        if not identity or not any(word in identity for word in expected):
            raise self.refuse(
                self.identity_question, identity, f"this is not a {' or '.join(expected) or 'known model'}"
            )

    @property
    def clock(self) -> Clock:
        """The clock of the connection: real time, unless the instrument is simulated."""
        return getattr(self.adapter, "clock", None) or RealClock()

    @property
    def in_virtual_time(self) -> bool:
        """Whether time jumps, so that no thread could kick a watchdog."""
        return isinstance(self.clock, VirtualClock)

    def at_times(self, start_s: float, times_s: Iterable[float]) -> Iterator[float]:
        """Yield each of `times_s` when it has come, counted from `start_s` on the monotonic clock.

        A time already past is yielded at once.
        """
        for time_s in times_s:
            self.clock.sleep(max(0.0, start_s + time_s - self.clock.monotonic()))
            yield time_s

    def set_timeout(self, seconds: float) -> None:
        """Let the next replies take up to `seconds`."""
        if hasattr(self.adapter, "set_timeout"):
            self.adapter.set_timeout(seconds)  # type: ignore[attr-defined]
        else:
            self.adapter.connection.timeout = int(1000 * seconds)  # type: ignore[attr-defined]

    def switch_off(self) -> None:
        """Send the messages that switch every output off; read nothing back.

        This one sends nothing: it is for drivers that only have `make_safe()`, which then does it all. An
        own one tries every message, then raises InstrumentError if one could not be sent or was not
        acknowledged.
        """

    def until(self, monotonic_s: float) -> AbstractContextManager[object]:
        """Return a context in which every exchange ends at `monotonic_s` of the clock at the latest."""
        limited: Callable[[float], AbstractContextManager[object]] | None
        limited = getattr(self.adapter, "until", None)
        return limited(monotonic_s) if limited else nullcontext()

    def urgently(self) -> AbstractContextManager[object]:
        """Return a context for `switch_off()`: an acknowledgement that is late delays no other message."""
        hurried: Callable[[], AbstractContextManager[object]] | None
        hurried = getattr(self.adapter, "urgently", None)
        return hurried() if hurried else nullcontext()

    def send_all(self, *commands: str) -> None:
        """Send every command even if one fails, then raise the first failure: for `switch_off()`."""
        self.attempt_all(*(partial(self.write, command) for command in commands))

    def attempt_all(self, *actions: Callable[[], object]) -> None:
        """Do every action even if one fails, then raise the first failure; for `make_safe()`."""
        failures: list[InstrumentError] = []
        for action in actions:
            try:
                action()
            except InstrumentError as failure:
                failures.append(failure)
        if failures:
            raise failures[0]


class SharedSession:
    """Mixin for a driver with a `kick()` that is called from another thread: one exchange at a time.

    It stands before `Instrument` among the bases. A question and its answer, or one message, are one
    exchange.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._one_exchange = RLock()
        super().__init__(*args, **kwargs)

    def write(self, command: str, **kwargs: Any) -> None:
        """Send a message when no other exchange is under way."""
        with self._one_exchange:
            super().write(command, **kwargs)  # type: ignore[misc] - of the instrument that follows

    def ask(self, command: str, query_delay: float | None = None) -> str:
        """Send a question and return its answer when no other exchange is under way."""
        with self._one_exchange:
            return super().ask(command, query_delay)  # type: ignore[misc] - of the instrument that follows

    def clear_bus(self) -> None:
        """Discard everything under way or unread, between two exchanges."""
        with self._one_exchange:
            super().clear_bus()  # type: ignore[misc] - of the instrument that follows


class Channel(StrictReplies, PymeasureChannel):  # pyright: ignore[reportIncompatibleMethodOverride]
    """A pymeasure Channel with the strict replies of its Instrument."""

    def refuse(self, sent: str, received: str, problem: str) -> InstrumentError:
        """Clear the bus and return the error that says why `received` cannot be used."""
        return self.parent.refuse(self.insert_id(sent), received, problem)  # type: ignore[attr-defined]
