"""Conductivities to temperature laws: all points together, and heating and cooling apart where both are."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from labctl.analysis import Estimate, TemperatureLaw, compare_branches, fit_arrhenius, fit_temperature_law
from labctl.analysis.laws.arrhenius import ArrheniusForm
from labctl.analysis.laws.circuit_changes import circuit_errors
from labctl.analysis.laws.common_errors import CommonError, Responses
from labctl.analysis.laws.law_fit import LawFit
from labctl.analysis.laws.law_function import LawFunction, function_of
from labctl.analysis.laws.repeated_temperatures import WAY_BACK
from labctl.analysis.laws.temperature_series import distinct_temperatures_k
from labctl.analysis.numerics.budget import Component
from labctl.analysis.numerics.celsius import celsius_words, straighter_in_celsius
from labctl.derive.budgets import as_kept
from labctl.derive.conditions import by_condition
from labctl.derive.conductivities import finite, left_band
from labctl.derive.inputs import Inputs, inputs_of
from labctl.derive.law_points import LawPoint, Point, in_columns
from labctl.derive.makers import METHOD_VERSIONS, maker_of
from labctl.derive.part_laws import evaluated_part_laws, with_parts_told
from labctl.derive.point_errors import (
    SharedErrors,
    errors_of_run,
    flagged_in_words,
    lag_in_words,
    left_out_arcs_in_words,
    own_relative_u,
    times_of_flagged,
)
from labctl.derive.sample_changes import (
    COMPARED,
    FIRST_AGAIN,
    NOT_LOOKED_FOR,
    change_flags,
    changes_while_held,
    corrected,
    described_change,
    first_again,
    is_looked_for,
    with_change,
    with_repetition,
)
from labctl.store import Database, Store
from labctl.store.queries import derivations
from labctl.units import ZERO_CELSIUS_K

METHOD_VERSION = METHOD_VERSIONS["temperature_laws"]
ROOM_TEMPERATURE_K = 298.15
AT_ROOM = "conductivity_at_25_degc"
ONE_TEMPERATURE_K = 2.0
BOUND = "only a bound"
OTHER_FORM: dict[ArrheniusForm, ArrheniusForm] = {"ln_sigma_t": "ln_sigma", "ln_sigma": "ln_sigma_t"}
UNWEIGHED = "the temperature left its band, and no uncertainty can weigh it"


def derive_fits(store: Store, run_id: int, derived_s: float) -> list[dict[str, Any]]:
    """Fit the temperature laws to all conductivities of a run so far; return the rows written.

    A run that continues an interrupted one is fitted together with it. Each row lists in `spectra` the
    spectra that the law stands on and keeps the fitted law as a function in `curve`, from which it is drawn.
    A repeated spectrum is left out in favour of its repetition. Bounds and conductivities without a
    temperature do not enter as numbers, nor does the first temperature that `repeat_first` measured again: it
    shows whether the sample changed (`sample_changes`). A spectrum that left its band by less than
    `ONE_TEMPERATURE_K` enters with half its span as the uncertainty of its temperature; a spectrum that moved
    further, or that no uncertainty can weigh, does not enter. A flag names each spectrum left out. Spectra at
    different conditions beside the temperature have a law each (`condition_quantity`, `condition_setpoint`).
    """
    with store.read() as db:
        inputs = inputs_of(db, run_id)
        rows = evaluated_laws(db, run_id, inputs, derived_s)
        parts = evaluated_part_laws(db, run_id, rows, derived_s)
    rows = with_parts_told(rows, parts)
    store.replace_derived("part_laws", {"run_id": run_id}, parts, maker_of(inputs, derived_s))
    store.replace_derived("law_fits", {"run_id": run_id}, rows, maker_of(inputs, derived_s))
    return rows


def evaluated_laws(
    db: Database,
    run_id: int,
    inputs: Inputs,
    derived_s: float,
    own: Mapping[int, dict[str, Any] | None] | None = None,
    of_parts: Mapping[int, Inputs] | None = None,
    circuits: Mapping[int, str] | None = None,
) -> list[dict[str, Any]]:
    """Fit the temperature laws; return their rows.

    `own`: the conductivity row (None: none) of each spectrum of the run, by its id, in the place of the rows
    of its current analysis. The earlier runs that it continues count with their current analyses and their
    current exclusions, or with the inputs `of_parts`, by run. `circuits`: of the spectra of `own`.
    """
    points = in_columns(derivations.law_rows(db, run_id, own))
    if circuits:
        for point in points:
            point["circuit"] = circuits.get(point["spectrum_id"], point["circuit"])
    excluded = {**(of_parts or {}), run_id: inputs}
    for part in {point["part_id"] for point in points} - excluded.keys():
        excluded[part] = inputs_of(db, part, inputs.choices)
    judged = _judged(with_repetition(db, run_id, _without_excluded(points, excluded)))
    form: ArrheniusForm = "ln_sigma" if inputs.choices.form == "ln_sigma" else "ln_sigma_t"
    made = {"run_id": run_id, "method_version": METHOD_VERSION, "derived_s": derived_s}
    shared = errors_of_run(db, run_id)
    apart = by_condition(judged)
    rows = []
    for condition, same in apart:
        told = [condition.flag] if len(apart) > 1 else []
        rows += [
            row | made | condition.columns | {"flags": [*told, *row["flags"]]}
            for branch, chosen in _branches(same)
            for row in _fit_rows(branch, chosen, form, shared)
        ]
    return rows


def _without_excluded(points: list[LawPoint], inputs: Mapping[int, Inputs]) -> list[LawPoint]:
    """Add to each point why it is excluded, whether a repetition stands for it, and `correction_k`.

    In place: a long run has so many points that copies of them would fill the memory.
    """
    for point in points:
        known = inputs[point["part_id"]]
        point["excluded"] = known.why_excluded(point["number"], point["temperature_k"])
        point["correction_k"] = known.correction_k
    standing = (p for p in points if not p["excluded"] and p["temperature_k"] is not None)
    repeated = {point["repeat_of"] for point in standing}
    for point in points:
        point["repeated"] = point["spectrum_id"] in repeated
    return points


def _branches(points: list[LawPoint]) -> list[tuple[str, list[LawPoint]]]:
    ways = {way: [p for p in points if p["branch"] == way] for way in ("heating", "cooling")}
    apart = list(ways.items()) if all(_temperatures(ways[way]) > 1 for way in ways) else []
    return [("all", points), *apart]


def _temperatures(points: Sequence[Point]) -> int:
    """Count the different temperatures of the points that a law stands on, as the analysis counts them."""
    used_k = [p["temperature_k"] for p in points if not _why_left_out(p)]
    return distinct_temperatures_k(np.array(used_k)).size


def _judged(points: list[LawPoint]) -> list[LawPoint]:
    """Add to each point, in place, the reason `left_out` why no law stands on it; empty where it does."""
    for point in points:
        point["left_out"] = _why_never_used(point)
    used = [point for point in points if not point["left_out"]]
    if not _are_weighed(used):
        for point in filter(_left_band, used):
            point["left_out"] = UNWEIGHED
    return points


def _are_weighed(points: Sequence[Point]) -> bool:
    """Return whether the uncertainties of all points are known, so that they can weigh the points."""
    named = ("relative_uncertainty_resistance", "temperature_u_k")
    return all(p[name] is not None and math.isfinite(p[name]) for p in points for name in named)


def _left_band(point: Point) -> bool:
    """Return whether the readings, as the thermometer showed them, left the band about the set point."""
    low_k, high_k = (
        None if point[name] is None else point[name] - point["correction_k"]
        for name in ("temperature_min_k", "temperature_max_k")
    )
    return left_band(low_k, high_k, point["setpoint_k"], point["band_k"])


def _why_left_out(point: Point) -> str:
    return point["left_out"]


def _why_never_used(point: Point) -> str:
    """Return why a point can never enter a law, with any other points; empty where it can."""
    if point["excluded"]:
        return point["excluded"]
    if point["repeated"]:
        return "measured again"
    if point["conductivity_s_m"] is None:
        return "no number"
    if point["temperature_k"] is None:
        return "no temperature"
    if point["bound"]:
        return BOUND
    if _left_band(point) and point["temperature_max_k"] - point["temperature_min_k"] > ONE_TEMPERATURE_K:
        return "the temperature left its band"
    return COMPARED if point["is_repetition"] else ""


def _left_out_flags(points: Sequence[Point]) -> list[str]:
    """Name every spectrum that the law does not stand on; several of one temperature and reason once."""
    points = [point for point in points if _why_left_out(point) != COMPARED]
    reasons = [(point, _why_left_out(point)) for point in points]
    left_out = Counter(f"{_place(point)} ({reason})" for point, reason in reasons if reason)
    if not left_out:
        return []
    named = [f"{one}, {times} times" if times > 1 else one for one, times in left_out.items()]
    used = len(points) - left_out.total()
    return [f"{used} of {len(points)} points used; left out: {', '.join(named)}"]


def _place(point: Point) -> str:
    """Name a spectrum by its temperature (its set point if it gave no number), else by its number."""
    kelvin, set_k = point["temperature_k"], point["setpoint_k"]
    if point["conductivity_s_m"] is None:
        kelvin = set_k
    if kelvin is not None:
        return f"{kelvin - ZERO_CELSIUS_K:.2f} degC"
    if set_k is None:
        return f"spectrum {point['number']}"
    return f"spectrum {point['number']}, set point {set_k - ZERO_CELSIUS_K:.2f} degC"


def _fit_rows(
    branch: str, measured: Sequence[Point], form: ArrheniusForm, shared: SharedErrors
) -> list[dict[str, Any]]:
    if _temperatures(measured) < 2:
        return []
    points = [p for p in measured if not _why_left_out(p)]
    bounds = [p for p in measured if _why_left_out(p) == BOUND and p["bound"] == "upper"]
    errors, not_stated = shared(points)
    if not is_looked_for(measured):
        not_stated = [*not_stated, NOT_LOOKED_FOR]
    rows, choice = _rows_of_laws(branch, points, bounds, form, errors)
    flags = [
        *_left_out_flags(measured),
        *flagged_in_words(points, _are_weighed(points)),
        *_spread_flags(points),
        *_celsius_flags(points),
        *lag_in_words(points),
        *left_out_arcs_in_words(points),
    ]
    remarks, changed = _hysteresis_flags(branch, points, form), list[str]()
    if branch == "all":
        rows, changed = _with_change(rows, measured, points, bounds, form, choice)
    spectra = [point["spectrum_id"] for point in points]
    for row in rows:
        row["spectra"] = spectra
        row["budget"] = row["budget"] | {"not_stated": not_stated}
        own = [flag for flag in row["flags"] if not (remarks and flag.startswith(WAY_BACK))]
        row["flags"] = list(
            dict.fromkeys([*flags, *own, *([*remarks, *changed] if row["preferred"] else [])])
        )
    return rows


def _with_change(
    rows: list[dict[str, Any]],
    measured: Sequence[Point],
    points: Sequence[Point],
    bounds: Sequence[Point],
    form: ArrheniusForm,
    choice: TemperatureLaw,
) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the rows with a change of the sample during the series, and the flags about it."""
    first = first_again(measured, choice.preferred)
    held = changes_while_held(measured, choice.preferred)
    if first is not None and first.is_significant and first.elapsed_s > 0:
        moved, _ = _rows_of_laws("all", corrected(points, first), bounds, form)
        by_law = {(row["law"], row["form"]): row for row in moved}
        rows = [with_change(row, by_law[row["law"], row["form"]]) for row in rows]
    if first is not None:
        told = {FIRST_AGAIN: described_change(first)}
        rows = [row | {"parameters": row["parameters"] | told} if row["preferred"] else row for row in rows]
    return rows, change_flags(first, held, measured)


def _rows_of_laws(
    branch: str,
    points: Sequence[Point],
    bounds: Sequence[Point],
    form: ArrheniusForm,
    errors: Sequence[CommonError] = (),
) -> tuple[list[dict[str, Any]], TemperatureLaw]:
    """Fit every law to the points; return a row of each, with the errors they share, and the choice."""
    data = _arrays([*points, *bounds])
    bounded = np.array([False] * len(points) + [True] * len(bounds))
    data |= {"upper_bound": bounded, "are_kelvin": True}
    choice = fit_temperature_law(**data, form=form)
    circuits = [point["circuit"] or "" for point in points]
    fits: list[tuple[str, str, LawFit]] = [
        (law, getattr(fit, "form", "T^-0.5"), fit) for law, fit in choice.candidates.items()
    ]
    other = OTHER_FORM[form]
    fits.insert(1, ("arrhenius", other, fit_arrhenius(form=other, **data)))
    return [
        _fit_row(branch, law, form, Responses.of(fit, [*errors, *circuit_errors(fit, circuits)]), choice)
        for law, form, fit in fits
    ], choice


def _arrays(points: Sequence[Point]) -> dict[str, Any]:
    """Arguments common to every fit; the uncertainty is the part that is not common to all points.

    Uncertainties are stated when they are known of every number: of its resistance and of its temperature.
    Otherwise nothing is stated and the scatter of the points decides; an unknown spread is not taken as 0.
    """
    sigma = np.array([point["conductivity_s_m"] for point in points])
    relative = np.array([own_relative_u(point) for point in points], dtype=float) * times_of_flagged(points)
    spread_k = np.array([point["temperature_u_k"] for point in points], dtype=float)
    numbers = np.array([point["bound"] is None for point in points])
    stated = bool(np.isfinite(relative[numbers]).all() and np.isfinite(spread_k[numbers]).all())
    return {
        "temperature_k": np.array([point["temperature_k"] for point in points]),
        "conductivity_s_m": sigma,
        "standard_uncertainty_s_m": sigma * np.where(numbers, relative, 1.0) if stated else None,
        "temperature_u_k": spread_k if stated else None,
    }


def _spread_flags(points: Sequence[Point]) -> list[str]:
    """Say where the spread of a temperature is not known, for then no stated uncertainty counts."""
    unknown = sum(point["temperature_u_k"] is None for point in points)
    if not unknown:
        return []
    return [
        f"the spread of the temperature is not known for {unknown} of {len(points)} points: uncertainties "
        "follow from the scatter of the points alone"
    ]


def _celsius_flags(points: Sequence[Point]) -> list[str]:
    """Say where a thermometer's numbers look like degrees Celsius that were taken for kelvin."""
    kelvin, sigma = (np.array([p[name] for p in points]) for name in ("temperature_k", "conductivity_s_m"))
    ratio = straighter_in_celsius(kelvin, np.log(sigma)) if len(points) else 0.0
    return [f"the unit of the temperature is in doubt: {celsius_words(ratio)}"] if ratio else []


def _hysteresis_flags(branch: str, points: Sequence[Point], form: ArrheniusForm) -> list[str]:
    """Compare heating with cooling; empty for a run in one direction."""
    heating = np.array([p["branch"] == "heating" for p in points])
    if branch != "all" or heating.all() or not heating.any():
        return []
    return list(compare_branches(**_arrays(points), heating=heating, form=form, are_kelvin=True).flags)


def _fit_row(
    branch: str, law: str, form: str, responses: Responses, choice: TemperatureLaw
) -> dict[str, Any]:
    fit, estimates = responses.fit, responses.parameters()
    if fit is choice.preferred:
        for name, spread in choice.parameter_spreads().items():
            estimates[name] = estimates[name].with_component(Component("law", spread, "B"))
    energy_ev = estimates.get("activation_energy_ev") or estimates.get("pseudo_activation_energy_ev")
    preferred = fit is choice.preferred
    at_room = _at_room(responses, choice if preferred else fit)
    named = _named(estimates) | ({} if at_room is None else {AT_ROOM: at_room})
    flags = (*fit.flags, *(choice.flags if preferred else ()))  # those of the series name no place
    return {
        "branch": branch,
        "law": law,
        "form": form,
        "preferred": preferred,
        "activation_energy_ev": finite(energy_ev.value) if energy_ev else None,
        "standard_uncertainty_ev": finite(energy_ev.standard_uncertainty) if energy_ev else None,
        "parameters": _parameters(fit, named)
        | {"weight": {"value": choice.weights.get(law, 0.0), "unit": "1"}},
        "curve": _function(law, responses, choice).as_dict(),
        "budget": as_kept(named, ()),
        "n_points": len(fit.series),
        "flags": [flag for flag in dict.fromkeys(flags) if flag not in fit.series.flags()],
        "method": f"fit_{law}",
    }


NAMED = {  # parameter: (attribute of the fit, unit, or the attribute that names it)
    "activation_energy": ("activation_energy_ev", "eV"),
    "pseudo_activation_energy": ("pseudo_activation_energy_ev", "eV"),
    "vogel_temperature": ("vogel_temperature_k", "K"),
    "pre_exponential": ("pre_exponential", ""),
    "activation_energy_below": ("activation_energy_below_ev", "eV"),
    "activation_energy_above": ("activation_energy_above_ev", "eV"),
    "break_temperature": ("break_temperature_k", "K"),
    "pre_exponential_below": ("pre_exponential_below", ""),
    "pre_exponential_above": ("pre_exponential_above", ""),
}


def _function(law: str, responses: Responses, choice: TemperatureLaw) -> LawFunction:
    """Return the function of a law; the preferred one knows the others that remain possible."""
    fit, weights = responses.fit, choice.weights
    others = {name: one for name, one in choice.possible.items() if one is not fit and weights[name] > 0}
    if fit is not choice.preferred or not others:
        return function_of(fit, responses)
    rivals = [function_of(one, None, weights[name]) for name, one in others.items()]
    return function_of(fit, responses, weights[law], rivals)


def _named(estimates: Mapping[str, Estimate]) -> dict[str, Estimate]:
    """Return the parameters of a law by their names in the database."""
    return {name: estimates[attribute] for name, (attribute, _) in NAMED.items() if attribute in estimates}


def _at_room(responses: Responses, law: TemperatureLaw | LawFit) -> Estimate | None:
    """Return the conductivity at 25 degC; of a choice with the spread over the laws that are possible.

    None below the Vogel temperature, where the law has no value.
    """
    try:
        return responses.conductivity_s_m(ROOM_TEMPERATURE_K, law.conductivity_s_m(ROOM_TEMPERATURE_K))
    except ValueError:
        return None


def _parameters(fit: LawFit, named: Mapping[str, Estimate]) -> dict[str, Any]:
    described = {}
    for name, estimate in named.items():
        unit = NAMED[name][1] if name in NAMED else "S/m"
        described[name] = _described(estimate, unit or getattr(fit, "pre_exponential_unit", ""))
        if name == AT_ROOM:
            described[name]["flags"] = list(getattr(estimate, "flags", ()))
    return described


def _described(estimate: Estimate, unit: str) -> dict[str, Any]:
    low, high = estimate.interval()
    return {
        "value": finite(estimate.value),
        "standard_uncertainty": finite(estimate.standard_uncertainty),
        "low_95": finite(low),
        "high_95": finite(high),
        "unit": unit,
    }
