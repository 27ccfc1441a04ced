"""A temperature law as text: its form, its energy with uncertainty, its flags."""

from collections.abc import Sequence

from labctl.readmodel.formatting import typeset, with_uncertainty
from labctl.readmodel.law_conditions import at_condition, of_each_condition
from labctl.readmodel.snapshot import Row

LAWS = {
    ("arrhenius", "ln_sigma_t"): "Arrhenius, ln(sigma T)",
    ("arrhenius", "ln_sigma"): "Arrhenius, ln(sigma)",
    ("vtf", "T^-0.5"): "VTF, T^-1/2",
    ("two_segments", "ln_sigma_t"): "two lines, ln(sigma T)",
    ("two_segments", "ln_sigma"): "two lines, ln(sigma)",
}
LAW_NAMES = {"arrhenius": "Arrhenius", "vtf": "VTF", "two_segments": "two lines"}
CHANGES = ("the sample changed", "hysteresis:")
DECIDED, LEAST_WEIGHT = 0.95, 0.01
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


def for_the_thesis(fits: Sequence[Row]) -> str:
    """Return in one line which law of a run to give in a thesis; "" without a law.

    A law with a weight of at least 95 % is given alone; else the laws that remain possible are named. A law
    without a competitor has no weight worth the name. After a change of the sample, or with a hysteresis, no
    law through all points describes one sample. A run at several conditions has a line for each.
    """
    of_all = [row for row in fits if row["branch"] == "all"]
    lines = [_of_one_condition(same) for same in of_each_condition(of_all)]
    return "\n".join(line for line in lines if line)


def _of_one_condition(of_all: Sequence[Row]) -> str:
    chosen = next((row for row in of_all if row["preferred"]), None)
    if chosen is None:
        return ""
    name = typeset(law_name(chosen)) + at_condition(chosen)
    if any(str(flag).startswith(CHANGES) for flag in chosen["flags"] or ()):
        return f"for the thesis: no law yet; the sample or its temperature changed, see the remarks of {name}"
    if {row["law"] for row in of_all} == {"arrhenius"}:
        return f"for the thesis: {name}, the only law fitted (too few temperatures); the law is not decided"
    weights = {row["law"]: _weight(row) for row in of_all}
    weight = weights[chosen["law"]]
    if weight is None:
        return f"for the thesis: {name}; the weights of the laws are not known"
    if weight >= DECIDED:
        return f"for the thesis: {name} (weight {weight:.0%})"
    others = [
        f"{LAW_NAMES.get(law, law)} {other:.0%}"
        for law, other in weights.items()
        if law != chosen["law"] and other is not None and other >= LEAST_WEIGHT
    ]
    return (
        f"for the thesis: {name} (weight {weight:.0%}); the law is not decided, say so and name the others: "
        f"{', '.join(others) or 'none above 1 %'}"
    )


def _weight(row: Row) -> float | None:
    value = row["parameters"].get("weight", {}).get("value")
    return value if isinstance(value, int | float) else None


def part_in_words(row: Row) -> str:
    """Return e.g. `bulk: Arrhenius, ln(σT): Ea = 0.350 ± 0.001 eV, 8 points`, for a row of `part_laws`."""
    return f"{part_name(row)}: {law_in_words(row)}"


def part_name(row: Row) -> str:
    """Return the part that a row of `part_laws` is of, and the branch where it stands on one alone."""
    name = PARTS.get(row["part"], str(row["part"]))
    return name if row["branch"] == "all" else f"{name}, {row['branch']}"


def law_in_words(row: Row) -> str:
    """Return e.g. `Arrhenius, ln(σT): Ea = 0.8400 ± 0.0001 eV, 7 points`."""
    numbers = [
        f"{symbol} = {with_uncertainty(found['value'], found['standard_uncertainty'])} {found['unit']}"
        for name, symbol in HEADLINE_SYMBOLS.items()
        if (found := row["parameters"].get(name)) is not None and found["value"] is not None
    ]
    numbers.append(f"{row['n_points']} points")
    return f"{typeset(law_name(row))}{at_condition(row)}: {', '.join(numbers)}"
