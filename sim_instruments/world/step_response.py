"""Current after a potential step, computed from the impedance Z of the cell.

I(t) = dV y(t), with y the inverse Laplace transform of 1 / (s Z(s)), by the fixed Talbot contour of Abate &
Valko, Int. J. Numer. Meth. Engng 60 (2004) 979 (10.1002/nme.995).
"""

import cmath
import math
from collections.abc import Callable

TERMS = 24
_ANGLES = [k * math.pi / TERMS for k in range(1, TERMS)]
_CONTOUR = [(2 * TERMS / 5) * angle * complex(1 / math.tan(angle), 1) for angle in _ANGLES]
_WEIGHTS = [
    cmath.exp(point) * complex(1, angle + (angle / math.tan(angle) - 1) / math.tan(angle))
    for point, angle in zip(_CONTOUR, _ANGLES, strict=True)
]


def inverse_laplace(transform: Callable[[complex], complex], time_s: float) -> float:
    """Value at `time_s` > 0 of the function with the Laplace transform `transform`.

    Accurate to about 1e-9 of its scale for functions without oscillation. Raises ValueError for other times.
    """
    if not time_s > 0:
        raise ValueError(f"time_s: more than zero is needed, got {time_s!r}")
    start = 2 * TERMS / 5
    total = 0.5 * math.exp(start) * transform(complex(start / time_s)).real
    for point, weight in zip(_CONTOUR, _WEIGHTS, strict=True):
        total += (weight * transform(point / time_s)).real
    return total * 2 / (5 * time_s)


def step_conductance_s(impedance_ohm: Callable[[complex], complex], time_s: float) -> float:
    """Current per volt, S, at `time_s` after a step of potential on `impedance_ohm(s)`."""
    return inverse_laplace(lambda s: 1 / (s * impedance_ohm(s)), time_s)
