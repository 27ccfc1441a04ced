"""Search of a file: runs by sample, composition, cation, procedure, date and conductivity."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from labctl.readmodel.across_runs import ROOM_K, Conductivity, OverviewRun


@dataclass(frozen=True)
class Wanted:
    """Conditions on a run; `""` and None: no condition.

    Attributes
    ----------
    sample, composition, procedure : str
        Any part of it, in capitals or not; with `*` or `?` a pattern for the whole.
    cation : str
        The mobile ion; the charge may be left out.
    since_s, until_s : float or None
        Start of the run, s since 1970-01-01 UTC.
    above_s_m, below_s_m : float or None
        Limits of the conductivity at `at_k`.
    at_k : float
    """

    sample: str = ""
    composition: str = ""
    cation: str = ""
    procedure: str = ""
    since_s: float | None = None
    until_s: float | None = None
    above_s_m: float | None = None
    below_s_m: float | None = None
    at_k: float = ROOM_K

    @property
    def asks_for_a_number(self) -> bool:
        """Whether the conductivity is limited: a run without one is not found then."""
        return self.above_s_m is not None or self.below_s_m is not None


@dataclass(frozen=True)
class Found:
    """A run that fits, and its conductivity at the temperature asked for, where it has one."""

    run: OverviewRun
    conductivity: Conductivity | None


def found_among(runs: Sequence[OverviewRun], wanted: Wanted) -> Iterator[Found]:
    """Yield the runs that fit, in their order."""
    for run in runs:
        if not _is(run, wanted):
            continue
        conductivity = run.conductivity_at(wanted.at_k)
        if not wanted.asks_for_a_number or _within(conductivity, wanted):
            yield Found(run, conductivity)


def _is(run: OverviewRun, wanted: Wanted) -> bool:
    started_s = run.row["started_s"]
    return (
        _fits(wanted.sample, run.sample["name"])
        and _fits(wanted.composition, run.sample["composition"])
        and _fits(wanted.procedure, run.row["procedure"])
        and _same_ion(wanted.cation, run.sample["cation"])
        and (wanted.since_s is None or started_s >= wanted.since_s)
        and (wanted.until_s is None or started_s < wanted.until_s)
    )


def _fits(pattern: str, text: str) -> bool:
    pattern, text = pattern.lower(), (text or "").lower()
    return fnmatchcase(text, pattern) if re.search("[*?]", pattern) else pattern in text


def _same_ion(wanted: str, cation: str) -> bool:
    """Return whether an ion is the wanted one: `Mg`, `Mg2+` and `mg2+` are."""
    wanted, cation = wanted.strip().lower(), (cation or "").strip().lower()
    return wanted in ("", cation, re.sub(r"\d*\+$", "", cation))


def _within(conductivity: Conductivity | None, wanted: Wanted) -> bool:
    if conductivity is None:
        return False
    above = wanted.above_s_m is None or conductivity.value_s_m >= wanted.above_s_m
    return above and (wanted.below_s_m is None or conductivity.value_s_m <= wanted.below_s_m)
