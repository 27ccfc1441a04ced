"""The twenty-fourth schema. Resistances and conductivities keep their interval; laws of parts their budget.

An interval is no fixed multiple of the standard uncertainty where limits of error count.

Frozen once released: a change is a new migration.
"""


def _ends(of: str, unit: str, suffix: str) -> tuple[tuple[str, str, str, str], ...]:
    """Columns low_95 and high_95: name, declaration, unit, meaning."""
    return tuple(
        (
            f"{end}_95_{suffix}",
            f"REAL CHECK (abs({end}_95_{suffix}) < 9e999)",
            unit,
            f"{word} end of the 95 % interval of the {of}; NULL: not known, or an earlier labctl derived it",
        )
        for end, word in (("low", "lower"), ("high", "upper"))
    )


ADDED_TO_RESISTANCES = _ends("resistance", "ohm", "ohm")
ADDED_TO_CONDUCTIVITIES = _ends("conductivity", "S/m", "s_m")
ADDED_TO_PART_LAWS = (
    (
        "budget",
        "TEXT CHECK (budget IS NULL OR json_valid(budget))",
        "JSON",
        "uncertainty of each parameter by source, as in law_fits; NULL: an earlier labctl derived it",
    ),
)
