"""The polarisations of a run as they grow, with the extrapolated steady-state current."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from labctl.analysis import fit_polarisation
from labctl.readmodel.long_tables import LongTable
from labctl.readmodel.snapshot import Array, PolarisationCurve, SteadyCurrent
from labctl.store import Database
from labctl.store.queries import polarisations
from labctl.store.queries.numbered_rows import GOOD_CURRENTS

FEWEST_TO_EXTRAPOLATE = 24
EXTRAPOLATE_AGAIN_AFTER = 1.15  # times as many rows


@dataclass
class _OnePolarisation:
    row: dict[str, Any]
    log: LongTable
    curve: PolarisationCurve | None = None
    extrapolated_rows: int = 0


class Polarisations:
    """The polarisations of the parts with their currents and extrapolated steady-state currents."""

    def __init__(self, database: Database, parts: Sequence[int]) -> None:
        self._db, self._parts = database, parts
        self._all: dict[int, _OnePolarisation] = {}
        self.rows, self.complete = 0, True

    def poll(self) -> bool:
        """Read new points and statuses; return whether there were any."""
        changed = False
        self.complete = True
        for row in self._rows():
            one = self._all.get(row["id"])
            if one is None:
                log = LongTable(self._db, GOOD_CURRENTS)
                one = self._all[row["id"]] = _OnePolarisation(row, log)
            new_rows = one.log.poll([row["id"]])
            self.complete = self.complete and one.log.complete
            if new_rows or one.curve is None or one.row != row:
                one.row, changed = row, True
                steady = one.curve.steady if one.curve else None
                one.curve = replace(_current_curve(row, one.log), steady=steady)
            changed |= self._extrapolate(one)
        self.rows = sum(one.log.rows for one in self._all.values())
        return changed

    @property
    def is_thinned(self) -> bool:
        """Whether rows were left out."""
        return any(one.log.is_thinned for one in self._all.values())

    def value(self) -> tuple[PolarisationCurve, ...]:
        """Every polarisation, in the order measured."""
        return tuple(one.curve for _, one in sorted(self._all.items()) if one.curve is not None)

    def _rows(self) -> Iterator[dict[str, Any]]:
        for row in polarisations.of_parts(self._db, self._parts):
            one = self._all.get(row["id"])
            if one is None or one.row["status"] == "running" or not one.log.complete:
                yield row

    def _extrapolate(self, one: _OnePolarisation) -> bool:
        """Fit again when there are considerably more points than at the last fit."""
        curve, rows = one.curve, one.log.rows
        if curve is None or not one.log.complete:
            return False
        if rows < max(FEWEST_TO_EXTRAPOLATE, EXTRAPOLATE_AGAIN_AFTER * one.extrapolated_rows):
            return False
        one.extrapolated_rows = rows
        steady = extrapolated_current(curve.elapsed_s, curve.current_a)
        one.curve = replace(curve, steady=steady)
        return steady is not None


def _current_curve(row: Mapping[str, Any], log: LongTable) -> PolarisationCurve:
    about = {name: row[name] for name in ("id", "number", "status", "potential_v", "setpoint_k")}
    return PolarisationCurve(**about, elapsed_s=log.columns()[0], current_a=log.columns()[1])


def extrapolated_current(elapsed_s: Array, current_a: Array) -> SteadyCurrent | None:
    """Fit a relaxation to the samples so far; return its steady-state current, None where none fits."""
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
