"""The specimens of a sample's name, their mounts and runs, and what remounting says about its numbers."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from labctl.analysis import Estimate
from labctl.analysis.laws.comparison import OF_GEOMETRY
from labctl.analysis.numerics.budget import Component, combined, estimate_of
from labctl.analysis.numerics.mounts import OverMounts, over_mounts
from labctl.derive.budgets import components_in
from labctl.store import Database
from labctl.store.queries import law_fits, mounts

AT_ROOM = "conductivity_at_25_degc"
ENERGIES = ("activation_energy", "pseudo_activation_energy")
ROUNDED = 1e-5
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
        points of each run. Errors of one geometry and of the instruments of one station count once. Without
        what no run has.
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
        name = next((one for one in ENERGIES if one in row["parameters"]), "")
        if quantity != "activation_energy_ev":
            name, described = AT_ROOM, row["parameters"].get(AT_ROOM, {})
            value, u = described.get("value"), described.get("standard_uncertainty")
        if value is None:
            return None
        return _estimate(value, u, components_in(row.get("budget"), name), _identities(db, run_id))
    return None


def _estimate(
    value: float, u: float | None, parts: Sequence[Component], identities: tuple[object, object]
) -> Estimate:
    """Return an estimate with the causes of its geometry and of its instruments."""
    if u is None:
        return Estimate(value, math.inf)
    if not math.isclose(combined(parts), u, rel_tol=ROUNDED):  # of an older labctl
        return Estimate(value, u)
    of_geometry, of_instruments = identities
    return estimate_of(
        value,
        [
            replace(
                one, cause=f"{one.cause} of {of_geometry if one.source in OF_GEOMETRY else of_instruments}"
            )
            if one.cause
            else one
            for one in parts
        ],
    )


def _identities(db: Database, run_id: int) -> tuple[object, object]:
    """Return the sample that gives a run its geometry, and the station that measured it."""
    run = db.run(run_id)
    return f"sample {run['sample_id']}", f"station {run['station']}"
