"""The 32nd schema. The heartbeat of a runner has the progress that the procedure under way emits.

Frozen once released: a change is a new migration.
"""

ADDED_TO_HEARTBEATS = (
    # column, declaration, unit, meaning
    (
        "percent",
        "REAL CHECK (percent BETWEEN 0 AND 100)",
        "%",
        "how much of the job is done, as its procedures emit it; NULL: none of them has said so",
    ),
)
