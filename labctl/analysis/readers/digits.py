"""Numbers with fewer digits than the others of their column: digits may have been lost."""

import re
from collections import Counter
from collections.abc import Sequence

_FIXED = re.compile(r"[-+]?\d+(?:[.,](\d+))?(?:[eEdD][-+]?(\d+))?$")
LEAST_CELLS = 10
LEAST_SHARE = 0.9


def odd_one_out(cells: Sequence[str]) -> list[int]:
    """Places of cells with other decimals or another length of exponent than nine of ten cells in a column.

    Empty where no number ends in a zero: the program may leave out zeros at the end.
    """
    shapes = [_shape(cell) for cell in cells]
    known = [shape for shape in shapes if shape is not None]
    if len(known) < LEAST_CELLS:
        return []
    (usual, count), _ = [*Counter(known).most_common(2), ((0, 0), 0)][:2]
    fixed = any(
        _mantissa(cell).endswith("0") for cell, shape in zip(cells, shapes, strict=True) if shape == usual
    )
    if count < LEAST_SHARE * len(known) or usual[0] == 0 or not fixed:
        return []
    return [place for place, shape in enumerate(shapes) if shape is not None and shape != usual]


def _mantissa(cell: str) -> str:
    return re.split("[eEdD]", cell.strip())[0]


def _shape(cell: str) -> tuple[int, int] | None:
    """Digits behind the decimal sign and in the exponent; None for a word."""
    match = _FIXED.match(cell.strip())
    return (len(match.group(1) or ""), len(match.group(2) or "")) if match else None
