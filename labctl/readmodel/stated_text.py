"""Statements about instruments and geometry behind the numbers of a run, and missing ones, as text."""

from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import Any

from labctl.config.accuracy_text import NOT_STATED, accuracy_lines
from labctl.derive.geometry import geometry_in_words
from labctl.readmodel.recorded_checks import checked_instruments
from labctl.readmodel.unreadable import or_as_unreadable
from labctl.store import Database
from labctl.store.cells import stated_accuracy
from labctl.store.queries import events, polarisations

IMPORTED = ("thermometer", "fra")
"""Roles that must have had an instrument where a run names none: its spectra were imported."""
POTENTIOSTAT = "potentiostat"
WHICH_CELL = "which cell it is (declared, not seen)"


def stated_lines(accuracy: Mapping[str, Any], roles: Collection[str], sample: Mapping[str, Any]) -> list[str]:
    """Return a line for each instrument and for the geometry, e.g. `thermometer: not stated`.

    Parameters
    ----------
    accuracy : mapping
        As a run keeps it; empty for a run of an older labctl, and for imported spectra.
    roles : collection of str
        Roles of the instruments of the run.
    sample : mapping
        The sample in force.
    """
    return [*accuracy_lines(accuracy, set(roles) or IMPORTED), *geometry_in_words(sample)]


def stated_of_run(database: Database, run_id: int, sample: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the lines of a run; one line with the reason where a file holds something else.

    A potentiostat without a statement is named only where the run, or a part of it, held a potential.
    """
    roles = {row["role"] for row in checked_instruments(database, run_id)}
    accuracy = stated_accuracy(database, run_id)
    if POTENTIOSTAT not in accuracy and not polarisations.of_parts(database, database.part_ids(run_id)):
        roles.discard(POTENTIOSTAT)
    made = partial(stated_lines, accuracy, roles, sample)
    lines = or_as_unreadable(made, lambda why: [f"accuracy {why}"])
    return (*lines, *_which_cell(database, run_id))


def _which_cell(database: Database, run_id: int) -> list[str]:
    """Return a line about the cell of a run: its leads and channels are declared, and no spectrum shows them.

    A spectrum that is as in an earlier run of the same mount is said instead.
    """
    if not database.run(run_id)["cell"]:
        return []
    seen = events.messages_of_kind(database, database.part_ids(run_id), events.RECOGNISED)
    return [seen[-1]] if seen else [f"{WHICH_CELL}: {NOT_STATED}"]


def not_stated(lines: Sequence[str]) -> list[str]:
    """Return the names of the lines that say that something is not stated."""
    return [line.removesuffix(f": {NOT_STATED}") for line in lines if line.endswith(f": {NOT_STATED}")]


def not_stated_in_words(lines: Sequence[str]) -> str:
    """Return e.g. `not stated, and in no interval: thermometer, geometry`; empty where all is stated."""
    names = not_stated(lines)
    return f"not stated, and in no interval: {', '.join(names)}" if names else ""
