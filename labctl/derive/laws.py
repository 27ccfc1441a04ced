"""Conductivities to temperature laws: all points together, and heating and cooling apart where both are."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from labctl.analysis import Estimate, TemperatureLaw, compare_branches, fit_arrhenius, fit_temperature_law
from labctl.analysis.laws.law_fit import LawFit
from labctl.analysis.laws.temperature_series import distinct_temperatures_k
from labctl.derive.conductivities import finite
from labctl.store import Store
from labctl.units import ZERO_CELSIUS_K

METHOD_VERSION = "2"
ROOM_TEMPERATURE_K = 298.15
POINTS = """
SELECT c.*, s.branch, s.setpoint_k, EXISTS (
    SELECT 1 FROM spectra again JOIN conductivities d ON d.spectrum_id = again.id WHERE again.repeat_of = s.id
) AS repeated
FROM spectra s JOIN run_parts part ON part.part_id = s.run_id
LEFT JOIN conductivities c ON c.spectrum_id = s.id
WHERE part.run_id = ? AND (c.id IS NOT NULL OR s.status = 'finished')
    AND NOT EXISTS (SELECT 1 FROM polarisations p WHERE p.steady_spectrum_id = s.id)
ORDER BY s.id
"""


def derive_fits(store: Store, run_id: int, derived_s: float) -> list[dict[str, Any]]:
    """Fit the temperature laws to all conductivities of a run so far; return the rows written.

    A run that continues an interrupted one is fitted together with it. A spectrum that was repeated is left
    out in favour of its repetition; a bound does not enter as a number. What is left out is named in a flag.
    """
    with store.read() as db:
        points = db.rows(POINTS, (run_id,))
    made = {"run_id": run_id, "method_version": METHOD_VERSION, "derived_s": derived_s}
    rows = [row | made for branch, chosen in _branches(points) for row in _fit_rows(branch, chosen)]
    store.replace_derived("law_fits", {"run_id": run_id}, rows)
    return rows


def _branches(points: list[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    ways = {way: [p for p in points if p["branch"] == way] for way in ("heating", "cooling")}
    apart = list(ways.items()) if all(_temperatures(_usable(ways[way])) > 1 for way in ways) else []
    return [("all", points), *apart]


def _temperatures(points: Sequence[dict[str, Any]]) -> int:
    """Count the different temperatures of the points that are numbers, as the analysis counts them."""
    measured = [p["temperature_k"] for p in points if p["bound"] is None]
    return distinct_temperatures_k(np.array(measured)).size


def _usable(points: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the points that a fit is given: numbers, and upper bounds to hold the law against."""
    return [p for p in points if not p["repeated"] and p["conductivity_s_m"] and p["bound"] != "lower"]


def _why_left_out(point: dict[str, Any]) -> str:
    if point["repeated"]:
        return "measured again"
    if point["conductivity_s_m"] is None:
        return "no number"
    return "only a bound" if point["bound"] else ""


def _left_out_flags(points: Sequence[dict[str, Any]]) -> list[str]:
    """Name every spectrum that the law does not stand on."""
    reasons = [(point, _why_left_out(point)) for point in points]
    left_out = [f"{_place(point)} ({reason})" for point, reason in reasons if reason]
    if not left_out:
        return []
    return [f"{len(points) - len(left_out)} of {len(points)} points used; left out: {', '.join(left_out)}"]


def _place(point: dict[str, Any]) -> str:
    kelvin = point["temperature_k"] or point["setpoint_k"]
    return f"{kelvin - ZERO_CELSIUS_K:.2f} degC" if kelvin else "a spectrum without temperature"


def _fit_rows(branch: str, measured: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    points = _usable(measured)
    if _temperatures(points) < 2:
        return []
    data, bounded = _arrays(points), np.array([p["bound"] == "upper" for p in points])
    choice = fit_temperature_law(**data, upper_bound=bounded)
    fits: list[tuple[str, str, LawFit]] = [
        (law, getattr(fit, "form", "T^-0.5"), fit) for law, fit in choice.candidates.items()
    ]
    fits.insert(1, ("arrhenius", "ln_sigma", fit_arrhenius(form="ln_sigma", **data, upper_bound=bounded)))
    left_out = _left_out_flags(measured)
    remarks = _hysteresis_flags(branch, points)
    rows = [_fit_row(branch, law, form, fit, choice) for law, form, fit in fits]
    for row in rows:
        row["flags"] = [*left_out, *row["flags"], *(remarks if row["preferred"] else [])]
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
        "temperature_u_k": np.array([p["temperature_u_k"] or 0.0 for p in points]) if stated else None,
    }


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
    flags = (*fit.flags, *(choice.flags if preferred else ()))  # those of the series name no place
    return {
        "branch": branch,
        "law": law,
        "form": form,
        "preferred": preferred,
        "activation_energy_ev": finite(energy_ev.value) if energy_ev else None,
        "standard_uncertainty_ev": finite(energy_ev.standard_uncertainty) if energy_ev else None,
        "parameters": _parameters(fit) | {"weight": {"value": choice.weights.get(law, 0.0), "unit": "1"}},
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
