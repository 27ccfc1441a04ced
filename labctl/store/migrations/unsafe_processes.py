"""The sixth schema. A process that could not confirm that everything is off does not count as ended.

Frozen once released: a change is a new migration.
"""

_ALL = """process, station, pid, process_birth, host, boot, state, started_s, beat_s, due_s, doing, job_id,
    run_id, temperature_k, setpoint_k, expected_end_s, last_event_id"""

HEARTBEATS = f"""
CREATE TABLE heartbeats_with_unsafe (
    process TEXT NOT NULL CHECK (process IN ('runner', 'supervisor')),
    station TEXT NOT NULL,
    pid INTEGER NOT NULL,
    process_birth TEXT NOT NULL DEFAULT '',
    host TEXT NOT NULL,
    boot TEXT NOT NULL DEFAULT '',
    state TEXT NOT NULL CHECK (state IN ('alive', 'ended', 'dead', 'unsafe', 'dismissed')),
    started_s REAL NOT NULL,
    beat_s REAL NOT NULL,
    due_s REAL,
    doing TEXT NOT NULL DEFAULT '',
    job_id INTEGER REFERENCES jobs,
    run_id INTEGER REFERENCES runs,
    temperature_k REAL,
    setpoint_k REAL,
    expected_end_s REAL,
    last_event_id INTEGER,
    unsafe TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (process, station)
) STRICT, WITHOUT ROWID;
INSERT INTO heartbeats_with_unsafe ({_ALL}) SELECT {_ALL} FROM heartbeats;
DROP TABLE heartbeats;
ALTER TABLE heartbeats_with_unsafe RENAME TO heartbeats;
"""

STATE = (
    "alive, ended (every output was read back off), dead (found so), unsafe (ended or found dead, and not "
    "every output was read back off) or dismissed (unsafe, and a person has seen to it)"
)
UNSAFE = "which instruments were not read back off, and why; empty: all were"
