"""The sixteenth schema. A sample states both electrodes and its pellet; numbers state the analyser's part.

Frozen once released: a change is a new migration.
"""

ADDED_TO_SAMPLES = (
    # column, declaration, unit, meaning
    (
        "electrode_sides",
        "TEXT CHECK (electrode_sides IN ('blocking/reversible', 'reversible/blocking'))",
        "text",
        "kinds of both electrodes where they differ; NULL: both are of the kind in electrodes",
    ),
    (
        "pellet_area_m2",
        "REAL CHECK (pellet_area_m2 > 0 AND pellet_area_m2 < 9e999)",
        "m2",
        "of the face of the pellet, which can be larger than its electrodes; NULL: not stated",
    ),
    (
        "pellet_area_u_m2",
        "REAL CHECK (pellet_area_u_m2 >= 0)",
        "m2",
        "standard uncertainty of the pellet's area; NULL: not stated",
    ),
)

ADDED_TO_RESISTANCES = (
    (
        "analyser_u_ohm",
        "REAL CHECK (analyser_u_ohm >= 0)",
        "ohm",
        "part of the standard uncertainty that the analyser's accuracy gives, common to points of one range; "
        "NULL: not stated",
    ),
)

ADDED_TO_CONDUCTIVITIES = (
    (
        "relative_uncertainty_analyser",
        "REAL CHECK (relative_uncertainty_analyser >= 0)",
        "1",
        "part of relative_uncertainty_resistance that the analyser's accuracy gives; NULL: not stated",
    ),
)

FIXED_TRIGGER = (
    "CREATE TRIGGER samples_no_update_cell "
    "BEFORE UPDATE OF electrode_sides, pellet_area_m2, pellet_area_u_m2 ON samples WHEN 1 BEGIN "
    "SELECT RAISE(ABORT, 'samples is append-only: a row cannot be changed'); END"
)
