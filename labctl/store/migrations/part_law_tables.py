"""The twenty-first schema. Parts of a resistance have capacitances, readings and laws of their own.

The laws of the total stay in `law_fits`; those of bulk and grain boundary have a table of their own, so that
whatever reads the laws of a run goes on reading those of the total.

Frozen once released: a change is a new migration.
"""

from labctl.store.migrations import analysis_tables, relaxation_tables

PUBLIC, KEPT = "part_laws", "all_part_laws"

ADDED_TO_RESISTANCES = (
    # column, declaration, unit, meaning
    (
        "capacitance_f",
        "REAL CHECK (capacitance_f >= 0)",
        "F",
        "effective capacitance of the part, (R Q)^(1/n) / R; NULL: none, or of several arcs",
    ),
    (
        "capacitance_u_f",
        "REAL CHECK (capacitance_u_f >= 0)",
        "F",
        "standard uncertainty of the capacitance, from the fit alone; NULL: not known",
    ),
    (
        "specific_resistance_ohm",
        "REAL CHECK (specific_resistance_ohm > 0)",
        "ohm",
        "of a grain boundary: resistance times C_gb / C_bulk (brick layer); NULL: not resolved",
    ),
    (
        "specific_resistance_u_ohm",
        "REAL CHECK (specific_resistance_u_ohm >= 0)",
        "ohm",
        "its standard uncertainty, from the fit alone; NULL: not known",
    ),
    (
        "readings",
        "TEXT CHECK (readings IS NULL OR json_valid(readings))",
        "JSON",
        "of a total, list: meaning, resistance_ohm, standard_uncertainty_ohm; NULL: none",
    ),
)

TABLE = """
CREATE TABLE all_part_laws (
    -- [id] key, never used twice
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    -- [id] the run
    run_id INTEGER NOT NULL REFERENCES runs,
    -- [text] bulk, grain_boundary_apparent or grain_boundary_specific
    part TEXT NOT NULL CHECK (part <> ''),
    -- [text] spectra that took part
    branch TEXT NOT NULL CHECK (branch IN ('heating', 'cooling', 'all')),
    -- [text] temperature law
    law TEXT NOT NULL,
    -- [text] what was fitted, e.g. ln_sigma_t
    form TEXT NOT NULL,
    -- [eV] activation energy; NULL: none
    activation_energy_ev REAL CHECK (abs(activation_energy_ev) < 9e999),
    -- [eV] its standard uncertainty; NULL: not known
    standard_uncertainty_ev REAL CHECK (standard_uncertainty_ev >= 0),
    -- [JSON] name: value, standard_uncertainty, unit
    parameters TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(parameters)),
    -- [JSON] the law as a function of temperature with the covariance of its band
    curve TEXT NOT NULL CHECK (json_valid(curve)),
    -- [JSON] ids of the spectra that the law stands on, in the order of the fit
    spectra TEXT NOT NULL CHECK (json_valid(spectra)),
    -- [1] conductivities that took part
    n_points INTEGER NOT NULL CHECK (n_points >= 0),
    -- [JSON] list of reservations, as sentences
    flags TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(flags)),
    -- [text] function that made the row
    method TEXT NOT NULL,
    -- [text] its version
    method_version TEXT NOT NULL,
    -- [s since 1970-01-01 UTC] when it was made
    derived_s REAL NOT NULL,
    -- [id] the analysis that it belongs to
    analysis_id INTEGER NOT NULL REFERENCES analyses
) STRICT;
CREATE INDEX part_laws_by_run ON all_part_laws (run_id);
"""

VIEW = (
    f"CREATE VIEW {PUBLIC} AS SELECT d.* FROM {KEPT} d "
    "WHERE EXISTS (SELECT 1 FROM analyses a WHERE a.id = d.analysis_id AND a.is_current = 1)"
)

TABLE_OF = relaxation_tables.TABLE_OF | {PUBLIC: KEPT}
"""Public name of each derived row, a view of the current analyses: table with the rows of all analyses."""

RUN_CONDITION = relaxation_tables.RUN_CONDITION | {PUBLIC: "run_id = ?"}
"""Public name: condition for the derived rows of one run."""


def triggers() -> list[str]:
    """Return the CREATE TRIGGER statements: rows of a closed analysis never change."""
    return analysis_tables.row_triggers(KEPT)
