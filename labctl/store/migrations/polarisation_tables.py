"""The third schema: a polarisation knows its spectra and why it ended; a transference number, what it is of.

Frozen once released: a change is a new migration. No earlier labctl wrote a transference number, so its table
is made anew.
"""

ADDED_TO_POLARISATIONS = (
    # column, declaration, unit, meaning
    (
        "rest_drift_v_s",
        "REAL CHECK (abs(rest_drift_v_s) < 9e999)",
        "V/s",
        "drift of the potential before, with no current; NULL: not measured",
    ),
    (
        "initial_spectrum_id",
        "INTEGER REFERENCES spectra",
        "id",
        "the spectrum taken just before; NULL: none",
    ),
    (
        "steady_spectrum_id",
        "INTEGER REFERENCES spectra",
        "id",
        "the last spectrum taken while the potential was held; NULL: none",
    ),
    (
        "ended_by",
        "TEXT NOT NULL DEFAULT ''",
        "text",
        "why the hold ended: steady, extrapolated, maximum time ...; empty: it did not come to its end",
    ),
    (
        "saved_s",
        "REAL CHECK (saved_s >= 0)",
        "s",
        "waiting that an early end saved, as estimated then; NULL: none was",
    ),
)

FIXED_TRIGGER = (
    "CREATE TRIGGER polarisations_no_update_before BEFORE UPDATE OF rest_drift_v_s, initial_spectrum_id "
    "ON polarisations WHEN 1 BEGIN "
    "SELECT RAISE(ABORT, 'polarisations is append-only: a row cannot be changed'); END"
)

TABLES = """
DROP TABLE transference_numbers;

CREATE TABLE transference_numbers (
    -- [id] key, never used twice
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    -- [id] the polarisation it comes from
    polarisation_id INTEGER NOT NULL REFERENCES polarisations,
    -- [id] the run
    run_id INTEGER NOT NULL REFERENCES runs,
    -- [text] rho_plus: current fraction of the cation (Bruce-Vincent); electronic: share of the electrons
    quantity TEXT NOT NULL CHECK (quantity IN ('rho_plus', 'electronic')),
    -- [K] of the sample meanwhile; NULL: not measured
    temperature_k REAL CHECK (temperature_k >= 0),
    -- [V] potential applied, above the potential at rest
    delta_v_v REAL,
    -- [V] its standard uncertainty; NULL: not known
    delta_v_u_v REAL CHECK (delta_v_u_v >= 0),
    -- [A] current at the start
    initial_current_a REAL,
    -- [A] its standard uncertainty; NULL: not known
    initial_current_u_a REAL CHECK (initial_current_u_a >= 0),
    -- [A] current in the steady state
    steady_current_a REAL,
    -- [A] its standard uncertainty; NULL: not known
    steady_current_u_a REAL CHECK (steady_current_u_a >= 0),
    -- [ohm] interfacial resistance before; NULL: none is asked for
    initial_resistance_ohm REAL,
    -- [ohm] its standard uncertainty; NULL: not known
    initial_resistance_u_ohm REAL CHECK (initial_resistance_u_ohm >= 0),
    -- [ohm] interfacial resistance in the steady state; NULL: none is asked for
    steady_resistance_ohm REAL,
    -- [ohm] its standard uncertainty; NULL: not known
    steady_resistance_u_ohm REAL CHECK (steady_resistance_u_ohm >= 0),
    -- [ohm] bulk (electronic: total) resistance by impedance; NULL: not known
    bulk_resistance_ohm REAL,
    -- [ohm] its standard uncertainty; NULL: not known
    bulk_resistance_u_ohm REAL CHECK (bulk_resistance_u_ohm >= 0),
    -- [1] the number; NULL: nothing can be said, and the flags tell why
    value REAL CHECK (abs(value) < 9e999),
    -- [1] its standard uncertainty; NULL: not known
    standard_uncertainty REAL CHECK (standard_uncertainty >= 0),
    -- [1] lower end of its 95 % interval; NULL: not known
    low_95 REAL,
    -- [1] upper end of its 95 % interval; NULL: not known
    high_95 REAL,
    -- [1] for comparison, steady over initial current; NULL: not known
    naive REAL,
    -- [1] for comparison, by Watanabe's formula; NULL: not known
    watanabe REAL,
    -- [JSON] the relaxation fitted to the current, by name
    relaxation TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(relaxation)),
    -- [JSON] list of reservations, as sentences
    flags TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(flags)),
    -- [text] function that made the row
    method TEXT NOT NULL,
    -- [text] its version
    method_version TEXT NOT NULL,
    -- [s since 1970-01-01 UTC] when it was made
    derived_s REAL NOT NULL
) STRICT;
CREATE INDEX transference_numbers_by_run ON transference_numbers (run_id);
CREATE INDEX transference_numbers_by_polarisation ON transference_numbers (polarisation_id);
"""
