"""Check of emitted rows against DATA_COLUMNS: no value is dropped or replaced by NaN.

1. A column that DATA_COLUMNS does not name is an error (pymeasure drops the value and writes NaN).
2. A quantity with a unit is converted to the column's unit; another dimension is an error. In a column
   without a unit it is converted to base units, as in pymeasure.
3. Numbers, flags, texts and None are kept unchanged. A value that JSON cannot hold is kept as text in a
   column without a unit, and is an error in a column with a unit.
"""

import difflib
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import pint
from pymeasure.experiment import Procedure
from pymeasure.units import ureg

_PLAIN = {float, int, str, bool, type(None), list, tuple, dict}


class Columns:
    """The columns of one procedure; an empty list accepts every row."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = list(names)
        self._known = frozenset(names)
        self._units: dict[str, Any] = Procedure.parse_columns(self._names)

    def row(self, record: Any) -> dict[str, Any]:
        """Return the record as it is stored.

        Raises
        ------
        ValueError
            A column is not known or a value cannot be stored; the message names the column.
        """
        if not isinstance(record, Mapping):
            raise ValueError(f"'results' takes a mapping of column to value, got a {type(record).__name__}")
        if self._known and not self._known.issuperset(record):
            raise ValueError(self._stranger(next(name for name in record if name not in self._known)))
        kinds = set(map(type, record.values()))
        if kinds <= _PLAIN and not (str in kinds and self._units):  # as in most rows
            return dict(record)
        return {name: self._value(name, value) for name, value in record.items()}

    def rows(self, batch: Any) -> list[dict[str, Any]]:
        """Return the rows of a batch: a mapping of column to values, all of one length."""
        if not isinstance(batch, Mapping) or not batch or not all(map(_is_listed, batch.values())):
            raise ValueError("'batch results' takes a mapping of column to a list or array of values")
        lengths = {name: len(values) for name, values in batch.items()}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"the columns of a batch differ in length: {lengths}")
        return [
            self.row(dict(zip(batch, values, strict=True))) for values in zip(*batch.values(), strict=True)
        ]

    def _stranger(self, name: object) -> str:
        near = difflib.get_close_matches(str(name), self._names, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(map(repr, self._names))}"
        return f"the column {name!r} is not in DATA_COLUMNS; {hint}"

    def _value(self, name: str, value: Any) -> Any:
        if type(value) in _PLAIN and not (type(value) is str and name in self._units):
            return value
        if isinstance(value, str):
            return self._parsed(name, value)
        if isinstance(value, pint.Quantity):
            return self._magnitude(name, value)
        if isinstance(value, Decimal):
            return float(value)
        if type(value).__module__ == "numpy":
            return value
        return self._as_text(name, value)

    def _parsed(self, name: str, text: str) -> Any:
        """Convert a text such as `3 mV` to a quantity if the column has a unit; keep other texts."""
        try:
            return ureg.Quantity(text).m_as(self._units[name])
        except Exception:  # noqa: BLE001 - pint's parser may raise anything
            return text

    def _magnitude(self, name: str, quantity: Any) -> Any:
        if name not in self._units:
            return quantity.to_base_units().magnitude
        try:
            return quantity.m_as(self._units[name])
        except pint.DimensionalityError as error:
            raise ValueError(f"the column {name!r} cannot hold {quantity}: {error}") from error

    def _as_text(self, name: str, value: Any) -> str:
        if name in self._units:
            kind = type(value).__name__
            raise ValueError(f"the column {name!r} holds numbers with a unit, got the {kind} {value!r}")
        return str(value)


def _is_listed(values: Any) -> bool:
    return (
        hasattr(values, "__len__")
        and hasattr(values, "__getitem__")
        and not isinstance(values, str | bytes | Mapping)
    )
