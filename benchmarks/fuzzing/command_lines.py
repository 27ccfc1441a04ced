"""Command lines as people and scripts mistype them: exit code 0, 1 or 2, and no traceback.

Every case has a new copy of one results file with a finished run and jobs in several states. Commands that
stay (window, runner, supervisor, service, demo, served rig) are only called with a station file that is
wrong, or with words that they do not know.
"""

import random
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

from fuzzing import Case
from fuzzing.files import PROTOCOL, SAMPLE, STATION
from fuzzing.running import answer

QUICK = (
    PROTOCOL.partition("[[procedure]]")[0]
    + """\
[[procedure]]
use = "procedures.eis:EIS"
frequency_max_hz = 1e6
frequency_min_hz = 1e4
points_per_decade = 2
"""
)
TEXTS = (
    "",
    " ",
    "last",
    "1",
    "2",
    "99",
    "-1",
    "0",
    "1e3",
    "1.5",
    "9" * 20,
    "9" * 5000,
    "1" + "0" * 400,
    "0x1",
    "١",
    "½",
    "nan",
    "inf",
    "-inf",
    "true",
    "None",
    "x" * 5000,
    "[bold]x[/bold]",
    "[/]",
    "[red",
    "\x1b[2J\x1b]0;x\x07",
    "a\nb",
    "a\rb",
    "\u202ex",
    "\udcff",
    "\x01",
    "=cmd|' /C calc'!A0",
    "<b>x</b>",
    "$x$",
    "%s%n",
    "{0}",
    "'; DROP TABLE jobs;--",
    "é°Ω",
    "..",
    "/",
    "/dev/null",
    "/nonexistent/x.db",
    "--",
    "-",
    "-x",
    "--nonsense",
    "series.toml",
    "station.toml",
    "pellet.toml",
    "lab.db",
    "wrong.toml",
    "notes.bin",
    "folder",
    "x.db",
    "backup.db",
    "~",
    "@py",
)
TIMES = (
    "22:30",
    "24:00",
    "25:61",
    "+8h",
    "+99999999999h",
    "+1e308h",
    "-1h",
    "2026-11-30",
    "9999-12-31 23:59",
    "10000-01-01",
    "0001-01-01",
    "1970-01-01T00:00Z",
    "2262-01-01",
    "+0min",
    "now",
    "tomorrow",
    "2026-11-30T10:00+99:00",
    "",
)
TEMPERATURES = (
    "60,70",
    "60:100:10",
    "60:1e9:1e-9",
    "1:2:0",
    ",",
    "nan",
    "inf",
    "1:inf:1",
    "1:2:nan",
    "5:1:-1",
    "٣",
)
NUMBERS = (*TEXTS[3:17], "2", "3", "50", "-0", "1e309")
OPTIONS: dict[str, tuple[str, ...]] = {
    "--db": (
        "lab.db",
        "lab.db",
        "lab.db",
        "/nonexistent/x.db",
        "notes.bin",
        "folder",
        "empty.db",
        "new.db",
        "x" * 5000,
    ),
    "--station": ("station.toml", "station.toml", "wrong.toml", "folder", "notes.bin", "nothing.toml"),
    "--person": TEXTS,
    "--json": (),
    "--help": (),
}
COMMANDS: dict[tuple[str, ...], tuple[tuple[Sequence[str], ...], dict[str, tuple[str, ...]]]] = {
    ("show",): ((TEXTS,), {}),
    ("fit",): ((TEXTS,), {}),
    ("status",): ((), {}),
    ("check",): ((TEXTS,), {}),
    ("rehearse",): ((TEXTS,), {"--oven-degc": NUMBERS, "--settings": ()}),
    ("queue", "add"): (
        (("series.toml", *TEXTS),),
        {
            "--priority": NUMBERS,
            "--not-before": TIMES,
            "--deadline": TIMES,
            "--retries": NUMBERS,
            "--retry-delay-min": NUMBERS,
            "--on-failure": ("skip", "stop", *TEXTS),
            "--held": (),
            "--no-rehearsal": (),
        },
    ),
    ("queue", "list"): ((), {"--all": ()}),
    ("queue", "show"): ((NUMBERS,), {}),
    ("queue", "move"): ((NUMBERS, NUMBERS), {}),
    ("queue", "hold"): ((NUMBERS,), {}),
    ("queue", "release"): ((NUMBERS,), {}),
    ("queue", "cancel"): ((NUMBERS,), {"--now": ()}),
    ("queue", "retry"): ((NUMBERS,), {"--from-start": ()}),
    ("queue", "clear-finished"): ((), {}),
    ("queue", "pause"): ((), {"--after": ("point", "step", "job", *TEXTS), "--reason": TEXTS}),
    ("queue", "resume"): ((), {}),
    ("queue", "skip"): ((NUMBERS,), {}),
    ("queue", "temperatures"): ((NUMBERS, TEMPERATURES), {}),
    ("db", "check"): ((("lab.db", *TEXTS),), {}),
    ("db", "verify"): ((("lab.db", *TEXTS),), {}),
    ("db", "backup"): ((TEXTS,), {}),
    ("db", "vacuum"): ((("lab.db", *TEXTS),), {}),
    ("db", "merge"): ((("lab.db", *TEXTS),), {}),
    ("verify", "materials", "--only", "nothing known"): ((), {}),
    ("instruments", "check"): ((("wrong.toml", "nothing.toml"),), {}),
    ("instruments", "safe"): ((("wrong.toml", "nothing.toml"),), {}),
    ("new", "driver"): ((TEXTS,), {"--role": ("oven", *TEXTS)}),
    ("new", "procedure"): ((TEXTS,), {}),
    ("procedures",): ((TEXTS,), {}),
    ("run",): ((("wrong.toml", "nothing.toml", "notes.bin", "folder"),), {"--quiet": ()}),
    ("runner", "--station", "wrong.toml"): ((), {"--until-empty": ()}),
    ("supervisor", "--station", "wrong.toml"): ((), {"--alone": ()}),
    ("service", "status", "--station", "wrong.toml"): ((), {}),
    ("gui", "--nonsense"): ((), {}),
    ("demo", "--nonsense"): ((), {}),
    ("sim", "serve", "--nonsense"): ((), {}),
}
HOSTILE = "\x1b[2J\x1b]0;title\x07 [bold red]x[/] [/] :boom: <b>x</b> $\\frac$ \u202etxt.exe \r\n=1+1 \x9b31m"
TRIGGERS = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
TEXT_COLUMNS = {
    "jobs": ("title", "person", "reason", "station", "source"),
    "job_history": ("reason",),
    "samples": ("name", "composition", "note"),
    "runs": ("reason", "procedure"),
    "queue_pauses": ("reason", "person"),
    "events": ("kind", "message"),
}
STAY = ("runner", "supervisor", "service", "gui", "demo", "sim", "verify")


def cases(seed: int, count: int) -> Iterator[Case]:
    """Yield the cases of a seed."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        _furnish(folder)
        for number in range(count):
            words = _words(random.Random(f"{seed} {number}"), folder)
            yield Case(repr([word[:200] for word in words]), lambda w=words: _fault(folder, w))


def _furnish(folder: Path) -> None:
    """Write the files of a small laboratory, measure once, and queue a few jobs."""
    for name, text in {"station": STATION, "series": PROTOCOL, "pellet": SAMPLE, "quick": QUICK}.items():
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    (folder / "wrong.toml").write_text("[limits\n")
    (folder / "notes.bin").write_bytes(bytes(range(256)) * 20)
    (folder / "empty.db").write_bytes(b"")
    (folder / "folder").mkdir()
    for arguments in (
        ["run", str(folder / "quick.toml"), "--quiet"],
        ["queue", "add", *[str(folder / "quick.toml")] * 4],
        ["queue", "hold", "2"],
        ["queue", "cancel", "3"],
        ["queue", "pause", "--reason", "a reason"],
    ):
        done = answer(arguments, _environment(folder))
        assert done.exit_code == 0, done.text
    _with_hostile_texts(folder / "lab.db")
    for left in folder.glob("lab.db-*"):
        left.unlink()
    (folder / "lab.db").rename(folder / "lab.model")


def _with_hostile_texts(path: Path) -> None:
    """Write control characters and markup where people type names and reasons, as a file of others may."""
    with closing(sqlite3.connect(path)) as connection, connection:
        triggers = connection.execute(TRIGGERS).fetchall()
        for name, _ in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        for table, columns in TEXT_COLUMNS.items():
            for column in columns:
                connection.execute(f"UPDATE {table} SET {column} = ?", (f"{column} {HOSTILE}",))
        for _, sql in triggers:
            connection.execute(sql)


def _environment(folder: Path) -> dict[str, str]:
    return {
        "LABCTL_STATION": str(folder / "station.toml"),
        "LABCTL_DB": str(folder / "lab.db"),
        "LABCTL_PERSON": "ann",
        "LABCTL_LOCK_DIR": str(folder),
        "COLUMNS": "120",
    }


def _words(chance: random.Random, folder: Path) -> list[str]:
    command = chance.choice(list(COMMANDS))
    places, own = COMMANDS[command]
    words = [*command]
    words += [chance.choice(list(choices)) for choices in places if chance.random() < 0.95]
    known = own if command[0] in STAY else {**OPTIONS, **own}
    for option in chance.sample(sorted(known), chance.randrange(min(4, len(known)) + 1)):
        words += [option, *([chance.choice(known[option])] if known[option] else [])]
    if chance.random() < 0.1 and command[0] not in STAY:
        words.insert(chance.randrange(1, len(words) + 1), chance.choice(TEXTS))
    return [_placed(word, folder) for word in words]


def _placed(word: str, folder: Path) -> str:
    """Return a file name as one of the folder of the cases."""
    is_file = word.endswith((".toml", ".db", ".bin")) or word == "folder"
    return str(folder / word) if is_file else word


def _fault(folder: Path, words: Sequence[str]) -> str:
    kept = {
        "lab.model",
        "station.toml",
        "series.toml",
        "pellet.toml",
        "quick.toml",
        "wrong.toml",
        "notes.bin",
    }
    for left in folder.iterdir():
        if left.is_file() and left.name not in kept:
            left.unlink()
    shutil.copy(folder / "lab.model", folder / "lab.db")
    (folder / "empty.db").write_bytes(b"")
    return answer(words, _environment(folder)).fault()
