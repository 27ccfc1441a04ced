"""Conductivity that diffusing ions would have if they moved independently, and how much of it is measured."""

from collections.abc import Sequence

from labctl.analysis.numerics.estimate import Estimate
from labctl.analysis.numerics.propagation import as_estimate, combine

FARADAY_C_MOL = 96485.33212
GAS_CONSTANT_J_MOL_K = 8.314462618


def nernst_einstein(
    diffusion_coefficient_m2_s: Sequence[Estimate | float],
    concentration_mol_m3: Sequence[Estimate | float],
    charge: Sequence[int],
    temperature_k: Estimate | float,
) -> Estimate:
    """Conductivity in S/m, F^2 / (R T) sum z_i^2 c_i D_i (review eq. 5 of 10.3390/batteries7010003).

    Parameters
    ----------
    diffusion_coefficient_m2_s, concentration_mol_m3 : sequence of Estimate or float
        One for each ion, both not negative.
    charge : sequence of int
        In elementary charges, of either sign, not zero.
    temperature_k : Estimate or float

    Raises
    ------
    ValueError
        Naming the argument: not finite, negative, unequal lengths, no ion, a charge of zero, a temperature
        that is not positive.
    """
    lengths = len(diffusion_coefficient_m2_s), len(concentration_mol_m3), len(charge)
    if len(set(lengths)) != 1 or lengths[0] == 0:
        raise ValueError(
            "diffusion_coefficient_m2_s, concentration_mol_m3 and charge must name the same ions, got "
            f"{lengths[0]}, {lengths[1]} and {lengths[2]}"
        )
    if 0 in charge:
        raise ValueError("charge must not be zero: a neutral species carries no current")
    inputs = {"temperature_k": as_estimate("temperature_k", temperature_k)}
    if not inputs["temperature_k"].value > 0:
        raise ValueError(f"temperature_k must be positive, got {inputs['temperature_k'].value:g}")
    inputs |= _named("diffusion_coefficient_m2_s", diffusion_coefficient_m2_s)
    inputs |= _named("concentration_mol_m3", concentration_mol_m3)
    return _conductivity(inputs, charge)


def ionicity(measured_s_m: Estimate | float, nernst_einstein_s_m: Estimate | float) -> Estimate:
    """Measured conductivity over the Nernst-Einstein one: the inverse Haven ratio, 1 for independent ions.

    Raises
    ------
    ValueError
        Naming the argument: not finite, not positive.
    """
    inputs = {
        "measured_s_m": as_estimate("measured_s_m", measured_s_m),
        "nernst_einstein_s_m": as_estimate("nernst_einstein_s_m", nernst_einstein_s_m),
    }
    for name, estimate in inputs.items():
        if not estimate.value > 0:
            raise ValueError(f"{name} must be positive, got {estimate.value:g}")
    measured, computed = (estimate.value for estimate in inputs.values())
    ratio = measured / computed
    return combine(ratio, inputs, {"measured_s_m": 1 / computed, "nernst_einstein_s_m": -ratio / computed})


def _named(name: str, values: Sequence[Estimate | float]) -> dict[str, Estimate]:
    named = {f"{name}[{i}]": as_estimate(f"{name}[{i}]", value) for i, value in enumerate(values)}
    for key, estimate in named.items():
        if estimate.value < 0:
            raise ValueError(f"{key} must not be negative, got {estimate.value:g}")
    return named


def _conductivity(inputs: dict[str, Estimate], charge: Sequence[int]) -> Estimate:
    temperature = inputs["temperature_k"].value
    factor = FARADAY_C_MOL**2 / (GAS_CONSTANT_J_MOL_K * temperature)
    derivatives, value = {}, 0.0
    for i, z in enumerate(charge):
        diffusion, concentration = f"diffusion_coefficient_m2_s[{i}]", f"concentration_mol_m3[{i}]"
        derivatives[diffusion] = factor * z**2 * inputs[concentration].value
        derivatives[concentration] = factor * z**2 * inputs[diffusion].value
        value += derivatives[diffusion] * inputs[diffusion].value
    return combine(value, inputs, {**derivatives, "temperature_k": -value / temperature})
