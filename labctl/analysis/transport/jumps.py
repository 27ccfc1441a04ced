"""Diffusion and conductivity of ions that jump: from a jump time to D, from D or a mobility to sigma."""

from labctl.analysis.numerics.estimate import Estimate
from labctl.analysis.numerics.propagation import as_estimate, combine

ELEMENTARY_CHARGE_C = 1.602176634e-19
DIMENSIONS = (1, 2, 3)


def jump_diffusion(
    jump_length_m: Estimate | float, jump_time_s: Estimate | float, dimensions: int = 3
) -> Estimate:
    """Return D = r^2 / (2 d tau) in m2/s: Einstein-Smoluchowski, for uncorrelated jumps.

    Review eq. 7 of 10.3390/batteries7010003 prints r^2 / tau, without the factor 1 / (2 d), which makes D six
    times too large in three dimensions.

    Parameters
    ----------
    jump_length_m, jump_time_s : Estimate or float
        Distance of two sites, and mean time between jumps; both positive.
    dimensions : {1, 2, 3}
        Of the paths: 1 in channels, 2 in layers, 3 elsewhere.

    Raises
    ------
    ValueError
        Naming the argument: not finite, not positive, other dimensions.
    """
    if dimensions not in DIMENSIONS:
        raise ValueError(f"dimensions must be 1, 2 or 3, got {dimensions!r}")
    inputs = _positive({"jump_length_m": jump_length_m, "jump_time_s": jump_time_s})
    length, time = inputs["jump_length_m"].value, inputs["jump_time_s"].value
    value = length**2 / (2 * dimensions * time)
    return combine(value, inputs, {"jump_length_m": 2 * value / length, "jump_time_s": -value / time})


def carrier_conductivity(
    density_per_m3: Estimate | float, charge: int, mobility_m2_v_s: Estimate | float
) -> Estimate:
    """Return sigma = n |z| e mu in S/m, the conductivity of one kind of carrier.

    Parameters
    ----------
    density_per_m3, mobility_m2_v_s : Estimate or float
        Number of mobile carriers in a volume, and their drift velocity in a unit field; both positive.
    charge : int
        In elementary charges, of either sign, not zero.

    Raises
    ------
    ValueError
        Naming the argument: not finite, not positive, a charge of zero.
    """
    if charge == 0:
        raise ValueError("charge must not be zero: a neutral species carries no current")
    inputs = _positive({"density_per_m3": density_per_m3, "mobility_m2_v_s": mobility_m2_v_s})
    density, mobility = (estimate.value for estimate in inputs.values())
    factor = abs(charge) * ELEMENTARY_CHARGE_C
    derivatives = {"density_per_m3": factor * mobility, "mobility_m2_v_s": factor * density}
    return combine(factor * density * mobility, inputs, derivatives)


def _positive(given: dict[str, Estimate | float]) -> dict[str, Estimate]:
    estimates = {name: as_estimate(name, quantity) for name, quantity in given.items()}
    for name, estimate in estimates.items():
        if not estimate.value > 0:
            raise ValueError(f"{name} must be positive, got {estimate.value:g}")
    return estimates
