"""A run read to its end, as figures and reports show it."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from labctl.errors import InvalidRequest
from labctl.readmodel.circuit_curve import with_fitted_circuit
from labctl.readmodel.following import RunFollower
from labctl.readmodel.snapshot import RunSnapshot, SpectrumCurve
from labctl.store import Database

MOST_FITTED = 12


def whole_run(db: Database, run: int | str = "last") -> RunSnapshot:
    """Return a run with everything that it has measured up to now.

    Raises
    ------
    InvalidRequest
        No such run.
    StoreError
        The file cannot be read.
    """
    follower = RunFollower(db, db.run(run)["id"])
    snapshot = follower.poll()
    while not snapshot.complete:
        snapshot = follower.poll()
    return snapshot


def runs_named(db: Database, names: Sequence[int | str]) -> list[RunSnapshot]:
    """Return the runs of these names in their order; InvalidRequest where one is missing or named twice."""
    ids = [db.run(name)["id"] for name in names]
    twice = next((run_id for run_id in ids if ids.count(run_id) > 1), None)
    if twice is not None:
        raise InvalidRequest(f"run {twice} is named twice")
    return [whole_run(db, run_id) for run_id in ids]


def with_fits(snapshot: RunSnapshot, most: int = MOST_FITTED) -> RunSnapshot:
    """Return a run with the impedance of circuits in its spectra, of at most `most` of them.

    Of more spectra, `most` with a circuit are chosen, evenly over the order measured.
    """
    chosen = set(_chosen(snapshot.spectra, most))
    spectra = tuple(_fitted(curve) if curve.id in chosen else _plain(curve) for curve in snapshot.spectra)
    return replace(snapshot, spectra=spectra)


def _chosen(spectra: Sequence[SpectrumCurve], most: int) -> list[int]:
    having = [curve.id for curve in spectra if curve.resistance is not None and curve.resistance["circuit"]]
    places = np.linspace(0, len(having) - 1, min(most, len(having))).round().astype(int)
    return [having[place] for place in places]


def _fitted(curve: SpectrumCurve) -> SpectrumCurve:
    return curve if curve.fit_frequency_hz.size else with_fitted_circuit(curve) or curve


def _plain(curve: SpectrumCurve) -> SpectrumCurve:
    nothing = np.empty(0)
    return replace(curve, fit_frequency_hz=nothing, fit_z_ohm=nothing.astype(complex))
