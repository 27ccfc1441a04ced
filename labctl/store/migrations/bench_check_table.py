"""The eleventh schema: checks that a person made on an instrument at the bench.

Frozen once released: a change is a new migration.
"""

TABLE = """
CREATE TABLE bench_checks (
    -- [id] key, in the order of the answers
    id INTEGER PRIMARY KEY,
    -- [s since 1970-01-01 UTC] when it was answered, by the clock on the wall
    time_s REAL NOT NULL,
    -- [text] who made the check
    person TEXT NOT NULL DEFAULT '',
    -- [text] name of the station
    station TEXT NOT NULL DEFAULT '',
    -- [text] name of the instrument in the station file
    instrument TEXT NOT NULL,
    -- [text] VISA resource name, for information: another instrument may have it later
    address TEXT NOT NULL DEFAULT '',
    -- [1] 1: a simulated instrument
    simulated INTEGER NOT NULL CHECK (simulated IN (0, 1)),
    -- [text] what it answered when asked who it is
    identity TEXT NOT NULL DEFAULT '',
    -- [text] maker, model and serial number of that answer; empty: it has no serial number
    serial TEXT NOT NULL DEFAULT '',
    -- [text] serial number on its plate, as a person typed it; empty: not given
    plate TEXT NOT NULL DEFAULT '',
    -- [text] module:Class that speaks to it
    driver TEXT NOT NULL,
    -- [text] sha256 of the code of that driver; empty: not known
    driver_sha256 TEXT NOT NULL DEFAULT '',
    -- [text] version of labctl
    labctl_version TEXT NOT NULL,
    -- [text] name of the check, unique among the checks of a driver
    check_name TEXT NOT NULL,
    -- [text] changes when what is done or expected in this check changes
    fingerprint TEXT NOT NULL,
    -- [text] the result that would confirm it
    expected TEXT NOT NULL,
    -- [text] what labctl read from the instrument; empty: nothing was read
    reading TEXT NOT NULL DEFAULT '',
    -- [text] what the person answered, or why the instrument could not be read
    answer TEXT NOT NULL DEFAULT '',
    -- [text] confirmed, differs from what is expected, or failed: the instrument could not be read
    outcome TEXT NOT NULL CHECK (outcome IN ('confirmed', 'differs', 'failed'))
) STRICT;
CREATE INDEX bench_checks_by_serial ON bench_checks (serial, check_name);
CREATE TRIGGER bench_checks_no_delete BEFORE DELETE ON bench_checks WHEN 1 BEGIN
    SELECT RAISE(ABORT, 'bench_checks is append-only: a row cannot be deleted'); END;
CREATE TRIGGER bench_checks_no_update BEFORE UPDATE ON bench_checks WHEN 1 BEGIN
    SELECT RAISE(ABORT, 'bench_checks is append-only: a row cannot be changed'); END;
CREATE TRIGGER bench_checks_no_replace BEFORE INSERT ON bench_checks
    WHEN EXISTS (SELECT 1 FROM bench_checks WHERE id = NEW.id) BEGIN
    SELECT RAISE(ABORT, 'bench_checks is append-only: this row exists'); END;
"""
