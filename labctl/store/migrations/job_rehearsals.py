"""The tenth schema. A job knows its rehearsal: state, reason, time, process, and a hash of the inputs.

Frozen once released: a change is a new migration.
"""

ADDED_TO_JOBS = (
    # column, declaration, unit, meaning
    (
        "rehearsal",
        "TEXT NOT NULL DEFAULT '' CHECK (rehearsal IN "
        "('', 'wanted', 'running', 'passed', 'failed', 'impossible', 'declined'))",
        "text",
        "wanted, running, passed, failed, impossible or declined; empty: none was asked for",
    ),
    (
        "rehearsal_reason",
        "TEXT NOT NULL DEFAULT ''",
        "text",
        "why it failed, is impossible or was declined; the result of one that passed",
    ),
    ("rehearsal_s", "REAL", "s since 1970-01-01 UTC", "when its state changed last; NULL: never"),
    ("rehearsal_host", "TEXT NOT NULL DEFAULT ''", "text", "computer of the process that rehearsed it last"),
    ("rehearsal_pid", "INTEGER", "1", "number of the process that rehearsed it last; NULL: none did"),
    (
        "rehearsal_birth",
        "TEXT NOT NULL DEFAULT ''",
        "text",
        "when that process was born, as its system writes it; empty: not known",
    ),
    (
        "rehearsal_of",
        "TEXT NOT NULL DEFAULT ''",
        "text",
        "hash of its inputs: protocol, sample, station and own code; empty: not rehearsed",
    ),
    (
        "rehearsal_tries",
        "INTEGER NOT NULL DEFAULT 0 CHECK (rehearsal_tries >= 0)",
        "1",
        "rehearsals begun since the last result",
    ),
)
