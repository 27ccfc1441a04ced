"""A TOML file read key by key: wrong types, values out of range and unknown keys are refused.

Every refusal is a ConfigurationError that names the file, the dotted key, and a valid value.
"""

import difflib
import math
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from labctl.errors import ConfigurationError

REQUIRED: Any = object()


def read_document(path: Path | str) -> "Table":
    """Read a TOML file; raises ConfigurationError when it is absent, unreadable or not TOML."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(path, "", f"cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(path, "", f"is not text in UTF-8: {error}") from error
    return parse_document(text, path)


def parse_document(text: str, source: object) -> "Table":
    """Parse TOML text; `source` is the name that errors give it."""
    try:
        return Table(source, tomllib.loads(text), text=text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(source, "", f"is not valid TOML: {error}") from error


class Table:
    """One table of a document. Ask for each key once, then call `refuse_unknown()`."""

    def __init__(self, source: object, values: Mapping[str, Any], path: str = "", text: str = "") -> None:
        self.source, self.values, self.path, self.document_text = source, values, path, text
        self._asked: set[str] = set()

    def error(self, key: str, problem: str) -> ConfigurationError:
        """Return the error for `key` of this table."""
        return ConfigurationError(self.source, f"{self.path}{key}".rstrip("."), problem)

    def has(self, key: str) -> bool:
        """Return whether the file contains `key`."""
        return key in self.values

    def take(self, key: str, default: Any, wanted: str) -> Any:
        """Return the raw value of `key`; `wanted` describes a valid value for the error of a missing key."""
        self._asked.add(key)
        if key in self.values:
            return self.values[key]
        if default is REQUIRED:
            raise self.error(key, f"is missing; give {wanted}")
        return default

    def text(self, key: str, default: Any = REQUIRED, choices: Sequence[str] = ()) -> Any:
        """Return a string, one of `choices` where given."""
        wanted = "one of " + ", ".join(map(repr, choices)) if choices else "a text in quotes"
        value = self.take(key, default, wanted)
        if value is not default and (not isinstance(value, str) or (choices and value not in choices)):
            raise self.error(key, f"is {value!r}, which is not {wanted}")
        return value

    def flag(self, key: str, default: Any = REQUIRED) -> Any:
        """Return true or false."""
        value = self.take(key, default, "true or false")
        if value is not default and not isinstance(value, bool):
            raise self.error(key, f"is {value!r}; give true or false")
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
            raise self.error(key, f"is {value!r}, which is not a number; give {wanted}")
        if not (math.isfinite(value) and minimum <= value <= maximum):
            raise self.error(key, f"is {value!r}; give {wanted}")
        return float(value)

    def pair(self, key: str, minimum: float = -math.inf, maximum: float = math.inf) -> tuple[float, float]:
        """Return two numbers `[low, high]` with low < high."""
        wanted = f"[low, high] with low below high, each {_range_in_words(minimum, maximum)}"
        value = self.take(key, REQUIRED, wanted)
        if not (isinstance(value, list) and len(value) == 2 and all(_is_number(v) for v in value)):
            raise self.error(key, f"is {value!r}; give {wanted}")
        low, high = float(value[0]), float(value[1])
        if not minimum <= low < high <= maximum:
            raise self.error(key, f"is {value!r}; give {wanted}")
        return low, high

    def table(self, key: str, default: Any = REQUIRED) -> "Table":
        """Return the sub-table `[key]`."""
        value = self.take(key, default, f"a table [{self.path}{key}]")
        if not isinstance(value, Mapping):
            raise self.error(key, f"is {value!r}; give a table [{self.path}{key}]")
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


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _range_in_words(minimum: float, maximum: float) -> str:
    if math.isinf(minimum) and math.isinf(maximum):
        return "a number"
    if math.isinf(maximum):
        return f"a number of at least {minimum:g}"
    if math.isinf(minimum):
        return f"a number of at most {maximum:g}"
    return f"a number from {minimum:g} to {maximum:g}"
