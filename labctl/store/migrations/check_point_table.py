"""The fourteenth schema: points of a spectrum measured again after it, which show whether the sample drifted.

Frozen once released: a change is a new migration.
"""

TABLE = """
CREATE TABLE check_points (
    -- [id] the spectrum, which has ended; its own points are in impedance_points
    spectrum_id INTEGER NOT NULL REFERENCES spectra,
    -- [1] order after the spectrum
    number INTEGER NOT NULL CHECK (number >= 0),
    -- [1] number of the point of the spectrum that was measured again
    repeats INTEGER NOT NULL CHECK (repeats >= 0),
    -- [s since 1970-01-01 UTC] when it was measured, or given up
    time_s REAL NOT NULL,
    -- [Hz] frequency
    frequency_hz REAL NOT NULL CHECK (frequency_hz > 0 AND frequency_hz < 9e999),
    -- [ohm] real part of the impedance; NULL: no value
    z_real_ohm REAL CHECK (status <> 'ok' OR (z_real_ohm IS NOT NULL AND abs(z_real_ohm) < 9e999)),
    -- [ohm] imaginary part, capacitive below zero; NULL: no value
    z_imag_ohm REAL CHECK (status <> 'ok' OR (z_imag_ohm IS NOT NULL AND abs(z_imag_ohm) < 9e999)),
    -- [K] of the sample at this point; NULL: not measured
    temperature_k REAL CHECK (temperature_k >= 0),
    -- [text] ok, what was wrong, or why it was not measured
    status TEXT NOT NULL CHECK (status <> ''),
    PRIMARY KEY (spectrum_id, number)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER check_points_no_delete BEFORE DELETE ON check_points WHEN 1 BEGIN
    SELECT RAISE(ABORT, 'check_points is append-only: a row cannot be deleted'); END;
CREATE TRIGGER check_points_no_update BEFORE UPDATE ON check_points WHEN 1 BEGIN
    SELECT RAISE(ABORT, 'check_points is append-only: a row cannot be changed'); END;
CREATE TRIGGER check_points_no_replace BEFORE INSERT ON check_points
    WHEN EXISTS (SELECT 1 FROM check_points WHERE spectrum_id = NEW.spectrum_id AND number = NEW.number) BEGIN
    SELECT RAISE(ABORT, 'check_points is append-only: this row exists'); END;
CREATE TRIGGER check_points_sealed BEFORE INSERT ON check_points
    WHEN (SELECT r.status FROM spectra s JOIN runs r ON r.id = s.run_id WHERE s.id = NEW.spectrum_id)
        <> 'running' BEGIN
    SELECT RAISE(ABORT, 'check_points: its row in runs has ended'); END;
"""
