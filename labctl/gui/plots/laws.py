"""The temperature laws of a run as curves: fitted again beside the event loop, once for each change."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from labctl.gui.qt import QtCore, Signal
from labctl.readmodel.snapshot import Array, Row, RunSnapshot
from labctl.report.refitting import fitted_again

GRID = 200
FITTED_TO_OTHERS = "drawn through the points shown here; the stated fit has other points"


@dataclass(frozen=True)
class LawCurve:
    """A law over the measured range.

    Attributes
    ----------
    row : mapping
        The row of `law_fits` that it draws.
    temperature_k, ln_sigma, ln_u : arrays (n,)
        ln(sigma / S/m) and its standard uncertainty.
    remark : str
        What to beware of in the drawing; empty where nothing.
    """

    row: Row
    temperature_k: Array
    ln_sigma: Array
    ln_u: Array
    remark: str = ""


class Laws(QtCore.QObject):
    """Curves by run. `curves` never waits; `fitted` says that there are new ones."""

    fitted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="laws")
        self._known: dict[int, tuple[Any, tuple[LawCurve, ...]]] = {}
        self._asked: dict[int, Any] = {}

    def curves(self, snapshot: RunSnapshot) -> tuple[LawCurve, ...]:
        """Return the newest curves of a run; those of the state before while they are being fitted."""
        if not snapshot.fits:
            return ()
        key = (tuple(row["id"] for row in snapshot.conductivities), tuple(row["id"] for row in snapshot.fits))
        known = self._known.get(snapshot.id)
        if known is not None and known[0] == key:
            return known[1]
        if self._asked.get(snapshot.id) != key:
            self._asked[snapshot.id] = key
            self._worker.submit(self._fit, snapshot.id, key, snapshot.conductivities, snapshot.fits)
        return known[1] if known is not None else ()

    def wait(self) -> None:
        """Return when everything asked for is fitted."""
        self._worker.submit(int).result()

    def _fit(self, run_id: int, key: Any, points: Sequence[Row], fits: Sequence[Row]) -> None:
        if self._asked.get(run_id) == key:  # else there is news already
            self._known[run_id] = key, law_curves(points, fits)
            self.fitted.emit()


def law_curves(points: Sequence[Row], fits: Sequence[Row]) -> tuple[LawCurve, ...]:
    """One curve for each law fitted to all points, the preferred last; a law that cannot be is left out."""
    chosen: dict[str, Row] = {}
    for row in fits:
        if row["branch"] == "all" and (row["law"] not in chosen or row["preferred"]):
            chosen[row["law"]] = row
    found = [_curve(points, row) for row in sorted(chosen.values(), key=lambda row: row["preferred"])]
    return tuple(curve for curve in found if curve is not None)


def _curve(points: Sequence[Row], row: Row) -> LawCurve | None:
    try:
        fit = fitted_again(points, row)
    except ValueError:
        return None
    low_k, high_k = fit.temperature_range_k
    grid_k = np.linspace(low_k, high_k, GRID)
    ln_sigma, ln_u = fit.ln_conductivity(grid_k)
    return LawCurve(row, grid_k, ln_sigma, ln_u, "" if _says_the_same(fit, row) else FITTED_TO_OTHERS)


def _says_the_same(fit: Any, row: Row) -> bool:
    names = ("activation_energy_ev", "pseudo_activation_energy_ev")
    energy = next((getattr(fit, name) for name in names if hasattr(fit, name)), None)
    if energy is None or row["activation_energy_ev"] is None:
        return True
    allowed = max(0.1 * (row["standard_uncertainty_ev"] or 0.0), 1e-6)
    return bool(abs(energy.value - row["activation_energy_ev"]) <= allowed)
