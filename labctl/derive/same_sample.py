"""One name with another geometry: the same pellet corrected, mounted anew, or another sample."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labctl.clock import RealClock
from labctl.config.sample import Sample
from labctl.derive.in_force import sample_in_force
from labctl.errors import InvalidRequest
from labctl.store import Database, Store
from labctl.store.mounting import same_geometry
from labctl.store.queries import amendments as queries
from labctl.store.queries import samples

if TYPE_CHECKING:
    from labctl.derive.amending import Request

ANSWERS = ("amend", "mount", "other")


@dataclass(frozen=True)
class SameName:
    """A sample of a protocol with a name that was measured before with another geometry.

    Attributes
    ----------
    sample : Sample
        As the protocol describes it.
    known : mapping
        The newest entry of this name, as it is in force.
    runs : tuple of int
        Its runs.
    """

    sample: Sample
    known: Mapping[str, Any]
    runs: tuple[int, ...]

    def in_words(self) -> str:
        """Return what differs, e.g. `P7: 2 run(s) before have 1 mm and 0.5 cm2, this has 1.1 mm ...`."""
        before, now = (_geometry_in_words(row) for row in (self.known, vars(self.sample)))
        return f"{self.sample.name}: {len(self.runs)} run(s) before have {before}, this has {now}"


def same_name(path: Path, sample: Sample) -> SameName | None:
    """Return the difference to ask a person about; None if the name is new or the geometry known."""
    if not path.is_file():
        return None
    with Database(path) as db:
        entries = _entries(db, sample)
        if not entries or any(_is_described(entry, sample) for entry in entries):
            return None
        newest = entries[0]
        return SameName(sample, newest, tuple(queries.runs_of_sample(db, newest["id"])))


def answer(path: Path, sample: Sample, how: str, *, person: str = "", job_id: int | None = None) -> str:
    """Carry out a person's answer about a sample; return it in words.

    Parameters
    ----------
    path : Path
        The results file.
    sample : Sample
        As the protocol describes it.
    how : {"amend", "mount", "other"}
        `amend`: it is the same pellet, and its earlier geometry was wrong; its runs are derived again.
        `mount`: the same pellet, mounted anew. `other`: another sample of this name.
    person : str
    job_id : int, optional
        The job that starts with this mount.

    Raises
    ------
    InvalidRequest
        `how` is something else.
    StoreError
        The file cannot be written, or a run cannot be derived.
    """
    from labctl.derive.amending import amend  # loads the fits, which an answer alone needs

    if how not in ANSWERS:
        raise InvalidRequest(f"{how!r} says nothing about a sample; say {', '.join(ANSWERS)}")
    found = same_name(path, sample)
    if how == "amend" and found is None:
        return ""
    if how == "amend" and found is not None:
        amend(path, _correction(found, person))
    with Store.open(path) as store:
        sample_id = store.find_or_add_sample(vars(sample))
        with store.read() as db:
            entries = [sample_id, *(entry["id"] for entry in _entries(db, sample))]
        like = found.known["id"] if found is not None else entries[0]
        about = {"like": like, "person": person, "job_id": job_id}
        store.add_mount(sample_id, how, RealClock().time(), **about)
    return {
        "amend": "its earlier runs were corrected and derived again",
        "mount": "the same sample, mounted anew",
        "other": "another sample of this name",
    }[how]


def _entries(db: Database, sample: Sample) -> list[dict[str, Any]]:
    """Return the entries of a sample's name as they are in force, the newest first."""
    named = [row for row in samples.newest_first(db) if row["name"] == sample.name]
    return [sample_in_force(db, row) | {"stored": row} for row in named]


def _is_described(entry: Mapping[str, Any], sample: Sample) -> bool:
    """Return whether an entry has the geometry of a sample, as stored or as in force."""
    wanted = vars(sample)
    return same_geometry(entry, wanted) or same_geometry(entry["stored"], wanted)


def _correction(found: SameName, person: str) -> "Request":
    """Return the request that gives the earlier entry the geometry that the protocol has."""
    from labctl.derive.amending import Request

    new, known = vars(found.sample), found.known
    units = {
        "thickness_m": ("thickness_mm", 1e3),
        "thickness_u_m": ("thickness_uncertainty_mm", 1e3),
        "area_m2": ("area_cm2", 1e4),
        "area_u_m2": ("area_uncertainty_cm2", 1e4),
    }
    values = {key: new[name] * scale for name, (key, scale) in units.items() if new[name] != known[name]}
    reason = "a later protocol of the same pellet has this geometry"
    return Request(
        reason=reason, person=person, sample=found.sample.name, entry=known["id"], values=values, sure=True
    )


def _geometry_in_words(row: Mapping[str, Any]) -> str:
    return f"{row['thickness_m'] * 1e3:.6g} mm and {row['area_m2'] * 1e4:.6g} cm2"
