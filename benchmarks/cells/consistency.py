"""False alarms and power of the Kramers-Kronig test, by kind of cell.

A sweep starts at the highest frequency; the electrolyte's resistance changes steadily during it. The same
noise is used without a change and with each, so that the columns differ by the change alone.
"""

import numpy as np

from cells.cell import Cell, growth_of
from cells.kinds import drawn, kind_of
from cells.results import Row, by_kind, percent, table, verdict
from labctl.analysis import Spectrum, kramers_kronig

__all__ = ["alarm", "kind_of", "named", "one", "report"]

DRIFTS = (0.01, 0.03, 0.1, 0.3)
MOST_FALSE_ALARMS = 0.02
NOT_CONSISTENT = "analyser gain"  # steps between the ranges: the test may speak


def alarm(cell: Cell, seed: int, number: int, drift: float = 0.0) -> bool:
    """The test fails on this cell, when its resistance changes by `drift` during the sweep."""
    rng = np.random.default_rng([seed, number, 1])
    z = cell.measured(rng, growth_of(cell.frequency_hz, drift))
    return not kramers_kronig(Spectrum(cell.frequency_hz, z)).passed


def one(seed: int, number: int) -> Row:
    """Row of one cell: whether the test fails without a change, and with each."""
    cell = drawn(seed, number)
    failed = {f"{drift:g}": alarm(cell, seed, number, drift) for drift in DRIFTS}
    return {
        "kind": cell.kind,
        "ordinary": cell.ordinary,
        "declared": cell.declared,
        "false_alarm": alarm(cell, seed, number),
        **failed,
    }


def named(row: Row) -> str:
    """One line about a false alarm; empty for the others."""
    return f"{row['number']:5d} {row['kind']}: false alarm" if row["false_alarm"] else ""


def report(rows: list[Row]) -> tuple[str, bool]:
    """Table by kind and the acceptance; whether it is met."""
    kinds = by_kind(rows)
    consistent = [row for row in rows if row["kind"] != NOT_CONSISTENT]
    parts = {
        **kinds,
        "all consistent": consistent,
        "of these blocking": [r for r in consistent if r["declared"] == "blocking"],
    }
    lines = [_line(kind, of_kind) for kind, of_kind in parts.items()]
    heading = ["kind", "n", "false alarms", *(f"seen, {100 * drift:g} % drift" for drift in DRIFTS)]
    alarms = _count(consistent, "false_alarm")
    met = alarms <= MOST_FALSE_ALARMS * len(consistent)
    asked = f"at most 2 of 100 false alarms on consistent spectra: {alarms} of {len(consistent)}"
    worst = max(
        (kind for kind in kinds if kind != NOT_CONSISTENT),
        key=lambda kind: _count(kinds[kind], "false_alarm") / len(kinds[kind]),
        default="",
    )
    return "\n".join([table(heading, lines), "", verdict(met, asked), f"most false alarms: {worst}"]), met


def _line(kind: str, rows: list[Row]) -> list[str]:
    seen = [percent(_count(rows, f"{drift:g}"), len(rows)) for drift in DRIFTS]
    return [kind, str(len(rows)), str(_count(rows, "false_alarm")), *seen]


def _count(rows: list[Row], key: str) -> int:
    return sum(bool(row[key]) for row in rows)
