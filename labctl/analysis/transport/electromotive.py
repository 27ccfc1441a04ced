"""Share of the ions from the electromotive force of a cell, against the theoretical one.

Between two electrodes that fix the activities a1 and a2 of the neutral component (a metal at two activities,
a gas at two pressures) the theory for ions alone is Nernst's,

    E_th = R T / (z F) ln(a1 / a2)

and with electrons or holes that conduct too, the open-circuit potential is (Wagner)

    E = (1 / z F) integral of t_ion d mu,    so that    t_ion = E / E_th

is the mean share of the ions over the range of activities.

Presumed: both electrodes reversible to the named ion and to no other, activities at the electrodes as stated
(no leak of gas, no reaction with the leads), one temperature, no current, only one kind of ion. A share of
the emf below 1 cannot separate electrons from a second ion, a leak, or an electrode that is not reversible:
it is a lower limit of the share of the named ion. An offset (thermal voltage) is found with several ratios,
see `share_of_ratios`.

C. Wagner, Z. Phys. Chem. B 21 (1933) 25; K. Kiukkola & C. Wagner, J. Electrochem. Soc. 104 (1957) 379.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from labctl.analysis.numerics.budget import propagated
from labctl.analysis.numerics.component import Component
from labctl.analysis.numerics.estimate import Estimate
from labctl.analysis.numerics.propagation import as_estimate
from labctl.analysis.numerics.straight_line import fit_straight_line

GAS_CONSTANT_OVER_FARADAY_V_K = 8.617333262e-5
FEWEST_RATIOS = 2


@dataclass(frozen=True, kw_only=True)
class EmfShare:
    """Share of the ions that an electromotive force gives.

    Attributes
    ----------
    share : Estimate
        E / E_th, not limited to 0 to 1.
    offset_v : Estimate or None
        Potential that does not depend on the activities; None where it is presumed to be zero.
    flags : tuple of str
    """

    share: Estimate
    offset_v: Estimate | None
    flags: tuple[str, ...]


def nernst_emf_v(activity_ratio: Estimate | float, charge: int, temperature_k: Estimate | float) -> Estimate:
    """Theoretical emf in V, R T / (z F) ln(ratio), of a cell with one moving ion.

    Parameters
    ----------
    activity_ratio : Estimate or float
        Activity of the neutral atom at the electrode of higher, over the lower one. For a gas of
        molecules of two atoms (O2, H2) it is the root of the ratio of the pressures.
    charge : int
        Of the ion, in elementary charges; its sign does not count.
    temperature_k : Estimate or float

    Raises
    ------
    ValueError
        Naming the argument: not finite, not positive, a charge of zero.
    """
    ratio = _sourced(as_estimate("activity_ratio", activity_ratio), "theory of the emf", "activities")
    kelvin = _sourced(as_estimate("temperature_k", temperature_k), "thermometer", "temperature of the cell")
    for name, one in (("activity_ratio", ratio), ("temperature_k", kelvin)):
        if not one.value > 0:
            raise ValueError(f"{name} must be positive, got {one.value:g}")
    if charge == 0:
        raise ValueError("charge must not be zero")
    per_k = GAS_CONSTANT_OVER_FARADAY_V_K / abs(charge)
    slopes = [(per_k * kelvin.value / ratio.value, ratio), (per_k * math.log(ratio.value), kelvin)]
    return propagated(per_k * kelvin.value * math.log(ratio.value), slopes)


def share_of_emf(emf_v: Estimate | float, theory_v: Estimate | float) -> EmfShare:
    """Mean share of the ions at one temperature, with the offset of the cell presumed to be zero.

    Parameters
    ----------
    emf_v, theory_v : Estimate or float
        Measured and theoretical, of one sign convention.

    Raises
    ------
    ValueError
        Naming the argument: not finite, or a theory that its own interval does not keep from zero.
    """
    emf = _sourced(as_estimate("emf_v", emf_v), "electromotive force", "")
    theory = _sourced(as_estimate("theory_v", theory_v), "theory of the emf", "theory of the emf")
    low, high = theory.interval()
    if low <= 0 <= high:
        raise ValueError(f"theory_v must differ from zero, got {theory.value:g} V within its uncertainty")
    share = emf.value / theory.value
    return _judged(propagated(share, [(1 / theory.value, emf), (-share / theory.value, theory)]), None)


def share_of_ratios(emf_v: Sequence[Estimate], theory_v: Sequence[Estimate]) -> EmfShare:
    """Share of the ions from the slope of E against E_th over several ratios of activity, at one temperature.

    An offset that is the same for all (thermal voltage, contact of unlike leads) is fitted beside it.
    Uncertainties of the single cells count as independent.

    Raises
    ------
    ValueError
        Unequal numbers, fewer than two different theories.
    """
    if len(emf_v) != len(theory_v):
        raise ValueError(f"theory_v has {len(theory_v)} entries, emf_v has {len(emf_v)}")
    if len({one.value for one in theory_v}) < FEWEST_RATIOS:
        raise ValueError(f"theory_v needs at least {FEWEST_RATIOS} different values")
    x, x_u = ([getattr(one, name) for one in theory_v] for name in ("value", "standard_uncertainty"))
    y, y_u = ([getattr(one, name) for one in emf_v] for name in ("value", "standard_uncertainty"))
    line = fit_straight_line(x, y, x_u, y_u)
    found = _judged(_sourced(line.slope, "electromotive force", ""), line.intercept)
    scatter = line.p_value < 0.01
    more = ("the share depends on the activities, or the cells scatter more than stated",) if scatter else ()
    return EmfShare(share=found.share, offset_v=found.offset_v, flags=(*found.flags, *more))


@dataclass(frozen=True, kw_only=True)
class AgainstTemperature:
    """Shares of the ions at several temperatures.

    Attributes
    ----------
    shares : tuple of EmfShare
        In the order of the temperatures.
    change_per_k : Estimate or None
        Slope of the share against temperature; None where the uncertainties do not allow a line.
    flags : tuple of str
    """

    shares: tuple[EmfShare, ...]
    change_per_k: Estimate | None
    flags: tuple[str, ...]


def against_temperature(
    temperature_k: Sequence[float], emf_v: Sequence[Estimate], theory_v: Sequence[Estimate]
) -> AgainstTemperature:
    """Share of the ions at each temperature, and whether it changes.

    Raises
    ------
    ValueError
        As `share_of_emf`; or unequal numbers.
    """
    if not len(temperature_k) == len(emf_v) == len(theory_v):
        raise ValueError(
            f"emf_v has {len(emf_v)} and theory_v {len(theory_v)} entries, temperature_k {len(temperature_k)}"
        )
    shares = tuple(share_of_emf(emf, theory) for emf, theory in zip(emf_v, theory_v, strict=True))
    y_u = [one.share.standard_uncertainty for one in shares]
    if len(set(temperature_k)) < 2 or not all(y_u):
        return AgainstTemperature(shares=shares, change_per_k=None, flags=())
    middle = float(np.mean(temperature_k))
    x = [kelvin - middle for kelvin in temperature_k]
    line = fit_straight_line(x, [one.share.value for one in shares], [0.0] * len(x), y_u)
    low, high = line.slope.interval()
    flags = []
    if high < 0:
        flags.append("the share of the emf falls with temperature: electrons of a higher activation energy")
    if low > 0:
        flags.append("the share of the emf grows with temperature: electrodes or ions slow at the lower end")
    return AgainstTemperature(shares=shares, change_per_k=line.slope, flags=tuple(flags))


def _judged(share: Estimate, offset_v: Estimate | None) -> EmfShare:
    low, high = share.interval()
    flags = []
    if low > 1:
        flags.append(
            "the emf exceeds the theoretical one: an offset, another electrode reaction, or wrong activities"
        )
    if high < 0:
        flags.append("the emf has the opposite sign: the activities are exchanged, or another ion carries it")
    if high < 1:
        flags.append(
            "below 1: electrons, a second ion, a leak between the electrodes, or an electrode that is not "
            "reversible; the emf does not say which"
        )
    if offset_v is not None and not offset_v.interval()[0] <= 0 <= offset_v.interval()[1]:
        flags.append(f"an offset of {1e3 * offset_v.value:.2g} mV does not depend on the activities")
    return EmfShare(share=share, offset_v=offset_v, flags=tuple(flags))


def _sourced(one: Estimate, source: str, cause: str) -> Estimate:
    """The estimate; without parts, its whole uncertainty has this source."""
    if one.components or not one.standard_uncertainty:
        return one
    kind = "B" if cause else "A"
    part = Component(source, one.standard_uncertainty, kind, bool(cause), cause, one.degrees_of_freedom)
    return Estimate(one.value, one.standard_uncertainty, one.degrees_of_freedom, components=(part,))
