"""The twenty-third schema. A total resistance keeps the parameters of the circuit it was taken from.

Frozen once released: a change is a new migration.
"""

ADDED_TO_RESISTANCES = (
    # column, declaration, unit, meaning
    (
        "circuit_fit",
        "TEXT CHECK (circuit_fit IS NULL OR json_valid(circuit_fit))",
        "JSON",
        'of a total: {"parameters": {name: {"value", "standard_uncertainty", "unit"}}, "frequency_min_hz", '
        '"frequency_max_hz", "n_points", "rms"} of the circuit, fitted without fixture and with leads; '
        "NULL: none, or an earlier labctl derived it",
    ),
)
