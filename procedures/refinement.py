"""Choice of the next temperature and of the end of a series, from the temperature law fitted so far.

The sample's geometry is common to all temperatures and cancels: 1/R takes the place of the conductivity.

The analysis takes longer to import than a protocol to be checked. It is imported when it is used: every
temperature series imports this module, and few choose their temperatures.
"""

import itertools
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from labctl.bench import ZERO_CELSIUS_K, ImpedancePoint

if TYPE_CHECKING:
    from labctl.analysis import Spectrum, TemperatureLaw

QUANTITIES = (
    "off",
    "activation_energy_ev",
    "pseudo_activation_energy_ev",
    "vogel_temperature_k",
    "break_temperature_k",
)
FEWEST_TEMPERATURES = 5


def spectrum_of(points: Sequence[ImpedancePoint]) -> "Spectrum":
    """Return the good points as a Spectrum."""
    from labctl.analysis import Spectrum

    good = [p for p in points if p.status == "ok"]
    return Spectrum([p.frequency_hz for p in good], [complex(p.z_real_ohm, p.z_imag_ohm) for p in good])


def is_consistent(points: Sequence[ImpedancePoint]) -> bool:
    """Return whether a spectrum passes the Kramers-Kronig test; True with too few points to test."""
    from labctl.analysis import kramers_kronig

    try:
        return kramers_kronig(spectrum_of(points)).passed
    except ValueError:
        return True


class SeriesSoFar:
    """Conductances measured so far in one run, for the choice of the next temperature."""

    def __init__(self, electrodes: Any = "blocking") -> None:
        self._electrodes = electrodes
        self._points: list[tuple[float, float, float, float]] = []

    @property
    def points(self) -> list[tuple[float, float, float, float]]:
        """Temperature and its spread in K, conductance in S, its relative uncertainty; oldest first."""
        return list(self._points)

    def half_width(self, quantity: str) -> float:
        """Return the half width of the 95 % interval of `quantity`; infinite while no law has it."""
        from labctl.analysis import half_width

        law = self.law()
        try:
            return math.inf if law is None else float(half_width(law, quantity))
        except ValueError:  # the law fitted so far does not have the quantity
            return math.inf

    def add(self, readings_k: Sequence[float], points: Sequence[ImpedancePoint]) -> None:
        """Add a finished spectrum and the temperature at each of its points.

        A spectrum without a resistance or a temperature is ignored. The uncertainties of the resistance and
        of the temperature, as far as it moved, are the same as in the later evaluation: the spread of a
        single reading is unknown, and then the scatter of the points alone is used.
        """
        import numpy as np

        from labctl.analysis import ionic_resistance

        readings_k = [kelvin for kelvin in readings_k if math.isfinite(kelvin)]
        if not readings_k:
            return
        resistance = ionic_resistance(spectrum_of(points), electrodes=self._electrodes)
        total_ohm = resistance.total_ohm
        if resistance.bound is None and np.isfinite(total_ohm.relative_uncertainty) and total_ohm.value > 0:
            spread_k = float(np.std(readings_k, ddof=1)) if len(readings_k) > 1 else math.nan
            conductance = 1 / total_ohm.value
            point = (float(np.mean(readings_k)), spread_k, conductance, total_ohm.relative_uncertainty)
            self._points.append(point)

    def law(self) -> "TemperatureLaw | None":
        """Return the law fitted so far; None below five temperatures."""
        import numpy as np

        from labctl.analysis import fit_temperature_law

        if len({round(point[0], 1) for point in self._points}) < FEWEST_TEMPERATURES:
            return None
        temperature_k, spread_k, conductance, relative = np.array(self._points).T
        if not np.isfinite(spread_k).all():
            return fit_temperature_law(temperature_k, conductance)
        stated = conductance * relative
        return fit_temperature_law(
            temperature_k, conductance, standard_uncertainty_s_m=stated, temperature_u_k=spread_k
        )

    def is_known(self, quantity: str, wanted_half_width: float) -> bool:
        """Return whether the half width of the 95 % interval of `quantity` is small enough."""
        return self.half_width(quantity) <= wanted_half_width

    def next_degc(self, quantity: str, low_k: float, high_k: float) -> float | None:
        """Return the most informative temperature (degC, to 0.1) for `quantity`; None if there is none.

        Before a law can be fitted, this is the middle of the widest gap.
        """
        from labctl.analysis import next_temperature

        law = self.law()
        if law is None:
            return self._middle_of_widest_gap_degc(low_k, high_k)
        try:
            proposal = next_temperature(law, low_k, high_k, quantity)
        except ValueError:
            proposal = next_temperature(law, low_k, high_k)
        return None if proposal is None else round(proposal.temperature_k - ZERO_CELSIUS_K, 1)

    def _middle_of_widest_gap_degc(self, low_k: float, high_k: float) -> float:
        known_k = sorted({low_k, high_k, *(point[0] for point in self._points)})
        below_k, above_k = max(itertools.pairwise(known_k), key=lambda pair: pair[1] - pair[0])
        return round((below_k + above_k) / 2 - ZERO_CELSIUS_K, 1)
