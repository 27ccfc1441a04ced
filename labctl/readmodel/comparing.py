"""Runs compared: conductivities at common temperatures, energies, and cells of several thicknesses or areas.

What two runs share does not count in their ratio: a geometry, thermometer and analyser of one station.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from labctl.analysis.laws.comparison import (
    ConductivityRatio,
    Measured,
    common_range_k,
    compare_laws,
    difference,
    two_sided_p,
)
from labctl.analysis.laws.law_function import LawFunction
from labctl.analysis.numerics.budget import combined
from labctl.analysis.numerics.estimate import Estimate
from labctl.analysis.resistance.cell_series import CellSeries, area_series, thickness_series
from labctl.derive.geometry import geometry_of
from labctl.errors import InvalidRequest
from labctl.readmodel.across_runs import ROOM_K, Conductivity, OverviewRun, Row
from labctl.readmodel.literature import Published, measured_of
from labctl.units import ZERO_CELSIUS_K

FEWEST_CELLS = 2


@dataclass(frozen=True)
class EnergyDifference:
    """Activation energy of a run minus the first run's, eV; `p_value` of a difference by chance."""

    difference_ev: Estimate
    p_value: float


@dataclass(frozen=True)
class RunComparison:
    """A run beside the first one.

    Attributes
    ----------
    first, other : OverviewRun
    ratios : tuple of ConductivityRatio
        other / first at each temperature that both can be compared at.
    energy : EnergyDifference or None
        None where the preferred laws are of another kind or form.
    remarks : tuple of str
    """

    first: OverviewRun
    other: OverviewRun
    ratios: tuple[ConductivityRatio, ...]
    energy: EnergyDifference | None
    remarks: tuple[str, ...]


def compare_runs(runs: Sequence[OverviewRun], at_k: Sequence[float] = ()) -> list[RunComparison]:
    """Compare each run with the first one.

    Parameters
    ----------
    runs : sequence of OverviewRun
        At least two, each with a law.
    at_k : sequence of float
        Temperatures in K; by default 25 degC and both ends of the common range, where both have points.

    Raises
    ------
    InvalidRequest
        Fewer than two runs, or a run without a temperature law.
    """
    if len(runs) < FEWEST_CELLS:
        raise InvalidRequest("compare: give at least two runs")
    laws = [_law(run) for run in runs]
    return [
        _compared(runs[0], other, laws[0], law, at_k) for other, law in zip(runs[1:], laws[1:], strict=True)
    ]


def _law(run: OverviewRun) -> LawFunction:
    law = run.function()
    if run.conditions:
        raise InvalidRequest(
            f"compare: run {run.id} has a law at each of {len(run.conditions)} conditions "
            f"({', '.join(run.conditions)}): none of them is that of the run; compare runs at one condition"
        )
    if law is None:
        raise InvalidRequest(f"compare: run {run.id} has no temperature law (labctl show {run.id} says why)")
    return law


def _compared(
    first: OverviewRun, other: OverviewRun, law: LawFunction, other_law: LawFunction, at_k: Sequence[float]
) -> RunComparison:
    common = common_range_k(law, other_law)
    possible = [kelvin for kelvin in at_k or _usual_k(common) if _has_value(law, kelvin, other_law)]
    ratios = compare_laws(_measured(first, law), _measured(other, other_law), possible)
    remarks = [*_geometry_remarks(first, other), *_range_remarks(common, possible)]
    return RunComparison(first, other, tuple(ratios), _energy(first, other, (law, other_law)), tuple(remarks))


def _measured(run: OverviewRun, law: LawFunction) -> Measured:
    return Measured(
        law=law, geometry_u=run.geometry_u, geometry=run.geometry, instruments=run.row.get("station") or None
    )


def _usual_k(common: tuple[float, float] | None) -> list[float]:
    """25 degC where both have points there, and the ends of the common range."""
    if common is None:
        return []
    low, high = common
    return sorted({low, high, *([ROOM_K] if low <= ROOM_K <= high else [])})


def _has_value(first: LawFunction, kelvin: float, second: LawFunction) -> bool:
    try:
        return all(np.isfinite(law.ln_conductivity([kelvin])[0][0]) for law in (first, second))
    except ValueError:  # at or below a Vogel temperature
        return False


def _geometry_remarks(first: OverviewRun, other: OverviewRun) -> list[str]:
    if first.geometry == other.geometry:
        return ["both stand on the same geometry, which does not count in the ratio"]
    silent: dict[str, list[str]] = {}
    for run in (first, other):
        if run.geometry_not_stated:
            silent.setdefault(run.geometry_not_stated, []).append(f"run {run.id}")
    return [
        f"{what}: not stated for {' and '.join(named)}; it is not in the interval"
        for what, named in silent.items()
    ]


def _range_remarks(common: tuple[float, float] | None, at_k: Sequence[float]) -> list[str]:
    if common is None:
        return ["the runs have no temperature range in common: what is compared is extrapolated"]
    outside = [kelvin for kelvin in at_k if not common[0] - 1 <= kelvin <= common[1] + 1]
    named = ", ".join(f"{kelvin - ZERO_CELSIUS_K:.1f} °C" for kelvin in outside)
    return [f"extrapolated at {named}"] if outside else []


def _energy(
    first: OverviewRun, other: OverviewRun, laws: tuple[LawFunction, LawFunction]
) -> EnergyDifference | None:
    rows = first.law, other.law
    if rows[0] is None or rows[1] is None or rows[0]["law"] != "arrhenius":
        return None
    if (rows[0]["law"], rows[0]["form"]) != (rows[1]["law"], rows[1]["form"]):
        return None
    measured = [_measured(run, law) for run, law in ((first, laws[0]), (other, laws[1]))]
    one, second = _energy_of(rows[0], *measured), _energy_of(rows[1], *measured[::-1])
    if one is None or second is None:
        return None
    apart = difference(one, second)
    return EnergyDifference(apart, two_sided_p(apart))


def _energy_of(row: Row, own: Measured, other: Measured) -> Estimate | None:
    """The activation energy of a law with all components, those that `other` shares under the same cause."""
    value, u = row["activation_energy_ev"], row["standard_uncertainty_ev"]
    if value is None:
        return None
    if u is None:
        return Estimate(value, math.inf)
    common = own.own_causes(own.law.energy_components(), other)
    alone = Estimate(value, math.sqrt(max(u**2 - combined(common) ** 2, 0.0)))
    return alone.with_component(*common)


def compare_cells(runs: Sequence[OverviewRun], against: str, at_k: float) -> CellSeries:
    """Return what cells of one material say together, by their thicknesses or areas.

    Parameters
    ----------
    runs : sequence of OverviewRun
        Of cells that differ in thickness or area, each with a stated geometry or a known law.
    against : {"thickness", "area"}
    at_k : float
        Temperature in K.

    Raises
    ------
    InvalidRequest
        A run without a conductivity there, fewer than two cells, cells that do not differ, or cells of which
        nothing is uncertain.
    """
    found = conductivities_at(runs, at_k)
    geometry = [geometry_of(run.sample) for run in runs]
    thickness, area = (np.array([each[part].value for each in geometry]) for part in (0, 1))
    sigma = np.array([each.value_s_m for each in found])
    resistance = thickness / (sigma * area)
    total_u = np.array([each.relative_u for each in found])
    own_u = np.sqrt(np.maximum(total_u**2 - np.array([run.geometry_u for run in runs]) ** 2, 0.0))
    series = thickness_series if against == "thickness" else area_series
    try:
        fitted = series(
            resistance,
            thickness,
            area,
            resistance_u_ohm=np.nan_to_num(own_u) * resistance,
            thickness_u_m=np.array([each[0].standard_uncertainty for each in geometry]),
            area_u_m2=np.array([each[1].standard_uncertainty for each in geometry]),
        )
    except ValueError as error:
        raise InvalidRequest(f"compare: {_in_words(str(error), against)}") from error
    return replace(fitted, flags=(*fitted.flags, *reservations(runs, found)))


def conductivities_at(runs: Sequence[OverviewRun], at_k: float) -> list[Conductivity]:
    """Return the conductivity of each run at a temperature; raises InvalidRequest where one has none."""
    found = []
    for run in runs:
        if (conductivity := run.conductivity_at(at_k)) is None:
            where = f"{at_k - ZERO_CELSIUS_K:g} °C"
            raise InvalidRequest(f"compare: run {run.id} has no conductivity at {where}")
        found.append(conductivity)
    return found


def reservations(runs: Sequence[OverviewRun], found: Sequence[Conductivity]) -> list[str]:
    """Return what limits these conductivities: extrapolated, of unknown uncertainty, or measured nearby."""
    pairs = [*zip(runs, found, strict=True)]
    named = {
        "extrapolated: {}": [run for run, each in pairs if each.origin == "extrapolated"],
        "no law, one spectrum within 1 K: {}": [run for run, each in pairs if each.origin == "spectrum"],
        "uncertainty of the conductivity not known, and not in the intervals: {}": [
            run for run, each in pairs if math.isnan(each.relative_u)
        ],
    }
    return [
        words.format(", ".join(f"run {run.id}" for run in which)) for words, which in named.items() if which
    ]


def _in_words(problem: str, against: str) -> str:
    if "different values" in problem:
        return f"the cells have one {against}; give runs of cells that differ in it"
    if "both be zero" in problem or "level line" in problem:
        return "a cell has neither an uncertainty of its law nor of its geometry (labctl amend states one)"
    return problem


@dataclass(frozen=True)
class BesideLiterature:
    """A published conductivity, and the ratio of each run to it (None: no law at its temperature)."""

    published: Published
    ratios: tuple[float | None, ...]


def beside_literature(runs: Sequence[OverviewRun]) -> list[BesideLiterature]:
    """Return the published conductivities of the runs' cations that have a temperature, beside the runs."""
    known = measured_of(run.sample["cation"] for run in runs)
    return [BesideLiterature(row, tuple(_ratio(run, row) for run in runs)) for row in known]


def _ratio(run: OverviewRun, published: Published) -> float | None:
    """Conductivity of a run / the published one; None outside the range of its points."""
    assert published.temperature_k is not None
    assert published.conductivity_s_m is not None
    found = run.conductivity_at(published.temperature_k)
    if found is None or found.origin == "extrapolated":
        return None
    return found.value_s_m / published.conductivity_s_m
