"""The 29th schema. A run names the cell of its sample; a job with several cells has parts in each of them.

Frozen once released: a change is a new migration.
"""

ADDED_TO_RUNS = (
    # column, declaration, unit, meaning
    (
        "cell",
        "TEXT CHECK (cell <> '')",
        "text",
        "cell of the station that its sample was in; NULL: it has one",
    ),
)

FIXED_TRIGGER = (
    "CREATE TRIGGER runs_no_update_cell BEFORE UPDATE OF cell ON runs WHEN 1 BEGIN "
    "SELECT RAISE(ABORT, 'runs is append-only: a row cannot be changed'); END"
)

WITHOUT_PARTS = "DROP VIEW run_parts"
PARTS = """
CREATE VIEW run_parts AS
SELECT
    -- [id] a run
    r.id AS run_id,
    -- [id] itself, and the earlier runs of its job that it continues
    p.id AS part_id
FROM runs r JOIN runs p ON p.id = r.id OR (
    p.job_id = r.job_id AND p.id < r.id AND p.cell IS r.cell AND NOT EXISTS (
        SELECT 1 FROM runs f
        WHERE f.job_id = r.job_id AND f.cell IS r.cell AND f.status = 'finished' AND f.id >= p.id
            AND f.id < r.id))
"""
