"""Effect of missing statements on the numbers of a run, the largest first: the order of calibration.

Nothing of this is in an interval. Each line takes an instrument of a usual kind in the place of the unknown
one: "if it were only ...".
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from labctl.accuracy import CLASSES
from labctl.analysis.numerics.thermometer import thermometer_components

BOLTZMANN_EV_K = 8.617333262e-5
THERMOMETERS = ("PT100 B film", "type K class 2")
OFF_K = 1.0
THICKNESS_M, DIAMETER_M = 2e-5, 1e-4
ANALYSER_GAIN = 0.005
LEADS_OHM = 1.0
TITLE = "largest unknowns, none of them in the intervals; calibrate the first ones first:"
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Unknown:
    """Effect of one thing that is not stated, if it were of a usual kind; one standard uncertainty.

    Attributes
    ----------
    source, usual : str
    relative : float
        Of the conductivity; the largest of the points.
    energy_ev : float
        Of the activation energy; 0 where it does not change.
    """

    source: str
    usual: str
    relative: float
    energy_ev: float = 0.0


def largest_unknowns(
    names: Sequence[str], sample: Row, conductivities: Sequence[Row], fits: Sequence[Row]
) -> list[Unknown]:
    """Return the missing statements, the largest effect first; empty without a conductivity.

    Parameters
    ----------
    names : sequence of str
        As `labctl.readmodel.stated_text.not_stated` gives them.
    sample : mapping
        The sample in force.
    conductivities, fits : sequences of rows
        Derived rows of the run. Without an activation energy the effects of temperature are left out.
    """
    rows = [row for row in conductivities if row["temperature_k"] and row["conductivity_s_m"]]
    if not rows:
        return []
    kelvin = np.array([row["temperature_k"] for row in rows])
    ohm = min((row["total_resistance_ohm"] for row in rows if row["total_resistance_ohm"]), default=math.inf)
    energy_ev = _energy_ev(fits)
    of_temperature: dict[str, Callable[[], list[Unknown]]] = {
        "thermometer": lambda: _thermometers(kelvin, energy_ev),
        "sensor to sample": lambda: [
            _unknown(
                "sensor to sample", f"{OFF_K:g} K off", [np.full(kelvin.shape, OFF_K)], kelvin, energy_ev
            )
        ],
    }
    thickness = Unknown("thickness", f"{THICKNESS_M * 1e3:g} mm", THICKNESS_M / sample["thickness_m"])
    diameter_m = math.sqrt(4 / math.pi * sample["area_m2"])
    area = Unknown("area", f"{DIAMETER_M * 1e3:g} mm of the diameter", 2 * DIAMETER_M / diameter_m)
    others = {
        "geometry": [thickness, area],
        "thickness": [thickness],
        "area": [area],
        "analyser": [Unknown("analyser", f"{100 * ANALYSER_GAIN:g} % of |Z|", ANALYSER_GAIN)],
        "leads": [Unknown("leads", f"{LEADS_OHM:g} ohm", LEADS_OHM / ohm)],
    }
    found: list[Unknown] = []
    for name in names:
        if name in of_temperature and energy_ev is not None:
            found += of_temperature[name]()
        found += others.get(name, [])
    return sorted(found, key=lambda one: -one.relative)


def unknowns_in_words(unknowns: Sequence[Unknown]) -> list[str]:
    """Return a title and a line for each; empty where there is none."""
    lines = [
        f"  {one.source}, if it were only {one.usual}: sigma ± {100 * one.relative:.2g} %"
        + (f", Ea ± {1e3 * one.energy_ev:.2g} meV" if one.energy_ev else "")
        for one in unknowns
    ]
    return [TITLE, *lines] if lines else []


def _energy_ev(fits: Sequence[Row]) -> float | None:
    """Return the slope of a straight line through all points; None where there is no such law."""
    for row in fits:
        if (row["law"], row["form"], row["branch"]) == ("arrhenius", "ln_sigma_t", "all"):
            value = row["activation_energy_ev"]
            return float(value) if value else None
    return None


def _thermometers(kelvin: np.ndarray, energy_ev: float | None) -> list[Unknown]:
    found = []
    for name in THERMOMETERS:
        errors, missing = thermometer_components({"class": name}, kelvin)
        if not missing:
            usual = name.removesuffix(" film").replace("B", "class B") if "PT100" in name else name
            changes = [error.change_k for error in errors]
            found.append(
                _unknown("thermometer", f"{usual} ({CLASSES[name].source})", changes, kelvin, energy_ev)
            )
    return found


def _unknown(
    source: str, usual: str, changes_k: Sequence[np.ndarray], kelvin: np.ndarray, energy_ev: float | None
) -> Unknown:
    """Return the effect of independent errors of the temperature (n,)."""
    energy = energy_ev or 0.0
    slope = energy / (BOLTZMANN_EV_K * kelvin**2)
    relative = np.sqrt(sum((slope * change_k) ** 2 for change_k in changes_k))
    shifts = [_energy_shift_ev(-slope * change_k, kelvin) for change_k in changes_k]
    return Unknown(source, usual, float(np.max(relative)), math.hypot(*shifts))


def _energy_shift_ev(ln_sigma: np.ndarray, kelvin: np.ndarray) -> float:
    """Return the change of the energy where ln(sigma T) of the points changes by so much (n,)."""
    x = 1 / kelvin - np.mean(1 / kelvin)
    spread = float(x @ x)
    return -BOLTZMANN_EV_K * float(x @ ln_sigma) / spread if spread > 0 else 0.0
