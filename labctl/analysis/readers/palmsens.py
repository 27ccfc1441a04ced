"""Session files of PalmSens PSTrace (`.pssession`): JSON in UTF-16, turned into tables in text.

A session holds measurements; a measurement holds a data set of named arrays, and the spectra shown beside
it (`EISDataList`), each with a data set of its own. Equal data sets give one table, different ones several.
"""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from labctl.analysis.readers.part import Part

FORMAT = "PalmSens session"
EXPORT = "export the measurement from PSTrace as csv, which labctl reads"

_FOUND_BY = {  # heading of our table: description of the array, types of its unit
    "freq/Hz": ("frequency", {"hertz": 1.0}),
    "Z'/Ohm": ("zre", {"zre": 1.0}),
    "Z''/Ohm": ("zim", {"zim": 1.0}),
    "|Z|/Ohm": ("z", {"z": 1.0}),
    "Phase(Z)/deg": ("phase", {"phase": 1.0}),
}
_TRANSIENT = {
    "time/s": ("time", {"time": 1.0}),
    "potential/V": ("potential", {"volt": 1.0, "millivolt": 1e-3}),
    "current/A": (
        "current",
        {"ampere": 1.0, "milliampere": 1e-3, "microampere": 1e-6, "nanoampere": 1e-9, "picoampere": 1e-12},
    ),
}
_SPECTRUM = ("freq/Hz", "Z'/Ohm", "Z''/Ohm")
_TICKS_PER_S, _SECONDS_TO_1970 = 10_000_000, 62_135_596_800


def is_session(start: bytes) -> bool:
    """Whether a file begins as a session of PSTrace does."""
    text = start.replace(b"\0", b"").lower()[:400]
    return b"palmsens.datafiles.sessionfile" in text or b'"palmsens.' in text


def session_parts(raw: bytes) -> list[Part]:
    """Return every spectrum and transient of a session as a table in text.

    Raises
    ------
    ValueError
        When the file is cut, or holds neither; the message says how to export.
    """
    session = _parsed(raw)
    parts = [
        part for measurement in session.get("measurements") or () for part in _of_measurement(measurement)
    ]
    if not parts:
        raise ValueError(
            f"PalmSens session: it holds neither a spectrum nor a current against time; {EXPORT}"
        )
    if len(parts) > 1:
        told = f"the session holds {len(parts)} tables: this is one of them"
        return [Part(p.text, p.name, p.format, p.acquired, (*p.warnings, told)) for p in parts]
    return parts


def _parsed(raw: bytes) -> Mapping[str, Any]:
    encoding = "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"
    try:
        found = json.loads(raw.decode(encoding).strip("\ufeff\0 \r\n"))
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise ValueError(f"PalmSens session: it is cut or damaged ({error}); {EXPORT}") from None
    if not isinstance(found, dict):
        raise ValueError(f"PalmSens session: its structure is not known; {EXPORT}")
    return _folded(found)


def _folded(value: Any) -> Any:
    """Return the same with keys in lower case: versions of the program differ in the case."""
    if isinstance(value, dict):
        return {str(key).lower(): _folded(inner) for key, inner in value.items()}
    return [_folded(inner) for inner in value] if isinstance(value, list) else value


def _of_measurement(measurement: Mapping[str, Any]) -> Iterator[Part]:
    title = str(measurement.get("title") or "")
    acquired = _time(measurement.get("timestamp"))
    seen: list[str] = []
    sources = [(title, measurement.get("dataset"))]
    sources += [
        (f"{title}: {shown.get('title') or 'spectrum'}", shown.get("dataset"))
        for shown in measurement.get("eisdatalist") or ()
    ]
    for name, dataset in sources:
        if dataset:
            arrays = list(dataset.get("values") or ())
            text, warnings = _table(arrays)
            if text and text not in seen:
                seen.append(text)
                yield Part(text, name, FORMAT, acquired, warnings)


def _table(arrays: Sequence[Mapping[str, Any]]) -> tuple[str, tuple[str, ...]]:
    """Return a spectrum or a transient as text with its warnings; an empty text for anything else."""
    spectrum = _columns(arrays, _FOUND_BY)
    if set(_SPECTRUM) <= spectrum.keys():
        return _written(spectrum), ()
    transient = _columns(arrays, _TRANSIENT)
    if {"time/s", "current/A"} <= transient.keys():
        return _written(transient), _statuses(arrays)
    return "", ()


def _columns(
    arrays: Sequence[Mapping[str, Any]], wanted: Mapping[str, tuple[str, Mapping[str, float]]]
) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    for heading, (description, units) in wanted.items():
        for array in arrays:
            if str(array.get("description", "")).lower() == description:
                factor = _factor(array, heading, units) * _sign(array)
                values = [_number(value) * factor for value in array.get("datavalues") or ()]
                found.setdefault(heading, values)
    return found


def _factor(array: Mapping[str, Any], heading: str, units: Mapping[str, float]) -> float:
    unit = str((array.get("unit") or {}).get("type", ""))
    name = unit.rpartition(".")[2].lower()
    if name not in units:
        raise ValueError(f"PalmSens session: the unit {unit!r} of {heading} is not known; {EXPORT}")
    return units[name]


def _sign(array: Mapping[str, Any]) -> float:
    """Return -1 where the array holds the negative of its quantity, as its own name says (`-Z''`)."""
    quantity = str((array.get("unit") or {}).get("q") or "")
    return -1.0 if quantity.startswith("-") else 1.0


def _number(value: Any) -> float:
    found = value.get("v") if isinstance(value, Mapping) else None
    return float(found) if isinstance(found, int | float) else math.nan


def _written(columns: Mapping[str, Sequence[float]]) -> str:
    lengths = {len(values) for values in columns.values()}
    if len(lengths) != 1:
        told = ", ".join(f"{heading} {len(values)}" for heading, values in columns.items())
        raise ValueError(f"PalmSens session: the columns are of unequal length ({told} values); {EXPORT}")
    rows = zip(*columns.values(), strict=True)
    return "\n".join(["\t".join(columns), *("\t".join(map(repr, row)) for row in rows)]) + "\n"


def _statuses(arrays: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Count the readings of the current with a status, by which the instrument doubts them."""
    for array in arrays:
        if str(array.get("description", "")).lower() == "current":
            values = [value for value in array.get("datavalues") or () if isinstance(value, Mapping)]
            doubted = sum(bool(value.get("s")) for value in values)
            if doubted:
                return (
                    f"{doubted} of {len(values)} currents have a status other than 0 (overload or underload)",
                )
    return ()


def _time(ticks: Any) -> str:
    """Return a time that is counted in ticks of 100 ns since the year 1, on the clock of the computer."""
    if not isinstance(ticks, int):
        return ""
    since_1970_s = ticks / _TICKS_PER_S - _SECONDS_TO_1970
    if not 0 < since_1970_s < 4e9:
        return ""
    return datetime.fromtimestamp(since_1970_s, UTC).replace(tzinfo=None).isoformat(" ", "seconds")
