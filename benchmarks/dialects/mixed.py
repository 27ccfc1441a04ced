"""A dialect with every property drawn at random: columns, order, units, separators, signs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dialects.several import again_and_again, down_and_up
from dialects.spectra import Truth, cell
from dialects.tables import Dialect, Field, Random, Written

_FREQUENCY = ("Frequency", "Freq.", "f", "freq", "Freq", "FREQUENCY")
_UNITS = {
    "f": (("Hz", 1.0), ("kHz", 1e3), ("MHz", 1e6), ("mHz", 1e-3), ("HZ", 1.0)),
    "ohm": (
        ("Ohm", 1.0),
        ("Ω", 1.0),
        ("kOhm", 1e3),
        ("kΩ", 1e3),
        ("MΩ", 1e6),
        ("mOhm", 1e-3),
        ("ohms", 1.0),
        ("OHM", 1.0),
    ),
    "angle": (("deg", np.pi / 180), ("°", np.pi / 180), ("rad", 1.0)),
    "S": (("S", 1.0), ("mS", 1e-3), ("µS", 1e-6), ("nS", 1e-9)),
}
_PARTS = (
    (
        ("Z'", "Z''"),
        ("Re(Z)", "Im(Z)"),
        ("Zre", "Zim"),
        ("Zreal", "Zimag"),
        ("Z_real", "Z_imag"),
        ("Re Z", "Im Z"),
    ),
    (("|Z|", "Phase"), ("Zmod", "Zphz"), ("Z", "theta"), ("|Z|", "Phase(Z)"), ("|Z|", "arg(Z)")),
    (("Y'", "Y''"), ("Re(Y)", "Im(Y)"), ("G", "B")),
)
_QUANTITIES = (
    (("re", "ohm"), ("im", "ohm")),
    (("mod", "ohm"), ("phase", "angle")),
    (("yre", "S"), ("yim", "S")),
)
_OTHERS = ("time/s", "I/A", "Ewe/V", "Point", "Amplitude (mV)", "Range", "Vdc (V)")
_HEADING = ("{} ({})", "{} [{}]", "{}/{}", "{} / {}", "{} in {}", "{}, {}", "{}({})", "{}[{}]")
_ROW = ("{}", "({})", "[{}]", "/{}", "{{{}}}")


@dataclass(frozen=True)
class Mixed:
    """Every file in a dialect of its own."""

    name: str = "everything drawn at random"

    def write(self, rng: Random) -> Written:
        """A file with one spectrum, or with several sweeps."""
        return _drawn(rng).write(rng)


def _drawn(rng: Random) -> Dialect:
    separator = str(rng.choice([",", ";", "\t"]))
    heading_form = str(rng.choice([form for form in _HEADING if separator != "," or ", " not in form]))
    place = str(rng.choice(["heading", "below", "above"], p=[0.6, 0.25, 0.15]))
    fields = _fields(rng)
    names = [_named(item, heading_form, place) for item in fields]
    row_form = str(rng.choice(_ROW))
    units = separator.join(row_form.format(item.form) if item.form else "" for item in fields)
    blank = [""] * int(rng.integers(0, 2))
    plain = [
        Field(name, item.quantity, item.unit, item.minus) for name, item in zip(names, fields, strict=True)
    ]
    decimal = "," if separator != "," and rng.random() < 0.3 else "."
    arrange = [None, None, down_and_up, again_and_again][int(rng.integers(4))]
    return Dialect(
        "drawn",
        plain,
        separator,
        before=[*_title(rng), *([units, *blank] if place == "above" else [])],
        between=[*blank, *([units, *blank] if place == "below" else [])],
        decimal=decimal,
        encoding=str(rng.choice(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])),
        line_end=str(rng.choice(["\n", "\r\n", "\r"])),
        form=str(rng.choice([".7e", ".8g", ".9E", ".12g"])),
        row_end=separator if rng.random() < 0.1 else "",
        truth=_falling,
        arrange=arrange,
        made=_made(rng, [item.quantity for item in fields]),
    )


def _falling(rng: Random, f: np.ndarray) -> Truth:
    return cell(rng, f)


def _title(rng: Random) -> list[str]:
    titles = (
        "",
        "Sample 17 of 2020",
        "cell A3; second day",
        "Date: 1/1/2025",
        "# measured by N.N.",
        "Impedance",
    )
    return [str(rng.choice(titles)) for _ in range(int(rng.integers(0, 3)))]


def _fields(rng: Random) -> list[Field]:
    """Columns with the unit in `form`, in any order, with others between them."""
    kind = int(rng.choice(3, p=[0.5, 0.3, 0.2]))
    names = _PARTS[kind][int(rng.integers(len(_PARTS[kind])))]
    found = [_field(rng, str(rng.choice(_FREQUENCY)), "f", "f", minus=False)]
    for name, (quantity, unit) in zip(names, _QUANTITIES[kind], strict=True):
        minus = quantity in ("im", "phase") and bool(rng.random() < 0.4)
        found.append(_field(rng, "-" * minus + name, quantity, unit, minus=minus))
    others = rng.choice(_OTHERS, int(rng.integers(0, 4)), replace=False)
    found.extend(Field(str(name), f"other {name}") for name in others)
    return [found[k] for k in rng.permutation(len(found))]


def _field(rng: Random, name: str, quantity: str, unit: str, *, minus: bool) -> Field:
    word, factor = _UNITS[unit][int(rng.integers(len(_UNITS[unit])))]
    return Field(name, quantity, factor, minus, form=word)


def _named(item: Field, form: str, place: str) -> str:
    return form.format(item.heading, item.form) if item.form and place == "heading" else item.heading


def _made(rng: Random, quantities: Sequence[str]) -> dict:
    """Columns that mean nothing: rising, constant, or random numbers."""
    seed = float(rng.uniform(0.1, 3))
    kinds = (lambda k, s, f: k + 1.0, lambda k, s, f: seed, lambda k, s, f: seed * np.sin(k * seed + s))
    return {q: kinds[int(rng.integers(3))] for q in quantities if q.startswith("other")}
