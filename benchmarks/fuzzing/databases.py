"""Results files of strangers and damaged ones: every command that reads one answers with a sentence.

A case damages a copy of one results file (a finished run, derived rows, jobs, heartbeats) in one to three
ways: values of another type or size in any column, JSON that is wrong, deep or long, rows without parent,
missing tables and columns, views and triggers of the file's own, and bytes changed or cut.
"""

import contextlib
import random
import re
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from fuzzing import Case
from fuzzing.files import PROTOCOL, SAMPLE, STATION
from fuzzing.running import answer

COMMANDS: tuple[tuple[str, ...], ...] = (
    ("show",),
    ("show", "--json"),
    ("show", "last"),
    ("show", "1", "--json"),
    ("status",),
    ("status", "--json"),
    ("queue", "list"),
    ("queue", "list", "--json"),
    ("queue", "show", "1"),
    ("fit",),
    ("db", "check"),
    ("db", "verify"),
    ("db", "backup"),
    ("db", "vacuum"),
    ("db", "merge"),
)
VALUES = (
    None,
    "",
    "abc",
    "\x00",
    "a\x00b",
    "x" * 5000,
    "\x1b[2J",
    "[bold]",
    "1e999",
    b"",
    b"\xff\xfe",
    b"\x00" * 100,
    0,
    -1,
    1,
    2**63 - 1,
    -(2**63),
    10**18,
    1e18,
    -1e18,
    1e308,
    5e-324,
    float("inf"),
    float("-inf"),
    0.0,
    -0.0,
    0.5,
    "2026-11-30",
    "NaN",
    "running",
    "finished",
    "\udcff",
)
DOCUMENTS = (
    "",
    "{",
    "null",
    "[]",
    "{}",
    "1",
    '"text"',
    "[" * 5000,
    "[" * 90 + "]" * 90,
    "[" * 400 + "]" * 400,
    "9" * 6000,
    '{"a":' * 3000 + "1" + "}" * 3000,
    '{"$number":"abc"}',
    '{"$number":[]}',
    "[null]",
    "[[1,2,3]]",
    '{"activation_energy":1}',
    '{"activation_energy":{"value":"x"}}',
    '["a",{}]',
    "NaN",
    "[1e999]",
    "\x00",
    '{"retries":"x","delay_s":1,"then":"skip"}',
    '{"nonsense":1}',
    '{"retries":1e999}',
    "[0," * 2000 + "0" + "]" * 2000,
)
ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT"
TABLES = (
    "samples",
    "jobs",
    "job_history",
    "runs",
    "run_provenance",
    "run_instruments",
    "spectra",
    "impedance_points",
    "check_points",
    "polarisations",
    "polarisation_points",
    "temperature_log",
    "records",
    "events",
    "all_resistances",
    "all_conductivities",
    "all_law_fits",
    "all_transference_numbers",
    "all_relaxation_times",
    "analyses",
    "heartbeats",
    "queue_pauses",
    "requests",
    "columns",
    "_sqlite_migrations",
)
Damage = Callable[[sqlite3.Connection, random.Random], None]


def cases(seed: int, count: int) -> Iterator[Case]:
    """Yield the cases of a seed."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        furnish(folder)
        for number in range(count):
            yield Case(f"{seed} {number}", lambda key=f"{seed} {number}": _fault(folder, key))


def furnish(folder: Path) -> None:
    """Write the model of a results file: one run measured, jobs queued, rows in every table."""
    quick = PROTOCOL.partition("[[procedure]]")[0] + (
        '[[procedure]]\nuse = "procedures.eis:EIS"\n'
        "frequency_max_hz = 1e6\nfrequency_min_hz = 1e4\npoints_per_decade = 2\n"
    )
    for name, text in {"station": STATION, "series": PROTOCOL, "pellet": SAMPLE, "quick": quick}.items():
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    for arguments in (
        ["run", str(folder / "quick.toml"), "--quiet"],
        ["queue", "add", *[str(folder / "series.toml")] * 3],
        ["queue", "hold", "2"],
        ["queue", "pause", "--reason", "a reason"],
    ):
        done = answer(arguments, _environment(folder))
        assert done.exit_code == 0, done.text
    with contextlib.closing(sqlite3.connect(folder / "lab.db", isolation_level=None)) as connection:
        for statement in _ROWS_OF_THE_REST:
            connection.execute(statement)
        connection.execute("PRAGMA journal_mode = DELETE").fetchall()
    (folder / "lab.db").rename(folder / "lab.model")


_ROWS_OF_THE_REST = (
    "INSERT INTO heartbeats (process, station, pid, host, state, started_s, beat_s) "
    "VALUES ('runner', 'fuzz', 1, 'elsewhere', 'alive', 1.0, 2.0)",
    "INSERT INTO analyses (id, uuid, run_id, origin, created_s, is_current) "
    "VALUES (1000, 'fuzzed', 1, 'fit', 1.0, 0)",
    "INSERT INTO all_conductivities (analysis_id, spectrum_id, run_id, temperature_k, total_resistance_ohm, "
    "conductivity_s_m, standard_uncertainty_s_m, method, method_version, derived_s) "
    "VALUES (1000, 1, 1, 300.0, 1e4, 1e-3, 1e-5, 'm', '1', 1.0)",
    "INSERT INTO all_law_fits (analysis_id, run_id, branch, law, form, preferred, activation_energy_ev, "
    "parameters, n_points, method, method_version, derived_s) "
    "VALUES (1000, 1, 'all', 'arrhenius', 'ln_sigma_t', 1, 0.5, "
    '\'{"activation_energy":{"value":0.5,"standard_uncertainty":0.01,"unit":"eV"}}\', 5, \'m\', \'1\', 1.0)',
    "UPDATE analyses SET is_current = 0 WHERE run_id = 1",
    "UPDATE analyses SET is_current = 1, closed_s = 1.0 WHERE id = 1000",
    "INSERT INTO events (time_s, level, kind, message) VALUES (1.0, 'warning', 'k', 'a message')",
    "INSERT INTO requests (job_id, kind, asked_s) VALUES (1, 'cancel', 1.0)",
    "INSERT INTO job_history (job_id, time_s, state) VALUES (1, 1.0, 'queued')",
)


def _environment(folder: Path) -> dict[str, str]:
    return {
        "LABCTL_STATION": str(folder / "station.toml"),
        "LABCTL_DB": str(folder / "lab.db"),
        "LABCTL_PERSON": "ann",
        "LABCTL_LOCK_DIR": str(folder),
        "COLUMNS": "120",
    }


def _fault(folder: Path, key: str) -> str:
    chance = random.Random(key)
    for left in folder.glob("*.db*"):
        left.unlink()
    damaged = folder / "lab.db"
    shutil.copy(folder / "lab.model", damaged)
    damages = [chance.choice(DAMAGES) for _ in range(chance.choice((1, 1, 1, 2, 3)))]
    with contextlib.closing(sqlite3.connect(damaged, isolation_level=None)) as connection:
        for damage in damages:
            with contextlib.suppress(sqlite3.Error, UnicodeEncodeError, IndexError, TypeError):
                damage(connection, chance)
    if chance.random() < 0.15:
        _spoil_bytes(damaged, chance)
    said = [found for words in _commands(folder, chance) if (found := _said(folder, words))]
    return f"{[damage.__name__ for damage in damages]}: {'; '.join(said)}" if said else ""


def _commands(folder: Path, chance: random.Random) -> list[list[str]]:
    return [_complete(list(words), folder) for words in chance.sample(COMMANDS, 2)]


def _complete(words: list[str], folder: Path) -> list[str]:
    if words == ["db", "backup"]:
        return [*words, str(folder / f"copy{len(list(folder.glob('copy*')))}.db")]
    if words == ["db", "merge"]:
        shutil.copy(folder / "lab.model", folder / "ours.db")
        return [*words, str(folder / "lab.db"), "--db", str(folder / "ours.db")]
    return words


def _said(folder: Path, words: Sequence[str]) -> str:
    found = answer(words, _environment(folder)).fault()
    return f"{' '.join(words[:2])}: {found}" if found else ""


# Ways to damage a file.


def _as_schema_allows(connection: sqlite3.Connection) -> None:
    """Let a table be written as if it had no rules."""
    connection.execute("PRAGMA ignore_check_constraints = ON")
    connection.execute("PRAGMA foreign_keys = OFF")
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {name}")


def _loosen(connection: sqlite3.Connection, table: str) -> None:
    """Take STRICT, NOT NULL and CHECK away from a table, without touching its rows."""
    _as_schema_allows(connection)
    connection.execute("PRAGMA writable_schema = ON")
    (sql,) = connection.execute("SELECT sql FROM sqlite_master WHERE name = ?", (table,)).fetchone()
    loose = re.sub(r"(?<! IS) NOT NULL", "", sql.replace("STRICT, ", "").replace(") STRICT", ")"))
    connection.execute("UPDATE sqlite_master SET sql = ? WHERE name = ?", (loose, table))
    (version,) = connection.execute("PRAGMA schema_version").fetchone()
    connection.execute(f"PRAGMA schema_version = {version + 1}")
    connection.execute("PRAGMA writable_schema = RESET")


def _columns(connection: sqlite3.Connection, table: str) -> list[str]:
    return [row[1] for row in connection.execute(f"PRAGMA table_info({table})").fetchall()]


def _change(connection: sqlite3.Connection, table: str, column: str, value: object) -> None:
    _loosen(connection, table)
    connection.execute(f"UPDATE {table} SET {column} = ?", (value,))


def odd_value(connection: sqlite3.Connection, chance: random.Random) -> None:
    """Any value in any column."""
    table = chance.choice(TABLES)
    _change(connection, table, chance.choice(_columns(connection, table)), chance.choice(VALUES))


def odd_document(connection: sqlite3.Connection, chance: random.Random) -> None:
    """Wrong, deep or long JSON."""
    query = (
        "SELECT table_name, column_name FROM columns WHERE unit = 'JSON' AND table_name NOT LIKE '%lab_units'"
    )
    table, column = chance.choice(connection.execute(query).fetchall())
    _change(connection, table, column, chance.choice(DOCUMENTS))


def odd_text(connection: sqlite3.Connection, chance: random.Random) -> None:
    """Bytes that are not UTF-8 in a column of text."""
    table = chance.choice(TABLES)
    column = chance.choice(_columns(connection, table))
    _loosen(connection, table)
    connection.execute(f"UPDATE {table} SET {column} = CAST(x'61ff00fe62' AS TEXT)")


def lost_rows(connection: sqlite3.Connection, chance: random.Random) -> None:
    """Rows without their parent."""
    _as_schema_allows(connection)
    connection.execute(f"DELETE FROM {chance.choice(TABLES)}")


def lost_table(connection: sqlite3.Connection, chance: random.Random) -> None:
    """A missing table."""
    _as_schema_allows(connection)
    connection.execute(f"DROP TABLE {chance.choice(TABLES)}")


def lost_column(connection: sqlite3.Connection, chance: random.Random) -> None:
    """A column that is missing or has another name."""
    _as_schema_allows(connection)
    table = chance.choice(TABLES)
    column = chance.choice(_columns(connection, table))
    for (view,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'view'").fetchall():
        connection.execute(f"DROP VIEW {view}")
    if chance.random() < 0.5:
        connection.execute(f"ALTER TABLE {table} RENAME COLUMN {column} TO other")
    else:
        connection.execute(f"ALTER TABLE {table} DROP COLUMN {column}")


def endless_view(connection: sqlite3.Connection, chance: random.Random) -> None:
    """A view without an end under the name of a table or a view."""
    _as_schema_allows(connection)
    name = chance.choice((*TABLES, "run_parts", "conductivities_lab_units"))
    columns = ", ".join(f"i AS {column}" for column in _columns(connection, name))
    connection.execute(
        f"DROP {'VIEW' if name in ('run_parts', 'conductivities_lab_units') else 'TABLE'} {name}"
    )
    connection.execute(f"CREATE VIEW {name} AS {ENDLESS} {columns} FROM n")


def huge_view(connection: sqlite3.Connection, chance: random.Random) -> None:
    """Views that double forty times, under the name of one of ours."""
    name = chance.choice(("run_parts", "runs_lab_units"))
    connection.execute(f"DROP VIEW {name}")
    connection.execute("CREATE VIEW v0 AS SELECT r.id AS run_id, r.id AS part_id FROM runs r")
    for n in range(40):
        connection.execute(f"CREATE VIEW v{n + 1} AS SELECT a.* FROM v{n} a JOIN v{n} b")
    connection.execute(f"CREATE VIEW {name} AS SELECT * FROM v40")


def computed_column(connection: sqlite3.Connection, chance: random.Random) -> None:
    """A column that the file computes."""
    table = chance.choice(TABLES[:17])
    connection.execute(f"ALTER TABLE {table} ADD COLUMN more ANY AS (hex(zeroblob(200000000))) VIRTUAL")


def endless_trigger(connection: sqlite3.Connection, chance: random.Random) -> None:
    """A trigger without an end."""
    table = chance.choice(TABLES)
    event = chance.choice(("INSERT", "UPDATE", "DELETE"))
    connection.execute(f"CREATE TRIGGER own BEFORE {event} ON {table} BEGIN {ENDLESS} max(i) FROM n; END")


def other_trigger(connection: sqlite3.Connection, chance: random.Random) -> None:
    """A trigger of labctl with another body."""
    name = chance.choice(("runs_end_once", "samples_no_update", "runs_sealed"))
    connection.execute(f"DROP TRIGGER IF EXISTS {name}")
    connection.execute(
        f"CREATE TRIGGER {name} BEFORE INSERT ON all_resistances BEGIN {ENDLESS} max(i) FROM n; END"
    )


def odd_ledger(connection: sqlite3.Connection, chance: random.Random) -> None:
    """A ledger that promises more or less than there is."""
    _as_schema_allows(connection)
    names = [row[0] for row in connection.execute("SELECT name FROM _sqlite_migrations")]
    if chance.random() < 0.5:
        connection.execute("DELETE FROM _sqlite_migrations WHERE name >= ?", (chance.choice(names),))
    else:
        connection.execute(
            "UPDATE _sqlite_migrations SET name = ? WHERE name = ?",
            (chance.choice(("", "x", b"\xff")), names[-1]),
        )


def odd_pragma(connection: sqlite3.Connection, chance: random.Random) -> None:
    """Another encoding of text, or marks of another program."""
    choice = chance.randrange(3)
    if choice == 0:
        connection.execute("PRAGMA application_id = 1")
    elif choice == 1:
        connection.execute("PRAGMA user_version = 99999")
    else:
        connection.execute("PRAGMA page_size = 65536")
        connection.execute("VACUUM")


def many_objects(connection: sqlite3.Connection, chance: random.Random) -> None:
    """Hundreds of tables of another program."""
    connection.execute("BEGIN")
    for n in range(500):
        connection.execute(f'CREATE TABLE "t{n}\x1b[2J" (a)')
    connection.execute("COMMIT")


def _spoil_bytes(path: Path, chance: random.Random) -> None:
    content = bytearray(path.read_bytes())
    how = chance.randrange(3)
    if how == 0:
        content = content[: chance.randrange(len(content))]
    for _ in range(chance.randrange(1, 200) if how else 0):
        at = chance.randrange(100 if how == 1 else 0, len(content))
        content[at] = chance.randrange(256)
    path.write_bytes(content)


DAMAGES: tuple[Damage, ...] = (
    odd_value,
    odd_value,
    odd_value,
    odd_value,
    odd_document,
    odd_document,
    odd_text,
    lost_rows,
    lost_table,
    lost_column,
    endless_view,
    huge_view,
    computed_column,
    endless_trigger,
    other_trigger,
    odd_ledger,
    odd_pragma,
    many_objects,
)
