"""Conversion of values for the file: exact, or refused with the name of the value.

1. A numpy scalar becomes the Python number it stands for; a number that would change is refused.
2. JSON keeps what Python's json keeps, integers of any size included. Not a number and the infinities become
   `{"$number": "NaN"}`, because JSON has no word for them; `decode` turns them back.
3. A tuple, a numpy array or a set of a column comes back as a list.
4. JSON of a file that `encode` did not write may be anything: `decoded` shows what cannot be read as such.
"""

import json
import math
from collections.abc import Sequence
from typing import Any

_NON_FINITE = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
_TAG = "$number"
UNREADABLE = "$unreadable"
DEEPEST = 100
_PLAIN_TYPES = {float, int, str, bool, type(None)}
_dumps = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode


def encode(value: object) -> str:
    """`value` as JSON text.

    Raises
    ------
    ValueError
        Something in it has no exact JSON form: the message says what and where.
    """
    if _is_plain_row(value):
        return checked_text(_dumps(value))
    return _dumps(_plain(value, "value"))


def decode(text: str) -> Any:
    """The value that `encode` wrote."""
    return json.loads(text, object_hook=_untagged if _TAG in text else None)


def decode_all(texts: Sequence[str]) -> list[Any]:
    """Many values that `encode` wrote, quicker than one by one; as `decoded` where one cannot be read."""
    try:
        values = decode(f"[{','.join(texts)}]")
        if len(values) == len(texts) and _is_shallow(values, "".join(texts)):
            return values
    except (ValueError, LookupError, TypeError, RecursionError):
        pass
    return [decoded("", text) for text in texts]


def decoded(column: str, text: str | bytes) -> Any:
    """The value of JSON in a column of any file; `{"$unreadable": reason}` if it cannot be read.

    The value of a column `flags` is always a list of sentences.
    """
    try:
        value = decode(text if isinstance(text, str) else text.decode())
        if not _is_shallow(value, str(text)):
            value = {UNREADABLE: f"nested more than {DEEPEST} deep"}
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        value = {UNREADABLE: f"{type(error).__name__}: {error}"[:200]}
    is_list = isinstance(value, list) and all(isinstance(sentence, str) for sentence in value)
    if column == "flags" and value is not None and not is_list:
        return ["the remarks of this row cannot be read"]
    return value


def _is_shallow(value: Any, text: str) -> bool:
    if text.count("[") + text.count("{") <= DEEPEST:
        return True
    layer = [value]
    for _ in range(DEEPEST):
        inner = [
            one.values() if isinstance(one, dict) else one for one in layer if isinstance(one, dict | list)
        ]
        layer = [item for items in inner for item in items]
        if not layer:
            return True
    return False


def python_scalar(value: Any) -> Any:
    """A numpy scalar as the Python scalar of the same value; anything else unchanged."""
    if type(value).__module__ != "numpy" or not hasattr(value, "item") or getattr(value, "ndim", 1):
        return value
    scalar = value.item()
    if type(scalar).__module__ == "numpy":  # longdouble has no Python equal
        scalar = float(scalar)
        if scalar != value and not math.isnan(scalar):
            raise ValueError(f"{value!r} does not fit a double-precision number")
    return scalar


def checked_text(value: str) -> str:
    """`value` as a plain str; refused when it cannot be written as UTF-8."""
    plain = str.__str__(value)
    if not plain.isascii():
        try:
            plain.encode()
        except UnicodeEncodeError as error:
            raise ValueError(f"{plain!r} is not valid Unicode text: {error.reason}") from None
    return plain


def _is_plain_row(value: object) -> bool:
    """Whether JSON keeps the value as it is: a flat dict of finite numbers and text, as procedures emit."""
    return (
        type(value) is dict
        and _TAG not in value
        and {*map(type, value)} == {str}
        and {*map(type, value.values())} <= _PLAIN_TYPES
        and all(item - item == 0.0 for item in value.values() if type(item) is float)
    )


def _plain(value: Any, where: str) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return checked_text(value)
    if isinstance(value, dict):
        return {_key(key, where): _plain(item, f"{where}.{key}") for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, f"{where}[{index}]") for index, item in enumerate(value)]
    return _plain_number(value, where)


def _plain_number(value: Any, where: str) -> Any:
    if getattr(value, "ndim", 0) and hasattr(value, "tolist"):
        return _plain(value.tolist(), where)
    scalar = python_scalar(value)
    if scalar is not value:
        return _plain(scalar, where)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else {_TAG: _name(value)}
    raise ValueError(f"{where} is a {type(value).__name__}, which JSON cannot keep")


def _name(value: float) -> str:
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _key(key: object, where: str) -> str:
    if not isinstance(key, str):
        raise ValueError(f"{where} has the key {key!r}, a {type(key).__name__}: JSON keys are text")
    if key == _TAG:
        raise ValueError(f"{where} has the key {_TAG!r}, which marks numbers that JSON lacks")
    return checked_text(key)


def _untagged(mapping: dict[str, Any]) -> Any:
    return _NON_FINITE[str(mapping[_TAG])] if mapping.keys() == {_TAG} else mapping
