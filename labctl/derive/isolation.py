"""The isolation of a channel bounds the resistance that can be measured through it.

What leaks past the sample is parallel to it: 1 / R measured = 1 / R + 1 / R leak. An open cell says that
R leak is at least the isolation. With f = R measured / isolation the resistance lies between R measured and
R measured / (1 - f). Below f = 1/2 that range is a component of its uncertainty (rectangular, JCGM 100:2008,
4.3.7); from there on the measured value is a lower bound. Where the open cell is subtracted from the spectra
as a fixture there is no component, and a value larger than the isolation is a bound.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from labctl.analysis import Resistance
from labctl.analysis.numerics.component import Component
from labctl.store import Database
from labctl.store.queries import isolation_checks

SOURCE = "isolation"
BOUND_FROM, CORRECTED_BOUND_FROM = 0.5, 1.0
TOLD_FROM = 0.01
NEGLIGIBLE = 1e-9


@dataclass(frozen=True)
class Isolation:
    """Isolation of the channel of a cell.

    Attributes
    ----------
    ohm : float
        Resistance parallel to the sample, at least.
    is_corrected : bool
        The open cell is subtracted from the spectra as a fixture: no component is left.
    """

    ohm: float
    is_corrected: bool = False

    def described(self) -> dict[str, Any]:
        """Return it as an analysis keeps it."""
        return {"ohm": self.ohm, "is_corrected": self.is_corrected}


def isolation_of_run(db: Database, run_id: int, sample: Mapping[str, Any]) -> Isolation | None:
    """Return the isolation of the cell of a run, by its open fixture or else by a check; None: not known."""
    run = db.run(run_id)
    if not run["cell"]:
        return None
    points = sample.get("fixture_open")
    if points:
        _, real_ohm, imag_ohm = min(points)
        ohm = math.hypot(real_ohm, imag_ohm)
        return Isolation(ohm, is_corrected=True) if 0 < ohm < math.inf else None
    check = isolation_checks.about(db, run["station"], run["cell"], "open", run["started_s"])
    return None if check is None or check["resistance_ohm"] is None else Isolation(check["resistance_ohm"])


def with_isolation(resistance: Resistance, isolation: Isolation | None) -> Resistance:
    """Return a resistance with what may leak past the sample: a component, or a bound, and the flag."""
    total = resistance.total_ohm
    if isolation is None or resistance.bound is not None or not total.value > 0:
        return resistance
    share = total.value / isolation.ohm
    is_bound = share >= (CORRECTED_BOUND_FROM if isolation.is_corrected else BOUND_FROM)
    flags = (*resistance.flags, *([_flag(share, isolation.ohm, is_bound)] if share >= TOLD_FROM else []))
    if is_bound:
        return replace(resistance, bound="lower", flags=flags)
    known = math.isfinite(total.standard_uncertainty) and not isolation.is_corrected
    if not known or share < NEGLIGIBLE:
        return replace(resistance, flags=flags)
    range_ohm = total.value * share / (1 - share)
    part = Component(SOURCE, range_ohm / math.sqrt(3), "B", True, SOURCE, distribution="rectangular")
    return replace(resistance, total_ohm=total.with_component(part), flags=flags)


def _flag(share: float, isolation_ohm: float, is_bound: bool) -> str:
    if is_bound:
        return f"only a bound: the isolation of the channel is {isolation_ohm:.2g} ohm, and not much larger"
    bypasses = f"up to {100 * share:.2g} % of the current may bypass the sample"
    return f"{bypasses}: the isolation of the channel is {isolation_ohm:.2g} ohm"
