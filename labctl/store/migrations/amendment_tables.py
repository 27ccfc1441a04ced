"""The thirteenth schema: amendments, facts from other methods, and mounts of a sample.

Frozen once released: a change is a new migration.
"""

TABLES = """
CREATE TABLE amendments (
    -- [id] key, in the order of writing
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    -- [text] the same amendment in every copy of the file
    uuid TEXT NOT NULL UNIQUE,
    -- [id] the run that it amends; NULL: it amends a sample
    run_id INTEGER REFERENCES runs,
    -- [id] the sample that it amends, in all of its runs; NULL: it amends a run
    sample_id INTEGER REFERENCES samples,
    -- [text] what it amends, e.g. thickness, leads, exclusion, remark
    field TEXT NOT NULL CHECK (field <> ''),
    -- [JSON] values in force before, by name with unit
    old_value TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(old_value)),
    -- [JSON] values that it puts in force, by name with unit; of a revocation: what is in force after it
    new_value TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(new_value)),
    -- [id] the amendment that it revokes; NULL: none
    revokes INTEGER REFERENCES amendments,
    -- [text] who made it
    person TEXT NOT NULL DEFAULT '',
    -- [s since 1970-01-01 UTC] when it was made
    time_s REAL NOT NULL,
    -- [text] why
    reason TEXT NOT NULL CHECK (reason <> ''),
    CHECK ((run_id IS NULL) <> (sample_id IS NULL)),
    CHECK (revokes < id)
) STRICT;
CREATE INDEX amendments_by_run ON amendments (run_id);
CREATE INDEX amendments_by_sample ON amendments (sample_id);

CREATE TABLE facts (
    -- [id] key, in the order of writing
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    -- [text] the same fact in every copy of the file
    uuid TEXT NOT NULL UNIQUE,
    -- [id] the sample that it is about
    sample_id INTEGER NOT NULL REFERENCES samples,
    -- [text] what was found, e.g. diffusion_coefficient_m2_s, glass_transition_k
    kind TEXT NOT NULL CHECK (kind <> ''),
    -- [1] number found, in the unit that ends its kind; NULL: it revokes another fact
    value REAL CHECK (abs(value) < 9e999),
    -- [1] its standard uncertainty, in the same unit; NULL: not known
    standard_uncertainty REAL CHECK (standard_uncertainty >= 0),
    -- [K] temperature at which it was found; NULL: not given
    temperature_k REAL CHECK (temperature_k >= 0),
    -- [JSON] nucleus, ion and other details of the method
    details TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(details)),
    -- [text] method, instrument, notebook or publication that it comes from
    source TEXT NOT NULL CHECK (source <> ''),
    -- [id] the fact that it revokes; NULL: none
    revokes INTEGER REFERENCES facts,
    -- [text] who wrote it
    person TEXT NOT NULL DEFAULT '',
    -- [s since 1970-01-01 UTC] when it was written
    time_s REAL NOT NULL,
    CHECK ((value IS NULL) = (revokes IS NOT NULL)),
    CHECK (revokes < id)
) STRICT;
CREATE INDEX facts_by_sample ON facts (sample_id);

CREATE TABLE mounts (
    -- [id] key in this file
    id INTEGER PRIMARY KEY,
    -- [text] the same mount entry in every copy of the file
    uuid TEXT NOT NULL UNIQUE,
    -- [id] name and geometry of the sample in this mount
    sample_id INTEGER NOT NULL REFERENCES samples,
    -- [text] the same for all mounts of one specimen, e.g. of one pellet
    specimen TEXT NOT NULL CHECK (specimen <> ''),
    -- [1] order among the mounts of the specimen; two entries with one number describe one mount
    number INTEGER NOT NULL CHECK (number >= 1),
    -- [id] the job that starts with this mount; NULL: any
    job_id INTEGER REFERENCES jobs,
    -- [text] how it is known: first, mount, amend, other, not asked, before mounts were kept
    origin TEXT NOT NULL,
    -- [text] who said so
    person TEXT NOT NULL DEFAULT '',
    -- [s since 1970-01-01 UTC] when it was written
    time_s REAL NOT NULL
) STRICT;
CREATE INDEX mounts_by_sample ON mounts (sample_id);
CREATE INDEX mounts_by_specimen ON mounts (specimen, number);

CREATE TABLE run_mounts (
    -- [id] the run
    run_id INTEGER PRIMARY KEY REFERENCES runs,
    -- [id] how its sample was mounted
    mount_id INTEGER NOT NULL REFERENCES mounts
) STRICT;
CREATE INDEX run_mounts_by_mount ON run_mounts (mount_id);
"""

FROM_RUNS = (
    """INSERT INTO mounts (uuid, sample_id, specimen, number, origin, time_s)
       SELECT r.uuid, r.sample_id, r.uuid, 1, 'before mounts were kept', r.started_s
       FROM runs r WHERE r.id IN (SELECT min(id) FROM runs GROUP BY sample_id) ORDER BY r.id""",
    """INSERT INTO run_mounts (run_id, mount_id)
       SELECT r.id, m.id FROM runs r JOIN mounts m ON m.sample_id = r.sample_id""",
)
"""One mount for each sample that was measured: what else happened to it is not known.

Its uuid is that of its first run, so that copies of a file agree after each was migrated.
"""

_KEYS = {"amendments": "id", "facts": "id", "mounts": "id", "run_mounts": "run_id"}


def triggers() -> list[str]:
    """The CREATE TRIGGER statements that let rows be added and nothing else."""
    return [statement for table, key in _KEYS.items() for statement in _append_only(table, key)]


def _append_only(table: str, key: str) -> list[str]:
    exists = f"EXISTS (SELECT 1 FROM {table} WHERE {key} = NEW.{key})"
    if key == "id":
        exists = f"EXISTS (SELECT 1 FROM {table} WHERE id = NEW.id OR uuid = NEW.uuid)"
    return [
        _trigger(table, "no_delete", "DELETE", "1", f"{table} is append-only: a row cannot be deleted"),
        _trigger(table, "no_update", "UPDATE", "1", f"{table} is append-only: a row cannot be changed"),
        _trigger(table, "no_replace", "INSERT", exists, f"{table} is append-only: this row exists"),
    ]


def _trigger(table: str, name: str, event: str, condition: str, message: str) -> str:
    return (
        f"CREATE TRIGGER {table}_{name} BEFORE {event} ON {table} "
        f"WHEN {condition} BEGIN SELECT RAISE(ABORT, '{message}'); END"
    )
