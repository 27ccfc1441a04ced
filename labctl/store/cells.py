"""The cell of a run: the sample with its amendments, and the accuracy that was stated for the analyser."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from labctl.store import amendments
from labctl.store.queries import amendments as amendment_queries
from labctl.store.queries import runs, samples
from labctl.store.queries.source import Rows

if TYPE_CHECKING:
    from labctl.analysis import AnalyserAccuracy, Cell

ACCURACY = "accuracy"
"""Key of the provenance that holds what was stated about the accuracy of each role, as JSON."""


def cell_of_run(db: Rows, run_id: int) -> "Cell":
    """Return the declarations about the cell of a run, with the values of its sample that are in force."""
    from labctl.analysis import Cell

    stored = samples.with_id(db, runs.sample_id(db, run_id) or 0)
    if not stored:
        return Cell(analyser=analyser_of_run(db, run_id))
    standing = amendments.in_force(amendment_queries.of_run(db, run_id))
    return Cell.of_sample(amendments.amended(stored[0], standing), analyser_of_run(db, run_id))


def analyser_of_run(db: Rows, run_id: int) -> "AnalyserAccuracy | None":
    """Return the accuracy of the analyser as it was stated when the run began; None: not stated."""
    from labctl.analysis import AnalyserAccuracy

    stated = stated_accuracy(db, run_id).get("analyser")
    if not isinstance(stated, Mapping):
        return None
    try:
        return AnalyserAccuracy.of(stated["ranges"])
    except (KeyError, TypeError, ValueError):  # of a file that other people made
        return None


def sensor_offset_k(db: Rows, run_id: int) -> float:
    """Return the temperature of the sample minus its sensor, as stated when the run began; 0: not stated."""
    stated = stated_accuracy(db, run_id).get("sample_temperature")
    offset = stated.get("offset_k") if isinstance(stated, Mapping) else None
    return float(offset) if isinstance(offset, int | float) else 0.0


def stated_accuracy(db: Rows, run_id: int) -> dict[str, Any]:
    """Return the statements about the accuracy of each role when the run began; empty for older runs."""
    value = runs.provenance_value(db, run_id, ACCURACY)
    return dict(value) if isinstance(value, Mapping) else {}
