"""Base class of instruments with an SCPI error queue: identity and error checking."""

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
