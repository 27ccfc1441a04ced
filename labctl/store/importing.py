"""Write a run that was measured elsewhere: the run, its spectra, polarisation and files in one transaction.

1. A run is there with all of its rows, its end and its content hash, or not at all.
2. A file is imported once: a run that would hold the content of an earlier file again is not written.
3. `runs`, `spectra` and their rows have no place for an unknown time. Such a run has the times of its
   import; the time of measurement that a file states stands in `imported_files`.
"""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from labctl.store import mounting
from labctl.store.ending import end_run, seal
from labctl.store.fingerprint import content_hash

PROCEDURE = "import"
SPECTRA_OF_POLARISATION = ("initial_spectrum", "steady_spectrum")
Row = Mapping[str, Any]
Insert = Callable[[sqlite3.Connection, str, Row], int]


@dataclass(frozen=True)
class ImportedRun:
    """The rows of an imported run, without the keys that the file gives.

    Attributes
    ----------
    run, sample : mapping
        Columns of `runs` and `samples`.
    provenance : mapping
        Values of `run_provenance` by their key.
    spectra : sequence
        Columns of `spectra`, without `number`, and the rows of its points.
    files : sequence of mapping
        Columns of `imported_files`, without `number`.
    events : sequence of mapping
        Columns of `events`.
    polarisations : sequence
        Columns of `polarisations`, without `number`, and the rows of its points. `initial_spectrum` and
        `steady_spectrum` are the numbers of its spectra in the run.
    ended_s : float, optional
        End of the run; its start where none is given.
    """

    run: Row
    sample: Row
    provenance: Row
    spectra: Sequence[tuple[Row, Sequence[Row]]]
    files: Sequence[Row]
    events: Sequence[Row] = field(default_factory=tuple)
    polarisations: Sequence[tuple[Row, Sequence[Row]]] = field(default_factory=tuple)
    ended_s: float | None = None


@dataclass(frozen=True)
class AlreadyImported:
    """A file of a run that is in the results file already, and the run that holds it."""

    name: str
    sha256: str
    run_id: int


def already_imported(connection: sqlite3.Connection, new: ImportedRun) -> AlreadyImported | None:
    """Return the first file of a run that the results file has already; None where there is none."""
    for file in new.files:
        if (run_id := run_with_file(connection, file["sha256"])) is not None:
            return AlreadyImported(file["name"], file["sha256"], run_id)
    return None


def write_imported(connection: sqlite3.Connection, new: ImportedRun, sample_id: int, insert: Insert) -> int:
    """Write a run inside the caller's transaction; return its id."""
    run_id = insert(connection, "runs", {**new.run, "sample_id": sample_id, "status": "running"})
    mounting.assign_run(connection, run_id)
    for key, value in new.provenance.items():
        insert(connection, "run_provenance", {"run_id": run_id, "key": key, "value": value})
    spectra = [
        _spectrum(connection, {**spectrum, "run_id": run_id, "number": number}, points, insert)
        for number, (spectrum, points) in enumerate(new.spectra)
    ]
    for number, (hold, points) in enumerate(new.polarisations):
        row = {**_with_spectra(hold, spectra), "run_id": run_id, "number": number}
        _polarisation(connection, row, points, insert)
    for number, file in enumerate(new.files):
        insert(connection, "imported_files", {**file, "run_id": run_id, "number": number})
    for event in new.events:
        insert(connection, "events", {**event, "run_id": run_id})
    ended_s = new.run["started_s"] if new.ended_s is None else new.ended_s
    end_run(connection, run_id, {"status": "finished", "ended_s": ended_s})
    seal(connection, run_id, content_hash(connection, run_id))
    return run_id


def run_with_file(connection: sqlite3.Connection, sha256: str) -> int | None:
    """Return the id of the run that holds a file with this content; None where there is none."""
    query = "SELECT run_id FROM imported_files WHERE sha256 = ? ORDER BY id LIMIT 1"
    found = connection.execute(query, (sha256,)).fetchone()
    return found[0] if found else None


def _spectrum(connection: sqlite3.Connection, row: Row, points: Sequence[Row], insert: Insert) -> int:
    spectrum_id = insert(connection, "spectra", {**row, "status": "running"})
    for number, point in enumerate(points):
        insert(connection, "impedance_points", {**point, "spectrum_id": spectrum_id, "number": number})
    return spectrum_id


def _with_spectra(hold: Row, spectra: Sequence[int]) -> dict[str, Any]:
    """Return the row of a polarisation with the ids of its spectra in the place of their numbers."""
    row = {key: value for key, value in hold.items() if key not in SPECTRA_OF_POLARISATION}
    named = {key: hold[key] for key in SPECTRA_OF_POLARISATION if hold.get(key) is not None}
    return row | {f"{key}_id": spectra[number] for key, number in named.items()}


def _polarisation(connection: sqlite3.Connection, row: Row, points: Sequence[Row], insert: Insert) -> None:
    polarisation_id = insert(connection, "polarisations", {**row, "status": "running"})
    for number, point in enumerate(points):
        keys = {"polarisation_id": polarisation_id, "number": number}
        insert(connection, "polarisation_points", {**point, **keys})
