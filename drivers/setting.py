"""A setting of an instrument that is read back in the words of the instrument."""

import math
import re
from dataclasses import dataclass


def is_word(short: str, reply: str) -> bool:
    """Return whether a reply is a word in its short form, or in the long form that begins with it."""
    return re.fullmatch(re.escape(short.upper()) + "[A-Z]*", reply.strip().upper()) is not None


@dataclass(frozen=True)
class Setting:
    """A setting: its header, the value that is sent, and the word that it reads back as.

    A number is compared as a number, within `tolerance`.
    """

    header: str
    value: str | float
    reads: str = ""
    tolerance: float = 1e-6

    @property
    def message(self) -> str:
        """The message that sets it."""
        return f"{self.header} {self.value:.9g}" if self.is_number else f"{self.header} {self.value}"

    @property
    def is_number(self) -> bool:
        """Whether its value is a number."""
        return not isinstance(self.value, str)

    def agrees_with(self, reply: str) -> bool:
        """Return whether a reply is the value that was set."""
        if not self.is_number:
            return is_word(self.reads or str(self.value), reply)
        try:
            return math.isclose(float(reply), float(self.value), rel_tol=1e-6, abs_tol=self.tolerance)
        except ValueError:
            return False


def off(header: str) -> Setting:
    """Return the setting of a switch that is off; it reads as 0."""
    return Setting(header, "OFF", "0")


def on(header: str) -> Setting:
    """Return the setting of a switch that is on; it reads as 1."""
    return Setting(header, "ON", "1")
