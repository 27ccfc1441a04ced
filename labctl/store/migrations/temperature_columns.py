"""The ninth schema. A spectrum knows its band of temperature, a conductivity the span it was measured in.

Frozen once released: a change is a new migration.
"""

ADDED_TO_SPECTRA = (
    # column, declaration, unit, meaning
    (
        "band_k",
        "REAL CHECK (band_k > 0)",
        "K",
        "largest allowed distance of the sample from setpoint_k; NULL: no limit was set",
    ),
)

ADDED_TO_CONDUCTIVITIES = (
    # column, declaration, unit, meaning
    (
        "temperature_min_k",
        "REAL CHECK (temperature_min_k >= 0)",
        "K",
        "lowest temperature read during the spectrum; NULL: not known",
    ),
    (
        "temperature_max_k",
        "REAL CHECK (temperature_max_k >= 0)",
        "K",
        "highest temperature read during the spectrum; NULL: not known",
    ),
)

FIXED_TRIGGER = (
    "CREATE TRIGGER spectra_no_update_band BEFORE UPDATE OF band_k ON spectra WHEN 1 BEGIN "
    "SELECT RAISE(ABORT, 'spectra is append-only: a row cannot be changed'); END"
)
