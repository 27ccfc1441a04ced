"""The nineteenth schema: an imported file can hold a polarisation instead of spectra.

Frozen once released: a change is a new migration. SQLite cannot loosen a condition of a column, so the table
is made anew with the rows it had.
"""

KEPT = "CREATE TABLE imported_files_before AS SELECT * FROM imported_files"
DROPPED = "DROP TABLE imported_files"
TABLE = """
CREATE TABLE imported_files (
    -- [id] key in this file
    id INTEGER PRIMARY KEY,
    -- [id] the run that holds its spectra or its polarisation; its times are those of the import
    run_id INTEGER NOT NULL REFERENCES runs,
    -- [1] order in the run
    number INTEGER NOT NULL CHECK (number >= 0),
    -- [text] name of the file, without its folder
    name TEXT NOT NULL CHECK (name <> ''),
    -- [text] SHA-256 of the file
    sha256 TEXT NOT NULL CHECK (length(sha256) = 64),
    -- [1] its size
    bytes INTEGER NOT NULL CHECK (bytes >= 0),
    -- [blob] the file itself, compressed by zlib
    content BLOB NOT NULL,
    -- [text] the program that wrote it
    format TEXT NOT NULL DEFAULT '',
    -- [text] when it was measured, as the file says, on the clock of the computer that measured
    acquired TEXT NOT NULL DEFAULT '',
    -- [1] number in the run of its first spectrum
    first_spectrum INTEGER NOT NULL CHECK (first_spectrum >= 0),
    -- [1] how many spectra it has
    n_spectra INTEGER NOT NULL CHECK (n_spectra >= 0),
    -- [text] where the temperatures come from: from-name, from-file, a table, or empty: none is known
    temperatures_from TEXT NOT NULL DEFAULT '',
    -- [JSON] list of what the reader left out or guessed, as sentences
    remarks TEXT NOT NULL CHECK (json_valid(remarks)),
    -- [1] number in the run of its polarisation; NULL: it has spectra
    polarisation INTEGER CHECK (polarisation >= 0),
    CHECK (n_spectra > 0 OR polarisation IS NOT NULL),
    UNIQUE (run_id, number)
) STRICT;
"""
COPIED = "INSERT INTO imported_files SELECT *, NULL FROM imported_files_before"
FORGOTTEN = "DROP TABLE imported_files_before"
PROTECTED = """
CREATE INDEX imported_files_by_hash ON imported_files (sha256);
CREATE TRIGGER imported_files_no_delete BEFORE DELETE ON imported_files WHEN 1 BEGIN
    SELECT RAISE(ABORT, 'imported_files is append-only: a row cannot be deleted'); END;
CREATE TRIGGER imported_files_no_update BEFORE UPDATE ON imported_files WHEN 1 BEGIN
    SELECT RAISE(ABORT, 'imported_files is append-only: a row cannot be changed'); END;
CREATE TRIGGER imported_files_no_replace BEFORE INSERT ON imported_files
    WHEN EXISTS (SELECT 1 FROM imported_files
        WHERE id = NEW.id OR (run_id = NEW.run_id AND number = NEW.number)) BEGIN
    SELECT RAISE(ABORT, 'imported_files is append-only: this row exists'); END;
CREATE TRIGGER imported_files_sealed BEFORE INSERT ON imported_files
    WHEN (SELECT status FROM runs WHERE id = NEW.run_id) <> 'running' BEGIN
    SELECT RAISE(ABORT, 'imported_files: its row in runs has ended'); END;
"""
