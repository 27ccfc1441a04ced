"""Haven ratio: the conductivity that independent ions would have, over the measured one.

A salt M X_n dissociates into ions that are not equally many: in MgX2 there are two anions for each cation.
"""

import math

from labctl.analysis.numerics.estimate import Estimate
from labctl.analysis.numerics.propagation import combine
from labctl.analysis.transport.nernst_einstein import ionicity


def haven_ratio(measured_s_m: Estimate | float, nernst_einstein_s_m: Estimate | float) -> Estimate:
    """Return sigma_NE / sigma: 1 for independent ions, above 1 where ions move together.

    Both in S/m. In a conductor of one ion it is the tracer over the charge diffusion coefficient
    (G. E. Murch, Solid State Ionics 7, 177 (1982), 10.1016/0167-2738(82)90050-9).

    Raises
    ------
    ValueError
        Naming the argument: not finite, not positive.
    """
    inverse = ionicity(measured_s_m, nernst_einstein_s_m)
    ratio = 1 / inverse.value
    return combine(ratio, {"ionicity": inverse}, {"ionicity": -(ratio**2)})


def ions_per_formula(cation_charge: int, anion_charge: int) -> tuple[int, int]:
    """Return the numbers of cations and anions in a neutral formula unit: (1, 2) for charges +2 and -1.

    Raises
    ------
    ValueError
        The first charge is not positive or the second not negative.
    """
    if cation_charge <= 0 or anion_charge >= 0:
        raise ValueError(
            f"a salt has a positive and a negative ion, got charges {cation_charge:+d} and {anion_charge:+d}"
        )
    common = math.gcd(cation_charge, -anion_charge)
    return -anion_charge // common, cation_charge // common
