"""Facts from other methods: kept with a sample, and what follows from them together with its runs.

1. A fact is added or revoked, never changed. It has a source, and a standard uncertainty where one is known.
2. What follows is computed when it is asked for, from the facts in force and the newest run of the sample
   that has the other part. An unknown uncertainty makes the uncertainty of the result unknown.
"""

import math
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from labctl.analysis import Estimate, nernst_einstein
from labctl.analysis.laws.law_function import LawFunction, function_from_dict
from labctl.analysis.numerics.propagation import combine
from labctl.analysis.transport.haven import haven_ratio, ions_per_formula
from labctl.clock import RealClock
from labctl.config.fact_kinds import BY_COLUMN, charge_of, kind_named
from labctl.derive.amending import named_entries
from labctl.derive.geometry import geometry_of
from labctl.derive.in_force import in_force
from labctl.errors import InvalidRequest
from labctl.plain_text import has_control_characters
from labctl.store import Database, Store, amendments
from labctl.store.queries import facts as queries
from labctl.store.queries import law_fits
from labctl.units import ZERO_CELSIUS_K

SAME_TEMPERATURE_K = 1.0
Row = dict[str, Any]


@dataclass(frozen=True)
class Fact:
    """A fact as a person gives it, in the units of `labctl.config.fact_kinds`.

    Attributes
    ----------
    kind : str
        e.g. `diffusion`.
    value, uncertainty : float
        The standard uncertainty is None where it is not known.
    temperature_degc : float or None
    ion, nucleus : str
        e.g. Li+ and 7Li; empty: not given.
    source, person : str
        A source is required: method, instrument, notebook or publication.
    """

    kind: str
    value: float
    source: str
    uncertainty: float | None = None
    temperature_degc: float | None = None
    ion: str = ""
    nucleus: str = ""
    person: str = ""


@dataclass(frozen=True)
class Following:
    """A number that follows from facts and runs.

    Attributes
    ----------
    quantity : str
        Its name with the unit.
    value, standard_uncertainty : float
        The uncertainty is None where a part has an unknown one.
    words : str
        What it is made from, and reservations.
    facts, runs : tuple of int
        Ids of the facts and runs that it stands on.
    """

    quantity: str
    value: float
    standard_uncertainty: float | None
    words: str
    facts: tuple[int, ...]
    runs: tuple[int, ...] = ()


def keep_fact(path: Path, sample: str, fact: Fact, entry: int | None = None) -> int:
    """Write a fact about a sample, with the newest entry of this name or the one given; return its id.

    Raises
    ------
    InvalidRequest
        No such sample or kind, an impossible value, no source; an ion or a temperature is missing.
    StoreError
        The file cannot be written.
    """
    row = _checked(fact)
    with Store.open(path) as store:
        with store.read() as db:
            chosen = named_entries(db, sample, entry)[-1]
        return store.insert("facts", row | {"sample_id": chosen["id"]})


def revoke_fact(path: Path, sample: str, fact_id: int, source: str, person: str = "") -> int:
    """Revoke a fact of a sample; `source` says why. Raises as `keep_fact`."""
    if not source.strip():
        raise InvalidRequest("say why it is revoked, with --source")
    with Store.open(path) as store:
        with store.read() as db:
            known = queries.of_name(db, sample)
        found = next((row for row in known if row["id"] == fact_id), None)
        if found is None:
            raise InvalidRequest(f"sample {sample!r} has no fact {fact_id}")
        if by := amendments.revoked_by(known).get(fact_id):
            raise InvalidRequest(f"fact {fact_id} is revoked already, by {by}")
        row = {name: found[name] for name in ("sample_id", "kind")}
        row |= {"uuid": str(uuid.uuid4()), "revokes": fact_id, "source": source.strip(), "person": person}
        return store.insert("facts", row | {"time_s": RealClock().time()})


def facts_in_force(db: Database, sample: str) -> list[Row]:
    """Return the facts about a sample that are in force, the oldest first; raises InvalidRequest."""
    named_entries(db, sample, None)
    return [dict(row) for row in amendments.in_force(queries.of_name(db, sample))]


def what_follows(db: Database, sample: str) -> list[Following]:
    """Return the numbers that follow from the facts about a sample and from its runs.

    Haven ratios, the Nernst-Einstein conductivity, T0 - Tg, and the loss of mass, each where its parts exist.
    """
    known = facts_in_force(db, sample)
    return [*_mass_loss(known), *_above_glass_transition(db, sample, known), *_haven(db, sample, known)]


def _checked(fact: Fact) -> Row:
    kind = kind_named(fact.kind)
    if not fact.source.strip() or has_control_characters(fact.source):
        raise InvalidRequest('a source is missing: --source "PFG-NMR, notebook 12 p. 40"')
    if kind.of_an_ion:
        if not fact.ion:
            raise InvalidRequest(f"{kind.meaning}: name the ion, e.g. --ion Li+")
        charge_of(fact.ion)
    if kind.at_temperature and fact.temperature_degc is None:
        raise InvalidRequest(f"{kind.meaning}: give the temperature, --at-degc")
    if fact.temperature_degc is not None and fact.temperature_degc < -ZERO_CELSIUS_K:
        raise InvalidRequest(f"{fact.temperature_degc:g} degC is below absolute zero")
    kelvin = None if fact.temperature_degc is None else fact.temperature_degc + ZERO_CELSIUS_K
    u = None if fact.uncertainty is None else kind.si_uncertainty(fact.uncertainty)
    details = {name: getattr(fact, name) for name in ("ion", "nucleus") if getattr(fact, name)}
    row: Row = {"uuid": str(uuid.uuid4()), "kind": kind.column, "value": kind.si(fact.value)}
    row |= {"standard_uncertainty": u, "temperature_k": kelvin, "details": details}
    return row | {"source": fact.source.strip(), "person": fact.person, "time_s": RealClock().time()}


def _newest(known: Sequence[Row], column: str, ion: str = "") -> Row | None:
    """Return the newest fact of a kind, of one ion where it is named."""
    found = [row for row in known if row["kind"] == column and ion in ("", row["details"].get("ion"))]
    return found[-1] if found else None


def _estimate(row: Mapping[str, Any]) -> Estimate:
    return Estimate(row["value"], row["standard_uncertainty"] or 0.0)


def _u(result: Estimate, parts: Sequence[float | None]) -> float | None:
    """Return the uncertainty of a result; None where a part has an unknown one."""
    return None if None in parts else result.standard_uncertainty


def _mass_loss(known: Sequence[Row]) -> list[Following]:
    before, after = _newest(known, "mass_before_kg"), _newest(known, "mass_after_kg")
    if before is None or after is None:
        return []
    left = after["value"] / before["value"]
    parts = [row["standard_uncertainty"] for row in (before, after)]
    relative = [(u or 0.0) / row["value"] for u, row in zip(parts, (before, after), strict=True)]
    loss = Estimate(1 - left, left * math.hypot(*relative))
    ids = (before["id"], after["id"])
    return [Following("mass_loss_1", loss.value, _u(loss, parts), "mass before less mass after", ids)]


def _above_glass_transition(db: Database, sample: str, known: Sequence[Row]) -> list[Following]:
    """T0 - Tg, from the VTF law of the newest run that has one."""
    tg = _newest(known, "glass_transition_k")
    if tg is None:
        return []
    for run_id in queries.runs_of_name(db, sample):
        for row in law_fits.of_run(db, run_id):
            t0 = row["parameters"].get("vogel_temperature") if row["branch"] == "all" else None
            if not t0 or t0["value"] is None:
                continue
            parts = (t0["standard_uncertainty"], tg["standard_uncertainty"])
            found = Estimate(t0["value"] - tg["value"], math.hypot(*(u or 0.0 for u in parts)))
            words = f"T0 of the VTF law of run {run_id} less Tg"
            words += "" if row["preferred"] else "; this law is not the preferred one"
            name = "t0_minus_glass_transition_k"
            return [Following(name, found.value, _u(found, parts), words, (tg["id"],), (run_id,))]
    return []


def _haven(db: Database, sample: str, known: Sequence[Row]) -> list[Following]:
    """Nernst-Einstein conductivity and Haven ratio at each temperature with diffusion coefficients."""
    diffusing = [row for row in known if row["kind"] == "diffusion_coefficient_m2_s"]
    found: list[Following] = []
    for kelvin in _temperatures_k(diffusing):
        by_ion = {
            row["details"]["ion"]: row
            for row in diffusing
            if abs(row["temperature_k"] - kelvin) <= SAME_TEMPERATURE_K
        }
        found += _haven_at(db, sample, known, by_ion, kelvin)
    return found


def _temperatures_k(rows: Sequence[Row]) -> list[float]:
    """Return the temperatures of the rows; those within 1 K are one."""
    distinct: list[float] = []
    for kelvin in sorted(row["temperature_k"] for row in rows):
        if not distinct or kelvin - distinct[-1] > SAME_TEMPERATURE_K:
            distinct.append(kelvin)
    return distinct


def _haven_at(
    db: Database, sample: str, known: Sequence[Row], by_ion: Mapping[str, Row], kelvin: float
) -> list[Following]:
    ions = [*by_ion]
    amounts = [amount for ion in ions if (amount := _concentration(known, ion, ions)) is not None]
    if len(amounts) < len(ions):
        return []
    parts = [*by_ion.values(), *(row for row, _ in amounts)]
    computed = _nernst_einstein([by_ion[ion] for ion in ions], amounts, ions, kelvin)
    unknown = [row["standard_uncertainty"] for row in parts]
    ids = tuple(dict.fromkeys(row["id"] for row in parts))
    of = f"of {' and '.join(by_ion)} at {kelvin - ZERO_CELSIUS_K:.2f} degC"
    following = [Following("nernst_einstein_s_m", computed.value, _u(computed, unknown), of, ids)]
    measured = _measured(db, sample, kelvin)
    if measured is None:
        return following
    run_id, sigma, u_known = measured
    ratio = haven_ratio(sigma, computed)
    u = _u(ratio, [*unknown, 0.0 if u_known else None])
    words = f"{of}, against the law of run {run_id}"
    return [*following, Following("haven_ratio_1", ratio.value, u, words, ids, (run_id,))]


def _concentration(known: Sequence[Row], ion: str, ions: Sequence[str]) -> tuple[Row, int] | None:
    """Return the fact that gives the amount of an ion, and how many ions one unit of it has.

    The ion's own concentration, else the salt's; its formula follows from the two charges.
    """
    if (own := _newest(known, "ion_concentration_mol_m3", ion)) is not None:
        return own, 1
    salt = _newest(known, "salt_concentration_mol_m3")
    if salt is None or len(ions) != 2:
        return None
    charges = sorted((charge_of(name) for name in ions), reverse=True)
    if not charges[0] > 0 > charges[1]:
        return None
    cations, anions = ions_per_formula(*charges)
    return salt, cations if charge_of(ion) > 0 else anions


def _nernst_einstein(
    diffusing: Sequence[Row], amounts: Sequence[tuple[Row, int]], ions: Sequence[str], kelvin: float
) -> Estimate:
    """Return the conductivity in S/m; the concentration of a salt is common to its ions."""
    diffusion, charges = [_estimate(row) for row in diffusing], [charge_of(ion) for ion in ions]
    if len({row["id"] for row, _ in amounts}) > 1 or len(amounts) == 1:
        concentrations = [_estimate(row) for row, _ in amounts]
        return nernst_einstein(diffusion, concentrations, charges, kelvin)
    salt = _estimate(amounts[0][0])
    per_mol = nernst_einstein(diffusion, [count for _, count in amounts], charges, kelvin)
    inputs = {"salt": salt, "per_mol": per_mol}
    return combine(salt.value * per_mol.value, inputs, {"salt": per_mol.value, "per_mol": salt.value})


def _measured(db: Database, sample: str, kelvin: float) -> tuple[int, Estimate, bool] | None:
    """Return run, conductivity in S/m and whether its uncertainty is known, at a temperature.

    From the newest run with a preferred law that covers it; the geometry is part of the uncertainty.
    """
    for run_id in queries.runs_of_name(db, sample):
        for row in law_fits.of_run(db, run_id):
            law = _law(row)
            if law is None or not law.temperature_range_k[0] <= kelvin <= law.temperature_range_k[1]:
                continue
            ln_sigma, ln_u = law.ln_conductivity(np.array([kelvin]))
            sigma, relative = float(np.exp(ln_sigma[0])), float(ln_u[0])
            now = in_force(db, run_id).sample
            geometry = [part.relative_uncertainty for part in geometry_of(now)]
            known = math.isfinite(relative)
            u = sigma * math.hypot(relative if known else 0.0, *geometry)
            return run_id, Estimate(sigma, u), known
    return None


def _law(row: Row) -> LawFunction | None:
    """Return the preferred law of all points of a run as a function; None for others and for older rows."""
    if row["branch"] != "all" or not row["preferred"] or not row["curve"]:
        return None
    try:
        return function_from_dict(row["law"], row["form"], row["curve"])
    except ValueError:
        return None


def typed_value(row: Mapping[str, Any]) -> tuple[float, float | None, str]:
    """Return value, standard uncertainty and unit of a fact as a person types them."""
    kind = BY_COLUMN[row["kind"]]
    u = row["standard_uncertainty"]
    return kind.typed(row["value"]), None if u is None else u / kind.scale, kind.unit
