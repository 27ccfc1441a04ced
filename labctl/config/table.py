"""A TOML file read key by key: wrong types, values out of range and unknown keys are refused.

Every refusal is a ConfigurationError that names the file, the dotted key, and a valid value.
"""

import difflib
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from labctl.config.toml_faults import TOMLFault, decode_text, parse_toml
from labctl.errors import ConfigurationError
from labctl.plain_text import has_control_characters, on_one_line, shown

REQUIRED: Any = object()
NEAR = 0.78  # likeness of a misspelt key: clas for class is 0.89, pellet_diameter_mm for diameter_mm 0.76


def read_document(path: Path | str) -> "Table":
    """Read a TOML file; raises ConfigurationError when it is absent, unreadable or not TOML.

    Text is UTF-8, with or without a byte-order mark.
    """
    try:
        text = decode_text(Path(path).read_bytes())
    except FileNotFoundError as error:
        folder = Path(path).absolute().parent
        raise ConfigurationError(on_one_line(path), "", f"no such file in {on_one_line(folder)}") from error
    except OSError as error:
        raise ConfigurationError(
            on_one_line(path), "", f"cannot be read: {error.strerror or error}"
        ) from error
    except ValueError as error:  # a NUL in the name
        raise ConfigurationError(on_one_line(path), "", "is not the name of a file") from error
    except TOMLFault as fault:
        raise _not_toml(path, fault) from fault
    return parse_document(text, path)


def parse_document(text: str, source: object) -> "Table":
    """Parse TOML text; `source` is the name that errors give it."""
    try:
        return Table(source, parse_toml(text), text=text)
    except TOMLFault as fault:
        raise _not_toml(source, fault) from fault


def _not_toml(source: object, fault: TOMLFault) -> ConfigurationError:
    where = f"line {fault.line}" if fault.line else ""
    return ConfigurationError(on_one_line(source), where, fault.problem)


class Table:
    """One table of a document. Ask for each key once, then call `refuse_unknown()`."""

    def __init__(self, source: object, values: Mapping[str, Any], path: str = "", text: str = "") -> None:
        self.source, self.values, self.path, self.document_text = source, values, path, text
        self._asked: set[str] = set()

    def error(self, key: str, problem: str) -> ConfigurationError:
        """Return the error for `key` of this table."""
        where = on_one_line(f"{self.path}{key}").rstrip(".")
        return ConfigurationError(on_one_line(self.source), where, problem)

    def has(self, key: str) -> bool:
        """Return whether the file contains `key`."""
        return key in self.values

    def take(self, key: str, default: Any, wanted: str) -> Any:
        """Return the raw value of `key`; `wanted` describes a valid value for the error of a missing key."""
        self._asked.add(key)
        if key in self.values:
            return self.values[key]
        if default is REQUIRED:
            raise self.error(key, f"is missing; give {wanted}{self.misspelt(key)}")
        return default

    def misspelt(self, key: str) -> str:
        """Return the end of an error for a missing key: the key that may be meant for it, else ""."""
        others = [str(other) for other in self.values if other not in self._asked]
        near = difflib.get_close_matches(key, others, n=1, cutoff=NEAR)
        return f"; is {shown(near[0])} meant to be {key!r}?" if near else ""

    def text(self, key: str, default: Any = REQUIRED, choices: Sequence[str] = ()) -> Any:
        """Return a string, one of `choices` where given."""
        wanted = "one of " + ", ".join(map(repr, choices)) if choices else "a text in quotes"
        value = self.take(key, default, wanted)
        if value is not default and (not isinstance(value, str) or (choices and value not in choices)):
            raise self.error(key, f"is {shown(value)}, which is not {wanted}")
        if isinstance(value, str):
            self._refuse_control_characters(key, value)
        return value

    def _refuse_control_characters(self, key: str, value: str) -> None:
        if re.match(r"[A-Za-z]:[\b\t\n\f\r]", value):
            problem = "a backslash between double quotes begins an escape; use single quotes, or /"
            raise self.error(key, f"is {shown(value)}: {problem}")
        if has_control_characters(value):
            raise self.error(key, f"is {shown(value)}, with a control character; remove it")

    def flag(self, key: str, default: Any = REQUIRED) -> Any:
        """Return true or false."""
        value = self.take(key, default, "true or false")
        if value is not default and not isinstance(value, bool):
            raise self.error(key, f"is {shown(value)}; give true or false")
        return value

    def number(
        self, key: str, default: Any = REQUIRED, minimum: float = -math.inf, maximum: float = math.inf
    ) -> Any:
        """Return a finite float from `minimum` to `maximum`, both included."""
        wanted = _range_in_words(minimum, maximum)
        value = self.take(key, default, wanted)
        if value is default:
            return value
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.error(
                key, f"is {shown(value)}, which is not a number; give {wanted}{_as_number(value)}"
            )
        if not (is_number(value) and minimum <= value <= maximum):
            raise self.error(key, f"is {shown(value)}; give {wanted}")
        return float(value)

    def pair(self, key: str, minimum: float = -math.inf, maximum: float = math.inf) -> tuple[float, float]:
        """Return two numbers `[low, high]` with low < high."""
        wanted = f"[low, high] with low below high, each {_range_in_words(minimum, maximum)}"
        value = self.take(key, REQUIRED, wanted)
        if not (isinstance(value, list) and len(value) == 2 and all(is_number(v) for v in value)):
            raise self.error(key, f"is {shown(value)}; give {wanted}")
        low, high = float(value[0]), float(value[1])
        if not minimum <= low < high <= maximum:
            raise self.error(key, f"is {shown(value)}; give {wanted}")
        return low, high

    def table(self, key: str, default: Any = REQUIRED) -> "Table":
        """Return the sub-table `[key]`."""
        value = self.take(key, default, f"a table [{self.path}{key}]")
        if not isinstance(value, Mapping):
            raise self.error(key, f"is {shown(value)}; give a table [{self.path}{key}]")
        return Table(self.source, value, f"{self.path}{key}.")

    def tables(self, key: str) -> "list[Table]":
        """Return the tables of an array `[[key]]`, at least one."""
        value = self.take(key, REQUIRED, f"at least one table [[{self.path}{key}]]")
        if not (isinstance(value, list) and value and all(isinstance(v, Mapping) for v in value)):
            raise self.error(key, f"must be given as [[{self.path}{key}]] tables")
        return [Table(self.source, v, f"{self.path}{key}[{i}].") for i, v in enumerate(value)]

    def refuse_unknown(self) -> None:
        """Raise for the first key that was not read, and suggest the nearest known key."""
        for key in self.values:
            if key not in self._asked:
                raise self.unknown(key, self._asked)

    def unknown(self, key: str, known: "Iterable[str]") -> ConfigurationError:
        """Return the error for a key that does not belong here."""
        near = difflib.get_close_matches(key, sorted(known), n=1)
        hint = f"did you mean {near[0]!r}?" if near else "known here: " + ", ".join(sorted(known))
        return self.error(key, f"is not known; {hint}")


def is_number(value: object) -> bool:
    """Return whether a value is a number that a double-precision number can hold."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number beyond 1e308
        return False


def _as_number(value: object) -> str:
    """Return a hint where a text is a number in quotes."""
    if isinstance(value, str) and re.fullmatch(r"\s*[+\-]?[\d.,]+([eE][+\-]?\d+)?\s*", value):
        return ", without quotes and with a decimal point"
    return ""


def _range_in_words(minimum: float, maximum: float) -> str:
    if math.isinf(minimum) and math.isinf(maximum):
        return "a number"
    if math.isinf(maximum):
        return f"a number of at least {minimum:g}"
    if math.isinf(minimum):
        return f"a number of at most {maximum:g}"
    return f"a number from {minimum:g} to {maximum:g}"
