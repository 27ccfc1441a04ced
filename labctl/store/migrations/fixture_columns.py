"""The fourth schema. A sample knows the leads and the fixture that were measured beside it.

Frozen once released: a change is a new migration.
"""

ADDED_TO_SAMPLES = (
    # column, declaration, unit, meaning
    ("lead_ohm", "REAL CHECK (lead_ohm >= 0)", "ohm", "resistance of the leads; NULL: not told"),
    ("lead_u_ohm", "REAL CHECK (lead_u_ohm >= 0)", "ohm", "its standard uncertainty; NULL: not told"),
    (
        "fixture_short",
        "TEXT CHECK (fixture_short IS NULL OR json_valid(fixture_short))",
        "JSON",
        "[frequency Hz, Z' ohm, Z'' ohm] of the fixture with a short in the place of the sample; NULL: none",
    ),
    (
        "fixture_open",
        "TEXT CHECK (fixture_open IS NULL OR json_valid(fixture_open))",
        "JSON",
        "[frequency Hz, Z' ohm, Z'' ohm] of the fixture with nothing in the place of the sample; NULL: none",
    ),
)

FIXED_TRIGGER = (
    "CREATE TRIGGER samples_no_update_fixture "
    "BEFORE UPDATE OF lead_ohm, lead_u_ohm, fixture_short, fixture_open ON samples WHEN 1 BEGIN "
    "SELECT RAISE(ABORT, 'samples is append-only: a row cannot be changed'); END"
)
