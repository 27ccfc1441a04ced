"""The runs of a file for the commands that look across runs, and the unit of conductivity they print."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from labctl.readmodel.across_runs import OverviewRun
    from labctl.readmodel.run_unknowns import RunUnknowns

S_CM = 0.01  # S/cm in S/m
MOST_ROWS = 1000


def runs_of(db: Path, near_k: float | None = None) -> "list[OverviewRun]":
    """Return every run with its numbers, and conductivities measured near a temperature (25 degC)."""
    from labctl.readmodel.across_runs import ROOM_K, overview_runs
    from labctl.store import Database
    from labctl.store.time_limit import TimeLimit

    with Database(db, TimeLimit()) as database:
        return overview_runs(database, near_k or ROOM_K)


def unknowns_of_runs(db: Path, run_ids: Sequence[int]) -> "dict[int, RunUnknowns]":
    """Return the missing statements about each run, by its number."""
    from labctl.derive.in_force import in_force
    from labctl.readmodel.run_unknowns import unknowns_in_file
    from labctl.store import Database
    from labctl.store.time_limit import TimeLimit

    with Database(db, TimeLimit()) as database:
        return {
            run_id: unknowns_in_file(database, run_id, in_force(database, run_id).sample)
            for run_id in run_ids
        }


def not_stated_of(db: Path, run_ids: Sequence[int]) -> list[str]:
    """Return lines with the missing statements about runs, and the largest effect; none without any."""
    from labctl.readmodel.run_unknowns import grouped

    return grouped(unknowns_of_runs(db, run_ids))


def unknowns_by_run(db: Path, run_ids: Sequence[int]) -> dict[str, dict[str, Any]]:
    """Return for JSON `not_stated` and `largest_unknowns` of each run, by its number as text."""
    return {str(run_id): found.as_object() for run_id, found in unknowns_of_runs(db, run_ids).items()}
