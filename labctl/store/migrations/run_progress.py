"""The 38th schema. A run keeps the progress that its procedure emits, with a runner and without.

Frozen once released: a change is a new migration.
"""

ADDED_TO_RUNS = (
    # column, declaration, unit, meaning
    (
        "percent",
        "REAL CHECK (percent BETWEEN 0 AND 100)",
        "%",
        "how much of it is done, as its procedure emits it; NULL: it has not said so",
    ),
)
