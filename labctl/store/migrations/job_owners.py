"""The eighth schema. Jobs know who claimed them, requests which claim they are about; pauses and events know
their station.

Frozen once released: a change is a new migration.
"""

ADDED_TO_JOBS = (
    # column, declaration, unit, meaning
    (
        "owner",
        "TEXT NOT NULL DEFAULT ''",
        "text",
        "name of the station that claimed it: no other continues it; empty: none did",
    ),
    ("runner_host", "TEXT NOT NULL DEFAULT ''", "text", "computer of the runner that claimed it last"),
    ("runner_pid", "INTEGER", "1", "process number of the runner that claimed it last; NULL: not known"),
    (
        "runner_birth",
        "TEXT NOT NULL DEFAULT ''",
        "text",
        "when that process was born, as its system writes it; empty: not known",
    ),
    ("claims", "INTEGER NOT NULL DEFAULT 0 CHECK (claims >= 0)", "1", "times that it was claimed"),
    ("begun_s", "REAL", "s since 1970-01-01 UTC", "when it was claimed first; NULL: never"),
    ("claimed_s", "REAL", "s since 1970-01-01 UTC", "when it was claimed last; NULL: never"),
    (
        "deaths",
        "INTEGER NOT NULL DEFAULT 0 CHECK (deaths >= 0)",
        "1",
        "failed attempts that ended with the death of the runner, since the last finished step",
    ),
)
ADDED_TO_REQUESTS = (
    (
        "claim",
        "INTEGER CHECK (claim > 0)",
        "1",
        "number of the claim of the job that it is about; NULL: not known",
    ),
)
ADDED_TO_PAUSES = (
    ("station", "TEXT NOT NULL DEFAULT ''", "text", "name of the station that is paused; empty: all"),
)
ADDED_TO_EVENTS = (
    (
        "station",
        "TEXT NOT NULL DEFAULT ''",
        "text",
        "name of the station that it is about; empty: that of its run, or not known",
    ),
)
FIXED_TRIGGER = (
    "CREATE TRIGGER events_no_update_station BEFORE UPDATE OF station ON events WHEN 1 BEGIN "
    "SELECT RAISE(ABORT, 'events is append-only: a row cannot be changed'); END"
)

PENDING_STAY = """
UPDATE requests SET claim = 1 + (SELECT claims FROM jobs WHERE id = requests.job_id) WHERE taken_s IS NULL
"""
"""Requests that no runner has taken are about the next claim, as in the older schemas."""

FROM_HISTORY = """
UPDATE jobs SET
    owner = coalesce((SELECT station FROM runs WHERE job_id = jobs.id ORDER BY id DESC LIMIT 1), ''),
    claims = (SELECT count(*) FROM job_history WHERE job_id = jobs.id AND state = 'running'),
    begun_s = (SELECT min(time_s) FROM job_history WHERE job_id = jobs.id AND state = 'running'),
    claimed_s = (SELECT max(time_s) FROM job_history WHERE job_id = jobs.id AND state = 'running')
"""
"""What an older file tells about the claims of its jobs."""
