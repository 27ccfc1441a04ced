"""Rows of procedures with columns of their own, for export."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from labctl.gui.plots.shown import ShownRun
from labctl.readmodel.all_rows import all_rows
from labctl.store import Database

Table = tuple[Sequence[str], Iterator[Sequence[Any]]]


def drawn_records(runs: Sequence[ShownRun]) -> Table:
    """Return all columns of all runs, as thinned for the screen."""
    names = list(dict.fromkeys(name for run in runs for name in run.snapshot.records))
    rows = (
        (run.snapshot.id, *(float(columns[name][i]) if name in columns else None for name in names))
        for run in runs
        for columns in [run.snapshot.records]
        for i in range(max((values.size for values in columns.values()), default=0))
    )
    return ("run_id", *names), rows


def whole_records(runs: Sequence[ShownRun], database: Database) -> Table:
    """Return every row of every run as emitted, texts included."""
    names = list(dict.fromkeys(name for run in runs for name in run.snapshot.records))
    rows = (
        (run.snapshot.id, row["number"], row["time_s"], *(row["data"].get(name) for name in names))
        for run in runs
        for part in database.part_ids(run.snapshot.id)
        for row in all_rows(database, "records", part)
    )
    return ("run_id", "number", "time_s", *names), rows


def numeric_columns(runs: Sequence[ShownRun]) -> list[str]:
    """Return the names of the columns that contain a number."""
    columns = (item for run in runs for item in run.snapshot.records.items())
    return list(dict.fromkeys(name for name, values in columns if np.isfinite(values).any()))


def offer(combo: Any, names: Sequence[str], preferred: int) -> None:
    """Offer names in a list; the choice stays, or is the one at place `preferred`."""
    if [combo.itemText(place) for place in range(combo.count())] != list(names):
        was = combo.currentText()
        combo.clear()
        combo.addItems(list(names))
        place = names.index(was) if was in names else min(preferred, len(names) - 1)
        combo.setCurrentIndex(place)
