"""Parameters of jobs and runs as text: all of one, and the differences of several."""

import json
import tomllib
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

MOST_SHOWN = 4
FEW = 5
Parameters = Mapping[str, Any]


def of_run(text: object) -> dict[str, Any]:
    """Return the parameters of a run from the JSON text of its row; empty for a text that is none."""
    try:
        found = json.loads(text) if isinstance(text, str) else {}
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def of_protocol(text: str) -> dict[str, Any]:
    """Return sample and parameters of a protocol; with several procedures each key begins with its own."""
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return {}
    sample = document.get("sample")
    found = {f"sample {key}": value for key, value in sample.items()} if isinstance(sample, dict) else {}
    if isinstance(sample, str):
        found = {"sample name": sample}
    entries = [entry for entry in document.get("procedure", ()) if isinstance(entry, dict)]
    for number, entry in enumerate(entries, start=1):
        name = str(entry.get("use", "")).rpartition(":")[2]
        place = f"{number} {name} " if len(entries) > 1 else ""
        found |= {f"{place}{key}": value for key, value in entry.items() if key != "use"}
    return found


def value_in_words(value: object) -> str:
    """Return a value as short text; a long list as its first values, its last and their number."""
    if isinstance(value, float):
        return f"{value:.10g}"
    if isinstance(value, list | tuple):
        words = [value_in_words(one) for one in value]
        return (
            ", ".join(words) if len(words) <= FEW else f"{words[0]}, {words[1]}, … {words[-1]} ({len(words)})"
        )
    return str(value)


def told_apart(rows: Mapping[Hashable, tuple[str, Parameters]]) -> dict[Hashable, str]:
    """Return up to four parameters in which each row differs from the others of its kind.

    Parameters
    ----------
    rows : mapping
        Kind (name of the procedure) and parameters, by the key of the row.
    """
    of_kind: dict[str, list[Parameters]] = {}
    for kind, parameters in rows.values():
        of_kind.setdefault(kind, []).append(parameters)
    names = {kind: _different(found) for kind, found in of_kind.items()}
    return {key: _in_words(names[kind], parameters) for key, (kind, parameters) in rows.items()}


def _different(found: Sequence[Parameters]) -> list[str]:
    names = dict.fromkeys(name for parameters in found for name in parameters)
    return [name for name in names if len({repr(one.get(name)) for one in found}) > 1]


def _in_words(names: Sequence[str], parameters: Parameters) -> str:
    shown = [f"{name} {value_in_words(parameters[name])}" for name in names if name in parameters]
    more = f", and {len(shown) - MOST_SHOWN} more" if len(shown) > MOST_SHOWN else ""
    return ", ".join(shown[:MOST_SHOWN]) + more
