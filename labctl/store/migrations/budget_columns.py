"""The eighteenth schema. Derived numbers keep their uncertainty by source.

Frozen once released: a change is a new migration.
"""

_JSON = "TEXT CHECK (budget IS NULL OR json_valid(budget))"

_FORM = (
    '{"components": {quantity: [{"source", "change", "type", "common", "cause", "degrees_of_freedom"}]}, '
    '"not_stated": [text]}, {unit}; NULL: an earlier labctl derived it'
)


def _column(about: str, unit: str) -> tuple[tuple[str, str, str, str], ...]:
    return (("budget", _JSON, "JSON", f"{about} by source: {_FORM.replace('{unit}', unit)}"),)


ADDED_TO_CONDUCTIVITIES = _column("standard uncertainty of the conductivity", "changes in S/m")
ADDED_TO_LAW_FITS = _column("standard uncertainty of each parameter", "changes in the unit of the parameter")
ADDED_TO_TRANSFERENCE_NUMBERS = _column("standard uncertainty of each number", "changes in its unit")
