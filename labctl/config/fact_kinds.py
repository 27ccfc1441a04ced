"""The facts that other methods find about a sample: their kinds, the units a person types, and SI."""

import math
import re
from dataclasses import dataclass

from labctl.errors import InvalidRequest
from labctl.plain_text import shown
from labctl.units import ZERO_CELSIUS_K

MOST_CHARGE = 6


@dataclass(frozen=True)
class FactKind:
    """One kind of fact.

    Attributes
    ----------
    column : str
        The kind as it is stored, with its SI unit.
    unit : str
        Unit that a person types.
    scale, offset : float
        SI value = scale * typed value + offset.
    low, high : float
        Range of typed values, ends included.
    of_an_ion : bool
        Whether the ion must be named.
    at_temperature : bool
        Whether the temperature must be given.
    meaning : str
    """

    column: str
    unit: str
    scale: float
    low: float
    high: float
    meaning: str
    offset: float = 0.0
    of_an_ion: bool = False
    at_temperature: bool = False

    def si(self, value: float) -> float:
        """Return a typed value in SI; raises InvalidRequest outside of the range."""
        if not self.low <= value <= self.high:
            raise InvalidRequest(
                f"{self.meaning} of {value:g} {self.unit} is not possible: it lies between {self.low:g} and "
                f"{self.high:g} {self.unit}"
            )
        return self.scale * value + self.offset

    def si_uncertainty(self, value: float) -> float:
        """Return a typed standard uncertainty in SI; raises InvalidRequest if it is negative or infinite."""
        if not 0 <= value < math.inf:
            raise InvalidRequest(f"a standard uncertainty is not negative, got {value:g} {self.unit}")
        return self.scale * value

    def typed(self, value_si: float) -> float:
        """Return an SI value in the unit that a person types."""
        return (value_si - self.offset) / self.scale


_COLDEST_DEGC = -ZERO_CELSIUS_K
KINDS = {  # name on the command line: kind
    "diffusion": FactKind(
        "diffusion_coefficient_m2_s", "m2/s", 1.0, 1e-22, 1e-6, "diffusion coefficient",
        of_an_ion=True, at_temperature=True,
    ),
    "concentration": FactKind(
        "ion_concentration_mol_m3", "mol/l", 1e3, 1e-9, 1e3, "concentration of an ion", of_an_ion=True
    ),
    "salt": FactKind("salt_concentration_mol_m3", "mol/l", 1e3, 1e-9, 1e3, "concentration of the salt"),
    "glass-transition": FactKind(
        "glass_transition_k", "degC", 1.0, _COLDEST_DEGC, 2000, "glass transition", ZERO_CELSIUS_K
    ),
    "melting": FactKind("melting_k", "degC", 1.0, _COLDEST_DEGC, 4000, "melting point", ZERO_CELSIUS_K),
    "crystallinity": FactKind("crystallinity_1", "%", 0.01, 0, 100, "crystallinity"),
    "density": FactKind("density_kg_m3", "g/cm3", 1e3, 1e-3, 25, "density"),
    "water": FactKind("water_mass_fraction_1", "ppm", 1e-6, 0, 1e6, "water content by mass"),
    "mass-before": FactKind("mass_before_kg", "mg", 1e-6, 1e-3, 1e7, "mass before"),
    "mass-after": FactKind("mass_after_kg", "mg", 1e-6, 1e-3, 1e7, "mass after"),
    "electronic-share": FactKind("electronic_share_1", "%", 0.01, 0, 99.9, "electronic share"),
    "ion-share": FactKind("ion_share_1", "%", 0.01, 0, 100, "share of an ion", of_an_ion=True),
    "emf": FactKind(
        "emf_v", "mV", 1e-3, -1e4, 1e4, "electromotive force", of_an_ion=True, at_temperature=True
    ),
    "emf-theory": FactKind(
        "emf_theory_v", "mV", 1e-3, -1e4, 1e4, "theoretical electromotive force",
        of_an_ion=True, at_temperature=True,
    ),
    "activity-ratio": FactKind(
        "activity_ratio_1", "1", 1.0, 1e-60, 1e60, "ratio of the activities at the electrodes",
        of_an_ion=True, at_temperature=True,
    ),
    "water-emf": FactKind(
        "water_emf_v", "mV", 1e-3, -1e4, 1e4, "electromotive force between two pressures of water",
        at_temperature=True,
    ),
    "water-ratio": FactKind(
        "water_ratio_1", "1", 1.0, 1, 1e60, "ratio of the pressures of water", at_temperature=True
    ),
    "hydrogen-evolved": FactKind(
        "hydrogen_evolved_mol", "umol", 1e-6, 0, 1e9, "hydrogen evolved at a dry cathode"
    ),
    "o2-exponent": FactKind(
        "o2_exponent_1", "1", 1.0, -5, 5, "exponent of the pressure of O2", at_temperature=True
    ),
    "h2o-exponent": FactKind(
        "h2o_exponent_1", "1", 1.0, -5, 5, "exponent of the pressure of H2O", at_temperature=True
    ),
    "charge-passed": FactKind("charge_passed_c", "C", 1.0, 1e-6, 1e7, "charge passed by electrolysis"),
    "molar-mass": FactKind("molar_mass_kg_mol", "g/mol", 1e-3, 0.5, 1000, "molar mass", of_an_ion=True),
    **{
        f"{place}-{when}": FactKind(
            f"{place.replace('-', '_')}_{when}_kg", "mg", 1e-6, 1e-3, 1e7,
            f"mass of the {place.replace('-', ' ')} {when} electrolysis", of_an_ion=place.endswith("metal"),
        )
        for place in ("anode-side", "middle", "cathode-side", "anode-metal", "cathode-metal")
        for when in ("before", "after")
    },
}  # fmt: skip
BY_COLUMN = {kind.column: kind for kind in KINDS.values()}


def kind_named(name: str) -> FactKind:
    """Return the kind of this name; raises InvalidRequest with the names there are."""
    if name not in KINDS:
        raise InvalidRequest(f"no kind of fact is called {shown(name)}; there are {', '.join(KINDS)}")
    return KINDS[name]


def charge_of(ion: str) -> int:
    """Return the charge of an ion written like Li+, Mg2+, TFSI- or SO4^2-.

    Raises
    ------
    InvalidRequest
        No charge at the end, or an impossible one.
    """
    found = re.search(r"(?:\^)?(\d*)([+-])$", ion.strip())
    if found is None:
        raise InvalidRequest(f"{shown(ion)} has no charge at its end; write Li+, Mg2+, TFSI- or SO4^2-")
    charge = int(found[1] or 1)
    if not 1 <= charge <= MOST_CHARGE:
        raise InvalidRequest(f"{shown(ion)} would have the charge {charge}; write its charge like SO4^2-")
    return charge if found[2] == "+" else -charge
