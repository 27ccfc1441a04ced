"""The values in force for a run: its stored sample with the amendments applied, and its exclusions.

Every derivation takes the sample from here, so that an amendment reaches each number in one way.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from labctl.store import Database, amendments
from labctl.store.amendments import Exclusion
from labctl.store.queries import amendments as queries
from labctl.store.queries import facts

ELECTRONIC_SHARE = "electronic_share_1"
"""Kind of a fact: share of the electrons in the conductivity, from a cell that blocks the ions."""


@dataclass(frozen=True)
class InForce:
    """Present knowledge about a run.

    Attributes
    ----------
    sample : dict
        Keys of a row of `samples`, uncertainties, electrodes, leads and fixture included, and
        `thermometer_correction_k`, K to be added to each reading; None: no correction is known. Where a
        fact of the sample gives it, `electronic_share` and `electronic_share_u` (None: not known).
    amendments : tuple of int
        Ids of the amendments in force, of the run and of its sample, rising; without remarks, on which no
        result stands.
    exclusions : tuple of Exclusion
        Spectra, frequency ranges and temperature ranges that no result stands on, each with its reason.
    remarks : tuple of str
        Notes written about the run after it was stored.
    """

    sample: dict[str, Any]
    amendments: tuple[int, ...] = ()
    exclusions: tuple[Exclusion, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def correction_k(self) -> float:
        """K to be added to each reading of the temperature; 0 where no correction is known."""
        return self.sample["thermometer_correction_k"] or 0.0

    def why_excluded(self, spectrum: int, temperature_k: float | None) -> str:
        """Return why a whole spectrum is excluded, by its number and temperature; empty if it is not."""
        reasons = [
            e.reason for e in self.exclusions if e.frequency_hz is None and _hits(e, spectrum, temperature_k)
        ]
        return "; ".join(dict.fromkeys(reasons))

    def excluded_hz(
        self, spectrum: int, temperature_k: float | None
    ) -> list[tuple[tuple[float, float], str]]:
        """Return the ranges of frequency, ends included, that are excluded from a spectrum, each with why."""
        return [
            (e.frequency_hz, e.reason)
            for e in self.exclusions
            if e.frequency_hz is not None and _hits(e, spectrum, temperature_k)
        ]


def in_force(db: Database, run_id: int) -> InForce:
    """Return sample, amendments and exclusions in force for a run; raises `InvalidRequest` without one."""
    sample = db.sample(db.run(run_id)["sample_id"])
    standing = amendments.in_force(queries.of_run(db, run_id))
    return InForce(
        amendments.amended(sample, standing) | _electronic_share(db, sample["name"]),
        tuple(row["id"] for row in standing if row["field"] != amendments.REMARK),
        amendments.exclusions(standing),
        amendments.remarks(standing),
    )


def _electronic_share(db: Database, name: str) -> dict[str, Any]:
    """Return the newest electronic share that is a fact of the sample; empty without one."""
    known = [row for row in amendments.in_force(facts.of_name(db, name)) if row["kind"] == ELECTRONIC_SHARE]
    if not known:
        return {}
    newest = known[-1]
    return {
        "electronic_share": newest["value"],
        "electronic_share_u": newest["standard_uncertainty"],
    }


def moved_since(db: Database, run_id: int, last_id: int) -> dict[str, tuple[Any, Any]]:
    """Return the values of the sample that amendments with ids above `last_id` changed: before, after."""
    rows, stored = queries.of_run(db, run_id), db.sample(db.run(run_id)["sample_id"])
    earlier = [row for row in rows if row["id"] <= last_id]
    before, after = (amendments.amended(stored, amendments.in_force(one)) for one in (earlier, rows))
    return {name: (before[name], after[name]) for name in after if before[name] != after[name]}


def sample_in_force(db: Database, sample: Mapping[str, Any]) -> dict[str, Any]:
    """Return a stored sample as it is in force for its runs that are not amended themselves."""
    return amendments.amended(sample, amendments.in_force(queries.of_sample(db, sample["id"])))


def amendments_of_run(db: Database, run_id: int) -> list[dict[str, Any]]:
    """Return the rows of the amendments in force for a run, the oldest first."""
    return [dict(row) for row in amendments.in_force(queries.of_run(db, run_id))]


def _hits(exclusion: Exclusion, spectrum: int, temperature_k: float | None) -> bool:
    if exclusion.spectrum is not None and exclusion.spectrum != spectrum:
        return False
    if exclusion.temperature_k is None:
        return True
    low_k, high_k = exclusion.temperature_k
    return temperature_k is not None and low_k <= temperature_k <= high_k
