"""The polarisations of a run as they grow, and the steady current that they foretell."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from labctl.analysis import fit_polarisation
from labctl.readmodel.long_tables import Columns, LongTable
from labctl.readmodel.run_parts import Parts
from labctl.readmodel.snapshot import Array, PolarisationCurve, SteadyCurrent

GOOD_CURRENT = "CASE WHEN status = 'ok' THEN current_a END"  # an overloaded one is a number too
CURRENT = Columns(("elapsed_s", GOOD_CURRENT), GOOD_CURRENT)
FEWEST_TO_FORETELL = 24
FORETELL_AGAIN_AFTER = 1.15  # times as many rows


@dataclass
class _OnePolarisation:
    row: dict[str, Any]
    log: LongTable
    curve: PolarisationCurve | None = None
    foretold_rows: int = 0


class Polarisations:
    """The polarisations of the parts with their currents and what the currents foretell."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._all: dict[int, _OnePolarisation] = {}
        self.rows, self.complete = 0, True

    def poll(self) -> bool:
        """Read new points and statuses; return whether there were any."""
        changed = False
        self.complete = True
        for row in self._rows():
            one = self._all.get(row["id"])
            if one is None:
                log = LongTable(self._parts, "polarisation_points", "polarisation_id", CURRENT)
                one = self._all[row["id"]] = _OnePolarisation(row, log)
            new_rows = one.log.poll([row["id"]])
            self.complete = self.complete and one.log.complete
            if new_rows or one.curve is None or one.row != row:
                one.row, changed = row, True
                steady = one.curve.steady if one.curve else None
                one.curve = replace(_current_curve(row, one.log), steady=steady)
            changed |= self._foretell(one)
        self.rows = sum(one.log.rows for one in self._all.values())
        return changed

    def value(self) -> tuple[PolarisationCurve, ...]:
        """Every polarisation, in the order measured."""
        return tuple(one.curve for _, one in sorted(self._all.items()) if one.curve is not None)

    def _rows(self) -> Iterator[dict[str, Any]]:
        for row in self._parts.rows_of("SELECT * FROM polarisations WHERE run_id IN ({parts}) ORDER BY id"):
            one = self._all.get(row["id"])
            if one is None or one.row["status"] == "running" or not one.log.complete:
                yield row

    def _foretell(self, one: _OnePolarisation) -> bool:
        """Fit again when there are a good part more points than at the last fit."""
        curve, rows = one.curve, one.log.rows
        if curve is None or not one.log.complete:
            return False
        if rows < max(FEWEST_TO_FORETELL, FORETELL_AGAIN_AFTER * one.foretold_rows):
            return False
        one.foretold_rows = rows
        steady = foretold(curve.elapsed_s, curve.current_a)
        one.curve = replace(curve, steady=steady)
        return steady is not None


def _current_curve(row: Mapping[str, Any], log: LongTable) -> PolarisationCurve:
    about = {name: row[name] for name in ("id", "number", "status", "potential_v", "setpoint_k")}
    return PolarisationCurve(**about, elapsed_s=log.columns()[0], current_a=log.columns()[1])


def foretold(elapsed_s: Array, current_a: Array) -> SteadyCurrent | None:
    """The steady current that a relaxation fitted to the samples so far foretells; None where none fits."""
    good = np.isfinite(elapsed_s) & np.isfinite(current_a) & (elapsed_s > 0)
    time_s, first = np.unique(elapsed_s[good], return_index=True)
    every = max(1, len(time_s) // 400)
    try:
        fit = fit_polarisation(time_s[::every], current_a[good][first][::every])
    except ValueError:
        return None
    low_a, high_a = fit.steady_current_a.interval()
    if not (math.isfinite(low_a) and math.isfinite(high_a)):
        return None
    words = "steady" if fit.steady else "not steady yet; extrapolated"
    return SteadyCurrent(fit.steady_current_a.value, low_a, high_a, words)
