"""Linear range of the steady current of a polarised cell, and the correction beyond it.

In an ideal, dilute solution of a binary salt between electrodes that pass the cation alone, concentrations at
the electrodes differ by tanh x times their sum, with x = V / (2 (1/z+ + 1/|z-|) RT/F) and V the voltage over
the electrolyte, diffusion included: Nernst's equation at both electrodes, the cation's flux proportional
to the gradient, and the amount of salt conserved (Bruce & Vincent, J. Electroanal. Chem. 225 (1987) 1,
10.1016/0022-0728(87)80001-3, treat the limit of small x). The steady current is low by the factor tanh x / x:
0.5 % where V is a quarter of (1/z+ + 1/|z-|) RT/F.
"""

import math
from collections.abc import Mapping

from labctl.analysis.numerics.estimate import Estimate
from labctl.analysis.numerics.propagation import combine

GAS_CONSTANT_OVER_FARADAY_V_K = 8.617333262e-5
LINEAR_SHARE = 0.25  # of (1/z+ + 1/|z-|) RT/F
LARGEST_SHARE = 2.0  # 24 % of the current: beyond it the solution decides, not this formula


def thermal_voltage_v(temperature_k: float, charges: tuple[int, int]) -> float:
    """(1/z+ + 1/|z-|) RT/F in V; charges (z+, |z-|).

    Raises
    ------
    ValueError
        A charge below 1, or a temperature that is not positive.
    """
    if min(charges) < 1:
        raise ValueError(f"charges must be at least 1 without sign, got {charges!r}")
    if not (math.isfinite(temperature_k) and temperature_k > 0):
        raise ValueError(f"temperature_k must be positive and finite, got {temperature_k!r}")
    return sum(1 / charge for charge in charges) * GAS_CONSTANT_OVER_FARADAY_V_K * temperature_k


def linear_correction(
    inputs: Mapping[str, Estimate], charges: tuple[int, int], temperature_k: float | None
) -> tuple[Estimate, list[str]]:
    """Return the factor x / tanh x by which the steady current was too low, and a flag where it is not 1.

    `inputs` as for `bruce_vincent`. The factor holds for an ideal, dilute salt; half of what it adds is
    its standard uncertainty. It is exactly 1 within the linear range, and where no temperature is known.

    Raises
    ------
    ValueError
        The voltage over the electrolyte exceeds twice (1/z+ + 1/|z-|) RT/F.
    """
    if temperature_k is None:
        return Estimate(1.0, 0.0), []
    share, unit_v = _share(inputs, charges, temperature_k), thermal_voltage_v(temperature_k, charges)
    over_electrolyte_v = share * unit_v
    if share <= LINEAR_SHARE:
        return Estimate(1.0, 0.0), []
    if share > LARGEST_SHARE:
        raise ValueError(
            f"delta_v_v leaves {1e3 * over_electrolyte_v:.3g} mV over the electrolyte, above "
            f"{1e3 * LARGEST_SHARE * unit_v:.3g} mV: the steady current is not proportional to it; "
            f"below {1e3 * LINEAR_SHARE * unit_v:.2g} mV it is"
        )
    factor = (share / 2) / math.tanh(share / 2)
    flag = (
        f"{1e3 * over_electrolyte_v:.3g} mV over the electrolyte exceed the linear range of "
        f"{1e3 * LINEAR_SHARE * unit_v:.2g} mV: rho+ raised by {factor - 1:.2%}, for an ideal dilute salt"
    )
    return Estimate(factor, (factor - 1) / 2), [flag]


def largest_error(inputs: Mapping[str, Estimate], charges: tuple[int, int], temperature_k: float) -> float:
    """By which share the steady current may be too low within the linear range; 0 beyond it: corrected there.

    For an ideal, dilute salt. `inputs` as for `bruce_vincent`.
    """
    share = _share(inputs, charges, temperature_k)
    return (share / 2) / math.tanh(share / 2) - 1 if 0 < share <= LINEAR_SHARE else 0.0


def _share(inputs: Mapping[str, Estimate], charges: tuple[int, int], temperature_k: float) -> float:
    """Voltage over the electrolyte over (1/z+ + 1/|z-|) RT/F."""
    step, steady, rss = (
        inputs[name].value for name in ("delta_v_v", "steady_current_a", "steady_resistance_ohm")
    )
    return abs(step - steady * rss) / thermal_voltage_v(temperature_k, charges)


def corrected(fraction: Estimate, factor: Estimate) -> Estimate:
    """Return a current fraction times the factor of `linear_correction`, with the uncertainty of both."""
    if factor.value == 1:
        return fraction
    derivatives = {"fraction": factor.value, "factor": fraction.value}
    return combine(fraction.value * factor.value, {"fraction": fraction, "factor": factor}, derivatives)
