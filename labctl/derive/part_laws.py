"""Arrhenius' law of bulk and grain boundary where a series resolves both.

The total has a law of its own in `law_fits`. Where bulk and boundary have different activation energies,
their sum bends and looks like another law; the laws of the parts show why. The conductivities are from
the sample's thickness and area (bulk, and boundaries "apparent") or of the boundaries' own material
("specific"). Uncertainties hold the fits, temperatures, and what the points share as far as it is stated, as
those of `law_fits` do.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np

from labctl.analysis import fit_arrhenius
from labctl.analysis.laws.arrhenius import ArrheniusForm
from labctl.analysis.laws.common_errors import Responses
from labctl.analysis.laws.law_function import function_of
from labctl.analysis.laws.temperature_series import distinct_temperatures_k
from labctl.analysis.numerics.estimate import Estimate
from labctl.derive.budgets import as_kept
from labctl.derive.conditions import condition_of
from labctl.derive.conductivities import finite
from labctl.derive.law_points import Point, in_columns
from labctl.derive.makers import METHOD_VERSIONS
from labctl.derive.point_errors import SharedErrors, errors_of_run
from labctl.store import Database
from labctl.store.queries import derivations, resistances

METHOD_VERSION = METHOD_VERSIONS["part_laws"]
BULK, APPARENT, SPECIFIC = "bulk", "grain_boundary_apparent", "grain_boundary_specific"
OF_RESISTANCE = {  # part: quantity and columns of its resistance and standard uncertainty
    BULK: ("bulk", "resistance_ohm", "standard_uncertainty_ohm"),
    APPARENT: ("grain_boundary", "resistance_ohm", "standard_uncertainty_ohm"),
    SPECIFIC: ("grain_boundary", "specific_resistance_ohm", "specific_resistance_u_ohm"),
}
OF_ARCS = ("bulk", "grain_boundary")
OF_TOTAL = (BULK, APPARENT)
"""Parts that the total is the sum of."""
FEWEST_TEMPERATURES = 3
MOST_RELATIVE_U = 0.2
UNRESOLVED = "arc not resolved"
CERTAIN, LEAST_APART_EV = 3.0, 0.02

Row = dict[str, Any]


def evaluated_part_laws(
    db: Database,
    run_id: int,
    laws: Sequence[Row],
    derived_s: float,
    own: Mapping[int, Row | None] | None = None,
    own_resistances: Sequence[Row] | None = None,
) -> list[Row]:
    """Fit Arrhenius' law to the parts of each branch; return a row of `part_laws` for each that is resolved.

    `laws` are the laws of the total: the parts stand on those of their spectra that resolve bulk and grain
    boundary. A run with several conditions beside the temperature has none. `own` and `own_resistances`: the
    conductivity of each spectrum of the run and all of its resistances, in the place of the rows of its
    current analysis.
    """
    branches = {row["branch"]: row["spectra"] for row in laws}
    if not branches or len({condition_of(row) for row in laws}) > 1:
        return []
    form = cast(ArrheniusForm, next(row["form"] for row in laws if row["law"] == "arrhenius"))
    kept = resistances.of_two_arcs(db, db.part_ids(run_id))
    if own_resistances is not None:
        kept = [row for row in kept if row["spectrum_id"] not in (own or {})] + list(own_resistances)
    parts = {(row["spectrum_id"], row["quantity"]): row for row in kept if row["quantity"] in OF_ARCS}
    resolved = {one for spectra in branches.values() for one in spectra if _is_resolved(parts, one)}
    if not resolved:
        return []
    used = in_columns(row for row in derivations.law_rows(db, run_id, own) if row["spectrum_id"] in resolved)
    made = {"run_id": run_id, "method_version": METHOD_VERSION, "derived_s": derived_s}
    shared = errors_of_run(db, run_id)
    return [
        row | made | {"branch": branch}
        for branch, spectra in branches.items()
        for row in _rows(
            spectra, [point for point in used if point["spectrum_id"] in spectra], parts, form, shared
        )
    ]


def _rows(
    spectra: Sequence[int],
    used: Sequence[Point],
    parts: Mapping[tuple[int, str], Row],
    form: ArrheniusForm,
    shared: SharedErrors,
) -> list[Row]:
    """Return the laws of the parts of one branch, of which the total's law stands on `spectra`."""
    found = [_row(part, used, parts, form, shared) for part in OF_RESISTANCE]
    count = f"{len(used)} of {len(spectra)} points resolve bulk and grain boundary"
    short = [count] if len(used) < len(spectra) else []
    return [row | {"flags": [*short, *row["flags"]]} for row in found if row is not None]


def with_parts_told(laws: Sequence[Row], parts: Sequence[Row]) -> list[Row]:
    """Return the laws of the total; the preferred one says where bulk and boundary differ in energy."""
    of_part = {row["part"]: row for row in parts if row["branch"] == "all"}
    if BULK not in of_part or APPARENT not in of_part:
        return list(laws)
    energies = [(of_part[p]["activation_energy_ev"], _own_u_ev(of_part[p])) for p in OF_TOTAL]
    (bulk_ev, bulk_u), (boundary_ev, boundary_u) = energies
    if bulk_u is None or boundary_u is None or None in (bulk_ev, boundary_ev):
        return list(laws)
    apart_ev = abs(bulk_ev - boundary_ev)
    if apart_ev < max(CERTAIN * math.hypot(bulk_u, boundary_u), LEAST_APART_EV):
        return list(laws)
    told = (
        "bulk and grain boundary have activation energies of their own, "
        f"{bulk_ev:.3f} and {boundary_ev:.3f} eV: the total follows no single law (see the laws of the parts)"
    )
    return [
        row | {"flags": [*row["flags"], told]} if row["branch"] == "all" and row["preferred"] else row
        for row in laws
    ]


def _own_u_ev(row: Row) -> float | None:
    """Return the uncertainty of an energy without what both parts share: one thermometer, one analyser."""
    covariance = (row.get("curve") or {}).get("covariance")
    return row["standard_uncertainty_ev"] if covariance is None else math.sqrt(covariance[1][1])


def _is_resolved(parts: Mapping[tuple[int, str], Row], spectrum_id: int) -> bool:
    """Return whether bulk and boundary of a spectrum have resistances and capacitances in the window."""
    both = [parts.get((spectrum_id, quantity)) for quantity in OF_ARCS]
    return all(
        row is not None
        and not any(flag.startswith(UNRESOLVED) for flag in row["flags"])
        and _relative_u(row, "resistance_ohm", "standard_uncertainty_ohm") <= MOST_RELATIVE_U
        for row in both
    )


def _relative_u(row: Row, value: str, u: str) -> float:
    if not row[value] or row[u] is None:
        return math.inf
    return row[u] / row[value]


def _row(
    part: str,
    points: Sequence[Point],
    parts: Mapping[tuple[int, str], Row],
    form: ArrheniusForm,
    shared: SharedErrors,
) -> Row | None:
    quantity, value, u = OF_RESISTANCE[part]
    pairs = [(point, parts[point["spectrum_id"], quantity]) for point in points]
    pairs = [(point, row) for point, row in pairs if _relative_u(row, value, u) <= MOST_RELATIVE_U]
    kelvin = np.array([point["temperature_k"] for point, _ in pairs])
    if not pairs or distinct_temperatures_k(kelvin).size < FEWEST_TEMPERATURES:
        return None
    # by the geometry of the total: conductivity times resistance is thickness over area
    sigma = np.array([p["conductivity_s_m"] * p["total_resistance_ohm"] / row[value] for p, row in pairs])
    spread_k = [point["temperature_u_k"] for point, _ in pairs]
    stated = None not in spread_k
    fit = fit_arrhenius(
        kelvin,
        sigma,
        form,
        standard_uncertainty_s_m=sigma * [_relative_u(row, value, u) for _, row in pairs] if stated else None,
        temperature_u_k=spread_k if stated else None,
        are_kelvin=True,
    )
    errors, not_stated = shared([point for point, _ in pairs])
    responses = Responses.of(fit, errors)
    estimates = responses.parameters()
    named = {
        "activation_energy": estimates["activation_energy_ev"],
        "pre_exponential": estimates["pre_exponential"],
    }
    energy, units = named["activation_energy"], {"activation_energy": "eV"}
    return {
        "part": part,
        "law": "arrhenius",
        "form": form,
        "activation_energy_ev": finite(energy.value),
        "standard_uncertainty_ev": finite(energy.standard_uncertainty),
        "parameters": {
            name: _described(one, units.get(name, fit.pre_exponential_unit)) for name, one in named.items()
        },
        "budget": as_kept(named, not_stated),
        "curve": function_of(fit, responses).as_dict(),
        "spectra": [point["spectrum_id"] for point, _ in pairs],
        "n_points": len(pairs),
        "flags": list(fit.flags),
        "method": "fit_arrhenius",
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
