"""From measured rows to derived rows, by the functions a later analysis calls. Idempotent.

The fit that is shown while a run goes on is the later analysis, run early.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from labctl.analysis import (
    Estimate,
    conductivity,
    fit_arrhenius,
    fit_temperature_law,
    fit_vtf,
    ionic_resistance,
)
from labctl.store import Database, Store

METHOD_VERSION = "1"
FEWEST_TEMPERATURES_FOR_VTF = 4


def derive_spectrum(store: Store, spectrum_id: int, derived_s: float) -> dict[str, Any] | None:
    """Derive resistance and conductivity of one spectrum; return the conductivity row, or None.

    None means that nothing could be said; the flags of the resistance rows say why.
    """
    with store.read() as db:
        spectrum_row = db.rows("SELECT * FROM spectra WHERE id = ?", (spectrum_id,))[0]
        run = db.run(spectrum_row["run_id"])
        sample = db.sample(run["sample_id"])
        temperature_k, temperature_u_k = _temperature(db, spectrum_id)
        resistance = ionic_resistance(db.spectrum(spectrum_id), electrodes=sample["electrodes"])
    made = {"method_version": METHOD_VERSION, "derived_s": derived_s}
    rows = _resistance_rows(resistance, {"spectrum_id": spectrum_id, **made})
    store.replace_derived("resistances", {"spectrum_id": spectrum_id}, rows)
    row = None
    if math.isfinite(resistance.total_ohm.value) and resistance.total_ohm.value > 0:
        row = {
            "spectrum_id": spectrum_id,
            "run_id": run["id"],
            "temperature_k": temperature_k,
            "temperature_u_k": temperature_u_k,
            **_conductivity_columns(resistance, sample),
            **made,
        }
    store.replace_derived("conductivities", {"spectrum_id": spectrum_id}, [row] if row else [])
    return row


def derive_missing(store: Store, run_id: int, derived_s: float) -> None:
    """Derive what a killed process left underived in the parts of a run, and fit what there is."""
    query = (
        "SELECT s.id FROM spectra s JOIN run_parts p ON p.part_id = s.run_id "
        "WHERE p.run_id = ? AND s.status = 'finished' "
        "AND NOT EXISTS (SELECT 1 FROM resistances r WHERE r.spectrum_id = s.id) ORDER BY s.id"
    )
    with store.read() as db:
        missing = [row["id"] for row in db.rows(query, (run_id,))]
    for spectrum_id in missing:
        derive_spectrum(store, spectrum_id, derived_s)
    derive_fits(store, run_id, derived_s)


def _temperature(db: Database, spectrum_id: int) -> tuple[float, float]:
    """Mean of the readings during the spectrum, and how far they moved (one standard deviation)."""
    query = "SELECT temperature_k FROM impedance_points WHERE spectrum_id = ? AND temperature_k IS NOT NULL"
    readings = [row["temperature_k"] for row in db.rows(query, (spectrum_id,))]
    spread = float(np.std(readings, ddof=1)) if len(readings) > 1 else 0.0
    return float(np.mean(readings)), spread


def _resistance_rows(resistance: Any, made: dict[str, Any]) -> list[dict[str, Any]]:
    parts: list[tuple[str, Estimate]] = [("total", resistance.total_ohm)]
    totals: dict[str, Estimate] = {}
    for arc in resistance.arcs:
        quantity = arc.name.replace(" ", "_")
        totals[quantity] = _sum(totals.get(quantity), arc.resistance_ohm)
    parts += totals.items()
    return [
        {
            "quantity": quantity,
            "resistance_ohm": _finite(estimate.value),
            "standard_uncertainty_ohm": _finite(estimate.standard_uncertainty),
            "bound": resistance.bound if quantity == "total" else None,
            "circuit": resistance.circuit,
            "method": "ionic_resistance",
            "flags": list(resistance.flags),
            **made,
        }
        for quantity, estimate in parts
        if quantity == "total" or _finite(estimate.value) is not None
    ]


def _sum(first: Estimate | None, second: Estimate) -> Estimate:
    if first is None:
        return second
    u = math.hypot(first.standard_uncertainty, second.standard_uncertainty)
    return Estimate(first.value + second.value, u)


def _conductivity_columns(resistance: Any, sample: dict[str, Any]) -> dict[str, Any]:
    thickness_m = Estimate(sample["thickness_m"], sample["thickness_u_m"])
    area_m2 = Estimate(sample["area_m2"], sample["area_u_m2"])
    total_ohm = resistance.total_ohm
    known = Estimate(total_ohm.value, total_ohm.standard_uncertainty if not resistance.bound else 0.0)
    sigma = conductivity(known, thickness_m, area_m2)
    opposite = {"lower": "upper", "upper": "lower", None: None}
    return {
        "total_resistance_ohm": total_ohm.value,
        "conductivity_s_m": sigma.value,
        "standard_uncertainty_s_m": _finite(sigma.standard_uncertainty),
        "relative_uncertainty_resistance": _finite(known.relative_uncertainty),
        "bound": opposite[resistance.bound],
        "method": "ionic_resistance, conductivity",
        "flags": list(resistance.flags),
    }


def derive_fits(store: Store, run_id: int, derived_s: float) -> list[dict[str, Any]]:
    """Fit the temperature laws to all conductivities of a run so far; return the rows written.

    A run that continues an interrupted one is fitted together with it.
    """
    with store.read() as db:
        points = db.rows(
            "SELECT c.*, s.branch FROM conductivities c JOIN spectra s ON s.id = c.spectrum_id "
            "JOIN run_parts p ON p.part_id = c.run_id "
            "WHERE p.run_id = ? AND c.bound IS NULL ORDER BY c.spectrum_id",
            (run_id,),
        )
    rows = [row for branch, chosen in _branches(points) for row in _fit_rows(branch, chosen)]
    for row in rows:
        row |= {"run_id": run_id, "method_version": METHOD_VERSION, "derived_s": derived_s}
    store.replace_derived("law_fits", {"run_id": run_id}, rows)
    return rows


def _branches(points: list[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    """All points together and, where a run went up and down, each way apart."""
    ways = {way: [p for p in points if p["branch"] == way] for way in ("heating", "cooling")}
    apart = list(ways.items()) if all(ways.values()) else []
    return [("all", points), *apart]


def _fit_rows(branch: str, points: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    temperatures = {round(point["temperature_k"], 1) for point in points}
    if len(temperatures) < 2:
        return []
    data = _arrays(points)
    fits: list[tuple[str, str, Any]] = [
        ("arrhenius", form, fit_arrhenius(form=form, **data)) for form in ("ln_sigma_t", "ln_sigma")
    ]
    if len(temperatures) >= FEWEST_TEMPERATURES_FOR_VTF:
        fits.append(("vtf", "T^-0.5", fit_vtf(**data)))
    choice = fit_temperature_law(**data)
    if "two_segments" in choice.candidates:
        fits.append(("two_segments", "ln_sigma_t", choice.candidates["two_segments"]))
    return [_fit_row(branch, law, form, fit, choice, len(points)) for law, form, fit in fits]


def _arrays(points: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Arguments common to every fit; the uncertainty is the part that is not common to all points."""
    sigma = np.array([point["conductivity_s_m"] for point in points])
    relative = np.array([point["relative_uncertainty_resistance"] for point in points], dtype=float)
    return {
        "temperature_k": np.array([point["temperature_k"] for point in points]),
        "conductivity_s_m": sigma,
        "standard_uncertainty_s_m": sigma * relative if np.isfinite(relative).all() else None,
        "temperature_u_k": np.array([point["temperature_u_k"] or 0.0 for point in points]),
    }


def _fit_row(branch: str, law: str, form: str, fit: Any, choice: Any, n_points: int) -> dict[str, Any]:
    energy_ev = _energy(law, fit)
    preferred = law == choice.law and form != "ln_sigma"
    return {
        "branch": branch,
        "law": law,
        "form": form,
        "preferred": preferred,
        "activation_energy_ev": _finite(energy_ev.value) if energy_ev else None,
        "standard_uncertainty_ev": _finite(energy_ev.standard_uncertainty) if energy_ev else None,
        "parameters": _parameters(law, fit, choice),
        "n_points": n_points,
        "flags": list(dict.fromkeys((*fit.flags, *(choice.flags if preferred else ())))),
        "method": f"fit_{law}",
    }


def _energy(law: str, fit: Any) -> Estimate | None:
    """Ea of Arrhenius, the pseudo activation energy B of VTF; two segments have two, in the parameters."""
    return {
        "arrhenius": lambda: fit.activation_energy_ev,
        "vtf": lambda: fit.pseudo_activation_energy_ev,
    }.get(law, lambda: None)()


def _parameters(law: str, fit: Any, choice: Any) -> dict[str, Any]:
    named: dict[str, tuple[Estimate, str]] = {}
    if law == "arrhenius":
        named["activation_energy"] = (fit.activation_energy_ev, "eV")
        named["pre_exponential"] = (fit.pre_exponential, fit.pre_exponential_unit)
    elif law == "vtf":
        named["pseudo_activation_energy"] = (fit.pseudo_activation_energy_ev, "eV")
        named["vogel_temperature"] = (fit.vogel_temperature_k, "K")
        named["pre_exponential"] = (fit.pre_exponential, fit.pre_exponential_unit)
    elif law == "two_segments":
        named["activation_energy_below"] = (fit.activation_energy_below_ev, "eV")
        named["activation_energy_above"] = (fit.activation_energy_above_ev, "eV")
        named["break_temperature"] = (fit.break_temperature_k, "K")
    described = {name: _described(estimate, unit) for name, (estimate, unit) in named.items()}
    weight = choice.weights.get(law)
    return described | ({"weight": {"value": weight, "unit": "1"}} if weight is not None else {})


def _described(estimate: Estimate, unit: str) -> dict[str, Any]:
    low, high = estimate.interval()
    return {
        "value": _finite(estimate.value),
        "standard_uncertainty": _finite(estimate.standard_uncertainty),
        "low_95": _finite(low),
        "high_95": _finite(high),
        "unit": unit,
    }


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
