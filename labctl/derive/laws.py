"""Conductivities to temperature laws: all points together, and heating and cooling apart where both are."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from labctl.analysis import Estimate, TemperatureLaw, compare_branches, fit_arrhenius, fit_temperature_law
from labctl.analysis.law_fit import LawFit
from labctl.derive.conductivities import finite
from labctl.store import Store

METHOD_VERSION = "1"
ROOM_TEMPERATURE_K = 298.15


def derive_fits(store: Store, run_id: int, derived_s: float) -> list[dict[str, Any]]:
    """Fit the temperature laws to all conductivities of a run so far; return the rows written.

    A run that continues an interrupted one is fitted together with it. A spectrum that was repeated is left
    out in favour of its repetition; a bound does not enter as a number.
    """
    with store.read() as db:
        points = db.rows(
            "SELECT c.*, s.branch FROM conductivities c JOIN spectra s ON s.id = c.spectrum_id "
            "JOIN run_parts part ON part.part_id = c.run_id "
            "WHERE part.run_id = ? AND NOT EXISTS (SELECT 1 FROM spectra again JOIN conductivities d "
            "ON d.spectrum_id = again.id WHERE again.repeat_of = s.id) AND NOT EXISTS (SELECT 1 "
            "FROM polarisations p WHERE p.steady_spectrum_id = s.id) ORDER BY s.id",
            (run_id,),
        )
    made = {"run_id": run_id, "method_version": METHOD_VERSION, "derived_s": derived_s}
    rows = [row | made for branch, chosen in _branches(points) for row in _fit_rows(branch, chosen)]
    store.replace_derived("law_fits", {"run_id": run_id}, rows)
    return rows


def _branches(points: list[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    ways = {way: [p for p in points if p["branch"] == way] for way in ("heating", "cooling")}
    apart = list(ways.items()) if all(_temperatures(ways[way]) > 1 for way in ways) else []
    return [("all", points), *apart]


def _temperatures(points: Sequence[dict[str, Any]]) -> int:
    """Count the different temperatures of the points that are numbers."""
    return len({round(p["temperature_k"], 1) for p in points if p["bound"] is None})


def _fit_rows(branch: str, points: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    if _temperatures(points) < 2:
        return []
    data, bounded = _arrays(points), np.array([p["bound"] == "upper" for p in points])
    choice = fit_temperature_law(**data, upper_bound=bounded)
    fits: list[tuple[str, str, LawFit]] = [
        (law, getattr(fit, "form", "T^-0.5"), fit) for law, fit in choice.candidates.items()
    ]
    fits.insert(1, ("arrhenius", "ln_sigma", fit_arrhenius(form="ln_sigma", **data, upper_bound=bounded)))
    remarks = [*_outlier_flags(choice, points), *_hysteresis_flags(branch, points)]
    rows = [_fit_row(branch, law, form, fit, choice) for law, form, fit in fits]
    for row in rows:
        row["flags"] += remarks if row["preferred"] else []
    return rows


def _arrays(points: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Arguments common to every fit; the uncertainty is the part that is not common to all points."""
    sigma = np.array([point["conductivity_s_m"] for point in points])
    relative = np.array([point["relative_uncertainty_resistance"] for point in points], dtype=float)
    numbers = np.array([point["bound"] is None for point in points])
    stated = bool(np.isfinite(relative[numbers]).all())
    return {
        "temperature_k": np.array([point["temperature_k"] for point in points]),
        "conductivity_s_m": sigma,
        "standard_uncertainty_s_m": sigma * np.where(numbers, relative, 1.0) if stated else None,
        "temperature_u_k": np.array([point["temperature_u_k"] or 0.0 for point in points]),
    }


def _outlier_flags(choice: TemperatureLaw, points: Sequence[dict[str, Any]]) -> list[str]:
    if not choice.outliers.any() or choice.downweighted is None:
        return []
    places = [p["temperature_k"] - 273.15 for p, out in zip(points, choice.outliers, strict=True) if out]
    where = ", ".join(f"{degc:.2f}" for degc in places)
    return [f"outlier at {where} degC; without its weight: {choice.downweighted.headline}"]


def _hysteresis_flags(branch: str, points: Sequence[dict[str, Any]]) -> list[str]:
    """What a test of heating against cooling says; a run one way has nothing to compare."""
    usable = [p for p in points if p["bound"] is None]
    heating = np.array([p["branch"] == "heating" for p in usable])
    if branch != "all" or heating.all() or not heating.any():
        return []
    return list(compare_branches(**_arrays(usable), heating=heating).flags)


def _fit_row(branch: str, law: str, form: str, fit: LawFit, choice: TemperatureLaw) -> dict[str, Any]:
    energy_ev = getattr(fit, "activation_energy_ev", None) or getattr(
        fit, "pseudo_activation_energy_ev", None
    )
    preferred = fit is choice.preferred
    return {
        "branch": branch,
        "law": law,
        "form": form,
        "preferred": preferred,
        "activation_energy_ev": finite(energy_ev.value) if energy_ev else None,
        "standard_uncertainty_ev": finite(energy_ev.standard_uncertainty) if energy_ev else None,
        "parameters": _parameters(fit) | {"weight": {"value": choice.weights.get(law, 0.0), "unit": "1"}},
        "n_points": len(fit.series),
        "flags": list(dict.fromkeys((*fit.flags, *(choice.flags if preferred else ())))),
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


def _parameters(fit: LawFit) -> dict[str, Any]:
    described = {
        name: _described(getattr(fit, attribute), unit or getattr(fit, "pre_exponential_unit", ""))
        for name, (attribute, unit) in NAMED.items()
        if hasattr(fit, attribute)
    }
    try:
        at_room = fit.conductivity_s_m(ROOM_TEMPERATURE_K)
    except ValueError:  # below the Vogel temperature the law has no value
        return described
    return described | {
        "conductivity_at_25_degc": _described(at_room, "S/m") | {"flags": list(at_room.flags)}
    }


def _described(estimate: Estimate, unit: str) -> dict[str, Any]:
    low, high = estimate.interval()
    return {
        "value": finite(estimate.value),
        "standard_uncertainty": finite(estimate.standard_uncertainty),
        "low_95": finite(low),
        "high_95": finite(high),
        "unit": unit,
    }
