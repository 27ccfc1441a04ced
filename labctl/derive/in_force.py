"""The values in force for a run: its stored sample, and what is excluded.

Every derivation takes the sample from here, so that an amendment reaches each number in one way.
"""

from dataclasses import dataclass
from typing import Any

from labctl.store import Database


@dataclass(frozen=True)
class InForce:
    """What is known about a run now.

    Attributes
    ----------
    sample : dict
        Keys of a row of `samples`, uncertainties, electrodes, leads and fixture included.
    amendments : tuple of int
        Ids of the amendments in force, of the run and of its sample, rising.
    exclusions : tuple
        Spectra, frequency ranges and temperature ranges that no result stands on, each with its reason.
    """

    sample: dict[str, Any]
    amendments: tuple[int, ...] = ()
    exclusions: tuple[Any, ...] = ()


def in_force(db: Database, run_id: int) -> InForce:
    """Return what is in force for a run; raises `InvalidRequest` where there is no such run."""
    return InForce(db.sample(db.run(run_id)["sample_id"]))
