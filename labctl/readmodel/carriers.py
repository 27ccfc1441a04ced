"""Carriers of a sample: one line for each measurement, and a verdict by temperature.

1. A number is shown with its interval and what it presumes; without a known uncertainty it bounds nothing.
2. rho+ is no share: it equals t+ in an ideal, dilute salt alone. It is shown and bounds nothing.
3. Shares at temperatures that differ by more than 10 K are not put together. A share without a temperature is
   weighed with each of them.
"""

import itertools
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from labctl.analysis import Estimate
from labctl.analysis.transport.carriers import Carrier, Evidence, Verdict, weigh
from labctl.analysis.transport.electromotive import (
    EmfShare,
    nernst_emf_v,
    share_of_emf,
    share_of_ratios,
)
from labctl.analysis.transport.partial_pressure import NO_SINGLE_POWER, readings_of
from labctl.analysis.transport.protons import protons_of_hydrogen, protons_of_water_cell
from labctl.analysis.transport.tubandt import Ion, Place, Tubandt, Weighed, tubandt
from labctl.config.fact_kinds import charge_of
from labctl.derive.amending import named_entries
from labctl.derive.facts import facts_in_force, what_follows
from labctl.derive.geometry import geometry_of
from labctl.derive.in_force import in_force
from labctl.readmodel.carrier_curves import branches_s_m, curvature, curves, share_of_curve, with_cells
from labctl.readmodel.carrier_fractions import broken_presumptions, reason_without_number
from labctl.readmodel.carrier_pressures import MeasuredSlope, slopes_of
from labctl.readmodel.carrier_runs import MeasuredCharge, MeasuredEmf, electrolysis_charge, emfs_of
from labctl.readmodel.formatting import with_uncertainty
from labctl.store import Database
from labctl.store.queries import facts as fact_queries
from labctl.store.queries import polarisations, runs, transference_numbers

Row = Mapping[str, Any]
SAME_TEMPERATURE_K = 10.0
SAME_CELL_K = 1.0
FEWEST_RATIOS = 3
BROKEN_EMF = ("exceeds", "opposite", "an offset of", "depends on the activities")
PRESSURE_NOT_STATED = "the uncertainty of the pressure is not stated and counts as zero"
NOTICEABLE_MOVE_K = 0.02
CANNOT_BE_SAID = "cannot be said"
PLACES: tuple[Place, ...] = ("anode side", "middle", "cathode side", "anode metal", "cathode metal")
PRESUMES = {
    "electronic": "the electrodes block all ions; the current was steady; no lead opened while held",
    "curve": "one electrode blocks all ions, the other is reversible; few electrons; steady currents; "
    "potentials below decomposition",
    "rho_plus": "the electrodes pass the cation and no other ion; t+ only in an ideal, dilute salt; no "
    "electrons other than those stated",
    "emf": "electrodes reversible to the named ion alone; activities as stated; no offset of the potential; "
    "a leak or a slow electrode lowers it",
    "tubandt": "the parts separate cleanly; nothing evaporates; all ions that move are named",
    "water": "one pressure of O2 at both electrodes, two of H2O as stated; a leak or a slow electrode "
    "lowers it",
    "hydrogen": "the gas at the cathode is dry, so that hydrogen comes from protons alone; what is lost "
    "lowers it",
    "exponent": "equilibrium with the gas at every pressure; bulk conduction",
    "haven": "all moving ions are named with their concentration; bounds no share",
    "fact": "as its source states",
}


@dataclass(frozen=True, kw_only=True)
class Line:
    """One measurement.

    Attributes
    ----------
    text : str
        Number with interval, or the reason for having none.
    presumes : str
    evidence : tuple of Evidence
        What it bounds; empty where it bounds nothing.
    flags : tuple of str
    temperature_k : float or None
    facts, runs : tuple of int
    conductivities_s_m : dict of str to Estimate
        Of electrons and holes, from a Hebb-Wagner curve.
    """

    text: str
    presumes: str
    evidence: tuple[Evidence, ...] = ()
    flags: tuple[str, ...] = ()
    temperature_k: float | None = None
    facts: tuple[int, ...] = ()
    runs: tuple[int, ...] = ()
    conductivities_s_m: Mapping[str, Estimate] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Carriers:
    """All lines about a sample and the verdict at each temperature (None: not known)."""

    sample: str
    cation: str
    lines: tuple[Line, ...]
    verdicts: tuple[tuple[float | None, Verdict], ...]

    def as_dict(self) -> dict[str, Any]:
        """Return JSON values."""
        lines = [
            asdict(replace(line, conductivities_s_m={}))
            | {"conductivities_s_m": {name: _as_json(one) for name, one in line.conductivities_s_m.items()}}
            for line in self.lines
        ]
        verdicts = [{"temperature_k": kelvin} | asdict(verdict) for kelvin, verdict in self.verdicts]
        return {"sample": self.sample, "cation": self.cation, "lines": lines, "verdicts": verdicts}


def _as_json(one: Estimate) -> dict[str, float]:
    low, high = one.interval()
    return {
        "value": one.value,
        "standard_uncertainty": one.standard_uncertainty,
        "low_95": low,
        "high_95": high,
    }


def carriers_of(db: Database, sample: str) -> Carriers:
    """Gather the measurements of a file about the carriers of a sample.

    Raises
    ------
    InvalidRequest
        No sample of this name.
    """
    known = facts_in_force(db, sample)
    run_ids = fact_queries.runs_of_name(db, sample)
    cation = str(named_entries(db, sample, None)[-1]["cation"])
    lines = [
        *_polarisation_lines(db, sample),
        *_share_lines(known, cation),
        *_emf_lines(known),
        *_measured_emf_lines(known, emfs_of(db, run_ids)),
        *_water_lines(known),
        *_hydrogen_lines(known, electrolysis_charge(db, run_ids)),
        *_tubandt_lines(known, cation, electrolysis_charge(db, run_ids)),
        *_exponent_lines(known),
        *map(_slope_line, slopes_of(db, run_ids)),
        *_haven_lines(db, sample),
    ]
    return Carriers(sample=sample, cation=cation, lines=tuple(lines), verdicts=tuple(_verdicts(lines)))


def carriers_of_run(db: Database, run_id: int) -> Carriers:
    """Gather the measurements about the carriers of the sample of a run."""
    return carriers_of(db, str(runs.protocol_and_sample(db, run_id)["name"]))


def _verdicts(lines: Sequence[Line]) -> list[tuple[float | None, Verdict]]:
    evidence = [one for line in lines for one in line.evidence]
    anywhere = [one for one in evidence if one.temperature_k is None]
    placed = sorted(
        (one for one in evidence if one.temperature_k is not None), key=lambda one: one.temperature_k or 0.0
    )
    groups: list[list[Evidence]] = []
    for one in placed:
        if not groups or (one.temperature_k or 0) - (groups[-1][0].temperature_k or 0) > SAME_TEMPERATURE_K:
            groups.append([])
        groups[-1].append(one)
    if not groups:
        return [(None, weigh(anywhere))]
    return [
        (_mean(one.temperature_k or 0.0 for one in group), weigh([*group, *anywhere])) for group in groups
    ]


def _mean(values: Iterable[float]) -> float:
    several = list(values)
    return math.fsum(several) / len(several)


def _polarisation_lines(db: Database, sample: str) -> list[Line]:
    run_ids = fact_queries.runs_of_name(db, sample)
    electrodes = {run_id: str(in_force(db, run_id).sample["electrodes"]) for run_id in run_ids}
    held = polarisations.of_parts(db, run_ids)
    cells = {row["id"]: (row["potential_v"], electrodes[row["run_id"]]) for row in held}
    rows = with_cells(transference_numbers.of_parts(db, run_ids), cells)
    geometry = {run_id: geometry_of(in_force(db, run_id).sample) for run_id in run_ids}
    of_curves = [_curve_line(group, geometry[group[0]["run_id"]]) for group in curves(rows)]
    with_rows = {row["polarisation_id"] for row in rows}
    cut = [row for row in held if row["id"] not in with_rows and "blocking" not in electrodes[row["run_id"]]]
    return [*map(_polarisation_line, rows), *_cut_lines(db, cut), *of_curves]


def _cut_lines(db: Database, cut: Sequence[Row]) -> list[Line]:
    """A line for each run whose current broke off: a blocked cation looks like an open circuit."""
    lines = []
    for run_id in dict.fromkeys(row["run_id"] for row in cut):
        name, reason = f"rho+ (Bruce-Vincent), run {run_id}", str(db.run(run_id)["reason"])
        broken = broken_presumptions([reason])
        if broken:
            evidence = (_nothing_but(name, "cation", broken, None, "rho_plus"),)
            about: dict[str, Any] = {"presumes": PRESUMES["rho_plus"], "runs": (run_id,)}
            lines.append(Line(text=f"{name}: {CANNOT_BE_SAID}: {reason}", evidence=evidence, **about))
    return lines


def _curve_line(group: Sequence[Row], geometry: tuple[Estimate, Estimate]) -> Line:
    """Share of the electrons from the steady currents of one run at several potentials."""
    run_id, kelvin = group[0]["run_id"], _mean(row["temperature_k"] for row in group)
    name = f"share of electrons and holes (Hebb-Wagner curve of {len(group)} steps), run {run_id}"
    about: dict[str, Any] = {"presumes": PRESUMES["curve"], "temperature_k": kelvin, "runs": (run_id,)}
    try:
        share, found = share_of_curve(group)
    except ValueError as error:
        return Line(text=f"{name}: {CANNOT_BE_SAID}: {error}", **about)
    broken = [flag for flag in found.flags if "proportional" in flag or "scatter more" in flag]
    text = f"{name}: {_number(share.value, share.standard_uncertainty, *share.interval())}"
    evidence = _evidence(name, "electrons", share, kelvin, "curve", broken)
    branches = branches_s_m(found, *geometry)
    text += "".join(
        f"; {name} {_number(one.value, one.standard_uncertainty, *one.interval())} S/m"
        for name, one in branches.items()
    )
    return Line(text=text, evidence=(evidence,), flags=found.flags, conductivities_s_m=branches, **about)


def _polarisation_line(row: Row) -> Line:
    electronic = row["quantity"] == "electronic"
    label = "t_el (blocking electrodes)" if electronic else "rho+ (Bruce-Vincent)"
    about: dict[str, Any] = {
        "presumes": PRESUMES[row["quantity"]],
        "flags": tuple(row["flags"] or ()),
        "temperature_k": row["temperature_k"],
        "runs": (row["run_id"],),
    }
    name = f"{label}, run {row['run_id']}"
    ends = row["low_95"], row["high_95"]
    evidence = _electronic_evidence(name, row) if electronic else _fraction_evidence(name, row)
    if row["value"] is None and (not electronic or ends[1] is None):
        reason = reason_without_number(about["flags"])
        text = f"{name}: {CANNOT_BE_SAID}" + (f": {reason}" if reason else "")
        return Line(text=text, evidence=evidence, **about)
    if row["value"] is None:
        return Line(text=f"{name}: below {ends[1]:.3g}", evidence=evidence, **about)
    text = f"{name}: {_number(row['value'], row['standard_uncertainty'], *ends)}"
    return Line(text=text, evidence=evidence, **about)


def _fraction_evidence(name: str, row: Row) -> tuple[Evidence, ...]:
    """What bounds nothing, and names the presumptions that do not hold; empty where all may hold."""
    broken = broken_presumptions(row["flags"] or (), row["low_95"])
    return (_nothing_but(name, "cation", broken, row["temperature_k"], "rho_plus"),) if broken else ()


def _electronic_evidence(name: str, row: Row) -> tuple[Evidence, ...]:
    """An upper limit of the electrons: ions that pass the electrodes, or charge them, add to the current.

    The limit is raised by the curvature of the current against the potential, which needs the temperature.
    """
    if row["high_95"] is None or row["temperature_k"] is None or row["delta_v_v"] is None:
        return ()
    bent = curvature(row["delta_v_v"], row["temperature_k"], row["electrodes"])
    return (
        Evidence(
            method=name,
            carrier="electrons",
            low=0.0,
            high=max(bent * row["high_95"], 0.0),
            value=row["value"],
            presumes=PRESUMES["electronic"],
            temperature_k=row["temperature_k"],
        ),
    )


def _number(value: float, u: float | None, low: float | None, high: float | None) -> str:
    text = with_uncertainty(value, u)
    if low is None or high is None:
        return f"{text}, uncertainty not known: bounds nothing"
    return f"{text} (95 %: {low:.3g} to {high:.3g})"


def _share_lines(known: Sequence[Row], cation: str) -> list[Line]:
    """Shares that other methods found, as their sources state them."""
    lines = []
    for row in known:
        if row["kind"] not in ("electronic_share_1", "ion_share_1"):
            continue
        ion = row["details"].get("ion", "")
        carrier: Carrier = "electrons" if row["kind"] == "electronic_share_1" else _carrier_of(ion, cation)
        name = f"share of {ion or 'electrons'}, fact {row['id']} ({row['source']})"
        about: dict[str, Any] = {"presumes": PRESUMES["fact"], "temperature_k": row["temperature_k"]}
        about |= {"facts": (row["id"],)}
        u = row["standard_uncertainty"]
        ends = (None, None) if u is None else Estimate(row["value"], u).interval()
        text = f"{name}: {_number(row['value'], u, *ends)}"
        lines.append(Line(text=text, evidence=_of_fact(name, carrier, row), **about))
    return lines


def _of_fact(name: str, carrier: Carrier, row: Row) -> tuple[Evidence, ...]:
    u = row["standard_uncertainty"]
    if u is None:
        return ()
    return (_evidence(name, carrier, Estimate(row["value"], u), row["temperature_k"], "fact"),)


def _evidence(
    name: str,
    carrier: Carrier,
    share: Estimate,
    kelvin: float | None,
    method: str,
    broken: Sequence[str] = (),
) -> Evidence:
    low, high = share.interval()
    return Evidence(
        method=name,
        carrier=carrier,
        low=low,
        high=high,
        value=share.value,
        presumes=PRESUMES[method],
        broken=tuple(broken),
        temperature_k=kelvin,
    )


def _carrier_of(ion: str, cation: str) -> Carrier:
    if ion == cation and cation:
        return "cation"
    if ion in ("H+", "D+"):
        return "protons"
    return "anion" if charge_of(ion) < 0 and ion != "O^2-" else "other ions"


def _emf_lines(known: Sequence[Row]) -> list[Line]:
    lines = []
    emfs = [row for row in known if row["kind"] == "emf_v"]
    for group in _of_several_ratios(emfs):
        pairs = _pairs_of_ratios(known, group)
        if pairs:
            facts = tuple(row["id"] for row in (*group, *(theory for _, theory in pairs)))
            about = {"facts": facts, "presumes": PRESUMES["emf"], "temperature_k": group[0]["temperature_k"]}
            name = f"share of the ions by emf at {len(group)} ratios, facts {', '.join(map(str, facts))}"
            lines.append(_ratios_line(name, group, pairs, about))
            emfs = [row for row in emfs if row not in group]
    for row in emfs:
        ion, kelvin = row["details"]["ion"], row["temperature_k"]
        theory, vague = _theory(known, ion, kelvin), _several_theories(known, row, emfs)
        name = f"share of the ions by emf, fact {row['id']}"
        about: dict[str, Any] = {"presumes": PRESUMES["emf"], "temperature_k": kelvin}
        if theory is None:
            reason = "no theory of it (emf-theory, or activity-ratio) for this ion and temperature"
            lines.append(Line(text=f"{name}: {CANNOT_BE_SAID}: {reason}", facts=(row["id"],), **about))
            continue
        if vague:
            lines.append(Line(text=f"{name}: {CANNOT_BE_SAID}: {vague}", facts=(row["id"],), **about))
            continue
        lines.append(_emf_line(name, row, *theory, about | {"facts": (row["id"], theory[1]["id"])}))
    return lines


def _measured_emf_lines(known: Sequence[Row], measured: Sequence[MeasuredEmf]) -> list[Line]:
    lines = []
    rows = [_emf_row(emf) for emf in measured if emf.value_v is not None]
    for group in _of_several_ratios(rows):
        pairs = _pairs_of_ratios(known, group)
        if pairs:
            runs_of = tuple(dict.fromkeys(row["run"] for row in group))
            about = {
                "facts": tuple(theory["id"] for _, theory in pairs),
                "runs": runs_of,
                "presumes": PRESUMES["emf"],
                "temperature_k": group[0]["temperature_k"],
            }
            name = f"share of the ions by emf at {len(group)} ratios, runs {', '.join(map(str, runs_of))}"
            lines.append(_ratios_line(name, group, pairs, about))
            paired = [row["place"] for row in group]
            measured = [emf for emf in measured if id(emf) not in paired]
    rows = [row for row in rows if any(row["place"] == id(emf) for emf in measured)]
    for emf in measured:
        name = f"share of the ions by emf, run {emf.run}"
        kelvin = None if math.isnan(emf.temperature_k) else emf.temperature_k
        about: dict[str, Any] = {"presumes": PRESUMES["emf"], "temperature_k": kelvin, "runs": (emf.run,)}
        theory = _theory(known, emf.ion, emf.temperature_k)
        if emf.value_v is None:
            lines.append(Line(text=f"{name}: {CANNOT_BE_SAID}: {emf.reason}", **about))
        elif theory is None:
            of_ion = f"of {emf.ion}" if emf.ion else "of an ion"
            measured_mv = f"{1e3 * emf.value_v:.5g} mV measured"
            reason = f"{measured_mv}, no theory {of_ion} (emf-theory, or activity-ratio) at this temperature"
            lines.append(Line(text=f"{name}: {CANNOT_BE_SAID}: {reason}", **about))
        elif vague := _several_theories(known, _emf_row(emf), rows):
            lines.append(Line(text=f"{name}: {CANNOT_BE_SAID}: {vague}", **about))
        else:
            row = {
                "value": emf.value_v,
                "standard_uncertainty": emf.standard_uncertainty_v,
                "temperature_k": kelvin,
            }
            lines.append(_emf_line(name, row, *theory, about | {"facts": (theory[1]["id"],)}))
    return lines


def _emf_row(emf: MeasuredEmf) -> Row:
    """The emf of a run, as a fact would be read."""
    return {
        "run": emf.run,
        "place": id(emf),
        "value": emf.value_v,
        "standard_uncertainty": emf.standard_uncertainty_v,
        "temperature_k": emf.temperature_k,
        "details": {"ion": emf.ion},
    }


def _of_several_ratios(rows: Sequence[Row]) -> list[list[Row]]:
    """Emfs of one ion at one temperature, in their order, where there are several."""
    groups: list[list[Row]] = []
    for row in rows:
        found = [group for group in groups if _is_alike(group[0], row)]
        if found:
            found[0].append(row)
        else:
            groups.append([row])
    return [group for group in groups if len(group) > 1]


def _is_alike(one: Row, other: Row) -> bool:
    is_near = abs(one["temperature_k"] - other["temperature_k"]) <= SAME_CELL_K
    return is_near and one["details"]["ion"] == other["details"]["ion"]


def _pairs_of_ratios(known: Sequence[Row], group: Sequence[Row]) -> list[tuple[Estimate, Row]]:
    """The theory of each emf, in the order they were written; empty where the pairs are not sure.

    Nothing names the ratio of an emf. So there must be as many of each, at least FEWEST_RATIOS (a line
    through two points cannot show a wrong pair), and a larger emf must belong to a larger theory.
    """
    ion, kelvin = group[0]["details"]["ion"], group[0]["temperature_k"]
    theories = _theories(known, ion, kelvin)
    if len(theories) != len(group) or len(group) < FEWEST_RATIOS:
        return []
    pairs = sorted(zip((one.value for one, _ in theories), (row["value"] for row in group), strict=True))
    is_rising = all(a[0] < b[0] and a[1] < b[1] for a, b in itertools.pairwise(pairs))
    return theories if is_rising else []


def _several_theories(known: Sequence[Row], row: Row, emfs: Sequence[Row]) -> str:
    """Say that the theory of an emf is not known, where several emfs stand beside theories that differ.

    One emf beside several theories has the newest, which corrects the others.
    """
    theories = {one.value for one, _ in _theories(known, row["details"]["ion"], row["temperature_k"])}
    if len(theories) < 2 or sum(_is_alike(row, other) for other in emfs) < 2:
        return ""
    return (
        f"which of {len(theories)} theories (emf-theory, activity-ratio) is of this emf is not stated; "
        "revoke those that do not hold, or give one for each emf, three or more, in the same order"
    )


def _ratios_line(
    name: str, group: Sequence[Row], pairs: Sequence[tuple[Estimate, Row]], about: dict[str, Any]
) -> Line:
    """Share and offset from several ratios of activity."""
    unknown = [row for row in (*group, *(row for _, row in pairs)) if row["standard_uncertainty"] is None]
    if unknown:
        return Line(text=f"{name}: {CANNOT_BE_SAID}: an emf or a theory has no known uncertainty", **about)
    emfs = [Estimate(row["value"], row["standard_uncertainty"]) for row in group]
    try:
        found = share_of_ratios(emfs, [theory for theory, _ in pairs])
    except ValueError as error:
        return Line(text=f"{name}: {CANNOT_BE_SAID}: {error}", **about)
    return _share_by_emf(name, found, about)


def _share_by_emf(name: str, found: EmfShare, about: dict[str, Any]) -> Line:
    low, high = found.share.interval()
    text = f"{name}: {_number(found.share.value, found.share.standard_uncertainty, low, high)}"
    evidence = Evidence(
        method=name,
        carrier="ions",
        low=min(low, 1.0),
        high=1.0,
        value=found.share.value,
        presumes=PRESUMES["emf"],
        broken=tuple(flag for flag in found.flags if any(words in flag for words in BROKEN_EMF)),
        temperature_k=about["temperature_k"],
    )
    return Line(text=text, evidence=(evidence,), flags=found.flags, **about)


def _water_lines(known: Sequence[Row]) -> list[Line]:
    """Protons from the emf between two pressures of water; the newest ratio at the temperature counts."""
    lines = []
    for row in (row for row in known if row["kind"] == "water_emf_v"):
        kelvin, name = (
            row["temperature_k"],
            f"share of the protons by a cell of water vapour, fact {row['id']}",
        )
        ratios = [one for one in known if one["kind"] == "water_ratio_1"]
        near = [one for one in ratios if abs(one["temperature_k"] - kelvin) <= SAME_CELL_K]
        lines.append(
            _protons_line(name, "water", [row, *near[-1:]], "water-ratio", protons_of_water_cell, (kelvin,))
        )
    return lines


def _hydrogen_lines(known: Sequence[Row], measured: MeasuredCharge | None) -> list[Line]:
    """Protons from the newest amount of hydrogen, by the charge that a fact states or runs have counted."""
    hydrogen = [row for row in known if row["kind"] == "hydrogen_evolved_mol"][-1:]
    stated = [row for row in known if row["kind"] == "charge_passed_c"][-1:]
    counted = _charge_row(measured)
    charge = stated or ([counted] if counted else [])
    return [
        _protons_line(
            f"share of the protons by hydrogen evolved, fact {row['id']}",
            "hydrogen",
            [row, *charge],
            "charge-passed",
            protons_of_hydrogen,
        )
        for row in hydrogen
    ]


def _protons_line(
    name: str,
    method: str,
    rows: Sequence[Row],
    second: str,
    share_of: Callable[..., Estimate],
    more: tuple[float, ...] = (),
) -> Line:
    """A lower limit of the protons from two measured values; `second` names the one that may be missing."""
    kelvin = next((row["temperature_k"] for row in rows if row["temperature_k"] is not None), None)
    about: dict[str, Any] = {"presumes": PRESUMES[method], "temperature_k": kelvin}
    about["facts"] = tuple(row["id"] for row in rows if "id" in row)
    if len(rows) < 2:
        return Line(text=f"{name}: {CANNOT_BE_SAID}: no {second}", **about)
    try:
        share = share_of(*(Estimate(row["value"], row["standard_uncertainty"] or 0.0) for row in rows), *more)
    except ValueError as error:
        return Line(text=f"{name}: {CANNOT_BE_SAID}: {error}", **about)
    if any(row["standard_uncertainty"] is None for row in rows):
        return Line(text=f"{name}: {_number(share.value, None, None, None)}", **about)
    low, high = share.interval()
    broken = (f"a share of {low:.3g} or more is not possible",) if low > 1 else ()
    evidence = Evidence(
        method=name,
        carrier="protons",
        low=min(max(low, 0.0), 1.0),
        high=1.0,
        value=share.value,
        presumes=PRESUMES[method],
        broken=broken,
        temperature_k=kelvin,
    )
    text = f"{name}: {_number(share.value, share.standard_uncertainty, low, high)}, a lower limit"
    return Line(text=text, evidence=(evidence,), **about)


def _emf_line(name: str, row: Row, theory_v: Estimate, theory_row: Row, about: dict[str, Any]) -> Line:
    known_u = None not in (row["standard_uncertainty"], theory_row["standard_uncertainty"])
    try:
        found = share_of_emf(Estimate(row["value"], row["standard_uncertainty"] or 0.0), theory_v)
    except ValueError as error:
        return Line(text=f"{name}: {CANNOT_BE_SAID}: {error}", **about)
    low, high = found.share.interval() if known_u else (None, None)
    u = found.share.standard_uncertainty if known_u else None
    if low is None or high is None:
        text = f"{name}: {_number(found.share.value, u, low, high)}"
        return Line(text=text, flags=found.flags, **about)
    return _share_by_emf(name, found, about)


def _theory(known: Sequence[Row], ion: str, kelvin: float) -> tuple[Estimate, Row] | None:
    """Return the theoretical emf of an ion at a temperature, and the fact that gives it."""
    return next(reversed(_theories(known, ion, kelvin)), None)


def _theories(known: Sequence[Row], ion: str, kelvin: float) -> list[tuple[Estimate, Row]]:
    """Return all theoretical emfs of an ion at a temperature, with the facts that give them, oldest first."""
    rows = [
        row
        for row in known
        if row["kind"] in ("emf_theory_v", "activity_ratio_1")
        and row["details"]["ion"] == ion
        and abs(row["temperature_k"] - kelvin) <= SAME_CELL_K
    ]
    found = []
    for row in rows:
        given = Estimate(row["value"], row["standard_uncertainty"] or 0.0)
        is_theory = row["kind"] == "emf_theory_v"
        found.append((given if is_theory else nernst_emf_v(given, charge_of(ion), kelvin), row))
    return found


def _tubandt_lines(known: Sequence[Row], cation: str, measured: MeasuredCharge | None) -> list[Line]:
    newest = {(row["kind"], row["details"].get("ion", "")): row for row in known}
    stated = newest.get(("charge_passed_c", ""))
    charge = stated or _charge_row(measured)
    masses = {name: row for (name, _), row in newest.items() if name.endswith(("_before_kg", "_after_kg"))}
    masses = {name: row for name, row in masses.items() if not name.startswith("mass_")}
    ions = [row for (kind, _), row in newest.items() if kind == "molar_mass_kg_mol"]
    if charge is None and not masses:
        return []
    used = [row for row in (stated, *masses.values(), *ions) if row is not None]
    about: dict[str, Any] = {"presumes": PRESUMES["tubandt"], "facts": tuple(row["id"] for row in used)}
    about["runs"] = measured.runs if measured is not None and stated is None else ()
    about["temperature_k"] = charge["temperature_k"] if charge else None
    missing = _missing_for_tubandt(charge, masses, ions)
    if charge is None or missing:
        passed = f" ({charge['value']:.5g} C passed)" if charge else ""
        return [Line(text=f"shares by Tubandt: {CANNOT_BE_SAID}: {missing}{passed}", **about)]
    try:
        weighed = _weighed(masses, ions)
        moving = [_ion(row) for row in ions]
        found = tubandt(Estimate(charge["value"], charge["standard_uncertainty"]), weighed, moving)
    except ValueError as error:
        return [Line(text=f"shares by Tubandt: {CANNOT_BE_SAID}: {error}", **about)]
    return _lines_of_tubandt(found, cation, about)


def _charge_row(measured: MeasuredCharge | None) -> Row | None:
    """The charge of electrolyses, as a fact would be read."""
    if measured is None:
        return None
    return {
        "value": measured.value_c,
        "standard_uncertainty": measured.standard_uncertainty_c,
        "temperature_k": measured.temperature_k,
        "reason": measured.reason,
    }


def _missing_for_tubandt(charge: Row | None, masses: Mapping[str, Row], ions: Sequence[Row]) -> str:
    if charge is None:
        return "no charge-passed"
    if not ions:
        return "no molar-mass of an ion that may move"
    if charge["standard_uncertainty"] is None and "reason" in charge:
        return f"the uncertainty of the charge is not known: {charge['reason']}"
    unknown = [row for row in (charge, *masses.values()) if row["standard_uncertainty"] is None]
    if unknown:
        return f"fact {unknown[0]['id']} has no uncertainty"
    return "" if _pairs(masses) else "no part with a mass before and after"


def _pairs(masses: Mapping[str, Row]) -> dict[Place, tuple[Row, Row]]:
    found: dict[Place, tuple[Row, Row]] = {}
    for place in PLACES:
        column = place.replace(" ", "_")
        before, after = masses.get(f"{column}_before_kg"), masses.get(f"{column}_after_kg")
        if before is not None and after is not None:
            found[place] = before, after
    return found


def _weighed(masses: Mapping[str, Row], ions: Sequence[Row]) -> list[Weighed]:
    by_name = {row["details"]["ion"]: _ion(row) for row in ions}
    parts = []
    for place, (before, after) in _pairs(masses).items():
        metal = before["details"].get("ion", "")
        if metal and metal not in by_name:
            raise ValueError(f"no molar-mass of {metal}, as which the {place} dissolves")
        first, last = (Estimate(row["value"], row["standard_uncertainty"]) for row in (before, after))
        parts.append(Weighed(place, first, last, by_name.get(metal)))
    return parts


def _ion(row: Row) -> Ion:
    return Ion(row["details"]["ion"], charge_of(row["details"]["ion"]), row["value"])


def _lines_of_tubandt(found: Tubandt, cation: str, about: dict[str, Any]) -> list[Line]:
    kelvin, lines = about["temperature_k"], []
    broken = [flag for flag in found.flags if not flag.endswith("or mass that was lost")]
    for ion, (low, high) in found.bounds.items():
        name, share = f"share of {ion} by Tubandt", found.shares.get(ion)
        carrier = _carrier_of(ion, cation)
        if share is None:
            evidence = Evidence(
                method=name, carrier=carrier, low=low, high=high, presumes=PRESUMES["tubandt"],
                broken=tuple(broken), temperature_k=kelvin,
            )  # fmt: skip
            text = f"{name}: between {low:.3g} and {high:.3g}"
            lines.append(Line(text=text, evidence=(evidence,), flags=found.flags, **about))
            continue
        text = f"{name}: {_number(share.value, share.standard_uncertainty, *share.interval())}"
        evidence = _evidence(name, carrier, share, kelvin, "tubandt", broken)
        lines.append(Line(text=text, evidence=(evidence,), flags=found.flags, **about))
    if not found.bounds:
        text = f"shares by Tubandt: {CANNOT_BE_SAID}: no shares agree with the masses"
        nothing = Evidence(
            method="shares by Tubandt",
            carrier="ions",
            low=0.0,
            high=1.0,
            broken=tuple(broken),
            temperature_k=kelvin,
        )
        return [Line(text=text, evidence=(nothing,), flags=found.flags, **about)]
    return lines


def _exponent_lines(known: Sequence[Row]) -> list[Line]:
    lines = []
    for row in known:
        gas = {"o2_exponent_1": "O2", "h2o_exponent_1": "H2O"}.get(row["kind"])
        if gas is None:
            continue
        u, name = row["standard_uncertainty"], f"d log sigma / d log p({gas}), fact {row['id']}"
        about: dict[str, Any] = {"presumes": PRESUMES["exponent"], "temperature_k": row["temperature_k"]}
        about["facts"] = (row["id"],)
        if u is None:
            lines.append(Line(text=f"{name}: {_number(row['value'], None, None, None)}", **about))
            continue
        ends = Estimate(row["value"], u).interval()
        readings = readings_of(*ends, gas)
        within = [words for words, holds in readings.items() if holds]
        said = f"not excluded: {'; '.join(within)}" if within else "none of the simple exponents"
        lines.append(Line(text=f"{name}: {_number(row['value'], u, *ends)}; {said}", **about))
    return lines


def _slope_line(slope: MeasuredSlope) -> Line:
    """Slope against the pressure in one run; it bounds no share."""
    name = f"d log sigma / d log p({slope.gas}) at {slope.pressures} pressures, run {slope.run}"
    about: dict[str, Any] = {"presumes": PRESUMES["exponent"], "temperature_k": slope.temperature_k}
    about["runs"] = (slope.run,)
    if slope.found is None:
        return Line(text=f"{name}: {CANNOT_BE_SAID}: {slope.reason}", **about)
    found = slope.found
    said = f"not excluded: {'; '.join(found.not_excluded)}" if found.not_excluded else "no simple exponent"
    number = _number(found.slope.value, found.slope.standard_uncertainty, *found.slope.interval())
    flags = (*found.flags, *_moved_flags(slope), PRESSURE_NOT_STATED)
    broken = tuple(flag for flag in found.flags if NO_SINGLE_POWER in flag)
    evidence = (_nothing_but(name, "ions", broken, slope.temperature_k, "exponent"),) if broken else ()
    return Line(text=f"{name}: {number}; {said}", evidence=evidence, flags=flags, **about)


def _moved_flags(slope: MeasuredSlope) -> tuple[str, ...]:
    if slope.moved_k < NOTICEABLE_MOVE_K:
        return ()
    return (
        f"the temperature moved by {slope.moved_k:.2g} K over the series: corrected with 0.5 eV, and 0 to 1 "
        "eV are in the uncertainty",
    )


def _nothing_but(
    name: str, carrier: Carrier, broken: tuple[str, ...], kelvin: float | None, method: str
) -> Evidence:
    """Evidence that bounds nothing and names the presumptions that do not hold."""
    return Evidence(
        method=name,
        carrier=carrier,
        low=0.0,
        high=1.0,
        presumes=PRESUMES[method],
        broken=broken,
        temperature_k=kelvin,
    )


def _haven_lines(db: Database, sample: str) -> list[Line]:
    lines = []
    for one in what_follows(db, sample):
        if one.quantity != "haven_ratio_1":
            continue
        u = one.standard_uncertainty
        ends = (None, None) if u is None else Estimate(one.value, u).interval()
        text = f"Haven ratio {one.words}: {_number(one.value, u, *ends)}"
        lines.append(Line(text=text, presumes=PRESUMES["haven"], facts=one.facts, runs=one.runs))
    return lines
