"""Terms of ontologies for the numbers and files of a crate: identifiers that were looked up, in one table.

Source: the Electrochemistry Domain Ontology of EMMO (10.5281/zenodo.7693664), which BattINFO builds on; units
by QUDT, as EMMO names them. Looked up in the repositories of EMMO in November 2026.

No term was found for the current fraction rho+ of Bruce and Vincent, which is a transference number only in
dilute, ideal solution; for the electronic transference number; for the temperature T0 and the parameter B of
a Vogel-Tammann-Fulcher law; and for a distribution of relaxation times. These have none in a crate.
"""

from dataclasses import dataclass

ELECTROCHEMISTRY = "https://w3id.org/emmo/domain/electrochemistry#electrochemistry_"
QUDT = "http://qudt.org/vocab/unit/"


@dataclass(frozen=True)
class Term:
    """A quantity of a crate.

    Attributes
    ----------
    words : str
        Its name for people.
    unit : str
        As text, e.g. `S/m`.
    identifier : str
        Identifier of its class; empty where none was found.
    unit_identifier : str
        Identifier of its unit by QUDT; empty for a number without a unit.
    """

    words: str
    unit: str
    identifier: str = ""
    unit_identifier: str = ""


QUANTITIES = {
    "conductivity_s_m": Term(
        "ionic conductivity",
        "S/m",
        f"{ELECTROCHEMISTRY}25dabdc2_68bf_4a38_8cbe_11be017358bc",  # IonicConductivity
        f"{QUDT}S-PER-M",
    ),
    "activation_energy_ev": Term(
        "activation energy",
        "eV",
        f"{ELECTROCHEMISTRY}8c16cb12_41c1_43bd_9e7c_2eea7b06a1f0",  # ...OfElectrolyteConductivity
        f"{QUDT}EV",
    ),
    "rho_plus": Term("current fraction rho+ (Bruce-Vincent)", "1"),
    "electronic": Term("electronic transference number (Hebb-Wagner)", "1"),
}
"""Quantities of a crate by the name of their column, or of the quantity of a transference number."""

SPECTRUM = f"{ELECTROCHEMISTRY}c052cab7_46eb_4a87_b7a4_05be2572db22"
"""The class of an impedance spectrum: ElectrochemicalImpedanceSpectroscopyData."""


def term_of(quantity: str) -> Term:
    """Return the term of a quantity; without an identifier where it is not in the table."""
    return QUANTITIES.get(quantity, Term(quantity, "1"))
