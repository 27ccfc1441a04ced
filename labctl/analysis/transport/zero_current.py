"""Zero of the current: the reading of a potentiostat while a symmetric cell is held at 0 V above its rest.

Before a polarisation the cell at rest carries no current, so the reading is the zero. Afterwards the gradient
of concentration relaxes: with I(t) the current after the step, and the step taken back at T, the current is
I(T + t) - I(t) and the zero (the cell is linear), and I(t) is the relaxation that was fitted.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labctl.analysis.numerics.estimate import Estimate
from labctl.analysis.transport.polarisation import PolarisationFit, beyond_noise
from labctl.analysis.transport.relaxation import relaxation_current_a

ZERO_BEFORE, ZERO_AFTER = "zero before", "zero after"
"""Phases of the points of current that are measured at 0 V above the rest."""
SETTLED_SHARE = 0.25
FEWEST_SAMPLES = 5
KNOWN_SHARE = 0.02  # of the relaxing current: a cell that was polarised is not quite the one that was fitted


@dataclass(frozen=True)
class ZeroCurrent:
    """Zero of the current before and after a polarisation, A; None: not measured."""

    before_a: Estimate | None
    after_a: Estimate | None = None

    @property
    def zero_a(self) -> Estimate | None:
        """The zero to be subtracted: the one before, with what it drifted by until after beyond noise."""
        if self.before_a is None or self.after_a is None:
            return self.before_a
        u = math.hypot(self.before_a.standard_uncertainty, self.drift_a / math.sqrt(3))
        return Estimate(self.before_a.value, u, self.before_a.degrees_of_freedom)

    @property
    def drift_a(self) -> float:
        """The difference of both that noise does not explain; 0 where one is not known."""
        if self.before_a is None or self.after_a is None:
            return 0.0
        u = math.hypot(self.before_a.standard_uncertainty, self.after_a.standard_uncertainty)
        return beyond_noise(Estimate(self.after_a.value - self.before_a.value, u))


def zero_before_a(elapsed_s: ArrayLike, current_a: ArrayLike) -> Estimate | None:
    """Mean current (n,) of a resting cell at 0 V, with half of its trend; None below five samples.

    The first quarter of the time is left out: there the instrument settles.
    """
    settled = _settled(np.asarray(elapsed_s, dtype=float), np.asarray(current_a, dtype=float))
    return None if settled is None else _mean(*settled)


def zero_after_a(
    elapsed_s: ArrayLike, current_a: ArrayLike, fit: PolarisationFit, held_s: float, open_s: float = 0.0
) -> Estimate | None:
    """Zero of the current after a polarisation, from the current (n,) at 0 V; None below five samples.

    Parameters
    ----------
    elapsed_s, current_a : (n,)
        Since the potential was taken back.
    fit : PolarisationFit
        The relaxation, fitted to currents without their zero.
    held_s : float
        Time from the step until it was taken back.
    open_s : float
        Part of it at the end while the cell was open. Whether the gradient relaxed then as at 0 V or not
        at all is not known: the mean of both counts, and half of their difference is a doubt.
    """
    settled = _settled(np.asarray(elapsed_s, dtype=float), np.asarray(current_a, dtype=float))
    if settled is None:
        return None
    time_s, current = settled
    initial, steady = fit.transient_initial_current_a, fit.extrapolated_current_a
    if not 0 < steady.value / initial.value < 1:
        return None
    law = (abs(initial.value), abs(steady.value), fit.time_constant_s.value)
    late, early = (
        relaxation_current_a(time_s + held_s - back_s, *law) - relaxation_current_a(time_s + back_s, *law)
        for back_s in (0.0, open_s)
    )
    relaxing = math.copysign(0.5, steady.value) * (late + early)
    found = _mean(time_s, current - relaxing)
    known = math.hypot(
        KNOWN_SHARE, initial.relative_uncertainty, fit.time_constant_s.relative_uncertainty / 2
    )
    opened_a = float(np.abs(late - early).mean()) / 2
    doubt_a = math.hypot(known * float(np.abs(relaxing).mean()), opened_a)
    return Estimate(found.value, math.hypot(found.standard_uncertainty, doubt_a), found.degrees_of_freedom)


def _settled(
    time_s: NDArray[np.float64], current_a: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    late = time_s >= SETTLED_SHARE * time_s[-1] if time_s.size else time_s > 0
    return (time_s[late], current_a[late]) if np.count_nonzero(late) >= FEWEST_SAMPLES else None


def _mean(time_s: NDArray[np.float64], current_a: NDArray[np.float64]) -> Estimate:
    """Mean with its standard error and half of the change over the time that noise does not explain."""
    centred = time_s - time_s.mean()
    slope = float(centred @ current_a / (centred @ centred))
    scatter = float(np.std(current_a - slope * centred, ddof=2))
    span_s = float(np.ptp(time_s))
    change = Estimate(slope * span_s, scatter / math.sqrt(float(centred @ centred)) * span_s)
    u = math.hypot(scatter / math.sqrt(current_a.size), beyond_noise(change) / 2)
    return Estimate(float(current_a.mean()), u, current_a.size - 2)
