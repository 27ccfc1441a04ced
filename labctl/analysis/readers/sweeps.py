"""Several sweeps in one table, separated by labels, turns of the frequency or repetition.

1. A cycle number, a temperature or a bias that takes a few values separates, where the groups overlap in
   frequency.
2. Inside a group a sweep ends where the frequency turns round or jumps back.
3. Runs that do not overlap are one sweep measured in parts, and rows in no order are sorted into one sweep,
   if no frequency occurs twice; else the column of time gives the order.
4. Frequencies that all occur k times, one after the other, are k sweeps.
5. Everything else is refused.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from labctl.analysis.numerics.arrays import FloatArray, IndexArray

SAME = 1e-9
JUMP = np.log(3.0)
LEAST_POINTS = 3
LEAST_RUN = 6  # shorter ones of different frequencies occur by chance
LARGEST_STEP = 1.6  # in log frequency, over that of the steps beside it
OTHER_TEMPERATURE_K = 5.0
WITHOUT_UNIT = "temperature without a unit"
LABELS = ("cycle", "temperature", WITHOUT_UNIT, "bias")


@dataclass(frozen=True)
class Sweep:
    """Rows of one sweep in their order, warnings of its own, and the values of labels it was separated by."""

    rows: IndexArray
    warnings: tuple[str, ...] = ()
    values: Mapping[str, float] = field(default_factory=dict)


def separate(frequency_hz: FloatArray, z_ohm: np.ndarray, labels: Mapping[str, FloatArray]) -> list[Sweep]:
    """The sweeps of a table; ValueError when its rows cannot be separated.

    `frequency_hz` is (n,) and above zero; `labels` may hold cycle, temperature, bias and time, (n,) each.
    """
    groups = _by_labels(frequency_hz, labels)
    found = [sweep for rows in groups for sweep in _in_group(rows, frequency_hz, z_ohm, labels.get("time"))]
    return [_with_values(sweep, labels) for sweep in found]


def gaps(frequency_hz: FloatArray) -> list[str]:
    """Warnings about steps much longer than both of their neighbours: lines may have been lost there."""
    steps = np.abs(np.diff(np.log(frequency_hz)))
    if steps.size < 3:
        return []
    longer = steps[1:-1] > LARGEST_STEP * np.maximum(steps[:-2], steps[2:])
    return [
        f"a gap from {frequency_hz[k]:g} to {frequency_hz[k + 1]:g} Hz: points may be missing there"
        for k in np.flatnonzero(longer) + 1
    ]


def _by_labels(frequency_hz: FloatArray, labels: Mapping[str, FloatArray]) -> list[IndexArray]:
    groups = [np.arange(frequency_hz.size)]
    for name in LABELS:
        if name in labels:
            groups = [part for rows in groups for part in _by_label(name, rows, frequency_hz, labels[name])]
    return groups


def _by_label(name: str, rows: IndexArray, frequency_hz: FloatArray, label: FloatArray) -> list[IndexArray]:
    values = label[rows]
    if not np.isfinite(values).all():
        return [rows]
    kinds, first, group = np.unique(values, return_index=True, return_inverse=True)
    if not 1 < kinds.size <= rows.size / LEAST_POINTS or np.bincount(group).min() < LEAST_POINTS:
        return [rows]
    together = np.count_nonzero(np.diff(group)) == kinds.size - 1
    parts = [rows[group == k] for k in (np.argsort(first) if together else range(kinds.size))]
    other = name == "temperature" and np.diff(kinds).min() > OTHER_TEMPERATURE_K
    return parts if other or _overlap([frequency_hz[part] for part in parts]) else [rows]


def _overlap(ranges: list[FloatArray]) -> bool:
    """Whether any two of the ranges have more than an end in common."""
    ordered = sorted((float(part.min()), float(part.max())) for part in ranges)
    return any(before[1] > after[0] * (1 + 1e-6) for before, after in pairwise(ordered))


def _in_group(
    rows: IndexArray, frequency_hz: FloatArray, z_ohm: np.ndarray, time_s: FloatArray | None
) -> list[Sweep]:
    rows, warnings = _without_doubles(rows, frequency_hz, z_ohm)
    frequency = frequency_hz[rows]
    runs = _runs(frequency)
    if len(runs) == 1:
        repeats = _repeats(frequency)
        if repeats > 1:
            return [Sweep(rows[k::repeats], warnings) for k in range(repeats)]
        return [Sweep(rows, (*warnings, *_read_twice(frequency)))]
    in_no_order = max(map(len, runs)) < LEAST_RUN
    if _are_equal(runs, frequency) or (
        not in_no_order and all(_is_sweep(run, runs, frequency) for run in runs)
    ):
        if _overlap([frequency[run] for run in runs]):
            return [Sweep(rows[run], warnings) for run in runs]
        return [_sorted(rows, frequency, (*warnings, "measured in parts: its rows are sorted by frequency"))]
    if np.unique(frequency).size == frequency.size:
        return [_sorted(rows, frequency, (*warnings, "the rows are in no order: sorted by frequency"))]
    return _by_time(rows, frequency_hz, z_ohm, time_s)


def _by_time(
    rows: IndexArray, frequency_hz: FloatArray, z_ohm: np.ndarray, time_s: FloatArray | None
) -> list[Sweep]:
    times = None if time_s is None else time_s[rows]
    if times is not None and _gives_another_order(times):
        return _in_group(rows[np.argsort(times)], frequency_hz, z_ohm, None)
    frequencies, counts = np.unique(frequency_hz[rows], return_counts=True)
    twice = frequencies[counts > 1]
    raise ValueError(
        f"{twice.size} frequencies ({twice[0]:g} Hz ...) occur several times and nothing in the file tells "
        "the sweeps apart: export one sweep in a file, or a column with its number"
    )


def _gives_another_order(times: FloatArray) -> bool:
    return bool(
        np.isfinite(times).all() and np.unique(times).size == times.size and (np.diff(times) < 0).any()
    )


def _runs(frequency: FloatArray) -> list[IndexArray]:
    """Where the frequency moves one way; a repeated turning point belongs to both runs."""
    steps = np.diff(np.log(frequency))
    steps[np.abs(steps) < SAME] = 0
    cuts, direction = [0], 0.0
    for k, step in enumerate(steps):
        if direction and step * direction < 0:
            repeated = k > cuts[-1] and steps[k - 1] == 0
            cuts.append(k if repeated else k + 1)
            direction = np.sign(step) if repeated else 0.0
        elif step and not direction:
            direction = np.sign(step)
    cuts.append(frequency.size)
    return [np.arange(a, b) for a, b in pairwise(cuts)]


def _are_equal(runs: list[IndexArray], frequency: FloatArray) -> bool:
    """Whether all runs have the same frequencies, two or more."""
    first = np.sort(frequency[runs[0]])
    return first.size > 1 and all(
        run.size == first.size and np.allclose(np.sort(frequency[run]), first, rtol=1e-6) for run in runs
    )


def _is_sweep(run: IndexArray, runs: list[IndexArray], frequency: FloatArray) -> bool:
    """Long enough, or the last of them, cut off after it began where the sweeps begin."""
    if run.size >= LEAST_POINTS:
        return True
    begins = np.log(frequency[run[0]] / frequency[max(run[0] - 1, 0)])
    return run is runs[-1] and len(runs) > 1 and abs(begins) > JUMP


def _without_doubles(
    rows: IndexArray, frequency_hz: FloatArray, z_ohm: np.ndarray
) -> tuple[IndexArray, tuple[str, ...]]:
    """Without rows that repeat frequency and impedance of an earlier one to the last digit."""
    seen: set[tuple[float, complex]] = set()
    kept = []
    for row in rows:
        key = (float(frequency_hz[row]), complex(z_ohm[row]))
        if key not in seen:
            kept.append(row)
        seen.add(key)
    lost = len(rows) - len(kept)
    return np.array(kept, int), (f"{lost} rows are copies of others: left out",) if lost else ()


def _repeats(frequency: FloatArray) -> int:
    """How many times each frequency occurs, one after the other; 1 when they differ in that."""
    ends = np.flatnonzero(np.abs(np.diff(np.log(frequency))) >= SAME) + 1
    lengths = np.diff(np.r_[0, ends, frequency.size])
    return int(lengths[0]) if np.ptp(lengths) == 0 and len(lengths) > 1 else 1


def _read_twice(frequency: FloatArray) -> tuple[str, ...]:
    again = frequency[1:][np.abs(np.diff(np.log(frequency))) < SAME]
    return (f"{again.size} frequencies ({again[0]:g} Hz ...) were read more than once",) if again.size else ()


def _sorted(rows: IndexArray, frequency: FloatArray, warnings: tuple[str, ...]) -> Sweep:
    """From high to low, as sweeps are measured; rows of equal frequency stay in their order."""
    return Sweep(rows[np.argsort(-frequency, kind="stable")], warnings)


def _with_values(sweep: Sweep, labels: Mapping[str, FloatArray]) -> Sweep:
    values, warnings = {}, list(sweep.warnings)
    for name in LABELS:
        held = labels[name][sweep.rows] if name in labels else np.array([])
        if held.size and np.isfinite(held).all():
            values[name] = float(held.mean()) if np.ptp(held) else float(held[0])
            if name == "temperature" and np.ptp(held) > 1.0:
                warnings.append(f"the temperature moved by {np.ptp(held):.3g} K during the sweep")
            if name == "cycle" and np.ptp(held):
                del values[name]
    return Sweep(sweep.rows, tuple(warnings), values)
