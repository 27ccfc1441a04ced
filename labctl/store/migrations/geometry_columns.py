"""The 22nd schema. A sample states its thickness after the run and its expansion; numbers state a lag.

Frozen once released: a change is a new migration.
"""

ADDED_TO_SAMPLES = (
    # column, declaration, unit, meaning
    (
        "thickness_after_m",
        "REAL CHECK (thickness_after_m > 0 AND thickness_after_m < 9e999)",
        "m",
        "between the electrodes, measured after the run; NULL: not measured",
    ),
    (
        "thickness_after_u_m",
        "REAL CHECK (thickness_after_u_m >= 0)",
        "m",
        "standard uncertainty of the thickness after the run; NULL: not stated",
    ),
    (
        "thermal_expansion_per_k",
        "REAL CHECK (abs(thermal_expansion_per_k) < 0.1)",
        "1/K",
        "linear thermal expansion of the sample; NULL: not stated",
    ),
    (
        "thermal_expansion_u_per_k",
        "REAL CHECK (thermal_expansion_u_per_k >= 0)",
        "1/K",
        "standard uncertainty of the thermal expansion; NULL: not stated",
    ),
)

ADDED_TO_CONDUCTIVITIES = (
    (
        "temperature_rate_k_s",
        "REAL CHECK (abs(temperature_rate_k_s) < 9e999)",
        "K/s",
        "slope of the temperature readings during the spectrum; NULL: less than two readings",
    ),
    (
        "lag_k",
        "REAL CHECK (abs(lag_k) < 9e999)",
        "K",
        "how far the sample was behind its sensor, already taken off temperature_k; NULL: not measured",
    ),
    (
        "lag_u_k",
        "REAL CHECK (lag_u_k >= 0)",
        "K",
        "standard uncertainty of lag_k, which the points of a run have in common; NULL: not measured",
    ),
)

FIXED_TRIGGER = (
    "CREATE TRIGGER samples_no_update_geometry "
    "BEFORE UPDATE OF thickness_after_m, thickness_after_u_m, thermal_expansion_per_k, "
    "thermal_expansion_u_per_k ON samples WHEN 1 BEGIN "
    "SELECT RAISE(ABORT, 'samples is append-only: a row cannot be changed'); END"
)
