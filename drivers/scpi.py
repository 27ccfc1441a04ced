"""Base class of instruments with an SCPI error queue: identity and error checking."""

from collections.abc import Sequence
from typing import ClassVar, cast

from labctl.errors import InstrumentError
from labctl.instrument import Instrument

NO_DATA = 9.9e37
QUEUE_LENGTH = 50


class ScpiInstrument(Instrument):
    """An instrument with its errors in `SYST:ERR?`.

    Class attributes
    ----------------
    models : tuple of str
        Accepted model names; one of them must occur in the identity.
    """

    models: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def declared_texts(cls, sent: str) -> tuple[str, ...]:
        """Return the messages of one text, which are separated by semicolons."""
        return tuple(sent.strip().split(";"))

    def oldest_error(self) -> str:
        """Return the oldest error of the queue as text and remove it; `""` if there is none."""
        reply = self.ask("SYST:ERR?").strip()
        code, _, words = reply.partition(",")
        try:
            number = int(code)
        except ValueError as error:
            raise self.refuse("SYST:ERR?", reply, "expected an error number and its text") from error
        return f"error {number}: {words.strip().strip(chr(34))}" if number else ""

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

    def check_set_errors(self) -> list[str]:
        """Raise InstrumentError if the instrument refused the setting just sent."""
        error = self.oldest_error()
        if error:
            raise InstrumentError(self.name, "SYST:ERR?", error, "a setting was refused")
        return []

    def confirm(self, question: str, wanted: float, problem: str) -> None:
        """Raise InstrumentError unless the reply to `question` is at most `wanted` in magnitude."""
        found = cast(float, self.values(question)[0])
        if not abs(found) <= wanted:
            raise InstrumentError(self.name, question, f"{found:g}", problem)
