"""Electrodes of a sample as one text, and as the two columns that hold it.

`electrodes` holds one kind, as in files of every labctl. Where the two sides differ, `electrode_sides` holds
the text of both, and `electrodes` is `blocking`, since such a cell blocks the direct current of ions.
"""

from collections.abc import Mapping
from typing import Any

Row = dict[str, Any]


def as_columns(sample: Mapping[str, Any]) -> Row:
    """Return the values of a sample for its columns, from a text such as `blocking/reversible`."""
    text = str(sample.get("electrodes", ""))
    return {**sample, "electrodes": "blocking", "electrode_sides": text} if "/" in text else dict(sample)


def as_text(row: Mapping[str, Any]) -> Row:
    """Return a row of `samples` with the kinds of both sides in `electrodes`."""
    sample = dict(row)
    sides = sample.pop("electrode_sides", None)
    return sample if sides is None else sample | {"electrodes": sides}
