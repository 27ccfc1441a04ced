"""The resistance in series with a sample, by a check of its channel with a short in place of the sample.

Contacts and leads are in series with the sample: R measured = R + R series. The check says that R series is
at most what the shorted cell has. Nothing is subtracted, since a contact differs from one closing to the
next; `fixture_short` or `lead_ohm` of the cell or sample subtract, and then there is no component. With
f = R series / R measured the resistance lies between (1 - f) R measured and R measured. Below f = 1/2 that
range is a component of its uncertainty (rectangular, JCGM 100:2008, 4.3.7); from there on the measured value
is an upper bound.
"""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from labctl.analysis import Resistance
from labctl.analysis.numerics.component import Component
from labctl.store import Database
from labctl.store.queries import isolation_checks

SOURCE = "leads"
CAUSE = "series resistance of the channel"
BOUND_FROM, TOLD_FROM, NEGLIGIBLE = 0.5, 0.01, 1e-9
SUBTRACTED = ("lead_ohm", "fixture_short")


def series_ohm_of_run(db: Database, run_id: int) -> float | None:
    """Return |Z| of the shorted cell of a run, ohm, by the last check before it or the first after it."""
    run = db.run(run_id)
    if not run["cell"]:
        return None
    check = isolation_checks.about(db, run["station"], run["cell"], "short", run["started_s"])
    return None if check is None else check["resistance_ohm"]


def with_series(resistance: Resistance, series_ohm: float | None, sample: Mapping[str, Any]) -> Resistance:
    """Return a resistance with what is in series with the sample: a component, or a bound, and the flag."""
    total = resistance.total_ohm
    is_subtracted = any(sample.get(name) is not None for name in SUBTRACTED)
    if series_ohm is None or is_subtracted or resistance.bound is not None or not total.value > 0:
        return resistance
    share = series_ohm / total.value
    told = f"the shorted channel has {series_ohm:.2g} ohm"
    if share >= BOUND_FROM:
        flags = (*resistance.flags, f"only a bound: {told}, and the sample not much more")
        return replace(resistance, bound="upper", flags=flags)
    more = f"up to {100 * share:.2g} % of the resistance are leads and contacts: {told}"
    flags = (*resistance.flags, *([more] if share >= TOLD_FROM else []))
    if not math.isfinite(total.standard_uncertainty) or share < NEGLIGIBLE:
        return replace(resistance, flags=flags)
    part = Component(SOURCE, -series_ohm / math.sqrt(3), "B", True, CAUSE, distribution="rectangular")
    return replace(resistance, total_ohm=total.with_component(part), flags=flags)
