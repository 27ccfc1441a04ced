"""The twelfth schema. Each derivation of a run is an analysis of its own; views show the current ones.

The derived rows of every analysis are in the tables `all_...`. The names that scripts read (`conductivities`,
`resistances`, `law_fits`, `transference_numbers`) are views of the rows of the current analyses.

Frozen once released: a change is a new migration.
"""

TABLE_OF = {  # public name, a view: table with the rows of all analyses
    "resistances": "all_resistances",
    "conductivities": "all_conductivities",
    "law_fits": "all_law_fits",
    "transference_numbers": "all_transference_numbers",
}
ANALYSIS_ID = ("analysis_id", "id", "the analysis that it belongs to")

TABLES = """
CREATE TABLE analyses (
    -- [id] key in this file
    id INTEGER PRIMARY KEY,
    -- [text] the same analysis in every copy of the file
    uuid TEXT NOT NULL UNIQUE,
    -- [id] the run
    run_id INTEGER NOT NULL REFERENCES runs,
    -- [text] name given to it, once in a run; empty: none
    name TEXT NOT NULL DEFAULT '',
    -- [text] inline: made while the run was measured; fit: later; earlier: by a labctl without analyses
    origin TEXT NOT NULL CHECK (origin IN ('inline', 'fit', 'earlier')),
    -- [s since 1970-01-01 UTC] when it was begun; of an earlier one, when its newest row was made
    created_s REAL NOT NULL,
    -- [s since 1970-01-01 UTC] when it was closed, after which no row changes; NULL: it is provisional
    closed_s REAL,
    -- [1] 1: its rows are shown for the run
    is_current INTEGER NOT NULL DEFAULT 0 CHECK (is_current IN (0, 1)),
    -- [text] who made it; empty: not known
    person TEXT NOT NULL DEFAULT '',
    -- [text] version of labctl that made it; empty: not known
    labctl_version TEXT NOT NULL DEFAULT '',
    -- [JSON] name of each method: its version; empty: see the rows
    method_versions TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(method_versions)),
    -- [JSON] choices that it was made with, by name; empty: none but the default
    options TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(options)),
    -- [JSON] what it was made from: sample in force, numbers of spectra, excluded points, earlier parts
    inputs TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(inputs)),
    -- [JSON] list of the ids of the amendments in force
    amendments TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(amendments)),
    -- [text] content hash of the run that it was made from; NULL: the run had not ended
    content_hash TEXT
) STRICT;
CREATE INDEX analyses_by_run ON analyses (run_id);
CREATE UNIQUE INDEX one_current_analysis ON analyses (run_id) WHERE is_current = 1;
CREATE UNIQUE INDEX one_provisional_analysis ON analyses (run_id)
    WHERE closed_s IS NULL AND origin <> 'fit';
CREATE UNIQUE INDEX names_of_analyses ON analyses (run_id, name) WHERE name <> '';

CREATE TABLE analysis_choices (
    -- [id] key in this file, rising with time of writing
    id INTEGER PRIMARY KEY,
    -- [id] the run
    run_id INTEGER NOT NULL REFERENCES runs,
    -- [id] the analysis that became the current one
    analysis_id INTEGER NOT NULL REFERENCES analyses,
    -- [s since 1970-01-01 UTC] when
    time_s REAL NOT NULL,
    -- [text] who chose it; empty: not known
    person TEXT NOT NULL DEFAULT '',
    -- [text] newest: it was just made; chosen: a person chose it
    reason TEXT NOT NULL CHECK (reason IN ('newest', 'chosen'))
) STRICT;
CREATE INDEX analysis_choices_by_run ON analysis_choices (run_id);
"""

_MADE = {  # table before: the newest derivation in it of the run `r`
    "conductivities": "(SELECT max(derived_s) FROM main.conductivities WHERE run_id = r.id)",
    "law_fits": "(SELECT max(derived_s) FROM main.law_fits WHERE run_id = r.id)",
    "transference_numbers": "(SELECT max(derived_s) FROM main.transference_numbers WHERE run_id = r.id)",
    "resistances": """(SELECT max(d.derived_s) FROM main.spectra s JOIN main.resistances d
        ON d.spectrum_id = s.id WHERE s.run_id = r.id)""",
}
_MADE_S = f"max({', '.join(f'coalesce({made}, -9e999)' for made in _MADE.values())})"

FIRST_COLUMNS = ("id", "uuid", "run_id", "origin", "created_s", "closed_s", "is_current", "content_hash")
FIRST_ANALYSES = f"""
SELECT id, uuid, id AS run_id, 'earlier' AS origin, made_s AS created_s,
    CASE WHEN status = 'running' THEN NULL ELSE made_s END AS closed_s, 1 AS is_current, content_hash
FROM (SELECT r.id, r.uuid, r.status, r.content_hash, {_MADE_S} AS made_s FROM main.runs r)
WHERE made_s > -9e999
"""
"""What a file without analyses holds: one for each run with derived rows, with the id and uuid of the run.

So that copies of a file agree after each was migrated.
"""

RUN_OF = {  # public name: the run, and so the first analysis, of its row
    "resistances": "(SELECT s.run_id FROM main.spectra s WHERE s.id = spectrum_id)",
    "conductivities": "run_id",
    "law_fits": "run_id",
    "transference_numbers": "run_id",
}

RUN_CONDITION = {  # public name: condition for the derived rows of one run
    "resistances": "spectrum_id IN (SELECT id FROM spectra WHERE run_id = ?)",
    "conductivities": "run_id = ?",
    "law_fits": "run_id = ?",
    "transference_numbers": "run_id = ?",
}

LAB_UNITS = ("conductivities_lab_units", "law_fits_lab_units")
"""Views of the first schema that read the tables by their public names."""


def view(public: str) -> str:
    """Return the CREATE VIEW statement of the rows of the current analyses."""
    return (
        f"CREATE VIEW {public} AS SELECT d.* FROM {TABLE_OF[public]} d "
        "WHERE EXISTS (SELECT 1 FROM analyses a WHERE a.id = d.analysis_id AND a.is_current = 1)"
    )


_FIXED = "uuid, run_id, name, origin, created_s"
_CLOSED = "closed_s, person, labctl_version, method_versions, options, inputs, amendments"
_OPEN = "EXISTS (SELECT 1 FROM analyses WHERE id = {row}.analysis_id AND closed_s IS NULL)"


def triggers() -> list[str]:
    """Return the CREATE TRIGGER statements.

    A closed analysis and its rows never change; the provisional one of a run closes with the run.
    """
    statements = [
        _refuse("analyses", "no_delete", "DELETE", "1", "an analysis cannot be deleted"),
        _refuse("analyses", "no_replace", "INSERT", _exists("analyses"), "this analysis exists"),
        _refuse("analyses", "no_update", f"UPDATE OF id, {_FIXED}", "1", "an analysis keeps its name"),
        _refuse("analyses", "closed", f"UPDATE OF {_CLOSED}", "OLD.closed_s IS NOT NULL", "it is closed"),
        _refuse(
            "analyses",
            "hash_once",
            "UPDATE OF content_hash",
            "OLD.content_hash IS NOT NULL",
            "its content hash cannot be changed",
        ),
        _refuse("analysis_choices", "no_delete", "DELETE", "1", "append-only"),
        _refuse("analysis_choices", "no_update", "UPDATE", "1", "append-only"),
        _refuse("analysis_choices", "no_replace", "INSERT", _exists("analysis_choices"), "append-only"),
        """CREATE TRIGGER runs_close_analysis AFTER UPDATE OF status ON runs
        WHEN OLD.status = 'running' AND NEW.status IN ('finished', 'failed', 'aborted') BEGIN
        UPDATE analyses SET closed_s = coalesce(NEW.ended_s, created_s)
        WHERE run_id = NEW.id AND closed_s IS NULL; END""",
        """CREATE TRIGGER runs_hash_analysis AFTER UPDATE OF content_hash ON runs BEGIN
        UPDATE analyses SET content_hash = NEW.content_hash
        WHERE run_id = NEW.id AND content_hash IS NULL AND origin <> 'fit'; END""",
    ]
    for table in TABLE_OF.values():
        statements += row_triggers(table)
    return statements


def row_triggers(table: str) -> list[str]:
    """Return the CREATE TRIGGER statements of a table of derived rows."""
    closed = "its analysis is closed"
    return [
        _refuse(table, "no_update", "UPDATE", "1", "a row cannot be changed"),
        _refuse(table, "no_delete", "DELETE", f"NOT {_OPEN.format(row='OLD')}", closed),
        _refuse(table, "no_insert", "INSERT", f"NOT {_OPEN.format(row='NEW')}", closed),
        _refuse(table, "no_replace", "INSERT", _exists(table), "this row exists"),
    ]


def _exists(table: str) -> str:
    return f"EXISTS (SELECT 1 FROM {table} WHERE id = NEW.id)"


def _refuse(table: str, name: str, event: str, condition: str, why: str) -> str:
    return (
        f"CREATE TRIGGER {table}_{name} BEFORE {event} ON {table} "
        f"WHEN {condition} BEGIN SELECT RAISE(ABORT, '{table}: {why}'); END"
    )
