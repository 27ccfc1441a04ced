"""Tables written from spectra in a described dialect, with the meaning of each printed row."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from dialects.spectra import QUANTITIES, Complexes, Floats, Truth, cell, frequencies, impedance

Random = np.random.Generator
Points = list[tuple[float, complex]]


@dataclass(frozen=True)
class Field:
    """A column: heading, quantity (or the text of a dummy), unit in SI, and how its numbers are printed.

    `minus` prints the negative. `log` prints the decimal logarithm.
    """

    heading: str
    quantity: str
    unit: float = 1.0
    minus: bool = False
    log: bool = False
    form: str = ""


@dataclass(frozen=True)
class Written:
    """A file, its sweeps as their (frequency, impedance) points in order of frequency, and their values.

    The values are those that the metadata of a sweep must hold: `temperature_k`, `cycle`, `bias_v`.
    """

    content: bytes
    sweeps: list[Points]
    values: list[dict[str, float]]


@dataclass(frozen=True)
class Dialect:
    """How a program writes tables. `before` and `between` are the lines above and below the headings."""

    name: str
    fields: Sequence[Field]
    separator: str = ","
    before: Sequence[str] = ()
    between: Sequence[str] = ()
    after: Sequence[str] = ()
    heading: str | None = None
    decimal: str = "."
    encoding: str = "utf-8"
    line_end: str = "\n"
    form: str = ".6g"
    row_start: str = ""
    row_end: str = ""
    truth: Callable[[Random, Floats], Truth] = cell
    arrange: Callable[[Random], tuple[list[Truth], list[dict[str, float]], str]] | None = None
    label: tuple[str, float] = ("", 0.0)
    made: dict[str, Callable[[int, int, float], float]] = field(default_factory=dict)

    def write(self, rng: Random) -> Written:
        """A file with a random spectrum (or several)."""
        if self.arrange is None:
            truths, values, order = [self.truth(rng, frequencies(rng))], [{}], "falling"
            if rng.random() < 0.3:
                truths = [Truth(t.f[::-1], t.z[::-1]) for t in truths]
        else:
            truths, values, order = self.arrange(rng)
        rows = [
            self._rows(truth, constant, k)
            for k, (truth, constant) in enumerate(zip(truths, values, strict=True))
        ]
        lines = _ordered([list(lines) for lines, _ in rows], order, rng)
        name, offset = self.label
        labels = [{name: float(format(c["label"], self.form)) + offset} if name else {} for c in values]
        return Written(self._file(lines), [points for _, points in rows], labels)

    def _rows(self, truth: Truth, constant: dict[str, float], sweep: int) -> tuple[list[str], Points]:
        texts = [self._printed(item, truth, constant, sweep) for item in self.fields]
        values = {
            item.quantity: np.array([_meant(text, item) for text in column])
            for item, column in zip(self.fields, texts, strict=True)
            if item.quantity in QUANTITIES
        }
        f = values["f"] if "f" in values else values["w"] / (2 * np.pi)
        z: Complexes = impedance(f, values)
        shown = [[text.replace(".", self.decimal) for text in row] for row in zip(*texts, strict=True)]
        lines = [self.row_start + self.separator.join(row) + self.row_end for row in shown]
        return lines, sorted(zip(f.tolist(), z.tolist(), strict=True), key=lambda point: point[0])

    def _printed(self, item: Field, truth: Truth, constant: dict[str, float], sweep: int) -> list[str]:
        form = item.form or self.form
        if item.quantity in constant:
            return [format(constant[item.quantity], form)] * truth.f.size
        if item.quantity in self.made:
            made = self.made[item.quantity]
            return [format(made(k, sweep, float(truth.f[k])), form) for k in range(truth.f.size)]
        numbers = QUANTITIES[item.quantity](truth) / item.unit * (-1 if item.minus else 1)
        return [format(float(x), form) for x in (np.log10(numbers) if item.log else numbers)]

    def _file(self, rows: list[str]) -> bytes:
        count = str(len(rows))
        heading = (
            self.separator.join(item.heading for item in self.fields)
            if self.heading is None
            else self.heading
        )
        above = [*self.before, *([heading] if heading else []), *self.between]
        lines = [line.replace("{count}", count) for line in above] + rows + list(self.after) + [""]
        return self.line_end.join(lines).encode(self.encoding)


def _meant(text: str, item: Field) -> float:
    value = float(text.replace(",", ""))
    value = 10.0**value if item.log else value
    return value * item.unit * (-1 if item.minus else 1)


def _ordered(sweeps: list[list[str]], order: str, rng: Random) -> list[str]:
    """The rows of all sweeps: one after the other, in turn, or in no order."""
    if order == "in turn":
        return [line for lines in zip(*sweeps, strict=True) for line in lines]
    together = [line for lines in sweeps for line in lines]
    return [together[k] for k in rng.permutation(len(together))] if order == "shuffled" else together
