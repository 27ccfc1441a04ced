"""Charge carried by each ion, from the masses of a stack before and after electrolysis.

A charge Q passes a stack of pellets pressed together between two electrodes, and its parts are weighed before
and after. Through each plane of contact between the parts, a cation of charge z and molar mass M carries the
mass t M Q / (z F) towards the cathode, an anion t M Q / (|z| F) towards the anode. So the part with the anode
changes by

    dm = (Q / F) (sum over anions of t M / |z|  -  sum over cations of t M / z),

the part with the cathode by the opposite, and a pellet in the middle not at all. A metal anode that is
weighed alone, and dissolves as an ion of charge z, loses M / z Q / F times the share of all ions
together; a metal cathode gains as much. The rest of the charge is carried by electrons, or mass was lost.

Presumed: the parts separate cleanly along the planes of contact; nothing evaporates or reacts with the gas;
the stated ions, with these charges, and electrons are all that moves; each electrode exchanges its own ion
alone.

C. Tubandt, Handbuch der Experimentalphysik XII/1 (1932) 383; C. Tubandt & S. Eggert, Z. Anorg. Allg. Chem.
110 (1920) 196.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labctl.analysis.numerics.budget import estimate_of, propagated
from labctl.analysis.numerics.component import Component
from labctl.analysis.numerics.distributions import chi_square_tail
from labctl.analysis.numerics.estimate import Estimate
from labctl.analysis.numerics.propagation import as_estimate

Array = NDArray[np.float64]
FARADAY_C_MOL = 96485.33212
Place = Literal["anode side", "middle", "cathode side", "anode metal", "cathode metal"]
SIGNIFICANCE = 0.01
DETERMINED = 1e-9


@dataclass(frozen=True)
class Ion:
    """An ion that may move.

    Attributes
    ----------
    name : str
    charge : int
        In elementary charges, signed, not zero.
    molar_mass_kg_mol : float
        Positive.
    """

    name: str
    charge: int
    molar_mass_kg_mol: float

    def __post_init__(self) -> None:
        if self.charge == 0:
            raise ValueError(f"{self.name}: the charge of an ion is not zero")
        if not 0 < self.molar_mass_kg_mol < math.inf:
            raise ValueError(f"{self.name}: molar_mass_kg_mol must be positive")

    @property
    def mass_per_charge(self) -> float:
        """Mass in kg that one mole of elementary charges carries."""
        return self.molar_mass_kg_mol / abs(self.charge)


@dataclass(frozen=True)
class Weighed:
    """A part of the stack that was weighed.

    Attributes
    ----------
    place : str
        "anode side" (electrode and all pellets up to a plane of contact), "middle", "cathode side", "anode
        metal" or "cathode metal" (the electrode alone).
    before_kg, after_kg : Estimate
    metal : Ion or None
        The ion that a metal electrode dissolves as; needed for the two electrodes alone.
    """

    place: Place
    before_kg: Estimate
    after_kg: Estimate
    metal: Ion | None = None

    def __post_init__(self) -> None:
        if self.place not in get_args(Place):
            raise ValueError(f"place must be one of {', '.join(get_args(Place))}, got {self.place!r}")
        if self.place.endswith("metal") and self.metal is None:
            raise ValueError(f"{self.place}: name the ion as which the metal dissolves")

    @property
    def change_kg(self) -> Estimate:
        """Mass after less mass before; errors with a cause that both share cancel."""
        change = self.after_kg.value - self.before_kg.value
        return propagated(change, [(1.0, _weighing(self.after_kg)), (-1.0, _weighing(self.before_kg))])

    def row(self, ions: Sequence[Ion]) -> Array:
        """Return the mass change in kg for one mole of charge, for each ion that carries all of it."""
        gains_anions = {"anode side": 1.0, "cathode side": -1.0}.get(self.place, 0.0)
        if self.metal is not None:
            gain = self.metal.mass_per_charge * (-1.0 if self.place == "anode metal" else 1.0)
            return np.full(len(ions), gain)
        return np.array([-gains_anions * math.copysign(ion.mass_per_charge, ion.charge) for ion in ions])


@dataclass(frozen=True, kw_only=True)
class Tubandt:
    """Shares of the charge by ion.

    Attributes
    ----------
    shares : mapping of str to Estimate
        Of each ion that the masses determine by themselves; not limited to 0 to 1.
    bounds : mapping of str to (float, float)
        Of every ion: the least and the largest share that the masses (95 %), shares of 0 or more and a sum
        of at most 1 allow. Empty where nothing does.
    not_carried : Estimate or None
        1 less the shares of all ions: electrons, or charge that left no mass; None where an ion is not
        determined.
    p_value : float
        Of masses that contradict each other this much; NaN where none is spare.
    flags : tuple of str
    """

    shares: Mapping[str, Estimate]
    bounds: Mapping[str, tuple[float, float]]
    not_carried: Estimate | None
    p_value: float
    flags: tuple[str, ...]


def charge_passed_c(
    time_s: ArrayLike, current_a: ArrayLike, *, gain_u: float = 0.0, zero_u_a: float = 0.0
) -> Estimate:
    """Charge in C from readings of the current, by trapezoids.

    Parameters
    ----------
    time_s, current_a : (n,)
        Increasing times, at least two.
    gain_u : float
        Relative standard uncertainty of the ammeter's gain.
    zero_u_a : float
        Standard uncertainty of its zero.

    Raises
    ------
    ValueError
        Naming the argument: shapes that differ, not finite, times that do not increase.
    """
    time, current = np.asarray(time_s, dtype=float), np.asarray(current_a, dtype=float)
    if time.ndim != 1 or time.shape != current.shape or time.size < 2:
        raise ValueError(f"current_a has shape {current.shape}, time_s has shape {time.shape}")
    if not (np.isfinite(time).all() and np.isfinite(current).all()):
        raise ValueError("time_s and current_a must be finite")
    if not (np.diff(time) > 0).all():
        raise ValueError("time_s must increase")
    charge = _trapezoids(time, current)
    between = charge - _trapezoids(time[::2], current[::2]) if time.size % 2 and time.size > 2 else 0.0
    return estimate_of(
        charge,
        [
            Component("charge passed", gain_u * charge, "B", True, "gain of the ammeter"),
            Component(
                "charge passed", zero_u_a * float(time[-1] - time[0]), "B", True, "zero of the ammeter"
            ),
            Component("charge passed", between / math.sqrt(3), "B"),
        ],
    )


def _trapezoids(time: Array, current: Array) -> float:
    return float(np.diff(time) @ (current[1:] + current[:-1])) / 2


def tubandt(charge_c: Estimate | float, weighed: Sequence[Weighed], ions: Sequence[Ion]) -> Tubandt:
    """Share of each ion in a charge passed, by weighted least squares over the parts.

    An ion with a share that the masses alone do not determine has bounds, and no estimate. The shares are not
    made to add up to 1.

    Parameters
    ----------
    charge_c : Estimate or float
        Positive, in C.
    weighed : sequence of Weighed
        Each with an uncertainty of its masses.
    ions : sequence of Ion
        All that may move.

    Raises
    ------
    ValueError
        Naming the argument: a charge that is not positive, no ion or part, one ion named twice, a mass
        without uncertainty.
    """
    charge = as_estimate("charge_c", charge_c)
    _check(charge, weighed, ions)
    moles = charge.value / FARADAY_C_MOL
    changes = [part.change_kg for part in weighed]
    design = np.array([part.row(ions) for part in weighed])
    observed = np.array([change.value for change in changes]) / moles
    sigma = np.array([change.standard_uncertainty for change in changes]) / moles
    solution = _solution(design, sigma)
    values = solution @ observed
    rank = int(np.linalg.matrix_rank(design / sigma[:, None]))
    chi_square = float(np.sum(((observed - design @ values) / sigma) ** 2))
    spare = len(weighed) - rank
    p_value = chi_square_tail(chi_square, spare) if spare else math.nan
    enlarged = math.sqrt(chi_square / spare) if spare and p_value < SIGNIFICANCE else 1.0

    def estimate(row: Array) -> Estimate:
        of_masses = [
            (float(row @ column) / moles * enlarged, c) for column, c in zip(solution.T, changes, strict=True)
        ]
        value = float(row @ values)
        of_charge = [(-value / charge.value, _charge_sourced(charge))]
        return propagated(value, [*of_masses, *of_charge])

    determined = [_is_determined(design, one) for one in np.eye(len(ions))]
    shares = {
        ion.name: estimate(row)
        for ion, row, known in zip(ions, np.eye(len(ions)), determined, strict=True)
        if known
    }
    total = estimate(np.ones(len(ions))) if _is_determined(design, np.ones(len(ions))) else None
    rest = None if total is None else propagated(1 - total.value, [(-1.0, total)])
    bounds = _bounds(design, estimate, ions)
    flags = _flags(shares, rest, p_value, weighed)
    if not bounds:
        flags.append("no shares of 0 or more with a sum of at most 1 agree with the masses")
    return Tubandt(shares=shares, bounds=bounds, not_carried=rest, p_value=p_value, flags=tuple(flags))


def _check(charge: Estimate, weighed: Sequence[Weighed], ions: Sequence[Ion]) -> None:
    if not charge.value > 0:
        raise ValueError(f"charge_c must be positive, got {charge.value:g}")
    if not weighed or not ions:
        raise ValueError("weighed and ions must hold at least one entry each")
    names = [ion.name for ion in ions]
    if len(set(names)) < len(names):
        raise ValueError(f"ions must differ, got {', '.join(names)}")
    for part in weighed:
        if not part.change_kg.standard_uncertainty > 0:
            raise ValueError(f"weighed: the masses of the {part.place} need an uncertainty")


def _weighing(mass_kg: Estimate) -> Estimate:
    return _sourced(mass_kg, "mass", "")


def _charge_sourced(charge: Estimate) -> Estimate:
    return _sourced(charge, "charge passed", "charge passed")


def _sourced(one: Estimate, source: str, cause: str) -> Estimate:
    if one.components or not one.standard_uncertainty:
        return one
    part = Component(source, one.standard_uncertainty, "B", bool(cause), cause, one.degrees_of_freedom)
    return Estimate(one.value, one.standard_uncertainty, one.degrees_of_freedom, components=(part,))


def _solution(design: Array, sigma: Array) -> Array:
    """Return (ions, parts): least-squares shares for a unit of each observation."""
    return np.linalg.pinv(design / sigma[:, None], rcond=DETERMINED) / sigma[None, :]


def _is_determined(design: Array, row: Array) -> bool:
    """Whether row . shares follows from the masses: it lies in the space of the rows of the design."""
    projection = np.linalg.pinv(design, rcond=DETERMINED) @ design
    return bool(np.allclose(row @ projection, row, atol=1e-6))


def _bounds(
    design: Array, estimate: Callable[[Array], Estimate], ions: Sequence[Ion]
) -> dict[str, tuple[float, float]]:
    """Return the least and largest share of each ion; empty where the masses allow none.

    Parts that weigh the same combination of ions count as one. The intervals hold together with 95 %.
    """
    from scipy.optimize import linprog

    rows = _combinations(design)
    level = 1 - 0.05 / max(len(rows), 1)
    ends = np.array([estimate(row).interval(level) for row in rows]).reshape(-1, 2)
    above = np.vstack([np.ones(len(ions)), rows, -rows])
    limits = np.concatenate([[1.0], ends[:, 1], -ends[:, 0]])
    found = {}
    for ion, row in zip(ions, np.eye(len(ions)), strict=True):
        both = [linprog(sign * row, A_ub=above, b_ub=limits, bounds=(0, 1)) for sign in (1.0, -1.0)]
        if not all(end.success for end in both):
            return {}
        found[ion.name] = (max(0.0, float(both[0].fun)), min(1.0, -float(both[1].fun)))
    return found


def _combinations(design: Array) -> Array:
    """Return the combinations of ions that the parts weigh, once each, largest entry 1: (k, ions)."""
    rows = [row / row[np.argmax(np.abs(row))] for row in design if row.any()]
    if not rows:
        return np.zeros((0, design.shape[1]))
    return np.unique(np.round(np.array(rows, dtype=np.float64), 12), axis=0)


def _flags(
    shares: Mapping[str, Estimate], rest: Estimate | None, p_value: float, weighed: Sequence[Weighed]
) -> list[str]:
    flags = []
    for part in weighed:
        low, high = part.change_kg.interval(1 - SIGNIFICANCE)
        if part.place == "middle" and not low <= 0 <= high:
            flags.append(
                "the mass of a middle pellet changed: a reaction, evaporation, or parts that stuck together"
            )
    if p_value < SIGNIFICANCE:
        flags.append(
            f"the masses contradict each other (p = {p_value:.1g}): mass was lost, another ion moves, or an "
            "electrode reaction is not the stated one"
        )
    for name, share in shares.items():
        if share.interval()[1] < 0:
            flags.append(f"the share of {name} comes out negative: the stated ions do not explain the masses")
    if rest is not None and rest.interval()[0] > 0:
        flags.append(f"{rest.value:.2g} of the charge is carried by no ion: electrons, or mass that was lost")
    if rest is not None and rest.interval()[1] < 0:
        flags.append(
            "the ions would carry more than the charge passed: mass was lost, or an ion is not the stated one"
        )
    return flags
