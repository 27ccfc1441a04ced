"""False alarms and power of the Kramers-Kronig test and of check points, by kind of cell.

A sweep starts at the highest frequency; the electrolyte's resistance changes steadily during it. The same
noise is used without a change and with each, so that the columns differ by the change alone. Check points are
measured after the sweep, at frequencies chosen from it, in a twentieth of its time.
"""

import numpy as np

from cells.cell import PERIODS_PER_POINT, SECONDS_PER_POINT, Cell, disturbed, growth_of, times_s
from cells.kinds import drawn, kind_of
from cells.results import Row, by_kind, percent, table, verdict
from labctl.analysis import Spectrum, kramers_kronig
from labctl.analysis.spectra.drift import RepeatedPoint, places_to_repeat
from labctl.analysis.spectra.drift import drift as drift_of

__all__ = ["alarm", "check_points_tell", "kind_of", "named", "one", "report"]

DRIFTS = (0.01, 0.03, 0.1, 0.3)
MOST_FALSE_ALARMS = 0.02
CHECK_POINTS_SHARE = 0.05
NOT_CONSISTENT = "analyser gain"  # steps between the ranges: the test may speak


def alarm(cell: Cell, seed: int, number: int, drift: float = 0.0) -> bool:
    """The test fails on this cell, when its resistance changes by `drift` during the sweep."""
    rng = np.random.default_rng([seed, number, 1])
    z = cell.measured(rng, growth_of(cell.frequency_hz, drift))
    return not kramers_kronig(Spectrum(cell.frequency_hz, z)).passed


def check_points_tell(cell: Cell, seed: int, number: int, drift: float = 0.0) -> bool:
    """Check points show a significant drift, when the resistance changes by `drift` during the sweep."""
    rng = np.random.default_rng([seed, number, 1])
    z = cell.measured(rng, growth_of(cell.frequency_hz, drift))
    allowed_s = CHECK_POINTS_SHARE * float(times_s(cell.frequency_hz)[-1])
    places = places_to_repeat(
        cell.frequency_hz, z, lambda f: PERIODS_PER_POINT / f + SECONDS_PER_POINT, allowed_s
    )
    at_the_end = cell.impedance(growth=1 + drift)[places]
    again = disturbed(at_the_end, cell.noise, 0.0, rng)
    repeated = [
        RepeatedPoint(float(cell.frequency_hz[place]), complex(z[place]), complex(second))
        for place, second in zip(places, again, strict=True)
    ]
    found = drift_of(Spectrum(cell.frequency_hz, z), repeated)
    return found is not None and found.is_significant


def one(seed: int, number: int) -> Row:
    """Row of one cell: whether the test fails without a change, and with each."""
    cell = drawn(seed, number)
    failed = {f"{change:g}": alarm(cell, seed, number, change) for change in DRIFTS}
    told = {f"check {change:g}": check_points_tell(cell, seed, number, change) for change in (0.0, *DRIFTS)}
    return {
        "kind": cell.kind,
        "ordinary": cell.ordinary,
        "declared": cell.declared,
        "false_alarm": alarm(cell, seed, number),
        **failed,
        **told,
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
    heading = ["kind", "n", "false alarms", *(f"seen, {100 * change:g} % drift" for change in DRIFTS)]
    again = [_check_points_line(kind, of_kind) for kind, of_kind in parts.items()]
    alarms = _count(consistent, "false_alarm")
    met = alarms <= MOST_FALSE_ALARMS * len(consistent)
    asked = f"at most 2 of 100 false alarms on consistent spectra: {alarms} of {len(consistent)}"
    worst = max(
        (kind for kind in kinds if kind != NOT_CONSISTENT),
        key=lambda kind: _count(kinds[kind], "false_alarm") / len(kinds[kind]),
        default="",
    )
    told = _count(consistent, "check 0")
    few = told <= MOST_FALSE_ALARMS * len(consistent)
    asked_again = f"at most 2 of 100 false alarms of check points: {told} of {len(consistent)}"
    written = ["Kramers-Kronig test", table(heading, lines), "", "check points", table(heading, again), ""]
    written += [verdict(met, asked), verdict(few, asked_again), f"most false alarms: {worst}"]
    return "\n".join(written), met and few


def _line(kind: str, rows: list[Row]) -> list[str]:
    seen = [percent(_count(rows, f"{change:g}"), len(rows)) for change in DRIFTS]
    return [kind, str(len(rows)), str(_count(rows, "false_alarm")), *seen]


def _check_points_line(kind: str, rows: list[Row]) -> list[str]:
    seen = [percent(_count(rows, f"check {change:g}"), len(rows)) for change in DRIFTS]
    return [kind, str(len(rows)), str(_count(rows, "check 0")), *seen]


def _count(rows: list[Row], key: str) -> int:
    return sum(bool(row[key]) for row in rows)
