"""Records of a cell before a run begins: earlier runs of the mount, earlier parts of the run."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from labctl.bench import ImpedancePoint
from labctl.derive.in_force import in_force
from labctl.measure.cell_checks import Sighting, sighting_of
from labctl.measure.own_series import IN_DOUBT, KnownBefore, Place
from labctl.store import Database, Store
from labctl.store.amendments import BY_LABCTL
from labctl.store.queries import amendments, mounts, spectra

MOST_RUNS, MOST_SPECTRA = 3, 12
MeasuredBefore = tuple[list[float], list[ImpedancePoint]]
"""The temperature in K at each point of a finished spectrum, and its points."""


@dataclass(frozen=True)
class _Point:
    temperature_k: float | None
    frequency_hz: float
    z_real_ohm: float | None
    z_imag_ohm: float | None


def known_before(store: Store, run_id: int) -> KnownBefore:
    """Return what earlier runs of the mount, and the earlier parts of a run, showed of its cell."""
    with store.read() as db:
        earlier = {run: _believed(db, run) for run in mounts.earlier_runs_of_cell(db, run_id, MOST_RUNS)}
        parts = db.part_ids(run_id)[:-1]
        of_job = [one for part in parts for one in _sightings(db, part)]
        in_doubt = {place: why for part in parts for place, why in _in_doubt(db, part)}
    return KnownBefore({run: seen for run, seen in earlier.items() if seen}, of_job, in_doubt)


def measured_before(store: Store, run_id: int) -> list[MeasuredBefore]:
    """Return the finished spectra of the earlier parts of a run, without excluded and repeated ones."""
    with store.read() as db:
        return [one for part in db.part_ids(run_id)[:-1] for one in _of_part(db, part)]


def _of_part(db: Database, part: int) -> list[MeasuredBefore]:
    known = in_force(db, part)
    finished = [row for row in spectra.of_parts(db, [part]) if row["status"] == "finished"]
    repeated = {row["repeat_of"] for row in finished}
    found = []
    for row in finished:
        points = spectra.points(db, row["id"])
        kelvin = [point["temperature_k"] for point in points if point["temperature_k"] is not None]
        mean_k = sum(kelvin) / len(kelvin) if kelvin else None
        if row["id"] not in repeated and not known.why_excluded(row["number"], mean_k):
            found.append((kelvin, [_impedance(point) for point in points]))
    return found


def _impedance(row: Mapping[str, Any]) -> ImpedancePoint:
    real_ohm, imag_ohm = (
        math.nan if row[name] is None else row[name] for name in ("z_real_ohm", "z_imag_ohm")
    )
    return ImpedancePoint(row["frequency_hz"], real_ohm, imag_ohm, row["time_s"], row["status"])


def _believed(db: Database, run_id: int) -> list[Sighting]:
    """Return the sightings of the newest spectra of a run, without excluded ones."""
    known = in_force(db, run_id)
    return [
        seen
        for place, seen in _sightings(db, run_id)
        if not known.why_excluded(place.number, seen.temperature_k)
    ]


def _sightings(db: Database, run_id: int) -> list[tuple[Place, Sighting]]:
    finished = [row for row in spectra.of_parts(db, [run_id]) if row["status"] == "finished"]
    found = [(Place(run_id, row["number"]), _sighting(db, row)) for row in finished[-MOST_SPECTRA:]]
    return [(place, seen) for place, seen in found if seen is not None]


def _sighting(db: Database, spectrum: Mapping[str, Any]) -> Sighting | None:
    names = ("temperature_k", "frequency_hz", "z_real_ohm", "z_imag_ohm")
    good = [row for row in spectra.points(db, spectrum["id"]) if row["status"] == "ok"]
    quantity = spectrum["condition_quantity"]
    condition = (quantity, spectrum["condition_setpoint"]) if quantity else None
    return sighting_of([_Point(*(row[name] for name in names)) for row in good], condition)


def _in_doubt(db: Database, run_id: int) -> list[tuple[Place, str]]:
    """Return the spectra that the checks of cells put in doubt, and that are so still; and the reasons."""
    excluded = in_force(db, run_id).exclusions
    by_labctl = {row["id"] for row in amendments.of_run(db, run_id) if row["person"] == BY_LABCTL}
    return [
        (Place(run_id, one.spectrum), one.reason.removeprefix(IN_DOUBT))
        for one in excluded
        if one.spectrum is not None and one.amendment_id in by_labctl and one.reason.startswith(IN_DOUBT)
    ]
