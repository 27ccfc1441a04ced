"""The second schema, for unattended operation: station and estimate of jobs, heartbeats of processes, and
requests of people to the runner.

Frozen once released: a change is a new migration.
"""

ADDED_TO_JOBS = (
    # column, declaration, unit, meaning
    ("station", "TEXT NOT NULL DEFAULT ''", "text", "name of the station it was checked for; empty: any"),
    ("title", "TEXT NOT NULL DEFAULT ''", "text", "what the protocol calls itself"),
    ("source", "TEXT NOT NULL DEFAULT ''", "text", "file it was queued from"),
    ("duration_s", "REAL CHECK (duration_s >= 0)", "s", "estimate made when it was queued; NULL: not known"),
    ("attempts", "INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0)", "1", "attempts that failed so far"),
    ("cleared", "INTEGER NOT NULL DEFAULT 0 CHECK (cleared IN (0, 1))", "1", "1: no longer listed"),
)

TABLES = """
CREATE TABLE heartbeats (
    -- [text] runner or supervisor
    process TEXT NOT NULL CHECK (process IN ('runner', 'supervisor')),
    -- [text] name of the station it serves
    station TEXT NOT NULL,
    -- [1] process number
    pid INTEGER NOT NULL,
    -- [text] when that process was born, as its system writes it
    process_birth TEXT NOT NULL DEFAULT '',
    -- [text] computer it runs on
    host TEXT NOT NULL,
    -- [text] start of that computer
    boot TEXT NOT NULL DEFAULT '',
    -- [text] alive, ended (in good order) or dead (found so)
    state TEXT NOT NULL CHECK (state IN ('alive', 'ended', 'dead')),
    -- [s since 1970-01-01 UTC] start, by the clock on the wall
    started_s REAL NOT NULL,
    -- [s since 1970-01-01 UTC] last sign of life, by the clock on the wall
    beat_s REAL NOT NULL,
    -- [s since 1970-01-01 UTC] by then the measuring thread promised its next sign; NULL: no promise
    due_s REAL,
    -- [text] what it is doing, as a phrase
    doing TEXT NOT NULL DEFAULT '',
    -- [id] the job under way; NULL: none
    job_id INTEGER REFERENCES jobs,
    -- [id] the run under way; NULL: none
    run_id INTEGER REFERENCES runs,
    -- [K] last reading; NULL: none
    temperature_k REAL,
    -- [K] temperature asked for; NULL: none
    setpoint_k REAL,
    -- [s since 1970-01-01 UTC] expected end of the job, in the station's time; NULL: not known
    expected_end_s REAL,
    -- [id] last event looked at for notification; NULL: none
    last_event_id INTEGER,
    PRIMARY KEY (process, station)
) STRICT, WITHOUT ROWID;

CREATE TABLE queue_pauses (
    -- [id] key
    id INTEGER PRIMARY KEY,
    -- [text] where the job under way waits: after the point, the step or the job
    after TEXT NOT NULL CHECK (after IN ('point', 'step', 'job')),
    -- [text] why
    reason TEXT NOT NULL DEFAULT '',
    -- [text] who paused
    person TEXT NOT NULL DEFAULT '',
    -- [s since 1970-01-01 UTC] when
    paused_s REAL NOT NULL,
    -- [s since 1970-01-01 UTC] when it was lifted; NULL: in force
    resumed_s REAL
) STRICT;

CREATE TABLE requests (
    -- [id] key, in the order of asking
    id INTEGER PRIMARY KEY,
    -- [id] the job it is about
    job_id INTEGER NOT NULL REFERENCES jobs,
    -- [text] what is asked for
    kind TEXT NOT NULL CHECK (kind IN ('cancel', 'cancel now', 'stop', 'skip step', 'temperatures')),
    -- [JSON] what goes with it
    details TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(details)),
    -- [text] who asked
    person TEXT NOT NULL DEFAULT '',
    -- [s since 1970-01-01 UTC] when it was asked
    asked_s REAL NOT NULL,
    -- [s since 1970-01-01 UTC] when the runner took it; NULL: not yet
    taken_s REAL,
    -- [text] what became of it
    outcome TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX requests_by_job ON requests (job_id, taken_s);

CREATE VIEW run_parts AS
SELECT
    -- [id] a run
    r.id AS run_id,
    -- [id] itself, and the earlier runs of its job that it continues
    p.id AS part_id
FROM runs r JOIN runs p ON p.id = r.id OR (
    p.job_id = r.job_id AND p.id < r.id AND NOT EXISTS (
        SELECT 1 FROM runs f
        WHERE f.job_id = r.job_id AND f.status = 'finished' AND f.id >= p.id AND f.id < r.id));
CREATE INDEX runs_by_job ON runs (job_id);
"""
