"""A temperature law as text: its form, its energy with uncertainty, its flags."""

from labctl.readmodel.formatting import typeset, with_uncertainty
from labctl.readmodel.snapshot import Row

LAWS = {
    ("arrhenius", "ln_sigma_t"): "Arrhenius, ln(sigma T)",
    ("arrhenius", "ln_sigma"): "Arrhenius, ln(sigma)",
    ("vtf", "T^-0.5"): "VTF, T^-1/2",
    ("two_segments", "ln_sigma_t"): "two lines, ln(sigma T)",
    ("two_segments", "ln_sigma"): "two lines, ln(sigma)",
}
PARTS = {
    "bulk": "bulk",
    "grain_boundary_apparent": "grain boundary, apparent",
    "grain_boundary_specific": "grain boundary, specific",
}
HEADLINE_SYMBOLS = {
    "activation_energy": "Ea",
    "pseudo_activation_energy": "B",
    "vogel_temperature": "T0",
    "activation_energy_below": "Ea below",
    "activation_energy_above": "Ea above",
    "break_temperature": "break",
}
SYMBOLS = HEADLINE_SYMBOLS | {
    "pre_exponential": "A",
    "conductivity_at_25_degc": "sigma(25 °C)",
    "pre_exponential_below": "A below",
    "pre_exponential_above": "A above",
    "change_of_the_sample": "first temperature again, sigma / first sigma",
}


def law_name(row: Row) -> str:
    """Return e.g. `Arrhenius, ln(sigma T)`."""
    return LAWS.get((row["law"], row["form"]), f"{row['law']} {row['form']}")


def part_in_words(row: Row) -> str:
    """Return e.g. `bulk: Arrhenius, ln(σT): Ea = 0.350 ± 0.001 eV, 8 points`, for a row of `part_laws`."""
    return f"{PARTS.get(row['part'], row['part'])}: {law_in_words(row)}"


def law_in_words(row: Row) -> str:
    """Return e.g. `Arrhenius, ln(σT): Ea = 0.8400 ± 0.0001 eV, 7 points`."""
    numbers = [
        f"{symbol} = {with_uncertainty(found['value'], found['standard_uncertainty'])} {found['unit']}"
        for name, symbol in HEADLINE_SYMBOLS.items()
        if (found := row["parameters"].get(name)) is not None and found["value"] is not None
    ]
    return f"{typeset(law_name(row))}: {', '.join([*numbers, str(row['n_points']) + ' points'])}"
