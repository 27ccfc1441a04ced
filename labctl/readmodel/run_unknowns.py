"""Missing statements about a run, which are in none of its intervals, and their effects.

The names come from the statements about instruments and geometry, and from the budgets of the derived rows:
an analyser with a stated accuracy is named where the points lie outside its stated ranges.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from labctl.derive.budgets import NOT_KEPT, not_stated_in
from labctl.readmodel.budget_text import STATABLE
from labctl.readmodel.largest_unknowns import Row, Unknown, largest_unknowns
from labctl.readmodel.snapshot import RunSnapshot
from labctl.readmodel.stated_text import not_stated, stated_of_run
from labctl.readmodel.unreadable import or_as_unreadable
from labctl.store import Database
from labctl.store.queries import conductivities, law_fits, transference_numbers

MOST_NAMED = 8
BEGIN = "not stated, and in no interval: "


@dataclass(frozen=True)
class RunUnknowns:
    """Missing statements about a run with a number: names, and known effects, the largest first."""

    names: tuple[str, ...] = ()
    effects: tuple[Unknown, ...] = ()

    @property
    def in_words(self) -> str:
        """One line for people; empty where everything is stated, or there is no number."""
        return f"{BEGIN}{', '.join(self.names)}" if self.names else ""

    def as_object(self) -> dict[str, Any]:
        """Return names and effects for JSON: `relative_sigma` 1, `energy_ev` eV, the largest first."""
        effects = [
            {
                "source": one.source,
                "if": one.usual,
                "relative_sigma": one.relative,
                "energy_ev": one.energy_ev,
            }
            for one in self.effects
        ]
        return {"not_stated": list(self.names), "largest_unknowns": effects}


def unknowns_of(run: RunSnapshot) -> RunUnknowns:
    """Return the missing statements about a run; none where it has no number."""
    return unknowns_of_rows(run.stated, run.sample, run.conductivities, run.fits, run.transference_numbers)


def unknowns_of_rows(
    stated: Sequence[str],
    sample: Row,
    points: Sequence[Row],
    fits: Sequence[Row],
    numbers: Sequence[Row],
) -> RunUnknowns:
    """Return the missing statements about a run, from its derived rows and the lines of `stated_of_run`."""
    preferred = [row for row in fits if row["preferred"]]
    rows = [*preferred, *points, *(row for row in numbers if row.get("value") is not None)]
    if not rows:
        return RunUnknowns()
    kept = or_as_unreadable(partial(_of_budgets, rows), lambda why: [f"budget {why}"])
    names = _once([*not_stated(stated), *kept])
    whole = [name.partition(" (")[0] for name in names]
    effects = or_as_unreadable(
        lambda: largest_unknowns(whole, sample, points, fits), lambda _: list[Unknown]()
    )
    return RunUnknowns(names, tuple(effects))


def _once(names: Sequence[str]) -> tuple[str, ...]:
    """Return each name once: `analyser` and not also `analyser (314 of 396 points)`."""
    found: dict[str, str] = {}
    for name in names:
        whole = name.partition(" (")[0]
        if whole not in found or name == whole:
            found[whole] = name
    return tuple(found.values())


def _of_budgets(rows: Sequence[Row]) -> list[str]:
    """Return the names that budgets leave out; a budget that was not kept is one of them."""
    found = dict.fromkeys(name for row in rows for name in not_stated_in(row.get("budget")))
    silent = [name for name in found if name.partition(" (")[0] in STATABLE]
    kept_none = any(name.startswith(NOT_KEPT) for name in found)
    return [*silent, *(["parts of the budget (not kept)"] if kept_none else [])]


def unknowns_in_file(database: Database, run_id: int, sample: Row) -> RunUnknowns:
    """Return the missing statements about a run of a file, as its current analysis has them."""
    parts = database.part_ids(run_id)
    return unknowns_of_rows(
        stated_of_run(database, run_id, sample),
        sample,
        conductivities.of_parts(database, parts),
        law_fits.newest_of_parts(database, parts),
        transference_numbers.of_parts(database, parts),
    )


def effect_in_words(one: Unknown) -> str:
    """Return e.g. `thermometer, if it were only PT100 class B: sigma ± 3 %, Ea ± 5 meV`."""
    energy = f", Ea ± {1e3 * one.energy_ev:.2g} meV" if one.energy_ev else ""
    return f"{one.source}, if it were only {one.usual}: sigma ± {100 * one.relative:.2g} %{energy}"


def grouped(unknowns: Mapping[int, RunUnknowns]) -> list[str]:
    """Return lines for several runs: which have the same names not stated, each with its largest effect."""
    runs_of: dict[tuple[str, ...], list[int]] = {}
    for run_id, one in unknowns.items():
        if one.names:
            runs_of.setdefault(one.names, []).append(run_id)
    lines = []
    for names, ids in runs_of.items():
        more = f" and {len(ids) - MOST_NAMED} more" if len(ids) > MOST_NAMED else ""
        which = ", ".join(map(str, ids[:MOST_NAMED])) + more
        lines.append(f"{'run' if len(ids) == 1 else 'runs'} {which}: {BEGIN}{', '.join(names)}")
        effects = [one for run_id in ids for one in unknowns[run_id].effects]
        if effects:
            lines.append(f"  the largest: {effect_in_words(max(effects, key=lambda one: one.relative))}")
    return lines
