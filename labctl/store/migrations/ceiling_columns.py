"""The seventh schema. A sample knows the highest temperature, potential and current that it endures.

Frozen once released: a change is a new migration.
"""

ADDED_TO_SAMPLES = (
    # column, declaration, unit, meaning
    (
        "temperature_max_k",
        "REAL CHECK (temperature_max_k >= 0)",
        "K",
        "highest temperature that the sample endures; NULL: none given",
    ),
    (
        "potential_max_v",
        "REAL CHECK (potential_max_v > 0)",
        "V",
        "largest potential that the sample endures; NULL: none given",
    ),
    (
        "current_max_a",
        "REAL CHECK (current_max_a > 0)",
        "A",
        "largest current that the sample endures; NULL: none given",
    ),
)

FIXED_TRIGGER = (
    "CREATE TRIGGER samples_no_update_ceilings "
    "BEFORE UPDATE OF temperature_max_k, potential_max_v, current_max_a ON samples WHEN 1 BEGIN "
    "SELECT RAISE(ABORT, 'samples is append-only: a row cannot be changed'); END"
)
