"""Parameters of the chosen law as the other possible laws give them.

Laws have different parameters. What they have in common is the apparent activation energy
E(T) = -d ln sigma / d(1 / kB T), so a rival says of a parameter what its E(T) gives for it:

* the energy of an Arrhenius law and those of the two sides of a break: E amid the points concerned;
* B and T0 of VTF: those whose E(T) = B T^2 / (T - T0)^2 + m kB T agrees at both ends of the series.

The variance of a parameter over the laws is sum w (u^2 + d^2), with the weights w and the distances d from
the chosen law (Buckland, Burnham & Augustin, Biometrics 53 (1997) 603, 10.2307/2533961). Arrhenius says
nothing of B and T0: it is VTF with T0 = 0, which their profile intervals already weigh. Where a break lies no
other law says.
"""

import math
from collections.abc import Mapping

import numpy as np

from labctl.analysis.laws.law_fit import BOLTZMANN_EV_K, LawFit
from labctl.analysis.laws.two_segments import TwoSegmentFit
from labctl.analysis.laws.vtf import VTFFit

ENERGY, BELOW, ABOVE = "activation_energy_ev", "activation_energy_below_ev", "activation_energy_above_ev"
B, T0 = "pseudo_activation_energy_ev", "vogel_temperature_k"


def parameter_spreads(
    law: str, possible: Mapping[str, LawFit], weights: Mapping[str, float]
) -> dict[str, float]:
    """What the other laws add in quadrature to the uncertainty of each parameter of `law`, by attribute.

    `possible` has the laws that remain possible, `law` among them. Parameters without a spread are left out.
    """
    chosen = possible[law]
    if isinstance(chosen, VTFFit):
        spreads = _spreads_of_vogel(chosen, possible, weights)
    else:
        middles_k = _middles_k(chosen)
        spreads = {name: energy_spread_ev(law, possible, weights, at) for name, at in middles_k.items()}
    return {name: spread for name, spread in spreads.items() if spread > 0}


def energy_spread_ev(
    law: str, possible: Mapping[str, LawFit], weights: Mapping[str, float], kelvin: float
) -> float:
    """Spread of the apparent activation energy at a temperature over the possible laws."""
    energies = {name: fit.apparent_activation_energy_ev(kelvin) for name, fit in possible.items()}
    own = energies[law]
    known = {name: one for name, one in energies.items() if math.isfinite(one.standard_uncertainty)}
    total = sum(weights[name] for name in known)
    if not (total > 0 and math.isfinite(own.standard_uncertainty)):
        return 0.0
    variance = sum(
        weights[name] * (one.standard_uncertainty**2 + (one.value - own.value) ** 2)
        for name, one in known.items()
    )
    return math.sqrt(max(variance / total - own.standard_uncertainty**2, 0.0))


def vogel_of(chosen: VTFFit, rival: LawFit) -> dict[str, float]:
    """B in eV and T0 in K of the VTF law with the energies of a rival at both ends of the series.

    Empty where its energy does not fall towards high temperatures: no VTF law has that.
    """
    low_k, high_k = chosen.temperature_range_k
    of_low, of_high = (
        rival.apparent_activation_energy_ev(kelvin).value
        - chosen.prefactor_exponent * BOLTZMANN_EV_K * kelvin
        for kelvin in (low_k, high_k)
    )
    if not of_low > of_high > 0:
        return {}
    ratio = math.sqrt(of_low / of_high)
    t0_k = low_k * high_k * (ratio - 1) / (ratio * high_k - low_k)
    return {B: of_low * (low_k - t0_k) ** 2 / low_k**2, T0: t0_k}


def _spreads_of_vogel(
    chosen: VTFFit, possible: Mapping[str, LawFit], weights: Mapping[str, float]
) -> dict[str, float]:
    rivals = {law: vogel_of(chosen, fit) for law, fit in possible.items() if isinstance(fit, TwoSegmentFit)}
    said = {law: values for law, values in rivals.items() if values}
    total = weights["vtf"] + sum(weights[law] for law in said)
    if not total > 0:
        return {}
    return {
        name: math.sqrt(
            sum(
                weights[law] * (values[name] - getattr(chosen, name).value) ** 2
                for law, values in said.items()
            )
            / total
        )
        for name in (B, T0)
    }


def _middles_k(chosen: LawFit) -> dict[str, float]:
    """Temperature amid the points of each energy of the chosen law."""
    kelvin = chosen.series.temperature_k
    sides = {ENERGY: kelvin}
    if isinstance(chosen, TwoSegmentFit):
        at_k = chosen.break_temperature_k.value
        sides = {BELOW: kelvin[kelvin < at_k], ABOVE: kelvin[kelvin >= at_k]}
    return {name: 1 / float(np.mean(1 / side)) for name, side in sides.items() if side.size}
