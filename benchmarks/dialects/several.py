"""Dialects with several sweeps in a file, or rows in an unusual order; LabOne's file of lines."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from dialects.plain import PLAIN
from dialects.spectra import Truth, cell, frequencies
from dialects.tables import Dialect, Field, Random, Written

Arranged = tuple[list[Truth], list[dict[str, float]], str]


def _reversed(truth: Truth) -> Truth:
    return Truth(truth.f[::-1], truth.z[::-1])


def _alike(rng: Random, count: int) -> list[Truth]:
    """Spectra of the same cell that drifts by some per cent, at the same frequencies."""
    f = frequencies(rng)
    first = cell(rng, f)
    return [Truth(f, first.z * (1 + 0.05 * k)) for k in range(count)]


def down_and_up(rng: Random) -> Arranged:
    """Two sweeps, the second backwards."""
    first, second = _alike(rng, 2)
    return [first, _reversed(second)], [{}, {}], "one after the other"


def again_and_again(rng: Random) -> Arranged:
    """From two to five sweeps from high to low frequency."""
    truths = _alike(rng, int(rng.integers(2, 6)))
    return truths, [{} for _ in truths], "one after the other"


def labelled(name: str, first: float, step: float, order: str) -> Callable[[Random], Arranged]:
    """Sweeps that have a value of their own in a column."""

    def arrange(rng: Random) -> Arranged:
        truths = _alike(rng, int(rng.integers(2, 6)))
        return truths, [{name: first + k * step} for k in range(len(truths))], order

    return arrange


def shuffled(rng: Random) -> Arranged:
    """One sweep with its rows in no order."""
    return [cell(rng, frequencies(rng))], [{}], "shuffled"


def in_turn(rng: Random) -> Arranged:
    """Three readings at each frequency, one after the other."""
    return _alike(rng, 3), [{}, {}, {}], "in turn"


@dataclass(frozen=True)
class LabOne:
    """The csv of LabOne's sweeper: a line for each quantity of each sweep."""

    name: str = "LabOne sweeps"

    def write(self, rng: Random) -> Written:
        """A file with from one to three sweeps."""
        lines, sweeps = ["chunk;timestamp;size;fieldname;data"], []
        for chunk, truth in enumerate(_alike(rng, int(rng.integers(1, 4)))):
            fields = {
                "frequency": truth.f,
                "realz": truth.z.real,
                "imagz": truth.z.imag,
                "absz": np.abs(truth.z),
            }
            fields["phasez"] = np.angle(truth.z)
            texts = {name: [format(float(x), ".12g") for x in numbers] for name, numbers in fields.items()}
            lines += [
                f"{chunk};7{chunk};{truth.f.size};{name};{';'.join(row)}" for name, row in texts.items()
            ]
            read = {name: [float(text) for text in row] for name, row in texts.items()}
            z = [complex(a, b) for a, b in zip(read["realz"], read["imagz"], strict=True)]
            sweeps.append(sorted(zip(read["frequency"], z, strict=True), key=lambda point: point[0]))
        return Written("\n".join([*lines, ""]).encode(), sweeps, [{} for _ in sweeps])


def _with(field: Field) -> tuple[Field, ...]:
    return (field, *PLAIN.fields)


SEVERAL_DIALECTS: list[Dialect | LabOne] = [
    replace(PLAIN, name="down and up", arrange=down_and_up),
    replace(PLAIN, name="sweeps one after the other", arrange=again_and_again),
    replace(
        PLAIN,
        name="temperatures in a column",
        fields=_with(Field("temperature_degc", "label")),
        label=("temperature_k", 273.15),
        form=".8g",
        arrange=labelled("label", -20.0, 10.0, "one after the other"),
    ),
    replace(
        PLAIN,
        name="temperatures, rows sorted by frequency",
        fields=_with(Field("T (K)", "label")),
        label=("temperature_k", 0.0),
        form=".8g",
        arrange=labelled("label", 298.15, 10.0, "in turn"),
    ),
    replace(
        PLAIN,
        name="cycles, rows in no order",
        fields=_with(Field("cycle number", "label")),
        label=("cycle", 0.0),
        form=".8g",
        arrange=labelled("label", 1, 1, "shuffled"),
    ),
    replace(
        PLAIN,
        name="bias in a column",
        fields=_with(Field("DC bias (V)", "label")),
        label=("bias_v", 0.0),
        form=".8g",
        arrange=labelled("label", -0.1, 0.1, "in turn"),
    ),
    replace(PLAIN, name="rows in no order", arrange=shuffled),
    replace(PLAIN, name="three readings at each frequency", arrange=in_turn),
    LabOne(),
]
