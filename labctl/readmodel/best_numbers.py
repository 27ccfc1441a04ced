"""The best numbers of each sample: of all of its runs, those with the smallest relative uncertainty.

A conductivity without a stated uncertainty of thickness and area comes after those that have it: an unknown
uncertainty is not a small one.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from labctl.readmodel.across_runs import ROOM_K, Conductivity, OverviewRun, Row

FORMS = {"ln_sigma_t": "ln(sigma T)", "ln_sigma": "ln(sigma)"}
ENERGIES = ("activation_energy", "pseudo_activation_energy")


@dataclass(frozen=True)
class Best:
    """A number, its standard uncertainty (None: not known), and the run that it comes from.

    `not_stated` names what has no uncertainty behind it, so that the number's is too small.
    """

    value: float
    standard_uncertainty: float | None
    run_id: int
    words: str = ""
    not_stated: str = ""


@dataclass(frozen=True)
class SampleOverview:
    """A sample's name with all of its runs.

    Attributes
    ----------
    name, composition, cation : str
    runs : tuple of int
        Numbers of its runs.
    simulated, not_finished : int
        How many of them were measured on the simulated rig, and how many have another status than finished;
        their numbers count like the others.
    specimens, mounts : int
    at_room_s_m : Best or None
        Conductivity at 25 degC; `words` says where it is extrapolated.
    energy_ev : Best or None
        Activation energy with the form of its law, or of a VTF law the pseudo activation energy; `words` is
        the symbol.
    transference : Best or None
        Transference number; `words` is its quantity.
    """

    name: str
    composition: str
    cation: str
    runs: tuple[int, ...]
    simulated: int
    not_finished: int
    specimens: int
    mounts: int
    at_room_s_m: Best | None
    energy_ev: Best | None
    transference: Best | None


def sample_overviews(runs: Sequence[OverviewRun]) -> list[SampleOverview]:
    """Return every sample's name in the order first measured."""
    by_name: dict[str, list[OverviewRun]] = {}
    for run in runs:
        by_name.setdefault(run.sample["name"], []).append(run)
    return [_overview(name, of_name) for name, of_name in by_name.items()]


def _overview(name: str, runs: Sequence[OverviewRun]) -> SampleOverview:
    newest = runs[-1].sample
    return SampleOverview(
        name=name,
        composition=newest["composition"],
        cation=newest["cation"],
        runs=tuple(run.id for run in runs),
        simulated=sum(run.row["clock"] == "virtual" for run in runs),
        not_finished=sum(run.row["status"] != "finished" for run in runs),
        specimens=len({run.specimen for run in runs}),
        mounts=len({(run.specimen, run.mount) for run in runs}),
        at_room_s_m=_best(runs, _at_room),
        energy_ev=_best(runs, _energy),
        transference=_best(runs, _transference),
    )


def numbers_of(run: OverviewRun) -> tuple[Best | None, Best | None, Best | None]:
    """Return of one run its conductivity at 25 degC, activation energy and transference number."""
    return _at_room(run), _energy(run), _transference(run)


def _best(runs: Sequence[OverviewRun], number: Callable[[OverviewRun], Best | None]) -> Best | None:
    """The number with the smallest known relative uncertainty; of several alike the newest."""
    found = [best for run in runs if (best := number(run)) is not None]
    return min(reversed(found), key=lambda best: (bool(best.not_stated), _relative(best)), default=None)


def _relative(best: Best) -> float:
    u = best.standard_uncertainty
    return math.inf if u is None or not math.isfinite(u) or not best.value else u / abs(best.value)


def _at_room(run: OverviewRun) -> Best | None:
    found = run.conductivity_at(ROOM_K)
    return None if found is None else as_best(found, run)


def as_best(found: Conductivity, run: OverviewRun) -> Best:
    """Return a conductivity as a number of a run."""
    u = None if math.isnan(found.relative_u) else found.relative_u * found.value_s_m
    words = "" if found.origin == "law" else found.origin
    return Best(found.value_s_m, u, run.id, words, run.geometry_not_stated)


def _energy(run: OverviewRun) -> Best | None:
    if run.law is None:
        return None
    for name in ENERGIES:
        described: dict[str, Any] = run.law["parameters"].get(name) or {}
        if described.get("value") is not None:
            symbol = f"Ea, {FORMS.get(run.law['form'], run.law['form'])}" if name == ENERGIES[0] else "B"
            return Best(described["value"], described.get("standard_uncertainty"), run.id, symbol)
    return None


def _transference(run: OverviewRun) -> Best | None:
    rows: list[Row] = [row for row in run.transference if row["value"] is not None]
    numbers = [Best(row["value"], row["standard_uncertainty"], run.id, row["quantity"]) for row in rows]
    return min(numbers, key=_relative, default=None)
