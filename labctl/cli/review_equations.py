"""Equations 2, 3, 5, 7 and 11 of the review, each with a worked example, for `labctl verify equations`.

Where the review prints a number it is taken from labctl's table of literature; what an example assumes beside
it is in its words. Each is computed a second way here, by constants and arithmetic alone.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

KB_EV_K, CHARGE_C, AVOGADRO_PER_MOL = 8.617333262e-5, 1.602176634e-19, 6.02214076e23
KB_J_K = KB_EV_K * CHARGE_C


@dataclass(frozen=True)
class Worked:
    """A worked example: equation, inputs with their source, the number expected, and labctl's.

    `within` is the relative difference that is accepted, of rounding and of a least-squares fit.
    """

    equation: str
    example: str
    unit: str
    expected: float
    value: float
    within: float = 1e-6

    @property
    def agrees(self) -> bool:
        """Whether the two numbers are one."""
        return math.isclose(self.expected, self.value, rel_tol=self.within)


def worked() -> Iterator[Worked]:
    """Yield every example."""
    yield from _arrhenius()
    yield from _bruce_vincent()
    yield from _nernst_einstein()
    yield from _jumps()
    yield from _vtf()


def _arrhenius() -> Iterator[Worked]:
    from labctl.analysis import fit_arrhenius
    from labctl.readmodel.literature import published

    row = next(one for one in published() if one.activation_energy_ev and one.references == (131,)
               and one.conductivity_s_m and one.temperature_k)  # fmt: skip
    energy_ev, hot_k, hot_s_m = row.activation_energy_ev, row.temperature_k, row.conductivity_s_m
    if energy_ev is None or hot_k is None or hot_s_m is None:
        return
    kelvin = [hot_k - 200, hot_k - 100, hot_k]
    sigma = [hot_s_m * math.exp(-energy_ev / KB_EV_K * (1 / t - 1 / hot_k)) for t in kelvin]
    fit = fit_arrhenius(kelvin, sigma, "ln_sigma")
    about = f"{row.material} [131]: {hot_s_m / 100:.3g} S/cm at {hot_k - 273.15:.0f} °C, Ea as printed"
    yield Worked("2, Arrhenius, Ea", about, "eV", energy_ev, fit.activation_energy_ev.value)
    prefactor = hot_s_m * math.exp(energy_ev / (KB_EV_K * hot_k))
    yield Worked("2, Arrhenius, A", about, "S/m", prefactor, fit.pre_exponential.value)


def _bruce_vincent() -> Iterator[Worked]:
    from labctl.analysis import bruce_vincent
    from labctl.readmodel.literature import published

    row = next(one for one in published() if one.transference_number and one.references == (128,))
    fraction, step_v, initial_a = row.transference_number or 0.0, 0.01, 1e-5
    before_ohm, after_ohm = 100.0, 120.0
    driving_v = step_v - initial_a * before_ohm
    steady_a = fraction * initial_a * step_v / (driving_v + fraction * initial_a * after_ohm)
    found = bruce_vincent(step_v, initial_a, steady_a, before_ohm, after_ohm)
    about = f"{row.material} [128]: t+ as printed; 10 mV, 10 uA, interphase of 100 ohm, then 120 ohm, assumed"
    yield Worked("3, Bruce-Vincent", about, "1", fraction, found.value.value)


def _nernst_einstein() -> Iterator[Worked]:
    from labctl.analysis import carrier_conductivity, haven_ratio, nernst_einstein

    kelvin, per_m3, slow, fast = 333.15, 1000 * AVOGADRO_PER_MOL, 1e-12, 2e-12
    per_kt = CHARGE_C**2 / (KB_J_K * kelvin)
    expected = per_kt * (2**2 * per_m3 * slow + 1**2 * 2 * per_m3 * fast)
    found = nernst_einstein([slow, fast], [1000.0, 2000.0], [2, -1], kelvin)
    about = "MgX2, 1 mol/l at 60 °C, D 1e-12 and 2e-12 m2/s assumed: z squared, two anions for each cation"
    yield Worked("5, Nernst-Einstein", about, "S/m", expected, found.value)
    measured = found.value / 2.5
    ratio = haven_ratio(measured, found)
    yield Worked(
        "5, Haven ratio", "the same with a measured conductivity 2.5 times lower", "1", 2.5, ratio.value
    )
    mobility = 2 * CHARGE_C * slow / (KB_J_K * kelvin)
    of_cation = carrier_conductivity(per_m3, 2, mobility)
    about = "its cations alone, sigma = n z e mu with the mobility mu = z e D / kT"
    yield Worked("5, conductivity of carriers", about, "S/m", per_kt * 4 * per_m3 * slow, of_cation.value)


def _jumps() -> Iterator[Worked]:
    from labctl.analysis import jump_diffusion

    found = jump_diffusion(3e-10, 1e-9, 3)
    about = (
        "jumps of 3 Å each ns in three dimensions, assumed; the review leaves out 1/(2d), which gives 9e-11"
    )
    yield Worked("7, Einstein-Smoluchowski", about, "m2/s", 9e-20 / 6e-9, found.value)


def _vtf() -> Iterator[Worked]:
    from labctl.analysis import fit_vtf

    energy_ev, ideal_k, prefactor = 0.1, 200.0, 100.0
    kelvin = [298.15 + 10 * step for step in range(9)]
    sigma = [prefactor * t**-0.5 * math.exp(-energy_ev / (KB_EV_K * (t - ideal_k))) for t in kelvin]
    fit = fit_vtf(kelvin, sigma)
    about = "25 to 105 °C, B = 0.1 eV, T0 = 200 K assumed: the review prints no parameters of a VTF law"
    yield Worked("11, VTF, B", about, "eV", energy_ev, fit.pseudo_activation_energy_ev.value)
    yield Worked("11, VTF, T0", about, "K", ideal_k, fit.vogel_temperature_k.value)
