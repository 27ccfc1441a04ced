"""Declarations of a driver: the messages it sends, and the checks to make at the bench.

A driver lists its messages in the class attribute `messages` and its bench checks in `bench_checks`. The
pages docs/reference/drivers/ and the tables of docs/bench-checks.md are made from them, and
`labctl instruments check` counts unconfirmed ones. A test compares every message that a driver sends with
its declarations, so that they cannot drift apart:

    class ExampleOven(Instrument):
        messages = (
            Message("TEMP?", "measured temperature", "degC", "manual p. 31"),
            Message("SETP <value>", "set point", "degC", "manual p. 32", "pymeasure"),
            Message("HEAT <0|1>", "heater off, on", source="manual p. 33"),
            Message("*RST", "reset", source="manual p. 12", when="never: it would change the sensor"),
        )
        bench_checks = (
            BenchCheck("the unit", "read the display", "the same temperature", reads="temperature_k",
                       offset=-273.15, unit="degC", within=0.5),
        )
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

UNKNOWN = "-"
PLACEHOLDER = re.compile(r"<([^<>]+)>")
FIELD = r"[^,;\s]+"


@dataclass(frozen=True)
class Message:
    """One message of an instrument, as its manual writes it.

    Attributes
    ----------
    command : str
        The message. `<name>` stands for one field without comma, semicolon or white space, `<a|b>` for one
        of these texts, `<name...>` for any text. Several messages in one text are declared one by one; see
        `labctl.instrument.Instrument.declared_texts`.
    meaning : str
        What it sets or returns.
    unit : str
        Unit on the wire; `-` without one.
    source : str
        Manual with page or section, or public source; `-` where none is known.
    second_source : str
        An independent source that agrees; `-` where none is known.
    on_hardware : str
        On which instrument, by whom and when it was tried; empty: not tried on hardware.
    when : str
        Empty for a message of every measurement. Otherwise the situation or setting in which it is sent; it
        begins with "never" for a documented message that the driver does not send.
    only_for : tuple of str
        Names of the driver classes that send it, where a family shares a table; empty: all.
    """

    command: str
    meaning: str
    unit: str = UNKNOWN
    source: str = UNKNOWN
    second_source: str = UNKNOWN
    on_hardware: str = ""
    when: str = ""
    only_for: tuple[str, ...] = ()

    @property
    def is_confirmed(self) -> bool:
        """Whether it was tried on hardware."""
        return bool(self.on_hardware)

    @property
    def is_sent(self) -> bool:
        """Whether the driver sends it in any situation."""
        return not self.when.startswith("never")

    def matches(self, text: str) -> bool:
        """Return whether a text on the wire is this message."""
        return re.fullmatch(_pattern(self.command), text, flags=re.DOTALL) is not None


def _pattern(command: str) -> str:
    literals, names = PLACEHOLDER.split(command)[::2], PLACEHOLDER.findall(command)
    fields = [*map(_of_placeholder, names), ""]
    return "".join(re.escape(literal) + field for literal, field in zip(literals, fields, strict=True))


def _of_placeholder(name: str) -> str:
    if name.endswith("..."):
        return ".+"
    return f"(?:{'|'.join(map(re.escape, name.split('|')))})" if "|" in name else FIELD


@dataclass(frozen=True)
class BenchCheck:
    """One check that a person makes on the real instrument.

    Attributes
    ----------
    name : str
        Unique among the checks of a driver; a result is recorded under it.
    do : str
        What to do, as docs/bench-checks.md shows it: lines for a Python prompt, in backticks.
    expect : str
        The result that confirms it.
    reads : str
        Attribute of the driver that `labctl instruments check --at-the-bench` reads for the person; reading
        it must energise nothing.
    asks : str
        Query to send unchanged instead of `reads`; it must energise nothing. Neither: the person does what
        `do` says.
    answer : str
        Regular expression that the whole reply, or text of the value read, must match to confirm the check.
    shown : str
        Where a person finds the same number, "the display" unless given; used with `within`.
    offset : float
        The number read plus `offset` is in `unit`.
    unit : str
        Unit of the number that the person types.
    within : float
        Largest difference, in `unit`, between the number typed and the number read that confirms the check;
        0: no number is compared. Without `answer` and `within` the person says whether the expected result
        was seen.
    is_decisive : bool
        Whether numbers can be wrong without notice until it is done; docs/bench-checks.md prints it bold.
    only_for : tuple of str
        Names of the driver classes that it is for, where a family shares a table; empty: all.
    """

    name: str
    do: str
    expect: str
    reads: str = ""
    asks: str = ""
    answer: str = ""
    shown: str = "the display"
    offset: float = 0.0
    unit: str = ""
    within: float = 0.0
    is_decisive: bool = False
    only_for: tuple[str, ...] = ()

    @property
    def fingerprint(self) -> str:
        """Get a text that changes when instructions or expected result change."""
        what = (self.do, self.expect, self.reads, self.asks)
        judged_by = (self.answer, self.offset, self.unit, self.within)
        return hashlib.sha256(repr((what, judged_by)).encode()).hexdigest()[:16]


def messages_of(driver_class: type) -> tuple[Message, ...]:
    """Return the messages declared for a driver class, without rows for other members of its family."""
    declared: tuple[Message, ...] = getattr(driver_class, "messages", ())
    return tuple(message for message in declared if _is_for(message.only_for, driver_class))


def bench_checks_of(driver_class: type) -> tuple[BenchCheck, ...]:
    """Return the bench checks declared for a driver class, without rows for other members of its family."""
    declared: tuple[BenchCheck, ...] = getattr(driver_class, "bench_checks", ())
    return tuple(check for check in declared if _is_for(check.only_for, driver_class))


def _is_for(names: tuple[str, ...], driver_class: type) -> bool:
    return not names or any(base.__name__ in names for base in driver_class.__mro__)


def undeclared(driver_class: type, texts: Iterable[str]) -> list[str]:
    """Return the texts that no declared message of a driver class matches, without repetitions."""
    declared = messages_of(driver_class)
    return [text for text in dict.fromkeys(texts) if not any(message.matches(text) for message in declared)]


def unsent(driver_class: type, texts: Iterable[str]) -> list[Message]:
    """Return the declared messages of every measurement (`when` is empty) that none of the texts is."""
    seen = set(texts)
    always = [message for message in messages_of(driver_class) if not message.when]
    return [message for message in always if not any(message.matches(text) for text in seen)]
