"""Judge of stated resistances: wrong numbers with and without a flag, coverage, lost numbers.

The truth is the electrolyte, bulk and grain boundary. A flag counts only when it says that the number
may be another one (TELLING): "residuals correlated", "arc not resolved", "geometry not stated" or a
failed Kramers-Kronig test do not. A range that a flag states must be wider than the error that is judged.
"""

import math
import re
import time
from collections.abc import Iterable

import numpy as np

from cells.declared import measured
from cells.kinds import drawn, kind_of
from cells.results import Row, by_kind, percent, table, verdict
from labctl.analysis import Resistance, ionic_resistance

TELLING = (
    "electrode arc of",
    "taken as grain boundary",
    "taken as electrode",
    "not blocking",
    "declared reversible",
    "poor fit",
    "circuit incomplete",
    "out of line",
    "no circuit describes",
)
__all__ = ["kind_of", "named", "one", "report"]

RANGED = ("model ambiguous", "arc of another shape")
TWO_NUMBERS = re.compile(r"(?:give|shape:) ([0-9.e+-]+) .*?([0-9.e+-]+) ohm")

OFF = 0.05
MOST_UNTOLD = 0.01
COVERED = (0.93, 0.97)
MOST_TOLD_ORDINARY = 0.05
MOST_WITHOUT_NUMBER = 0.25
MOST_WITHOUT_NUMBER_ORDINARY = 0.02


def tells(flags: Iterable[str]) -> bool:
    """A flag says that the number may be another one."""
    return any(_tells(flag) for flag in flags)


def _tells(flag: str) -> bool:
    if flag.startswith(RANGED):
        stated = TWO_NUMBERS.search(flag)
        return stated is not None and _apart(float(stated[1]), float(stated[2])) > OFF
    return any(words in flag for words in TELLING)


def _apart(one: float, other: float) -> float:
    return max(one, other) / min(one, other) - 1


def judged(found: Resistance, truth_ohm: float) -> Row:
    """Compare a result with the truth.

    `off`: the number is wrong by more than 5 %, or the bound leaves the truth out by as much. `covered`: the
    95 % interval holds the truth; None without a number. `reading`: a reading or the interval does.
    """
    value = found.total_ohm.value
    number = found.bound is None and math.isfinite(value)
    low, high = found.total_ohm.interval() if number else (math.nan, math.nan)
    covered = bool(low <= truth_ohm <= high) if number else None
    readings = [reading.total_ohm.value for reading in getattr(found, "readings", ())]
    near = any(abs(reading / truth_ohm - 1) <= OFF for reading in readings)
    return {
        "truth": truth_ohm,
        "value": value,
        "u": found.total_ohm.standard_uncertainty,
        "bound": found.bound,
        "circuit": found.circuit,
        "flags": list(found.flags),
        "has_number": number,
        "off": _is_off(found, truth_ohm, number),
        "covered": covered,
        "told": tells(found.flags),
        "reading": bool(covered or near),
    }


def _is_off(found: Resistance, truth_ohm: float, number: bool) -> bool:
    value = found.total_ohm.value
    if number:
        return abs(value / truth_ohm - 1) > OFF
    if found.bound == "lower":
        return value > (1 + OFF) * truth_ohm
    return found.bound == "upper" and value < (1 - OFF) * truth_ohm


def one(seed: int, number: int) -> Row:
    """Row of one cell."""
    cell = drawn(seed, number)
    spectrum = measured(cell, np.random.default_rng([seed, number, 1]))
    began = time.process_time()
    found = ionic_resistance(spectrum)
    seconds = time.process_time() - began
    return {
        "kind": cell.kind,
        "ordinary": cell.ordinary,
        "seconds": round(seconds, 4),
        **judged(found, cell.truth_ohm),
    }


def report(rows: list[Row]) -> tuple[str, bool]:
    """Table by kind, the acceptance, and whether it is met."""
    rows = [{**row, "told": tells(row["flags"])} for row in rows]  # of rows that were stored, too
    heading = ["kind", "n", "off > 5 %", "without a flag", "covered, unflagged", "flagged", "no number"]
    heading += ["off and flagged: truth stated", "CPU ms"]
    kinds = by_kind(rows)
    ordinary = [row for row in rows if row["ordinary"]]
    hard = [row for row in rows if not row["ordinary"]]
    parts = {**kinds, "all ordinary": ordinary, "all hard": hard, "all": rows}
    text = table(heading, [_line(kind, of_kind) for kind, of_kind in parts.items()])
    verdicts = list(_verdicts(rows, kinds))
    lines = [verdict(met, asked) for met, asked in verdicts]
    return "\n".join([text, "", *lines]), all(met for met, _ in verdicts)


def untold(rows: Iterable[Row]) -> list[Row]:
    """Wrong numbers without a flag that says so."""
    return [row for row in rows if row["off"] and not row["told"]]


def named(row: Row) -> str:
    """One line about a row that counts against the acceptance; empty for the others."""
    against = []
    if row["off"] and not row["told"]:
        against.append("OFF, UNTOLD")
    elif row["covered"] is False and not row["told"]:
        against.append("not covered")
    if row["ordinary"] and row["told"]:
        against.append("ordinary, flagged")
    if not row["has_number"]:
        against.append("no number")
    if not against:
        return ""
    stated = f"truth {row['truth']:.4g}, stated {row['value']:.4g} +- {row['u']:.2g} {row['bound'] or ''}"
    return (
        f"{row['number']:5d} {row['kind']}: {', '.join(against)}; {stated}; {row['circuit']}; {row['flags']}"
    )


def _line(kind: str, rows: list[Row]) -> list[str]:
    covered, unflagged = _coverage(rows)
    off_told = [row for row in rows if row["off"] and row["told"]]
    stated = sum(row["reading"] for row in off_told)
    return [
        kind,
        str(len(rows)),
        str(sum(row["off"] for row in rows)),
        str(len(untold(rows))),
        f"{covered} of {unflagged}, {percent(covered, unflagged)}",
        percent(sum(row["told"] for row in rows), len(rows)),
        percent(_numberless(rows), len(rows)),
        f"{stated} of {len(off_told)}",
        f"{1000 * float(np.mean([row['seconds'] for row in rows])):.0f}" if rows else "-",
    ]


def _coverage(rows: Iterable[Row]) -> tuple[int, int]:
    unflagged = [row for row in rows if row["has_number"] and not row["told"]]
    return sum(row["covered"] for row in unflagged), len(unflagged)


def _numberless(rows: Iterable[Row]) -> int:
    return sum(not row["has_number"] for row in rows)


def _verdicts(rows: list[Row], kinds: dict[str, list[Row]]) -> Iterable[tuple[bool, str]]:
    wrong = len(untold(rows))
    yield wrong < MOST_UNTOLD * len(rows), f"off by 5 % without a flag below 1 %: {wrong} of {len(rows)}"
    covered, unflagged = _coverage(rows)
    share = covered / unflagged if unflagged else 0.0
    yield COVERED[0] <= share <= COVERED[1], f"unflagged intervals cover 93 to 97 %: {100 * share:.1f} %"
    ordinary = [row for row in rows if row["ordinary"]]
    told = sum(row["told"] for row in ordinary)
    met = told <= MOST_TOLD_ORDINARY * len(ordinary)
    yield met, f"at most 5 % of ordinary spectra flagged: {told} of {len(ordinary)}"
    lost = _numberless(ordinary)
    met = lost <= MOST_WITHOUT_NUMBER_ORDINARY * len(ordinary)
    yield met, f"at most 2 % of ordinary spectra without a number: {lost} of {len(ordinary)}"
    shares = {kind: _numberless(of) / len(of) for kind, of in kinds.items() if not of[0]["ordinary"]}
    worst = max(shares, key=lambda kind: shares[kind], default="none")
    met = shares.get(worst, 0.0) <= MOST_WITHOUT_NUMBER
    asked = "at most 25 % of any hard kind without a number"
    yield met, f"{asked}: {worst} {100 * shares.get(worst, 0.0):.0f} %"
