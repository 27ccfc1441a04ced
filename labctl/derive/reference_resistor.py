"""The checks with a reference resistor before and after a run, as a component of its resistances.

The ratio of a check is no correction: it holds for one resistance, hence one current range, and a series of
temperatures passes through several. An effect that is known but not corrected is carried by the uncertainty
(JCGM 100:2008, F.2.4.5).
"""

import math
from dataclasses import replace

from labctl.analysis import Resistance
from labctl.analysis.numerics.component import Component
from labctl.store import Database
from labctl.store.queries import analyser_checks
from labctl.store.queries.bench_checks import instruments_of_run

SOURCE = "reference resistor"


def reference_u_of_run(db: Database, run_id: int) -> float | None:
    """Return the relative standard uncertainty of |Z| by the checks before and after a run.

    For each check the deviation of the ratio from 1 and the uncertainty of the ratio, in quadrature; the
    larger of the two checks counts. None for a run that is not between two checks.
    """
    run = db.run(run_id)
    name = next((row["name"] for row in instruments_of_run(db, run_id) if row["role"] == "fra"), None)
    if name is None or run["ended_s"] is None:
        return None
    checks = analyser_checks.about(db, run["station"], name, run["started_s"], run["ended_s"])
    if len(checks) < 2:
        return None
    return max(math.hypot(check["ratio"] - 1, check["ratio_u"]) for check in checks)


def with_reference(resistance: Resistance, reference_u: float | None) -> Resistance:
    """Return a resistance with the component "reference resistor" in its total.

    A stated accuracy of the analyser is about the same error: the larger of the two counts, so the component
    is the excess of the checks.
    """
    total = resistance.total_ohm
    known = math.isfinite(total.value) and math.isfinite(total.standard_uncertainty)
    if reference_u is None or resistance.bound is not None or not known:
        return resistance
    share = resistance.analyser
    stated_u = 0.0 if share is None else share.standard_uncertainty_ohm / abs(total.value)
    excess = math.sqrt(max(reference_u**2 - stated_u**2, 0.0))
    if not excess:
        return resistance
    part = Component(SOURCE, excess * abs(total.value), "B", common=True, cause=SOURCE)
    return replace(resistance, total_ohm=total.with_component(part))
