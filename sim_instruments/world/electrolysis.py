"""Masses of a stack after electrolysis: anode metal, anode side, middle, cathode side, cathode metal.

Both electrodes are of the metal of one cation. At the anode each equivalent of charge that ions carry
dissolves metal; the cation migrates away as far as it carries the charge, and forms salt with the anions that
arrive for the rest. At the cathode the opposite happens. Electrons carry charge without mass.
"""

from collections.abc import Mapping

from sim_instruments.world.carriers import MovingIon

FARADAY_C_MOL = 96485.33212


def mass_changes_kg(
    charge_c: Mapping[str, float], ions: Mapping[str, MovingIon], metal: str
) -> dict[str, float]:
    """Change of mass of each part, for the charge that each ion has carried from anode to cathode.

    `anode side` and `cathode side` are weighed with their metal electrodes, which are weighed alone as well.
    KeyError for an unknown ion.
    """
    by_metal = ions[metal].molar_mass_kg_mol / ions[metal].charge
    dissolved_kg = by_metal * sum(charge_c[name] for name in ions) / FARADAY_C_MOL
    salt_kg = dissolved_kg
    for name, ion in ions.items():
        salt_kg -= charge_c[name] * ion.molar_mass_kg_mol / ion.charge / FARADAY_C_MOL
    return {
        "anode metal": -dissolved_kg,
        "anode side": salt_kg - dissolved_kg,
        "middle": 0.0,
        "cathode side": dissolved_kg - salt_kg,
        "cathode metal": dissolved_kg,
    }
