"""Every run of a file with the numbers that it is known by: what overviews, searches and comparisons show.

All rows stand on the current analysis of their run. The sample is the one in force; where a person chose an
analysis of other amendments, it is the sample kept by this analysis.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from labctl.derive.geometry import geometry_not_stated, geometry_of
from labctl.readmodel.law_conditions import condition_words, of_each_condition
from labctl.store import Database, amendments
from labctl.store.encoding import decoded
from labctl.store.queries import amendments as amendment_rows
from labctl.store.queries import analyses, overviews

if TYPE_CHECKING:
    from labctl.analysis.laws.law_function import LawFunction

ROOM_K = 298.15
NEAR_K = 1.0
SAME_K = 1e-6
AT_ROOM = "conductivity_at_25_degc"
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Conductivity:
    """A conductivity at a temperature asked for.

    Attributes
    ----------
    temperature_k, value_s_m : float
    relative_u : float
        Standard uncertainty, with geometry and instruments as far as they were stated; NaN where it is not
        known. By a law it also holds the spread over the laws that remain possible.
    origin : {"law", "extrapolated", "spectrum"}
        From the law of the run within or outside the range of its points, or from one spectrum that was
        measured within `NEAR_K` of the temperature.
    """

    temperature_k: float
    value_s_m: float
    relative_u: float
    origin: str


@dataclass(frozen=True)
class OverviewRun:
    """One run, its sample, its preferred law and its transference numbers.

    Attributes
    ----------
    row : mapping
        Columns of the run: `run_id`, `procedure`, `status`, `started_s` ...
    sample : mapping
        The sample that the numbers of this run stand on.
    specimen, mount : str, int
        Which specimen was mounted for which time; the id of the sample, and 1, where that is not known.
    law : mapping or None
        The preferred law of all points, with the columns of `overviews.preferred_laws`.
    points : sequence of mapping
        Conductivities near the temperature asked for.
    transference : sequence of mapping
        Rows of `transference_numbers`.
    conditions : tuple of str
        Where the run has laws at several conditions beside the temperature, which; `law` is None then, and
        `points` are empty, since no number of one condition is that of the run.
    """

    row: Row
    sample: Row
    specimen: str
    mount: int
    law: Row | None
    points: Sequence[Row]
    transference: Sequence[Row]
    conditions: tuple[str, ...] = ()

    @property
    def id(self) -> int:
        """Number of the run."""
        return int(self.row["run_id"])

    @property
    def geometry_u(self) -> float:
        """Relative standard uncertainty of thickness / area; 0 where none was stated."""
        return math.hypot(*(part.relative_uncertainty for part in geometry_of(self.sample)))

    @property
    def geometry_not_stated(self) -> str:
        """`geometry`, `thickness` or `area` where that has no uncertainty, which may be large; else `""`."""
        return next(iter(geometry_not_stated(self.sample)), "")

    @property
    def geometry(self) -> tuple[str, int, float, float]:
        """Equal for two runs that stand on the same measured thickness and area."""
        return self.specimen, self.mount, self.sample["thickness_m"], self.sample["area_m2"]

    def function(self) -> "LawFunction | None":
        """The preferred law as a function of temperature; None where the run has none that can be drawn."""
        from labctl.readmodel.law_curve import stored_function

        if self.law is None:
            return None
        text = self.law.get("curve_text")
        law = {**self.law, "curve": decoded("curve", text)} if text else self.law
        try:
            return stored_function(law, ())[0]
        except ValueError:
            return None

    def conductivity_at(self, temperature_k: float) -> Conductivity | None:
        """The conductivity at a temperature by the law of the run, else by a spectrum measured there."""
        if abs(temperature_k - ROOM_K) < SAME_K and (stored := self._as_stored()) is not None:
            return stored
        law = self.function()
        return self._by_law(law, temperature_k) if law is not None else self._by_spectrum(temperature_k)

    def _as_stored(self) -> Conductivity | None:
        """The conductivity at 25 degC that was kept with the law, where its whole uncertainty was."""
        law = self.law or {}
        at_room = law.get("parameters", {}).get(AT_ROOM) or {}
        value, u = at_room.get("value"), at_room.get("standard_uncertainty")
        low_k, high_k = law.get("low_k"), law.get("high_k")
        if not (value and u and law.get("knows_common")) or low_k is None or high_k is None:
            return None
        return Conductivity(ROOM_K, value, u / value, _origin(ROOM_K, low_k, high_k))

    def _by_law(self, law: "LawFunction", temperature_k: float) -> Conductivity | None:
        try:
            ln_sigma, u = (float(part[0]) for part in law.ln_conductivity([temperature_k]))
        except ValueError:  # below the Vogel temperature the law has no value
            return None
        origin = _origin(temperature_k, *law.temperature_range_k)
        return Conductivity(temperature_k, math.exp(ln_sigma), self._whole_u(law, temperature_k, u), origin)

    def _whole_u(self, law: "LawFunction", temperature_k: float, u: float) -> float:
        """Relative uncertainty with the shared part of the points and the spread over laws."""
        from labctl.analysis.numerics.budget import combined

        if law.common is None:
            return math.hypot(u, self.geometry_u)
        parts = [*law.common_components(temperature_k), *law.law_components(temperature_k)]
        return math.hypot(u, combined(parts))

    def _by_spectrum(self, temperature_k: float) -> Conductivity | None:
        near = [point for point in self.points if point["bound"] is None]
        if not near:
            return None
        point = min(near, key=lambda point: abs(point["temperature_k"] - temperature_k))
        value, u = point["conductivity_s_m"], point["standard_uncertainty_s_m"]
        return Conductivity(point["temperature_k"], value, math.nan if u is None else u / value, "spectrum")


def _origin(temperature_k: float, low_k: float, high_k: float) -> str:
    return "law" if low_k - NEAR_K <= temperature_k <= high_k + NEAR_K else "extrapolated"


def overview_runs(db: Database, near_k: float = ROOM_K) -> list[OverviewRun]:
    """Return every run of a file, oldest first, with conductivities measured near a temperature in K."""
    laws = _by_run(overviews.preferred_laws(db))
    points = _by_run(overviews.conductivities_between(db, near_k - NEAR_K, near_k + NEAR_K))
    transference = _by_run(overviews.transference_numbers(db))
    rows = overviews.runs_with_samples(db)
    samples = _samples(db, rows)
    return [
        OverviewRun(
            row=row,
            sample=samples.get(row["run_id"], row),
            specimen=row["specimen"] or str(row["sample_id"]),
            mount=row["mount"] or 1,
            law=_of_the_run(laws[row["run_id"]]),
            conditions=_several(laws[row["run_id"]]),
            points=[] if _several(laws[row["run_id"]]) else points[row["run_id"]],
            transference=transference[row["run_id"]],
        )
        for row in rows
    ]


def _several(laws: Sequence[Row]) -> tuple[str, ...]:
    """Return the conditions of laws at more than one; none of these laws is that of the run."""
    words = [condition_words(same[0]) or "no condition" for same in of_each_condition(laws)]
    return tuple(words) if len(words) > 1 else ()


def _of_the_run(laws: Sequence[Row]) -> Row | None:
    return laws[-1] if laws and not _several(laws) else None


def _samples(db: Database, rows: Sequence[Row]) -> Mapping[int, Row]:
    """Return the samples of amended runs: as in force, or as their analysis kept it."""
    amended = _Amended(amendment_rows.all_amendments(db))
    standing = {row["run_id"]: found for row in rows if (found := amended.in_force(row))}
    if not standing:
        return {}
    stood_on = {row["run_id"]: row["amendments"] for row in overviews.amendments_of_analyses(db)}
    by_id = {row["run_id"]: row for row in rows}
    found = {run_id: amendments.amended(by_id[run_id], one) for run_id, one in standing.items()}
    others = [run_id for run_id, one in standing.items() if stood_on.get(run_id, _ids(one)) != _ids(one)]
    for analysis in analyses.current(db, others) if others else ():
        kept = analysis["inputs"].get("sample") or {}
        found[analysis["run_id"]] = dict(by_id[analysis["run_id"]]) | kept
    return found


def _ids(standing: Iterable[Row]) -> list[int]:
    """Return the ids of the amendments that numbers stand on, as an analysis keeps them."""
    return sorted(row["id"] for row in standing if row["field"] != amendments.REMARK)


class _Amended:
    """Amendments by run and by sample: most runs have none."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._of_run: defaultdict[int, list[Row]] = defaultdict(list)
        self._of_sample: defaultdict[int, list[Row]] = defaultdict(list)
        for row in rows:
            if row["run_id"] is None:
                self._of_sample[row["sample_id"]].append(row)
            else:
                self._of_run[row["run_id"]].append(row)

    def in_force(self, row: Row) -> Sequence[Row]:
        """The amendments in force for a run and its sample."""
        rows = [*self._of_sample.get(row["sample_id"], ()), *self._of_run.get(row["run_id"], ())]
        return amendments.in_force(rows) if rows else ()


def _by_run(rows: Iterable[Row]) -> defaultdict[int, list[Row]]:
    found: defaultdict[int, list[Row]] = defaultdict(list)
    for row in rows:
        found[row["run_id"]].append(row)
    return found
