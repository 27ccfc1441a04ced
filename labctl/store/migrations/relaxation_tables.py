"""The fifteenth schema. The distribution of relaxation times of each spectrum, as a row of an analysis.

Frozen once released: a change is a new migration.
"""

from labctl.store.migrations import analysis_tables

PUBLIC, KEPT = "relaxation_times", "all_relaxation_times"

TABLE = """
CREATE TABLE all_relaxation_times (
    -- [id] key in this file
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    -- [id] the spectrum
    spectrum_id INTEGER NOT NULL REFERENCES spectra,
    -- [id] the run of the spectrum
    run_id INTEGER NOT NULL REFERENCES runs,
    -- [s] first of the time constants, which are spaced evenly by their logarithm
    fastest_s REAL NOT NULL,
    -- [s] last of them
    slowest_s REAL NOT NULL,
    -- [JSON] list: resistance per unit of ln(tau) at each time constant, in ohm
    gamma TEXT NOT NULL CHECK (json_valid(gamma)),
    -- [JSON] list: lower ends of the 95 % intervals of gamma, in ohm
    gamma_low TEXT NOT NULL CHECK (json_valid(gamma_low)),
    -- [JSON] list: upper ends of the 95 % intervals of gamma, in ohm
    gamma_high TEXT NOT NULL CHECK (json_valid(gamma_high)),
    -- [JSON] list of peaks: time_s, fastest_s, slowest_s, resistance_ohm, standard_uncertainty_ohm
    peaks TEXT NOT NULL CHECK (json_valid(peaks)),
    -- [ohm] resistance in series
    series_ohm REAL NOT NULL,
    -- [H] inductance in series
    inductance_h REAL NOT NULL,
    -- [F] capacitance of the blocking electrodes at the lowest frequency; NULL: they do not block
    capacitance_f REAL,
    -- [1] exponent of the blocking electrodes; NULL: they do not block
    exponent REAL,
    -- [1] strength of the regularisation
    strength REAL NOT NULL,
    -- [1] root mean square of the residuals over |Z|
    rms REAL NOT NULL,
    -- [text] SHA-256 of the points that it stands on
    points_hash TEXT NOT NULL,
    -- [JSON] list of reservations
    flags TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(flags)),
    -- [text] function that computed it
    method TEXT NOT NULL,
    -- [text] version of the method
    method_version TEXT NOT NULL,
    -- [s since 1970-01-01 UTC] when it was derived
    derived_s REAL NOT NULL,
    -- [id] the analysis that it belongs to
    analysis_id INTEGER NOT NULL REFERENCES analyses
) STRICT;
CREATE INDEX relaxation_times_by_spectrum ON all_relaxation_times (spectrum_id);
CREATE INDEX relaxation_times_by_run ON all_relaxation_times (run_id);
"""

VIEW = (
    f"CREATE VIEW {PUBLIC} AS SELECT d.* FROM {KEPT} d "
    "WHERE EXISTS (SELECT 1 FROM analyses a WHERE a.id = d.analysis_id AND a.is_current = 1)"
)

TABLE_OF = analysis_tables.TABLE_OF | {PUBLIC: KEPT}
"""Public name of each derived row, a view of the current analyses: table with the rows of all analyses."""

RUN_CONDITION = analysis_tables.RUN_CONDITION | {PUBLIC: "run_id = ?"}
"""Public name: condition for the derived rows of one run."""


def triggers() -> list[str]:
    """Return the CREATE TRIGGER statements: rows of a closed analysis never change."""
    return analysis_tables.row_triggers(KEPT)
