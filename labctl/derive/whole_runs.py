"""Whole runs: everything derived of a run at once, compared with an analysis kept before, or kept as one.

An analysis keeps its sample in force, its choices and its spectra, and each earlier part by uuid. So it can
be made again after the sample was amended and after other analyses became current.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from labctl.derive.choices import NO_CHOICE, Choices
from labctl.derive.conductivities import (
    DerivedSpectrum,
    evaluated_spectra,
    spectrum_beside_the_one_before,
)
from labctl.derive.inputs import Inputs, inputs_of
from labctl.derive.laws import evaluated_laws
from labctl.derive.makers import maker_of
from labctl.derive.part_laws import evaluated_part_laws, with_parts_told
from labctl.derive.relaxation_times import evaluated_relaxation_times
from labctl.derive.transference import evaluated_polarisation
from labctl.store import Database, Store
from labctl.store.analyses import Maker
from labctl.store.encoding import decode, encode
from labctl.store.queries import analyses, derivations
from labctl.version import __version__

MOST_AT_THE_END = 300  # distributions of relaxation times that a job makes while the next one waits
NOT_COMPARED = ("id", "analysis_id", "derived_s")
ADDED_LATER = ("circuit_fit",)  # not compared where the kept row has none: an earlier labctl made it
KEY_OF = {  # derived rows: columns that name a row within an analysis
    "resistances": ("spectrum_id", "quantity"),
    "conductivities": ("spectrum_id",),
    "law_fits": ("branch", "law", "form", "condition_quantity", "condition_setpoint"),
    "transference_numbers": ("polarisation_id",),
    "relaxation_times": ("spectrum_id",),
    "part_laws": ("part", "branch", "law", "form"),
}

Rows = dict[str, list[dict[str, Any]]]


@dataclass(frozen=True)
class Evaluation:
    """All derived rows of one run, by the names of their tables, and how they were made."""

    run_id: int
    maker: Maker
    rows: Rows


@dataclass(frozen=True)
class Reproduction:
    """An analysis made again.

    Attributes
    ----------
    compared : int
        Rows compared.
    differences : tuple of str
        Differences, bit for bit; empty: none.
    made_by, made_again_by : str
        Versions of labctl; empty: not known.
    remark : str
        What could not be compared, or why the inputs are not known; empty: nothing.
    """

    compared: int
    differences: tuple[str, ...]
    made_by: str
    made_again_by: str = __version__
    remark: str = ""


def maker_now(
    db: Database,
    run_id: int,
    derived_s: float,
    choices: Choices = NO_CHOICE,
    person: str = "",
) -> Maker:
    """Describe the analysis that `evaluated` would make of a run now, without making it."""
    return _maker(db, run_id, inputs_of(db, run_id, choices), derived_s, person)


def evaluated(
    db: Database,
    run_id: int,
    derived_s: float,
    choices: Choices = NO_CHOICE,
    person: str = "",
) -> Evaluation:
    """Derive everything of a run from its measured rows, without writing anything."""
    inputs = inputs_of(db, run_id, choices)
    ids = derivations.finished_spectra(db, run_id)
    holds = derivations.finished_polarisations(db, run_id)
    rows = _all_rows(
        db, run_id, evaluated_spectra(db, run_id, ids, inputs, derived_s), holds, inputs, derived_s
    )
    return Evaluation(run_id, _maker(db, run_id, inputs, derived_s, person), rows)


def derive_run(store: Store, run_id: int, derived_s: float) -> int:
    """Derive everything of a run again from its measured rows; return the id of the analysis.

    It replaces the provisional analysis of a run that still grows; for a run that has ended it is new.
    """
    with store.read() as db:
        made = evaluated(db, run_id, derived_s)
        grows = db.run(run_id)["status"] == "running"
    if grows:
        return store.replace_provisional(run_id, made.maker, made.rows)
    return store.record_analysis(run_id, made.maker, made.rows)


def is_up_to_date(db: Database, run_id: int, maker: Maker, name: str = "") -> bool:
    """Return whether the current analysis of a run was made in the same way from the same inputs."""
    found = analyses.current(db, (run_id,))
    if not found or found[0]["closed_s"] is None or (name and found[0]["name"] != name):
        return False
    kept = ("labctl_version", "method_versions", "options", "inputs", "amendments", "content_hash")
    now = {column: getattr(maker, column) for column in kept} | {"amendments": list(maker.amendments)}
    return all(found[0][column] == _as_kept(now[column]) for column in kept)


def reproduced(db: Database, run_id: int, analysis: Mapping[str, Any]) -> Reproduction:
    """Make an analysis again from what it keeps, and compare every row bit for bit.

    Distributions of relaxation times are compared where the analysis has any: they are made when a run ends.
    One kept from before the ledger is made with the sample in force and no choice, which a remark says. Laws
    that were fitted while a run grew are not compared: no later derivation stands on the same points.
    """
    with _standing_on_its_parts(db, analysis) as whole:
        known = "sample" in analysis["inputs"]
        inputs = Inputs.kept_by(analysis) if known else inputs_of(db, run_id)
        found, remark = _made_again(whole, run_id, analysis, inputs)
        kept = analyses.derived_rows(whole, run_id, analysis["id"])
    if not known:
        remark = "it was kept from before the ledger: which labctl made it, and of what, is not known"
    differences, compared = [], 0
    for table in KEY_OF:
        if table in ("law_fits", "part_laws") and remark and known:
            continue
        if table in ("relaxation_times", "part_laws") and not kept[table]:
            continue  # made by an earlier labctl, or while the run was measured
        compared += len(kept[table])
        differences += _differences(table, kept[table], found[table])
    return Reproduction(compared, tuple(differences), analysis["labctl_version"], remark=remark)


def moved(
    one: Mapping[str, Sequence[Mapping[str, Any]]], other: Mapping[str, Sequence[Mapping[str, Any]]]
) -> list[dict[str, Any]]:
    """Return the numbers of two analyses that differ: what, where, both values and their ratio.

    A number that one of them lacks is None there.
    """
    found = []
    for table, names in NUMBERS.items():
        before, after = (_by_key(table, of[table]) for of in (one, other))
        for key in dict.fromkeys((*before, *after)):
            for name in names:
                values = [None if key not in of else of[key].get(name) for of in (before, after)]
                if values[0] != values[1]:
                    found.append(_moved(table, key, name, *values))
    return found


NUMBERS = {  # derived rows: numbers that `moved` compares
    "conductivities": ("conductivity_s_m", "standard_uncertainty_s_m", "temperature_k", "bound"),
    "law_fits": ("activation_energy_ev", "standard_uncertainty_ev", "n_points", "preferred"),
    "transference_numbers": ("value", "standard_uncertainty"),
}


def _moved(table: str, key: tuple[Any, ...], name: str, before: Any, after: Any) -> dict[str, Any]:
    numbers = all(isinstance(value, int | float) for value in (before, after))
    ratio = after / before if numbers and before else None
    of = dict(zip(KEY_OF[table], key, strict=True))
    return {"table": table, "of": of, "number": name, "before": before, "after": after, "ratio": ratio}


def _all_rows(
    db: Database,
    run_id: int,
    spectra: Sequence[DerivedSpectrum],
    holds: Sequence[int],
    inputs: Inputs,
    derived_s: float,
    of_parts: Mapping[int, Inputs] | None = None,
    *,
    anew: bool = False,
) -> Rows:
    own = {one.spectrum_id: one.conductivity for one in spectra}
    distributed = list(own) if _may_take_long(db, run_id) or len(own) <= MOST_AT_THE_END else []
    numbers = [evaluated_polarisation(db, hold, inputs, derived_s) for hold in holds]
    resistances = [row for one in spectra for row in one.resistances]
    circuits = {row["spectrum_id"]: row["circuit"] for row in resistances if row["quantity"] == "total"}
    laws = evaluated_laws(db, run_id, inputs, derived_s, own, of_parts, circuits)
    part_laws = evaluated_part_laws(db, run_id, laws, derived_s, own, resistances)
    return {
        "resistances": resistances,
        "conductivities": [row for row in own.values() if row is not None],
        "law_fits": with_parts_told(laws, part_laws),
        "transference_numbers": [row for row in numbers if row is not None],
        "relaxation_times": evaluated_relaxation_times(db, run_id, distributed, inputs, derived_s, anew=anew),
        "part_laws": part_laws,
    }


def _may_take_long(db: Database, run_id: int) -> bool:
    """Whether no job waits for the end of the evaluation: the run has ended."""
    return db.run(run_id)["status"] != "running"


def _made_again(db: Database, run_id: int, analysis: Mapping[str, Any], inputs: Inputs) -> tuple[Rows, str]:
    """Return the rows as they are derived now, and what cannot be compared."""
    derived_s, kept = analysis["created_s"], analysis["inputs"]
    ids = derivations.finished_spectra(db, run_id)
    holds = derivations.finished_polarisations(db, run_id)
    if "spectra" in kept:
        ids = _with_numbers(db, run_id, "spectra", kept["spectra"])
        holds = _with_numbers(db, run_id, "polarisations", kept["polarisations"])
    parts = _inputs_of_parts(db, run_id, inputs)
    if "spectra" in kept or analysis["origin"] == "earlier":
        spectra = evaluated_spectra(db, run_id, ids, inputs, derived_s)
        return _all_rows(db, run_id, spectra, holds, inputs, derived_s, parts, anew=True), ""
    spectra = [spectrum_beside_the_one_before(db, run_id, one, inputs, derived_s) for one in ids]
    remark = "its run was interrupted: each spectrum stands beside the one before it, and no law is compared"
    return _all_rows(db, run_id, spectra, holds, inputs, derived_s, anew=True), remark


def _inputs_of_parts(db: Database, run_id: int, inputs: Inputs) -> dict[int, Inputs]:
    """Return the inputs kept by the analyses of the earlier parts, with the choices of `inputs`."""
    kept = analyses.current(db, db.part_ids(run_id)[:-1])
    return {
        row["run_id"]: replace(Inputs.kept_by(row), choices=inputs.choices)
        for row in kept
        if "sample" in row["inputs"]
    }


def _standing_on_its_parts(db: Database, analysis: Mapping[str, Any]) -> Database:
    """Return a view of the file in which earlier parts have the analyses that this one stood on."""
    chosen = {}
    for uuid in analysis["inputs"].get("parts", {}).values():
        for row in analyses.with_uuid(db, uuid):
            chosen[row["run_id"]] = row["id"]
    return Database(db.path, analyses=chosen)


def _maker(db: Database, run_id: int, inputs: Inputs, derived_s: float, person: str) -> Maker:
    run, parts = db.run(run_id), db.part_ids(run_id)[:-1]
    current = {row["run_id"]: row["uuid"] for row in analyses.current(db, parts)} if parts else {}
    more = {
        "spectra": _ranges(derivations.finished_numbers(db, run_id, "spectra")),
        "polarisations": _ranges(derivations.finished_numbers(db, run_id, "polarisations")),
        "parts": {db.run(part)["uuid"]: current.get(part) for part in parts},
    }
    made = maker_of(inputs, derived_s, person=person, more=more, content_hash=run["content_hash"])
    return replace(made, amendments=inputs.amendments)


def _ranges(numbers: Sequence[int]) -> list[list[int]]:
    """Return rising numbers as ranges, first and last of each."""
    found: list[list[int]] = []
    for number in numbers:
        if found and found[-1][1] == number - 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return found


def _with_numbers(db: Database, run_id: int, table: str, ranges: Sequence[Sequence[int]]) -> list[int]:
    """Return the ids of the spectra or polarisations of a run with numbers in these ranges."""
    ids = derivations.ids_by_number(db, run_id, table)
    return [ids[n] for n in sorted(ids) if any(first <= n <= last for first, last in ranges)]


def _by_key(table: str, rows: Sequence[Mapping[str, Any]]) -> dict[tuple[Any, ...], Mapping[str, Any]]:
    return {tuple(row[name] for name in KEY_OF[table]): row for row in rows}


def _differences(
    table: str, kept: Sequence[Mapping[str, Any]], found: Sequence[Mapping[str, Any]]
) -> list[str]:
    before, after = _by_key(table, kept), _by_key(table, found)
    sentences = []
    for key in dict.fromkeys((*before, *after)):
        where = f"{table} {', '.join(str(part) for part in key if part is not None)}"
        if key not in after or key not in before:
            sentences.append(f"{where}: {'not derived any more' if key in before else 'derived now only'}")
            continue
        lacking = {name for name in ADDED_LATER if before[key].get(name) is None}
        columns = [name for name in after[key] if name not in NOT_COMPARED and name not in lacking]
        sentences += [
            f"{where}: {name} was {before[key].get(name)!r:.60}, is {after[key][name]!r:.60}"
            for name in columns
            if before[key].get(name) != _as_kept(after[key][name])
        ]
    return sentences


def _as_kept(value: Any) -> Any:
    """Return a value as the database gives it back."""
    if isinstance(value, float) and math.isnan(value):
        return None
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, dict | list | tuple):
        return decode(encode(value))
    return value
