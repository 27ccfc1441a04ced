"""Redundant columns: each row is checked against them, and they settle signs and angle units.

The impedance from the first pair of columns (Z', Z'' before modulus and phase before others) is compared with
the impedance from every other pair. Where they disagree throughout, usual mistakes of headings are tried: the
sign of an imaginary part or a phase, and radians for degrees. Otherwise the file is refused, or, for
differences up to 30 % (drift-corrected columns beside measured ones), read with a warning.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from labctl.analysis.numerics.arrays import ComplexArray, FloatArray

AGREE = 0.01
TWINS = 0.3
MOST_NAMED_LINES = 5
_OF_A_MODEL = ("cs", "cp", "ls", "lp")


@dataclass(frozen=True)
class Settled:
    """The (n,) impedance, warnings with the row they are about (-1 for all), and whether columns agreed."""

    z_ohm: ComplexArray
    warnings: tuple[tuple[int, str], ...] = ()
    proved: bool = False
    sign_settled: bool = False


def check_frequencies(values: Mapping[str, FloatArray]) -> bool:
    """Whether f and omega are both there and agree; ValueError when they contradict each other."""
    if "frequency" not in values or "omega" not in values:
        return False
    with np.errstate(all="ignore"):
        apart = np.abs(values["omega"] / values["frequency"] / (2 * np.pi) - 1)
    rows = np.flatnonzero(apart > AGREE)
    if rows.size:
        raise ValueError(
            "the columns of frequency and angular frequency contradict each other (omega = 2 pi f), first "
            f"in row {rows[0] + 1} of the numbers by {100 * apart[rows[0]]:.2g} %: export one of them alone"
        )
    return True


def settle(
    impedances: Sequence[ComplexArray], names: Sequence[str], values: Mapping[str, FloatArray]
) -> Settled:
    """The impedance on which the columns agree; ValueError when they contradict each other."""
    first = impedances[0]
    if len(impedances) == 1:
        return _against_single(first, names[0], values)
    warnings: list[tuple[int, str]] = []
    settled = False
    for z, name in zip(impedances[1:], names[1:], strict=True):
        first, words, signed = _compare(first, z, names[0], name)
        warnings += words
        settled = settled or signed
    return Settled(
        first, tuple(warnings), proved=not any(row == -1 for row, _ in warnings), sign_settled=settled
    )


def _compare(
    first: ComplexArray, other: ComplexArray, name: str, other_name: str
) -> tuple[ComplexArray, list[tuple[int, str]], bool]:
    apart = _apart(first, other)
    if _usual(apart) < AGREE:
        return first, _rows_apart(apart, name, other_name), True
    if _usual(_apart(first, other.conj())) < AGREE:
        return _with_capacitive_sign(first, name, other_name)
    if _usual(_apart(first, _by_radians(other))) < AGREE:
        return first, [(-1, f"the phase is in radians: so it agrees with {name}")], True
    if _usual(apart) < TWINS:
        words = f"{name} and {other_name} differ by {100 * _usual(apart):.2g} %: one may be drift-corrected"
        return first, [(-1, f"{words}; {name} is used")], False
    if other_name.split(", ")[0] in _OF_A_MODEL:
        return first, [(-1, f"{other_name} give another impedance than {name}, which is used")], False
    raise ValueError(_contradiction(apart, name, other_name))


def _contradiction(apart: FloatArray, name: str, other_name: str) -> str:
    """Return why two columns refuse a file: the first row that differs, by how much, and what to do."""
    rows = np.flatnonzero(np.isfinite(apart) & (apart > AGREE))
    first = (
        f", first in row {rows[0] + 1} of the numbers by {100 * apart[rows[0]]:.2g} %" if rows.size else ""
    )
    return (
        f"the columns {name} and {other_name} contradict each other{first}: which is the impedance? "
        "Export the file with one of them alone"
    )


def _by_radians(z: ComplexArray) -> ComplexArray:
    """The impedance with its phase in radians instead of degrees (the angle may have wrapped)."""
    return np.abs(z) * np.exp(1j * np.angle(z) * 180 / np.pi)


def _with_capacitive_sign(
    first: ComplexArray, name: str, other_name: str
) -> tuple[ComplexArray, list[tuple[int, str]], bool]:
    capacitive = first if np.nanmean(first.imag > 0) < 0.5 else first.conj()
    words = f"{name} and {other_name} have opposite signs: taken as capacitive, against one of the headings"
    return capacitive, [(-1, words)], True


def _against_single(z: ComplexArray, name: str, values: Mapping[str, FloatArray]) -> Settled:
    """Both parts against a modulus or a phase that stands alone."""
    if name != "real, imaginary":
        return Settled(z)
    if "modulus" in values:
        apart = np.abs(np.abs(z) - values["modulus"]) / np.abs(z)
        if _usual(apart) < AGREE:
            return Settled(z, tuple(_rows_apart(apart, name, "modulus")), proved=True)
        if _usual(apart) < TWINS:
            words = f"{name} and modulus differ by {100 * _usual(apart):.2g} %: one may be drift-corrected"
            return Settled(z, ((-1, words),))
        raise ValueError(_contradiction(apart, name, "modulus"))
    if "phase" in values:
        return _against_phase(z, name, values["phase"])
    return Settled(z)


def _against_phase(z: ComplexArray, name: str, phase: FloatArray) -> Settled:
    turned, words, signed = _compare(z, np.abs(z) * np.exp(1j * phase), name, "phase")
    return Settled(turned, tuple(words), proved=not any(row == -1 for row, _ in words), sign_settled=signed)


def _apart(z: ComplexArray, other: ComplexArray) -> FloatArray:
    with np.errstate(all="ignore"):
        return np.abs(z - other) / np.maximum(np.abs(z), np.abs(other))


def _usual(apart: FloatArray) -> float:
    finite = apart[np.isfinite(apart)]
    return float(np.quantile(finite, 0.5)) if finite.size else np.inf


def _rows_apart(apart: FloatArray, name: str, other_name: str) -> list[tuple[int, str]]:
    """Rows in which the columns disagree though they agree in most others."""
    rows = np.flatnonzero(np.isfinite(apart) & (apart > AGREE))
    words = "{} and {} differ by {:.2g} %"
    found = [(int(k), words.format(name, other_name, 100 * apart[k])) for k in rows[:MOST_NAMED_LINES]]
    if rows.size > MOST_NAMED_LINES:
        found.append((-1, f"{name} and {other_name} differ in {rows.size} rows"))
    return found
