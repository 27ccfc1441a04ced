"""Meaning of the arcs, material or interface, by the declared geometry.

Two scales are needed. A material of thickness L and area A is judged by its permittivity C L / (epsilon0 A):
a bulk has 5 to 1e3, grain boundaries to 1e5 (apparent, brick layer). An interface is judged by its
capacitance per area C / A: a double layer has 1 uF/cm2 and more, a layer of thickness d epsilon0 epsilon / d,
which is about 1e-8 F/cm2 for 1 um of oxide or for
100 nm of air in a contact. Capacitances that both scales allow are ambiguous: a grain boundary
and a contact layer give the same spectrum until thickness, pressure or fresh electrodes are varied. Without a
geometry the range of L / A in laboratories is allowed, 0.01 to 10 /cm, and more is ambiguous.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from labctl.analysis.circuits.fit import CircuitFit
from labctl.analysis.circuits.pieces import pieces_of
from labctl.analysis.numerics.estimate import Estimate
from labctl.analysis.resistance.relaxations import Relaxation, electrode_reactance_ohm, relaxations
from labctl.analysis.spectra.cell import Cell, Sides

VACUUM_PERMITTIVITY_F_M = 8.8541878188e-12  # CODATA 2022
BULK_PERMITTIVITY = 1e3
GRAIN_BOUNDARY_PERMITTIVITY = 1e5
USUAL_GRAIN_BOUNDARY_PERMITTIVITY = 1e4  # above it a reversible cell's arc is more likely an interphase
LARGEST_PERMITTIVITY = 3e5  # effective capacitances are uncertain by a factor
MOST_OVER_BULK = 1e4  # grain boundary's capacitance over the bulk's: grains of 10 um, boundaries of 1 nm
GAP_F_M2 = 8e-5  # of a contact with a gap of 100 nm of air, the widest that a pressed contact leaves
FILM_F_M2 = 5e-5  # of oxide films of 0.9 um on both metals
ELECTRODE_F_M2 = 3e-5  # below it a spike is the sample's own capacitance
DOUBLE_LAYER_F_M2 = 3e-3
PELLET_M = (1e-3, 1e-4)  # thickness in m and area in m2 of a usual pellet
THINNEST_PER_M = 1.0  # L / A of a tape of 100 um and 1 cm2
MOST_OF_THE_REAL_AXIS = 1.5
MOST_RELATIVE_UNCERTAINTY = 0.5
HIDDEN = 1.0  # reactance of the blocking electrode at the apex, over the arc's resistance
LEAST_DIFFERENCE_OF_READINGS = 0.01  # of the total
BESIDE_ELECTRONS = "ions blocked beside electrons"
WHAT_DECIDES = "thickness, pressure or fresh electrodes decide"


@dataclass(frozen=True)
class Reading:
    """One meaning that a spectrum allows, with the resistance of the electrolyte in it."""

    total_ohm: Estimate
    meaning: str


@dataclass(frozen=True)
class Scales:
    """Capacitances in F that separate material from interface; `stated`: from a declared geometry.

    Attributes
    ----------
    bulk_f : float
        Largest of a bulk.
    usual_f, grain_boundary_f : float
        Largest of usual and of any grain boundaries.
    material_f : float
        Above it an arc is an interface.
    gap_f, film_f : float
        Smallest of a contact to a blocking electrode, and of films on reversible ones: below it an arc is
        material.
    electrode_f : float
        Smallest at which a spike is an electrode.
    double_layer_f : float
        Smallest of a double layer.
    """

    bulk_f: float
    usual_f: float
    grain_boundary_f: float
    material_f: float
    gap_f: float
    film_f: float
    electrode_f: float
    double_layer_f: float
    stated: bool

    @classmethod
    def of(cls, cell: Cell | None) -> "Scales":
        """Scales of a cell; without a geometry for a usual pellet, with a wide ambiguous range."""
        length, area = (None, None) if cell is None else (cell.thickness_m, cell.area_m2)
        stated = length is not None and area is not None
        thickness_m, area_m2 = (length.value, area.value) if length and area else PELLET_M
        unit_f = VACUUM_PERMITTIVITY_F_M * area_m2 / thickness_m
        largest_unit_f = unit_f if stated else VACUUM_PERMITTIVITY_F_M / THINNEST_PER_M
        return cls(
            bulk_f=BULK_PERMITTIVITY * unit_f,
            usual_f=USUAL_GRAIN_BOUNDARY_PERMITTIVITY * unit_f,
            grain_boundary_f=GRAIN_BOUNDARY_PERMITTIVITY * unit_f,
            material_f=LARGEST_PERMITTIVITY * largest_unit_f,
            gap_f=GAP_F_M2 * area_m2,
            film_f=FILM_F_M2 * area_m2,
            electrode_f=ELECTRODE_F_M2 * area_m2,
            double_layer_f=DOUBLE_LAYER_F_M2 * area_m2,
            stated=stated,
        )


@dataclass(frozen=True)
class Declared:
    """Declarations about a cell by which its arcs are judged."""

    sides: Sides
    scales: Scales
    decided_f: float | None = None
    """Up to here an ambiguous arc is material, where a series has decided; else each arc is judged alone."""

    @property
    def blocks(self) -> bool:
        """At least one electrode stops the ions."""
        return "blocking" in self.sides

    @property
    def interface(self) -> str:
        """Name of an arc that belongs to an interface."""
        return "interphase" if "reversible" in self.sides else "electrode"

    @property
    def least_interface_f(self) -> float:
        """Below it an arc is material."""
        return self.scales.gap_f if self.interface == "electrode" else self.scales.film_f

    @property
    def likely_material_f(self) -> float:
        """Up to here an ambiguous arc is taken as material."""
        if self.decided_f is not None:
            return self.decided_f
        return self.scales.grain_boundary_f if self.interface == "electrode" else self.scales.usual_f


@dataclass(frozen=True)
class JudgedArc:
    """An arc with its preferred meaning, `material` or not; `ambiguous`: the other one is possible."""

    relaxation: Relaxation
    material: bool
    ambiguous: bool


def judged(fit: CircuitFit, declared: Declared) -> tuple[JudgedArc, ...]:
    """Judge the arcs of a fit, fastest first.

    The fastest is bulk where its permittivity allows it. Behind an arc of an interface an ambiguous one is
    taken as interface too. Where nothing else is left for the electrolyte, the fastest ambiguous arc is it.
    """
    arcs, found = relaxations(fit), list[JudgedArc]()
    alone = not pieces_of(fit.circuit).resistors
    most_f = min(declared.scales.material_f, _most_beside_bulk_f(fit, arcs, declared))
    for place, arc in enumerate(arcs):
        material, ambiguous = _meaning(arc.capacitance_f, declared, most_f, fastest=place == 0)
        under_the_spike = declared.decided_f is None and _is_hidden(fit, arc)
        if ambiguous and (under_the_spike or any(not before.material for before in found)):
            material = False
        if ambiguous and alone and not any(before.material for before in found):
            material, ambiguous = True, False
        found.append(JudgedArc(arc, material, ambiguous))
    return tuple(found)


def _most_beside_bulk_f(fit: CircuitFit, arcs: Sequence[Relaxation], declared: Declared) -> float:
    """Largest capacitance of a grain boundary beside a bulk of stated geometry with its apex in sight."""
    seen = arcs and arcs[0].time_s * 2 * math.pi * float(fit.frequency_hz.max()) > 1
    if not (seen and declared.scales.stated and arcs[0].capacitance_f <= declared.scales.bulk_f):
        return math.inf
    return MOST_OVER_BULK * arcs[0].capacitance_f


def _meaning(capacitance_f: float, declared: Declared, most_f: float, fastest: bool) -> tuple[bool, bool]:
    scales = declared.scales
    if capacitance_f < declared.least_interface_f or (fastest and capacitance_f <= scales.bulk_f):
        return True, False
    if capacitance_f > most_f:
        return False, False
    return capacitance_f <= declared.likely_material_f, True


def _is_hidden(fit: CircuitFit, arc: Relaxation) -> bool:
    """The blocking electrode's reactance at the apex exceeds the arc, which may be its dispersion."""
    return electrode_reactance_ohm(fit, 1 / arc.time_s) > HIDDEN * arc.resistance_ohm


def total_of(fit: CircuitFit, arcs: Sequence[JudgedArc]) -> Estimate:
    """Resistance of the electrolyte (leads included) in the preferred reading; nan when there is none."""
    return _sum(fit, [arc.relaxation.name for arc in arcs if arc.material])


def resistances_of(fit: CircuitFit, arcs: Sequence[JudgedArc]) -> tuple[str, ...]:
    """Names of the parameters that `total_of` sums."""
    return (*pieces_of(fit.circuit).resistors, *(arc.relaxation.name for arc in arcs if arc.material))


def interface_of(fit: CircuitFit, arcs: Sequence[JudgedArc]) -> Estimate | None:
    """Sum of the arcs of interfaces in the preferred reading, None when there are none."""
    names = [arc.relaxation.name for arc in arcs if not arc.material]
    return fit.sum_of(names) if names else None


def _sum(fit: CircuitFit, arcs: Sequence[str]) -> Estimate:
    names = [*pieces_of(fit.circuit).resistors, *arcs]
    return fit.sum_of(names) if names else Estimate(math.nan, math.nan)


@dataclass(frozen=True)
class Judgement:
    """Readings of a fit, the preferred first, and flags about them."""

    readings: tuple[Reading, ...]
    flags: tuple[str, ...]


def judgement(fit: CircuitFit, arcs: Sequence[JudgedArc], declared: Declared) -> Judgement:
    """Readings and flags of the arcs of a fit."""
    readings = [Reading(total_of(fit, arcs), "the electrolyte's arcs")]
    flags = []
    for arc in (arc for arc in arcs if _is_seen(fit, arc.relaxation)):
        if arc.ambiguous:
            other = _other_reading(fit, arcs, arc, declared)
            if _differs(other.total_ohm, readings[0].total_ohm):
                readings.append(other)
                flags.append(_ambiguity_flag(arc, other.total_ohm.value))
        elif not arc.material and declared.interface == "electrode" and passes_no_current(fit):
            with_it = _sum(fit, [a.relaxation.name for a in arcs if a.material or a is arc])
            if _differs(with_it, readings[0].total_ohm):
                flags.append(_left_out(arc.relaxation.capacitance_f, with_it.value))
    if flags and not declared.scales.stated:
        flags.append("geometry not stated: arcs are judged by the range of cells in laboratories")
    if declared.blocks and not passes_no_current(fit):
        more, flag = _direct_current(fit, readings[0].total_ohm)
        readings += more
        flags.append(flag)
    if not declared.blocks and pieces_of(fit.circuit).electrode is not None:
        flags.append("the cell blocks: its low-frequency end is a capacitive spike, declared reversible")
    return Judgement(tuple(readings), tuple(flags))


def _is_seen(fit: CircuitFit, arc: Relaxation) -> bool:
    """The data determine the arc: it could be an answer."""
    estimate = fit.parameters[arc.name]
    largest_ohm = MOST_OF_THE_REAL_AXIS * float(fit.z_ohm.real.max())
    return estimate.value < largest_ohm and estimate.relative_uncertainty < MOST_RELATIVE_UNCERTAINTY


def passes_no_current(fit: CircuitFit) -> bool:
    """The circuit ends in a blocking electrode, or in diffusion with its end out of the window."""
    pieces = pieces_of(fit.circuit)
    return pieces.electrode is not None or bool(pieces.endless)


def _differs(one: Estimate, other: Estimate) -> bool:
    return not abs(one.value - other.value) <= LEAST_DIFFERENCE_OF_READINGS * abs(other.value)


def _other_reading(fit: CircuitFit, arcs: Sequence[JudgedArc], arc: JudgedArc, declared: Declared) -> Reading:
    """The reading with an ambiguous arc, and those that go with it, taken the other way.

    A slower ambiguous arc is no material where this one is an interface, a faster one is where this one is.
    """
    place = arcs.index(arc)
    names = []
    for i, other in enumerate(arcs):
        material = other.material
        if other.ambiguous and (i >= place if arc.material else i <= place):
            material = not arc.material
        if material:
            names.append(other.relaxation.name)
    capacitance = f"{arc.relaxation.capacitance_f:.2g} F"
    meaning = f"the arc of {capacitance} is an {declared.interface}" if arc.material else ""
    return Reading(_sum(fit, names), meaning or f"the arc of {capacitance} is a grain boundary")


def _ambiguity_flag(arc: JudgedArc, other_ohm: float) -> str:
    capacitance_f = arc.relaxation.capacitance_f
    if not arc.material:
        return f"{_left_out(capacitance_f, other_ohm)}; {WHAT_DECIDES}"
    without = f"{other_ohm:.4g} ohm without it; {WHAT_DECIDES}"
    return f"arc of {capacitance_f:.2g} F taken as grain boundary: {without}"


def _left_out(capacitance_f: float, with_it_ohm: float) -> str:
    return f"electrode arc of {capacitance_f:.2g} F left out: {with_it_ohm:.4g} ohm with it"


def _direct_current(fit: CircuitFit, bulk_end: Estimate) -> tuple[list[Reading], str]:
    """Readings of a cell declared blocking with its low-frequency end on the real axis.

    Ions that are blocked beside electrons: the direct-current limit is Re, the end of the electrolyte's arcs
    Ri parallel to Re (J. Jamnik & J. Maier, J. Electrochem. Soc. 146 (1999) 4183, 10.1149/1.1392611).
    """
    limit = fit.sum_of(pieces_of(fit.circuit).of_direct_current)
    named = "not blocking: direct-current path"
    if not _differs(limit, bulk_end):
        return [], f"{named} of {limit.value:.4g} ohm: no electrode is seen; ions or electrons carry it"
    ratio = bulk_end.value / limit.value
    ions_ohm = bulk_end.value / (1 - ratio)
    ions = Estimate(ions_ohm, bulk_end.standard_uncertainty / (1 - ratio) ** 2, bulk_end.degrees_of_freedom)
    readings = [
        Reading(bulk_end, "the electrode leaks"),
        Reading(ions, f"{BESIDE_ELECTRONS} of {limit.value:.4g} ohm, t_el = {ratio:.3g}"),
        Reading(ions, f"a leak of {limit.value:.4g} ohm beside the sample"),
    ]
    return readings, (
        f"{named} of {limit.value:.4g} ohm: ions blocked beside electrons (ions {ions_ohm:.4g} ohm, "
        f"t_el = {ratio:.3g}), a leak beside the sample ({ions_ohm:.4g} ohm) or a leaky electrode "
        f"({bulk_end.value:.4g} ohm)"
    )


def with_spread(total_ohm: Estimate, readings: Sequence[Reading]) -> Estimate:
    """The total, with an interval that holds the other readings.

    Where direct current passes it ends at zero: readings further above are in `Resistance.readings` only.
    """
    furthest = max((abs(r.total_ohm.value - readings[0].total_ohm.value) for r in readings), default=0.0)
    if furthest == 0:
        return total_ohm
    own = total_ohm.standard_uncertainty
    whole = math.hypot(own, furthest / math.sqrt(2))
    freedom = total_ohm.degrees_of_freedom * (whole / own) ** 4 if own > 0 else math.inf
    widened = total_ohm.widened(whole, "circuit", degrees_of_freedom=freedom)
    below_zero = -widened.interval()[0]
    if below_zero <= 0 or not any(reading.meaning.startswith(BESIDE_ELECTRONS) for reading in readings):
        return widened
    narrower = max(own, whole * widened.value / (widened.value + below_zero))
    return replace(total_ohm, degrees_of_freedom=freedom).widened(narrower, "circuit")
