"""Parameter types missing in pymeasure: a list of numbers within limits."""

import math
from typing import Any

from pymeasure.experiment import Parameter

from labctl.typed_number import span


class FloatListParameter(Parameter):
    """A list of floats, each from `minimum` to `maximum`.

    Accepts a list, or text from one line of a form: `"30, 60, 90"`, or `"30:120:15"` for first, last
    (included) and step; both can be mixed.

    Parameters
    ----------
    units : str, optional
    minimum, maximum : float
        Inclusive limits of every element.
    """

    def __init__(
        self,
        name: str,
        units: str | None = None,
        minimum: float = -1e9,
        maximum: float = 1e9,
        **kwargs: Any,
    ) -> None:
        self.units, self.minimum, self.maximum = units, minimum, maximum
        super().__init__(name, **kwargs)
        self._help_fields += ["minimum", "maximum"]

    @property
    def ui_class(self) -> Any:
        """Input widget class of a form; Qt is imported only when this is read."""
        from pymeasure.display.inputs import VectorInput

        return VectorInput

    @ui_class.setter
    def ui_class(self, _: None) -> None:
        """Ignored; pymeasure sets None to leave the choice to the form."""

    def convert(self, value: Any) -> list[float]:
        """Return the list of floats; raises ValueError naming the invalid element."""
        numbers = self._parse(value) if isinstance(value, str) else [_number(v) for v in _sequence(value)]
        for number in numbers:
            if not self.minimum <= number <= self.maximum:
                raise ValueError(f"{number:g} is not from {self.minimum:g} to {self.maximum:g}")
        return numbers

    def _parse(self, text: str) -> list[float]:
        text = text.strip()
        if self.units:
            text = text.removesuffix(f" {self.units}").strip()
        text = text.removeprefix("[").removesuffix("]")
        return [number for part in text.split(",") if part.strip() for number in _span(part)]

    def __str__(self) -> str:
        if not self.is_set():
            return ""
        listed = "[" + ",".join(repr(v) for v in self.convert(self.value)) + "]"
        return f"{listed} {self.units}" if self.units else listed


def _sequence(value: Any) -> list[Any]:
    if isinstance(value, list | tuple):
        return list(value)
    raise ValueError("give a list such as [30, 60, 90] or a text such as '30:120:15'")


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{value!r} is not a number")
    return float(value)


def _float(field: str) -> float:
    try:
        return float(field)
    except ValueError:
        raise ValueError(f"{field.strip()!r} is not a number; separate numbers by commas") from None


def _span(part: str) -> list[float]:
    """Return one number, or the numbers of `first:last:step`."""
    ends = [_float(field) for field in part.split(":")]
    if len(ends) == 1:
        return ends
    if len(ends) != 3 or ends[2] == 0 or not all(map(math.isfinite, ends)):
        raise ValueError(f"{part.strip()!r} is not first:last:step")
    try:
        return span(*ends)
    except ValueError as error:
        raise ValueError(f"{part.strip()!r}: {error}") from error
