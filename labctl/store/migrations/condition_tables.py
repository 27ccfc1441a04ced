"""The thirty-fourth schema: monitors, conditions beside temperature, thermal history, isolation of channels.

Frozen once released: a change is a new migration.
"""

_OF_RUNS = ("monitor_readings", "thermal_steps")

TABLES = """
CREATE TABLE monitor_readings (
    -- [id] the run
    run_id INTEGER NOT NULL REFERENCES runs,
    -- [1] order in the run
    number INTEGER NOT NULL CHECK (number >= 0),
    -- [s since 1970-01-01 UTC] when it was read, or when it did not answer
    time_s REAL NOT NULL,
    -- [text] name of the instrument in the station file
    instrument TEXT NOT NULL CHECK (instrument <> ''),
    -- [text] what was read, its name ends in its unit; empty: nothing, as the instrument did not answer
    quantity TEXT NOT NULL,
    -- [unit in the name of the quantity] the reading; NULL: no value
    value REAL CHECK (status <> 'ok' OR (value IS NOT NULL AND abs(value) < 9e999)),
    -- [text] ok, or why there is no value
    status TEXT NOT NULL CHECK (status <> ''),
    PRIMARY KEY (run_id, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE thermal_steps (
    -- [id] the run
    run_id INTEGER NOT NULL REFERENCES runs,
    -- [1] place in the thermal history of the run, from 0
    number INTEGER NOT NULL CHECK (number >= 0),
    -- [text] its purpose, such as dry, melt, anneal
    name TEXT NOT NULL CHECK (name <> ''),
    -- [K] set point
    setpoint_k REAL NOT NULL CHECK (setpoint_k >= 0),
    -- [s] how long it was to be held, once settled
    hold_s REAL NOT NULL CHECK (hold_s >= 0),
    -- [s since 1970-01-01 UTC] when the oven was set
    started_s REAL NOT NULL,
    -- [s since 1970-01-01 UTC] when the hold began that ended it; NULL: it never settled
    settled_s REAL,
    -- [s since 1970-01-01 UTC] when it ended
    ended_s REAL NOT NULL,
    -- [K] mean of the readings since settled_s; NULL: none
    mean_k REAL CHECK (mean_k >= 0),
    -- [K] lowest reading of the whole step; NULL: none
    min_k REAL CHECK (min_k >= 0),
    -- [K] highest reading of the whole step; NULL: none
    max_k REAL CHECK (max_k >= 0),
    -- [text] finished, aborted: a person ended it, or failed
    state TEXT NOT NULL CHECK (state IN ('finished', 'aborted', 'failed')),
    PRIMARY KEY (run_id, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE isolation_checks (
    -- [id] key, in the order of the checks
    id INTEGER PRIMARY KEY,
    -- [s since 1970-01-01 UTC] when it was measured, by the clock on the wall
    time_s REAL NOT NULL,
    -- [text] who opened or shorted the cell
    person TEXT NOT NULL DEFAULT '',
    -- [text] name of the station
    station TEXT NOT NULL,
    -- [text] name of the cell in the station file
    cell TEXT NOT NULL,
    -- [text] name of the analyser in the station file
    instrument TEXT NOT NULL,
    -- [JSON] channels of the switch that were closed
    channels TEXT NOT NULL CHECK (json_valid(channels)),
    -- [1] 1: a simulated instrument
    simulated INTEGER NOT NULL CHECK (simulated IN (0, 1)),
    -- [text] what was in place of the sample
    kind TEXT NOT NULL CHECK (kind IN ('open', 'short')),
    -- [V] amplitude, rms
    amplitude_v REAL NOT NULL,
    -- [ohm] open: resistance parallel to the sample, at least; short: |Z| in series; NULL: not known
    resistance_ohm REAL CHECK (resistance_ohm > 0 AND resistance_ohm < 9e999),
    -- [text] measured, or failed: it says nothing about the channel
    outcome TEXT NOT NULL CHECK (outcome IN ('measured', 'failed')),
    -- [text] why it failed; empty: it did not
    problem TEXT NOT NULL DEFAULT '',
    -- [JSON] list of frequency in Hz, real and imaginary part in ohm, status
    points TEXT NOT NULL CHECK (json_valid(points)),
    -- [text] version of labctl that measured it
    labctl_version TEXT NOT NULL
) STRICT;
CREATE INDEX isolation_checks_by_cell ON isolation_checks (station, cell, time_s);
CREATE TRIGGER isolation_checks_no_delete BEFORE DELETE ON isolation_checks WHEN 1 BEGIN
    SELECT RAISE(ABORT, 'isolation_checks is append-only: a row cannot be deleted'); END;
CREATE TRIGGER isolation_checks_no_update BEFORE UPDATE ON isolation_checks WHEN 1 BEGIN
    SELECT RAISE(ABORT, 'isolation_checks is append-only: a row cannot be changed'); END;
CREATE TRIGGER isolation_checks_no_replace BEFORE INSERT ON isolation_checks
    WHEN EXISTS (SELECT 1 FROM isolation_checks WHERE id = NEW.id) BEGIN
    SELECT RAISE(ABORT, 'isolation_checks is append-only: this row exists'); END;
"""

ADDED_TO_SPECTRA = (
    # column, declaration, unit, meaning
    (
        "condition_quantity",
        "TEXT",
        "text",
        "condition beside the temperature that was set, its name ends in its unit, such as oxygen_pa; NULL: "
        "none was",
    ),
    (
        "condition_setpoint",
        "REAL CHECK (abs(condition_setpoint) < 9e999)",
        "unit in condition_quantity",
        "set point of the condition; NULL: none",
    ),
    (
        "condition_value",
        "REAL CHECK (abs(condition_value) < 9e999)",
        "unit in condition_quantity",
        "condition as it was read when the spectrum began; NULL: not read",
    ),
)

ADDED_TO_LAW_FITS = (
    # column, declaration, unit, meaning
    (
        "condition_quantity",
        "TEXT",
        "text",
        "condition beside the temperature that all spectra of this law share; NULL: none was set",
    ),
    (
        "condition_setpoint",
        "REAL CHECK (abs(condition_setpoint) < 9e999)",
        "unit in condition_quantity",
        "its set point; NULL: none",
    ),
)

ADDED_TO_RESISTANCES = (
    # column, declaration, unit, meaning
    (
        "isolation_ohm",
        "REAL CHECK (isolation_ohm > 0)",
        "ohm",
        "isolation of the channel of the cell, parallel to the sample, as last measured; NULL: not measured",
    ),
)


def triggers() -> list[str]:
    """Return the triggers that keep the new rows and columns of a run as they were written."""
    made = []
    for table in _OF_RUNS:
        no = f"SELECT RAISE(ABORT, '{table} is append-only: a row cannot be"
        made += [
            f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} WHEN 1 BEGIN {no} deleted'); END",
            f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} WHEN 1 BEGIN {no} changed'); END",
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} WHEN EXISTS (SELECT 1 FROM {table} "
            "WHERE run_id = NEW.run_id AND number = NEW.number) BEGIN "
            f"SELECT RAISE(ABORT, '{table} is append-only: this row exists'); END",
            f"CREATE TRIGGER {table}_sealed BEFORE INSERT ON {table} "
            "WHEN (SELECT status FROM runs WHERE id = NEW.run_id) <> 'running' BEGIN "
            f"SELECT RAISE(ABORT, '{table}: its row in runs has ended'); END",
        ]
    columns = ", ".join(name for name, *_ in ADDED_TO_SPECTRA)
    made.append(
        f"CREATE TRIGGER spectra_no_update_condition BEFORE UPDATE OF {columns} ON spectra WHEN 1 BEGIN "
        "SELECT RAISE(ABORT, 'spectra is append-only: a row cannot be changed'); END"
    )
    return made
