"""The unit of temperatures that were written without one, found by the conductivities measured at them."""

from collections.abc import Sequence

import numpy as np

from labctl.analysis import Spectrum, ionic_resistance_series
from labctl.analysis.readers.temperatures import kelvin_by_straightness


def kelvin_above_numbers(
    numbers: Sequence[float], spectra: Sequence[Spectrum], electrodes: str
) -> tuple[float, str]:
    """Return the kelvin to be added to numbers, 0 or 273.15, and how it was found.

    `numbers` (n,) are the temperatures of the spectra (n,). Their resistances are fitted for this.

    Raises
    ------
    ValueError
        Where nothing decides between K and degC.
    """
    given = np.array(numbers, dtype=float)
    nothing = np.full(given.size, np.nan)
    try:
        kelvin, why = kelvin_by_straightness(given, nothing)
    except ValueError:  # the numbers alone do not tell
        kelvin, why = kelvin_by_straightness(given, -np.log(_resistances_ohm(spectra, electrodes)))
    return float(kelvin[0] - given[0]), why


def _resistances_ohm(spectra: Sequence[Spectrum], electrodes: str) -> np.ndarray:
    """Return the resistance of each spectrum; nan where it is not known, or only a bound is."""
    found = ionic_resistance_series(spectra, [None] * len(spectra), electrodes, details=False)
    return np.array([np.nan if one.bound is not None else one.total_ohm.value for one in found])
