"""The twentieth schema: standards measured in place of the sample, and spectra at other amplitudes.

Frozen once released: a change is a new migration.
"""

TABLES = """
CREATE TABLE analyser_checks (
    -- [id] key, in the order of the checks
    id INTEGER PRIMARY KEY,
    -- [s since 1970-01-01 UTC] when it was measured, by the clock on the wall
    time_s REAL NOT NULL,
    -- [text] who connected the standard
    person TEXT NOT NULL DEFAULT '',
    -- [text] name of the station
    station TEXT NOT NULL,
    -- [text] name of the analyser in the station file
    instrument TEXT NOT NULL,
    -- [1] 1: a simulated instrument
    simulated INTEGER NOT NULL CHECK (simulated IN (0, 1)),
    -- [text] what it answered when asked who it is; empty: it was not reached
    identity TEXT NOT NULL DEFAULT '',
    -- [text] module:Class that speaks to it
    driver TEXT NOT NULL,
    -- [text] resistor, or cell: a resistor parallel to a capacitor
    standard TEXT NOT NULL CHECK (standard IN ('resistor', 'cell')),
    -- [ohm] resistance of the standard
    resistance_ohm REAL NOT NULL CHECK (resistance_ohm > 0),
    -- [ohm] its standard uncertainty
    resistance_u_ohm REAL NOT NULL CHECK (resistance_u_ohm > 0),
    -- [F] capacitance parallel to it; 0: none
    capacitance_f REAL NOT NULL CHECK (capacitance_f >= 0),
    -- [F] its standard uncertainty
    capacitance_u_f REAL NOT NULL CHECK (capacitance_u_f >= 0),
    -- [text] where these values come from
    source TEXT NOT NULL,
    -- [V] amplitude, rms
    amplitude_v REAL NOT NULL,
    -- [1] mean over the frequencies of |Z| measured / |Z| of the standard; NULL: not measured
    ratio REAL,
    -- [1] its standard uncertainty, that of the standard included
    ratio_u REAL,
    -- [1] largest deviation of that ratio from 1 at any frequency
    largest_deviation REAL,
    -- [rad] largest deviation of the phase at any frequency
    largest_phase_rad REAL,
    -- [text] measured, or failed: it says nothing about the analyser
    outcome TEXT NOT NULL CHECK (outcome IN ('measured', 'failed')),
    -- [text] why it failed; empty: it did not
    problem TEXT NOT NULL DEFAULT '',
    -- [JSON] list of frequency in Hz, real and imaginary part in ohm, status
    points TEXT NOT NULL CHECK (json_valid(points)),
    -- [text] version of labctl that measured it
    labctl_version TEXT NOT NULL
) STRICT;
CREATE INDEX analyser_checks_by_station ON analyser_checks (station, time_s);
CREATE TRIGGER analyser_checks_no_delete BEFORE DELETE ON analyser_checks WHEN 1 BEGIN
    SELECT RAISE(ABORT, 'analyser_checks is append-only: a row cannot be deleted'); END;
CREATE TRIGGER analyser_checks_no_update BEFORE UPDATE ON analyser_checks WHEN 1 BEGIN
    SELECT RAISE(ABORT, 'analyser_checks is append-only: a row cannot be changed'); END;
CREATE TRIGGER analyser_checks_no_replace BEFORE INSERT ON analyser_checks
    WHEN EXISTS (SELECT 1 FROM analyser_checks WHERE id = NEW.id) BEGIN
    SELECT RAISE(ABORT, 'analyser_checks is append-only: this row exists'); END;
CREATE TABLE linearity_points (
    -- [id] the spectrum before, which has ended; its own points are in impedance_points
    spectrum_id INTEGER NOT NULL REFERENCES spectra,
    -- [1] order after the spectrum
    number INTEGER NOT NULL CHECK (number >= 0),
    -- [V] amplitude of this point, rms; that of the spectrum is another
    amplitude_v REAL NOT NULL CHECK (amplitude_v > 0),
    -- [1] number of the point of the spectrum at this frequency
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
CREATE TRIGGER linearity_points_no_delete BEFORE DELETE ON linearity_points WHEN 1 BEGIN
    SELECT RAISE(ABORT, 'linearity_points is append-only: a row cannot be deleted'); END;
CREATE TRIGGER linearity_points_no_update BEFORE UPDATE ON linearity_points WHEN 1 BEGIN
    SELECT RAISE(ABORT, 'linearity_points is append-only: a row cannot be changed'); END;
CREATE TRIGGER linearity_points_no_replace BEFORE INSERT ON linearity_points
    WHEN EXISTS (SELECT 1 FROM linearity_points WHERE spectrum_id = NEW.spectrum_id AND number = NEW.number)
    BEGIN
    SELECT RAISE(ABORT, 'linearity_points is append-only: this row exists'); END;
CREATE TRIGGER linearity_points_sealed BEFORE INSERT ON linearity_points
    WHEN (SELECT r.status FROM spectra s JOIN runs r ON r.id = s.run_id WHERE s.id = NEW.spectrum_id)
        <> 'running' BEGIN
    SELECT RAISE(ABORT, 'linearity_points: its row in runs has ended'); END;
"""
