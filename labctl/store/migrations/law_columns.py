"""The fifth schema. A temperature law names the spectra it stands on and keeps its own curve.

Frozen once released: a change is a new migration.
"""

ADDED_TO_LAW_FITS = (
    # column, declaration, unit, meaning
    (
        "spectra",
        "TEXT CHECK (spectra IS NULL OR json_valid(spectra))",
        "JSON",
        "ids of the spectra that the law stands on, in the order of the fit; NULL: not known",
    ),
    (
        "curve",
        "TEXT CHECK (curve IS NULL OR json_valid(curve))",
        "JSON",
        "the law as a function of temperature with the covariance of its band; NULL: not kept",
    ),
)
