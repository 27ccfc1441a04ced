"""Base class of instruments with an SCPI error queue: identity and error checking."""

import re
from collections.abc import Sequence
from typing import ClassVar, cast

from drivers.setting import Setting
from labctl.bench import CurrentPoint
from labctl.errors import InstrumentError
from labctl.instrument import Instrument

NO_DATA = 9.9e37
QUEUE_LENGTH = 50
ERROR = re.compile(r'(?P<number>[+-]?\d+), *"(?P<words>[^"]*)"')


class ScpiInstrument(Instrument):
    """An instrument with a queue of errors.

    Class attributes
    ----------------
    models : tuple of str
        Accepted model names; one of them must occur in the identity.
    error_question : str
        The message that asks for the oldest error: its reply is a number and a text.
    """

    models: ClassVar[tuple[str, ...]] = ()
    error_question: ClassVar[str] = "SYST:ERR?"

    @classmethod
    def declared_texts(cls, sent: str) -> tuple[str, ...]:
        """Return the messages of one text, which are separated by semicolons."""
        return tuple(sent.strip().split(";"))

    def oldest_error(self) -> str:
        """Return the oldest error of the queue as text and remove it; `""` if there is none."""
        reply = self.ask(self.error_question).strip()
        found = ERROR.fullmatch(reply)
        if found is None:
            raise self.refuse(self.error_question, reply, "expected an error number and its text")
        number = int(found["number"])
        return f"error {number}: {found['words']}" if number else ""

    @property
    def condition(self) -> str:
        """Get the oldest error in the queue of the instrument (str)."""
        return self.oldest_error() or "no error"

    def tell(self, *commands: str) -> None:
        """Send commands; raises InstrumentError, naming the last, if the instrument refused one."""
        for command in commands:
            self.write(command)
        error = self.oldest_error()
        if error:
            self._empty_queue()
            raise InstrumentError(self.name, commands[-1], error, "refused by the instrument")

    def _empty_queue(self) -> None:
        for _ in range(QUEUE_LENGTH):
            if not self.oldest_error():
                return

    def reset_keeping(self, kept: Sequence[str], *off: str) -> None:
        """Reset the instrument and send the `off` messages with the reset in one message.

        A reset restores the level of power-on, so that the messages that take it away again follow at once.
        `kept` are headers of settings that belong to the fixture: each is read before the reset, set again
        after it and read back. Raises InstrumentError if one is lost, or if a message was refused.
        """
        before = {header: cast(float, self.values(f"{header}?")[0]) for header in kept}
        self.tell(";".join(["*RST", *off]), *(f"{header} {value:g}" for header, value in before.items()))
        for header, value in before.items():
            (found,) = cast(list[float], self.values(f"{header}?"))
            if found != value:
                raise self.refuse(
                    f"{header}?", f"{found:g}", f"was {value:g} before the reset, which lost it"
                )

    def current_point(
        self, start_s: float, potential_v: float, current_a: float, doubts: Sequence[str]
    ) -> CurrentPoint:
        """Return a point of a hold or rest that began at `start_s` on the monotonic clock.

        Its status names the doubts, and an overflow of either value.
        """
        overflow = ["overflow"] if max(abs(potential_v), abs(current_a)) >= NO_DATA else []
        status = "; ".join(dict.fromkeys([*doubts, *overflow])) or "ok"
        elapsed_s = self.clock.monotonic() - start_s
        return CurrentPoint(self.clock.time(), elapsed_s, potential_v, current_a, status)

    def check_set_errors(self) -> list[str]:
        """Raise InstrumentError if the instrument refused the setting just sent."""
        error = self.oldest_error()
        if error:
            raise InstrumentError(self.name, self.error_question, error, "a setting was refused")
        return []

    def confirm(self, question: str, wanted: float, problem: str) -> None:
        """Raise InstrumentError unless the reply to `question` is at most `wanted` in magnitude."""
        found = cast(float, self.values(question)[0])
        if not abs(found) <= wanted:
            raise InstrumentError(self.name, question, f"{found:g}", problem)

    def confirm_settings(self, *settings: Setting) -> list[str]:
        """Ask for every setting in one message; return the replies.

        Raises InstrumentError unless each is as set.
        """
        question = ";".join(f"{setting.header}?" for setting in settings)
        reply = self.ask(question).strip()
        replies = reply.split(";")
        if len(replies) != len(settings):
            raise self.refuse(question, reply, f"expected {len(settings)} settings, got {len(replies)}")
        for setting, found in zip(settings, replies, strict=True):
            if not setting.agrees_with(found):
                raise self.refuse(f"{setting.header}?", found, f"was set to {setting.value}")
        return replies
