"""Statements of a file about itself, compared with its table."""

import re
from collections.abc import Iterator

from labctl.analysis.numerics.arrays import FloatArray

_FORMATS = (
    ("ZPlot", re.compile(r"^ZPLOT2", re.M)),
    ("EC-Lab", re.compile(r"^EC-Lab ASCII", re.M | re.I)),
    ("Gamry", re.compile(r"^EXPLAIN\s", re.M)),
    ("Autolab", re.compile(r"Z60W Data File")),
    ("CH Instruments", re.compile(r"^Instrument Model:\s+CHI", re.M)),
    ("VersaStudio", re.compile(r"^Name=VersaStudio", re.M)),
    ("Parstat", re.compile(r"^Potential \(V\)\tCurrent \(A\)\tElapsed Time", re.M)),
    ("PowerSuite", re.compile(r"^Frequency\s+Zre\s+Zimg", re.M)),
    ("RelaxIS", re.compile(r"^RelaxIS ", re.M)),
    ("Keysight", re.compile(r"^!(?:Agilent|Keysight) Technologies", re.M)),
    ("LabOne", re.compile(r"^\s*chunk;timestamp;size;fieldname", re.M)),
    ("PalmSens", re.compile(r"^freq / Hz,\s*neg\. Phase", re.M)),
    ("Novocontrol", re.compile(r"^\s*Freq\.\s?\[Hz\]", re.M)),
)
_NUMBER = r"([-+]?\d+(?:[.,]\d+)?(?:[eE][-+]?\d+)?)"
_PLANNED = (
    re.compile(rf"^FREQ(?:INIT|FINAL)\s+QUANT\s+{_NUMBER}", re.M),
    re.compile(rf"vs Freq-(?:Initial|Final):\s+{_NUMBER}"),
    re.compile(rf"^(?:High|Low) Frequency \(Hz\) = {_NUMBER}", re.M),
    re.compile(rf"^(?:Start|End) Frequency \(Hz\)={_NUMBER}", re.M),
)
_ECLAB_PLANNED = re.compile(rf"^f([if])\s+{_NUMBER}\s*\nunit f\1\s+(\w+)", re.M)
_ECLAB_UNITS = {"MHz": 1e6, "kHz": 1e3, "Hz": 1.0, "mHz": 1e-3, "µHz": 1e-6}
_POINTS = re.compile(r"Data Points:\s+(\d+)|^(\d+)\n\"\s*Freq", re.M)
_ABORTED = re.compile(
    r"^EXPERIMENTABORTED\s+TOGGLE\s+T\b|^\s*(?:measurement|experiment) aborted", re.M | re.I
)
TOLERANCE = 1.5


def describe(text: str) -> str:
    """Maker of the program that wrote the file; `table` when the file does not say."""
    return next((name for name, mark in _FORMATS if mark.search(text[:20000])), "table")


def broken_claims(text: str, frequency_hz: FloatArray, promised: int | None = None) -> tuple[str, ...]:
    """Warnings where the table holds less than its file promised; `promised` is a count found beside it."""
    found = list(_unreached(text, frequency_hz))
    points = _POINTS.search(text)
    if points:
        promised = int(points.group(1) or points.group(2))
    if promised is not None and promised != frequency_hz.size:
        found.append(f"the file promises {promised} points and holds {frequency_hz.size}")
    if _ABORTED.search(text):
        found.append("the measurement was aborted")
    return tuple(found)


def _unreached(text: str, frequency_hz: FloatArray) -> Iterator[str]:
    planned = _planned_hz(text)
    if len(planned) < 2:
        return
    low, high = min(planned), max(planned)
    held_low, held_high = float(frequency_hz.min()), float(frequency_hz.max())
    if held_low > low * TOLERANCE or held_high * TOLERANCE < high:
        yield f"planned {low:g} to {high:g} Hz, the file holds {held_low:g} to {held_high:g} Hz"


def _planned_hz(text: str) -> list[float]:
    for pattern in _PLANNED:
        values = [float(v.replace(",", ".")) for v in pattern.findall(text)]
        if len(values) == 2:
            return values
    found = _ECLAB_PLANNED.findall(text)
    return [float(v.replace(",", ".")) * _ECLAB_UNITS.get(unit, float("nan")) for _, v, unit in found]
