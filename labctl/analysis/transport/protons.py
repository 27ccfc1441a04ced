"""Share of the protons: emf of a cell with two pressures of water, and hydrogen evolved by electrolysis.

Between two gases with one pressure of O2 and two of H2O (Norby, Solid State Ionics 28-30 (1988) 1586)

    E = t_H (R T / 2 F) ln(p1 / p2)

since oxide ions and electrons see no difference. Leaks and slow electrodes lower E: it is a lower limit.
Where the gas at the cathode is dry, hydrogen comes only from protons that crossed the sample, and each mole
of it takes 2 F: t_H = 2 F n / Q. Hydrogen that is lost makes it a lower limit. With water at the cathode
oxide ions evolve hydrogen as well, and it says nothing.
"""

import math

from labctl.analysis.numerics.budget import propagated
from labctl.analysis.numerics.component import Component
from labctl.analysis.numerics.estimate import Estimate
from labctl.analysis.numerics.propagation import as_estimate

FARADAY_C_MOL = 96485.33212
GAS_CONSTANT_OVER_FARADAY_V_K = 8.617333262e-5
ELECTRONS_PER_MOLECULE = 2


def protons_of_water_cell(
    emf_v: Estimate | float, water_ratio: Estimate | float, temperature_k: float
) -> Estimate:
    """Share of the protons from the emf of a cell with two pressures of water and one of oxygen.

    Parameters
    ----------
    emf_v : Estimate or float
        Positive as expected for protons.
    water_ratio : Estimate or float
        Higher over lower pressure of H2O, above 1.
    temperature_k : float

    Raises
    ------
    ValueError
        Naming the argument: not finite, a ratio whose interval includes 1, a temperature not above 0.
    """
    emf, ratio = as_estimate("emf_v", emf_v), as_estimate("water_ratio", water_ratio)
    if not ratio.interval()[0] > 1:
        raise ValueError(f"water_ratio must exceed 1 with its interval, got {ratio.value:g}")
    if not 0 < temperature_k < math.inf:
        raise ValueError(f"temperature_k must be positive, got {temperature_k:g}")
    unit_v = GAS_CONSTANT_OVER_FARADAY_V_K * temperature_k / ELECTRONS_PER_MOLECULE
    theory_v = unit_v * math.log(ratio.value)
    share = emf.value / theory_v
    slopes = [
        (1 / theory_v, _of("electromotive force", emf)),
        (-share * unit_v / (theory_v * ratio.value), _of("theory of the emf", ratio)),
    ]
    return propagated(share, slopes)


def protons_of_hydrogen(hydrogen_mol: Estimate | float, charge_c: Estimate | float) -> Estimate:
    """Share of the protons from the hydrogen that a charge evolved at a dry cathode.

    Raises
    ------
    ValueError
        Naming the argument: not finite, negative hydrogen, a charge whose interval includes 0.
    """
    hydrogen, charge = as_estimate("hydrogen_mol", hydrogen_mol), as_estimate("charge_c", charge_c)
    if hydrogen.value < 0:
        raise ValueError(f"hydrogen_mol must not be negative, got {hydrogen.value:g}")
    if not charge.interval()[0] > 0:
        raise ValueError(f"charge_c must exceed 0 with its interval, got {charge.value:g}")
    per_mol = ELECTRONS_PER_MOLECULE * FARADAY_C_MOL / charge.value
    share = per_mol * hydrogen.value
    slopes = [
        (per_mol, _of("fit and noise", hydrogen)),
        (-share / charge.value, _of("charge passed", charge)),
    ]
    return propagated(share, slopes)


def _of(source: str, one: Estimate) -> Estimate:
    if one.components or not one.standard_uncertainty:
        return one
    part = Component(source, one.standard_uncertainty, degrees_of_freedom=one.degrees_of_freedom)
    return Estimate(one.value, one.standard_uncertainty, one.degrees_of_freedom, components=(part,))
