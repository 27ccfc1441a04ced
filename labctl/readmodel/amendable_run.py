"""A run as the forms that amend it show it: values in force, targets of a correction, amendments."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labctl.derive.amending import named_entries
from labctl.derive.in_force import in_force
from labctl.errors import InvalidRequest
from labctl.store import Database, amendments
from labctl.store.queries import amendments as queries
from labctl.store.queries import spectra

Row = Mapping[str, Any]


@dataclass(frozen=True)
class AmendableRun:
    """A run at one moment.

    Attributes
    ----------
    sample : mapping
        The sample in force, as `labctl.derive.in_force.in_force` gives it.
    targets : mapping
        Targets of a correction, in words: this run, its sample entry, all entries of its name. Each
        with the arguments of `labctl.derive.amending.Request` that name it.
    """

    run_id: int
    sample: Row
    targets: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class ListedAmendment:
    """An amendment of a run or of its sample; `revoked_by` is the id of the amendment that revokes it."""

    row: Row
    revoked_by: int | None


def amendable_run(path: Path, run_id: int) -> AmendableRun:
    """Read a run; raises StoreError, also where it has no sample."""
    with Database(path) as db:
        sample = in_force(db, run_id).sample
        return AmendableRun(run_id, sample, _targets(db, run_id, sample))


def listed_amendments(path: Path, run_id: int) -> list[ListedAmendment]:
    """Read the amendments of a run and of its sample, the oldest first; raises StoreError."""
    with Database(path) as db:
        revoked = amendments.revoked_by(queries.all_amendments(db))
        return [ListedAmendment(row, revoked.get(row["id"])) for row in queries.of_run(db, run_id)]


def place_of_spectrum(path: Path, spectrum_id: int) -> tuple[int, int]:
    """Read the run and the number of a spectrum; raises StoreError, InvalidRequest where there is none."""
    with Database(path) as db:
        found = spectra.with_id(db, spectrum_id)
    if not found:
        raise InvalidRequest(f"{path}: no spectrum {spectrum_id}")
    return int(found[0]["run_id"]), int(found[0]["number"])


def _targets(db: Database, run_id: int, sample: Row) -> dict[str, dict[str, Any]]:
    name, entry = sample["name"], sample["id"]
    entries: Sequence[Row] = named_entries(db, name, None)
    runs = {row["id"]: queries.runs_of_sample(db, row["id"]) for row in entries}
    targets: dict[str, dict[str, Any]] = {f"run {run_id} only": {"run": run_id}}
    if len(entries) > 1:
        targets[f"entry {entry} of this sample, {_count(len(runs[entry]))}"] = {
            "sample": name,
            "entry": entry,
        }
    every = sum(map(len, runs.values()))
    targets[f"the sample {name}, all its runs: {every}"] = {"sample": name}
    return targets


def _count(runs: int) -> str:
    return f"{runs} run{'s' * (runs != 1)}"
