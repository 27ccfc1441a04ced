"""Errors, by who has to act.

A message is a sentence for people; the attributes are for programs.
"""

from collections.abc import Mapping


class LabctlError(Exception):
    """Root of every error that labctl raises on purpose."""


class ConfigurationError(LabctlError):
    """A file is wrong and nothing has been touched yet: correct the file and try again.

    Attributes
    ----------
    source : str
        The file (or other origin) with the mistake.
    key : str
        Dotted path of the entry in it, `""` for the whole file.
    """

    def __init__(self, source: object, key: str, problem: str) -> None:
        self.source, self.key, self.problem = str(source), key, problem
        where = f"{self.source}: {key}: " if key else f"{self.source}: "
        super().__init__(where + problem)


class InstrumentError(LabctlError):
    """An instrument did not reply, or its reply cannot be a measurement.

    Attributes
    ----------
    instrument, sent, received : str
        Its name, the last message sent, and the reply (`""`: none).
    """

    def __init__(self, instrument: str, sent: str, received: str, problem: str) -> None:
        self.instrument, self.sent, self.received, self.problem = instrument, sent, received, problem
        answer = f"answered {received!r}" if received else "no answer"
        exchange = f" (sent {sent!r}, {answer})" if sent or received else ""
        super().__init__(f"{instrument}: {problem}{exchange}")


class AnswerTimeout(InstrumentError):
    """An instrument did not reply in time."""


class NotMadeSafe(InstrumentError):
    """Some outputs were not read back off: they may be on.

    Attributes
    ----------
    problems : dict[str, str]
        Why, by the name of the instrument.
    """

    def __init__(self, problems: Mapping[str, str]) -> None:
        self.problems = dict(problems)
        words = "; ".join(f"{name}: {problem}" for name, problem in self.problems.items())
        super().__init__(", ".join(self.problems), "", "", f"not confirmed off: {words}")


class SettlingTimeout(LabctlError):
    """The temperature did not become steady in the time allowed."""

    def __init__(self, target_k: float, last_k: float, waited_s: float, band_k: float) -> None:
        self.target_k, self.last_k, self.waited_s, self.band_k = target_k, last_k, waited_s, band_k
        super().__init__(
            f"no stable {target_k:.2f} K after {waited_s:.0f} s: "
            f"last reading {last_k:.2f} K, band {band_k:.2f} K"
        )


class ConditionNotReached(LabctlError):
    """A condition beside the temperature did not become steady in the time allowed.

    Attributes
    ----------
    quantity : str
        Its name, with the unit at its end.
    target, last, tolerance : float
        In that unit; `last` is NaN where nothing was read.
    waited_s : float
    """

    ends_all_samples = True

    def __init__(self, quantity: str, target: float, last: float, tolerance: float, waited_s: float) -> None:
        self.quantity, self.target, self.last = quantity, target, last
        self.tolerance, self.waited_s = tolerance, waited_s
        super().__init__(
            f"no stable {quantity} of {target:.6g} after {waited_s:.0f} s: last reading {last:.6g}, "
            f"tolerance {tolerance:.3g}"
        )


class SettingLost(LabctlError):
    """An instrument did not keep its settings, although they were set again.

    Attributes
    ----------
    instrument, problem : str
        Its name, and the difference found.
    """

    def __init__(self, instrument: str, problem: str, tried: str = "although it was set again") -> None:
        self.instrument, self.problem = instrument, problem
        super().__init__(f"{instrument}: {problem}, {tried}")


class LimitExceeded(LabctlError):
    """A value outside the station's limits was requested. It was not sent."""

    def __init__(self, quantity: str, value: float, low: float, high: float, unit: str) -> None:
        self.quantity, self.value, self.low, self.high, self.unit = quantity, value, low, high, unit
        super().__init__(
            f"{quantity} {value:g} {unit} is outside this station's limits, {low:g} to {high:g} {unit}"
        )


class BeyondInstrument(LabctlError, ValueError):
    """A value was requested that an instrument cannot do. It was not sent.

    Attributes
    ----------
    instrument : str
        Its name.
    quantity : str
        Name of the quantity with its unit, such as `frequency_hz`.
    value : float
        The value in that unit.
    problem : str
        Value and possible range as text, without the instrument.
    """

    def __init__(
        self, instrument: str, quantity: str, value: float, shown: str, words: str, possible: str
    ) -> None:
        self.instrument, self.quantity, self.value = instrument, quantity, value
        able = f"possible: {possible}" if possible else f"it has no {words}: give 0"
        self.problem = f"{words} {shown} is not possible; {able}"
        super().__init__(f"{instrument}: {self.problem}")


class EventError(LabctlError):
    """An emitted event is wrong: a field is misspelt, missing or impossible.

    Attributes
    ----------
    event, field : str
        The event's class, or the topic of a plain dict, and the field at fault.
    """

    def __init__(self, event: str, field: str, problem: str) -> None:
        self.event, self.field, self.problem = event, field, problem
        super().__init__(f"{event}: {field!r} {problem}" if field else f"{event}: {problem}")


class StoreError(LabctlError):
    """A row could not be stored, or a database cannot be used; the message names the cause."""


class InvalidRequest(StoreError):
    """A results file, run, sample or spectrum was named that is not there or cannot be used.

    Nothing was touched; the command line ends with exit code 2.
    """
