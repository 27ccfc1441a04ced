"""Spectra to resistances and conductivities.

After each spectrum it is judged together with the one before it; when the run ends all of its spectra are,
so that each helps its neighbours in temperature.
"""

import math
from dataclasses import replace
from typing import Any

import numpy as np

from labctl.analysis import Estimate, Resistance, conductivity, ionic_resistance_series
from labctl.config.fixture import lead_of, without_fixture
from labctl.store import Database, Store

METHOD = "ionic_resistance_series"
METHOD_VERSION = "2"
NEIGHBOURS = 1
STILL_K = 0.5

OPPOSITE = {"lower": "upper", "upper": "lower", None: None}


def derive_spectrum(store: Store, spectrum_id: int, derived_s: float) -> dict[str, Any] | None:
    """Derive one spectrum, seen beside the one before it; return its conductivity row.

    None means that nothing could be said; the flags of the resistance rows say why.
    """
    with store.read() as db:
        (run,) = db.rows("SELECT run_id FROM spectra WHERE id = ?", (spectrum_id,))
        spectra = _finished(db, run["run_id"])
    ids = [row["id"] for row in spectra]
    seen = spectra[max(0, ids.index(spectrum_id) - NEIGHBOURS) : ids.index(spectrum_id) + 1]
    return _derive(store, run["run_id"], seen, derived_s, only=spectrum_id)[-1]


def derive_conductivities(store: Store, run_id: int, derived_s: float) -> list[dict[str, Any] | None]:
    """Derive every finished spectrum of a run, all seen together; return a row (or None) for each."""
    with store.read() as db:
        spectra = _finished(db, run_id)
    return _derive(store, run_id, spectra, derived_s) if spectra else []


def spectra_without_number(store: Store, run_id: int) -> str:
    """How many finished spectra of a run gave no conductivity, and how many a bound only; `""` for none."""
    query = """SELECT count(*) AS spectra, count(*) - count(c.id) AS silent, count(c.bound) AS bounds
               FROM spectra s LEFT JOIN conductivities c ON c.spectrum_id = s.id
               WHERE s.run_id = ? AND s.status = 'finished'"""
    with store.read() as db:
        (found,) = db.rows(query, (run_id,))
    told = {"no conductivity": found["silent"], "only a bound": found["bounds"]}
    parts = [f"{count} of {found['spectra']} spectra gave {what}" for what, count in told.items() if count]
    return ", ".join(parts)


def _finished(db: Database, run_id: int) -> list[dict[str, Any]]:
    query = "SELECT id FROM spectra WHERE run_id = ? AND status = 'finished' ORDER BY number"
    return db.rows(query, (run_id,))


def _derive(
    store: Store, run_id: int, spectra: list[dict[str, Any]], derived_s: float, only: int | None = None
) -> list[dict[str, Any] | None]:
    with store.read() as db:
        sample = db.sample(db.run(run_id)["sample_id"])
        temperatures = [_temperature(db, row["id"]) for row in spectra]
        measured = [without_fixture(db.spectrum(row["id"]), sample) for row in spectra]
    kelvin = [value for value, _, _ in temperatures]
    found = ionic_resistance_series(measured, kelvin, sample["electrodes"], lead_ohm=lead_of(sample))
    found = [replace(r, flags=(*s.warnings, *r.flags)) for r, s in zip(found, measured, strict=True)]
    rows = []
    for spectrum, temperature, resistance in zip(spectra, temperatures, found, strict=True):
        if only is not None and spectrum["id"] != only:
            continue
        made = {"spectrum_id": spectrum["id"], "method": METHOD, "method_version": METHOD_VERSION}
        made["derived_s"] = derived_s
        rows.append(_write(store, run_id, made, temperature, resistance, sample))
    return rows


def _write(
    store: Store,
    run_id: int,
    made: dict[str, Any],
    temperature: tuple[float, float, float],
    resistance: Resistance,
    sample: dict[str, Any],
) -> dict[str, Any] | None:
    where = {"spectrum_id": made["spectrum_id"]}
    store.replace_derived("resistances", where, _resistance_rows(resistance, made))
    row = None
    if math.isfinite(resistance.total_ohm.value) and resistance.total_ohm.value > 0:
        kelvin, spread_k, moved_k = temperature
        flags = list(resistance.flags)
        if moved_k > STILL_K:
            flags.append(f"the temperature moved by {moved_k:.1f} K during the spectrum")
        row = {"run_id": run_id, "temperature_k": kelvin, "temperature_u_k": spread_k, "flags": flags}
        row |= made | _conductivity_columns(resistance, sample)
    store.replace_derived("conductivities", where, [row] if row else [])
    return row


def _temperature(db: Database, spectrum_id: int) -> tuple[float, float, float]:
    """Mean of the readings during the spectrum, their standard deviation, and from lowest to highest, K.

    Without a reading the set point stands, with no spread.
    """
    query = "SELECT temperature_k FROM impedance_points WHERE spectrum_id = ? AND temperature_k IS NOT NULL"
    readings = [row["temperature_k"] for row in db.rows(query, (spectrum_id,))]
    if not readings:
        (row,) = db.rows("SELECT setpoint_k FROM spectra WHERE id = ?", (spectrum_id,))
        return (row["setpoint_k"] or 298.15), 0.0, 0.0
    spread_k = float(np.std(readings, ddof=1)) if len(readings) > 1 else 0.0
    return float(np.mean(readings)), spread_k, max(readings) - min(readings)


def _resistance_rows(resistance: Resistance, made: dict[str, Any]) -> list[dict[str, Any]]:
    parts: dict[str, Estimate] = {"total": resistance.total_ohm}
    for arc in resistance.arcs:
        quantity = arc.name.replace(" ", "_")
        parts[quantity] = _sum(parts.get(quantity), arc.resistance_ohm)
    return [
        {
            "quantity": quantity,
            "resistance_ohm": finite(estimate.value),
            "standard_uncertainty_ohm": finite(estimate.standard_uncertainty),
            "bound": resistance.bound if quantity == "total" else None,
            "circuit": resistance.circuit,
            "flags": list(resistance.flags),
            **made,
        }
        for quantity, estimate in parts.items()
        if quantity == "total" or finite(estimate.value) is not None
    ]


def _sum(first: Estimate | None, second: Estimate) -> Estimate:
    if first is None:
        return second
    u = math.hypot(first.standard_uncertainty, second.standard_uncertainty)
    return Estimate(first.value + second.value, u)


def _conductivity_columns(resistance: Resistance, sample: dict[str, Any]) -> dict[str, Any]:
    thickness_m = Estimate(sample["thickness_m"], sample["thickness_u_m"])
    area_m2 = Estimate(sample["area_m2"], sample["area_u_m2"])
    total_ohm = resistance.total_ohm
    u_ohm = total_ohm.standard_uncertainty
    stated = math.isfinite(u_ohm) and resistance.bound is None
    sigma = conductivity(Estimate(total_ohm.value, u_ohm if stated else 0.0), thickness_m, area_m2)
    return {
        "total_resistance_ohm": total_ohm.value,
        "conductivity_s_m": sigma.value,
        "standard_uncertainty_s_m": sigma.standard_uncertainty if stated else None,
        "relative_uncertainty_resistance": total_ohm.relative_uncertainty if stated else None,
        "bound": OPPOSITE[resistance.bound],
    }


def finite(value: float) -> float | None:
    """Return the value, or None where there is none: the database has no infinity."""
    return float(value) if math.isfinite(value) else None
