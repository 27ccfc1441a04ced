"""The 33rd schema: pre-flights, short measurements before a job is queued.

Frozen once released: a change is a new migration.
"""

TABLE = """
CREATE TABLE preflights (
    -- [id] key, in the order of the pre-flights
    id INTEGER PRIMARY KEY,
    -- [s since 1970-01-01 UTC] when it began, by the clock on the wall
    time_s REAL NOT NULL,
    -- [text] who asked for it
    person TEXT NOT NULL DEFAULT '',
    -- [text] name of the station
    station TEXT NOT NULL,
    -- [1] 1: simulated instruments
    simulated INTEGER NOT NULL CHECK (simulated IN (0, 1)),
    -- [text] name of the sample
    sample TEXT NOT NULL,
    -- [m] thickness of the sample as it was stated
    thickness_m REAL NOT NULL CHECK (thickness_m > 0),
    -- [m2] area of the electrodes as it was stated
    area_m2 REAL NOT NULL CHECK (area_m2 > 0),
    -- [V] amplitude, rms
    amplitude_v REAL NOT NULL CHECK (amplitude_v > 0),
    -- [text] passed, passed in part (something could not be told), or faults
    outcome TEXT NOT NULL CHECK (outcome IN ('passed', 'passed in part', 'faults')),
    -- [text] the verdict in one sentence
    words TEXT NOT NULL,
    -- [JSON] list of subject, verdict (ok, fault, unknown) and words
    findings TEXT NOT NULL CHECK (json_valid(findings)),
    -- [JSON] list of frequency in Hz, real and imaginary part in ohm, status
    points TEXT NOT NULL CHECK (json_valid(points)),
    -- [text] version of labctl that measured it
    labctl_version TEXT NOT NULL
) STRICT;
CREATE INDEX preflights_by_station ON preflights (station, time_s);
CREATE TRIGGER preflights_no_delete BEFORE DELETE ON preflights WHEN 1 BEGIN
    SELECT RAISE(ABORT, 'preflights is append-only: a row cannot be deleted'); END;
CREATE TRIGGER preflights_no_update BEFORE UPDATE ON preflights WHEN 1 BEGIN
    SELECT RAISE(ABORT, 'preflights is append-only: a row cannot be changed'); END;
CREATE TRIGGER preflights_no_replace BEFORE INSERT ON preflights
    WHEN EXISTS (SELECT 1 FROM preflights WHERE id = NEW.id) BEGIN
    SELECT RAISE(ABORT, 'preflights is append-only: this row exists'); END;
"""
