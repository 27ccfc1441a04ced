"""The specimens of a sample's name, their mounts and runs, and what remounting says about its numbers."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from labctl.analysis import Estimate
from labctl.analysis.numerics.mounts import OverMounts, over_mounts
from labctl.store import Database
from labctl.store.queries import law_fits, mounts

AT_ROOM = "conductivity_at_25_degc"
QUANTITIES = ("conductivity_at_25_degc_s_m", "activation_energy_ev")


@dataclass(frozen=True)
class Mount:
    """One mount of a specimen: its number, the ids of the samples that describe it, and its runs."""

    number: int
    entries: tuple[int, ...]
    runs: tuple[int, ...]


@dataclass(frozen=True)
class Specimen:
    """One specimen, e.g. a pellet.

    Attributes
    ----------
    id : str
        The same in every copy of the file.
    mounts : tuple of Mount
        In the order of mounting.
    numbers : mapping of str to OverMounts
        Conductivity at 25 degC and activation energy over the mounts, each from the preferred law of all
        points of each run, without the uncertainty of the geometry; without what no run has.
    """

    id: str
    mounts: tuple[Mount, ...]
    numbers: Mapping[str, OverMounts]


def specimens(db: Database, name: str) -> list[Specimen]:
    """Return the specimens of a sample's name in the order first mounted; empty for an unknown name."""
    rows = mounts.of_name(db, name)
    return [
        _specimen(db, specimen, [row for row in rows if row["specimen"] == specimen])
        for specimen in dict.fromkeys(row["specimen"] for row in rows)
    ]


def _specimen(db: Database, specimen: str, rows: Sequence[Mapping[str, Any]]) -> Specimen:
    numbers = sorted({row["number"] for row in rows})
    made = [_mount(db, number, [row for row in rows if row["number"] == number]) for number in numbers]
    return Specimen(specimen, tuple(made), _over_mounts(db, made))


def _mount(db: Database, number: int, rows: Sequence[Mapping[str, Any]]) -> Mount:
    entries = dict.fromkeys(row["sample_id"] for row in rows)
    runs = sorted(run_id for row in rows for run_id in mounts.runs_of_mount(db, row["id"]))
    return Mount(number, tuple(entries), tuple(runs))


def _over_mounts(db: Database, made: Sequence[Mount]) -> dict[str, OverMounts]:
    found: dict[str, OverMounts] = {}
    for quantity in QUANTITIES:
        values = [
            [value for run_id in mount.runs if (value := _value(db, run_id, quantity)) is not None]
            for mount in made
        ]
        if measured := [of_mount for of_mount in values if of_mount]:
            found[quantity] = over_mounts(_known(measured))
    return found


def _known(measured: Sequence[Sequence[Estimate]]) -> Sequence[Sequence[Estimate]]:
    """Count an unknown uncertainty as none beside several mounts, where their scatter stands for it."""
    if len(measured) == 1:
        return measured
    return [
        [one if math.isfinite(one.standard_uncertainty) else Estimate(one.value, 0.0) for one in of_mount]
        for of_mount in measured
    ]


def _value(db: Database, run_id: int, quantity: str) -> Estimate | None:
    """Return a quantity of the preferred law of all points of a run; None where it has none.

    Its uncertainty is infinite where it is not known.
    """
    for row in law_fits.of_run(db, run_id):
        if row["branch"] != "all" or not row["preferred"]:
            continue
        value, u = row["activation_energy_ev"], row["standard_uncertainty_ev"]
        if quantity != "activation_energy_ev":
            described = row["parameters"].get(AT_ROOM, {})
            value, u = described.get("value"), described.get("standard_uncertainty")
        return None if value is None else Estimate(value, math.inf if u is None else u)
    return None
