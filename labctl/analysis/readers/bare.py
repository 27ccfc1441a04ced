"""Tables without headings: three columns of numbers, read only if they can be a spectrum."""

import re
from collections.abc import Sequence

import numpy as np

from labctl.analysis.numerics.arrays import FloatArray
from labctl.analysis.readers.cells import numbers
from labctl.analysis.readers.columns import Column
from labctl.analysis.readers.titles import subject
from labctl.analysis.readers.units import read_unit

NO_HEADINGS = "no line names the columns frequency, Z' and Z''"
LEAST_WIDTH_DECADES = 1.0
LEAST_EVENNESS = 1e-3
MOST_ACTIVE = 0.1
LARGEST_LOGARITHM = 15.0
_WORD = re.compile(r"[A-Za-zΩµ°/'-]+")


def find_columns(lines: Sequence[str]) -> tuple[dict[str, Column], str]:
    """Frequency, Z', Z'' and a warning; ValueError naming the likely content when it is no spectrum."""
    bare = [line for line in lines if line.strip() and not line.lstrip().startswith("#")]
    if not any(line.strip() for line in lines):
        raise ValueError("the file is empty")
    rows = [numbers(line) for line in bare[:20]]
    if not rows or rows[0] is None or sum(row is not None and len(row) == 3 for row in rows) < len(rows) - 1:
        raise ValueError(NO_HEADINGS)
    _refuse_units_in_comments([line for line in lines if line.lstrip().startswith("#")])
    found = [row for row in map(numbers, bare) if row is not None and len(row) == 3]
    _refuse_what_is_no_spectrum(np.array(found))
    columns = {name: Column(place, name) for place, name in enumerate(("frequency", "real", "imaginary"))}
    return columns, "no column names: taken as frequency in Hz, Z' and Z'' in ohm"


def _refuse_units_in_comments(comments: Sequence[str]) -> None:
    """A comment that names a unit other than Hz and ohm, or another quantity, would be lost."""
    subject(comments)
    for comment in comments:
        for word in _WORD.findall(comment[:2000]):
            unit = read_unit(word)
            if unit and unit.kind in ("frequency", "resistance", "conductance") and unit.factor != 1:
                raise ValueError(f"{NO_HEADINGS}; a comment names {word}: {comment.strip()[:80]!r}")


def _refuse_what_is_no_spectrum(table: FloatArray) -> None:
    looks = _looks_like(table)
    if looks:
        raise ValueError(f"{NO_HEADINGS}, and the numbers look like {looks}, not like a spectrum")


def _looks_like(table: FloatArray) -> str:
    """The likely content of a bare table that cannot be frequency, Z', Z''; else an empty string."""
    first, second, third = table.T
    if len(first) < 3:
        return "too few lines to judge"
    if _is_even(first):
        logarithms = np.ptp(first) < 20 and _is_bode(10.0**first, second, third) is not None
        return (
            "logarithms of the frequency" if logarithms else "a time series or a diffractogram (even steps)"
        )
    if (first <= 0).any():
        return "something whose first column is not positive (logarithms, potentials, times)"
    if np.log10(first.max() / first.min()) < LEAST_WIDTH_DECADES:
        return "something whose first column spans less than a decade"
    if np.ptp(second) == 0 or np.ptp(third) == 0:
        return "a series with a constant column (time, current, voltage)"
    bode = _is_bode(first, second, third) or _is_bode(first, _powers_of_ten(second), third)
    if bode is not None:
        return f"modulus and phase in {bode} (the third column is the slope of the second)"
    if np.mean(second < 0) > MOST_ACTIVE:
        return "something with negative real parts"
    return ""


def _powers_of_ten(values: FloatArray) -> FloatArray:
    """10 to the power of values that could be logarithms of impedances; others give zeros."""
    return 10.0**values if np.abs(values).max() < LARGEST_LOGARITHM else np.zeros_like(values)


def _is_even(values: FloatArray) -> bool:
    steps = np.diff(values)
    return bool(steps.size > 1 and np.ptp(steps) <= LEAST_EVENNESS * np.abs(steps).max())


def _is_bode(frequency: FloatArray, modulus: FloatArray, phase: FloatArray) -> str | None:
    """The unit of the third column if it is the phase that goes with the second as modulus.

    For a minimum-phase impedance the phase is about 90 degrees times d ln|Z| / d ln f (Bode's relation).
    """
    if (modulus <= 0).any() or (frequency <= 0).any():
        return None
    order = np.argsort(frequency, kind="stable")
    log_f = np.log(frequency[order])
    keep = np.r_[True, np.diff(log_f) > 0]
    if keep.sum() < 3:
        return None
    slope = np.gradient(np.log(modulus[order][keep]), log_f[keep])
    for unit, right_angle in (("degrees", 90.0), ("radians", np.pi / 2)):
        angle = phase[order][keep] / right_angle
        if np.abs(angle).max() > 1.1 or np.ptp(angle) < 0.1:
            continue
        if min(np.median(np.abs(angle - slope)), np.median(np.abs(angle + slope))) < 0.12:
            return unit
    return None
