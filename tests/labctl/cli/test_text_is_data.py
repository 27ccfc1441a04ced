"""Names, reasons and titles with markup, control characters and formulas, through every command."""

import json
import logging
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from labctl.cli import app, terminal

HOSTILE = "\x1b[2J\x1b]0;x\x07[bold red]b[/][/]:boom:<b>h</b>$\\frac$\u202egpj\r\n=1+1\x9b31m\x00"
PLAIN = r"\x1b[2J\x1b]0;x\x07[bold red]b[/][/]:boom:<b>h</b>$\frac$\u202egpj\x0d"
STATION = """
name = "rig"
[limits]
temperature_degc = [0, 150]
potential_v = 1.0
current_a = 0.1
[instruments.analyser]
driver = "drivers.solartron1260:Solartron1260"
address = "GPIB0::4::INSTR"
roles = ["fra"]
[simulation]
clock = "virtual"
"""
PROTOCOL = """
title = "quick"
[sample]
name = "pellet"
thickness_mm = 1.0
diameter_mm = 10.0
[[procedure]]
use = "procedures.eis:EIS"
frequency_max_hz = 1e6
frequency_min_hz = 1e4
points_per_decade = 2
"""
TEXTS = {
    "jobs": ("title", "person", "reason", "station", "source"),
    "job_history": ("reason",),
    "samples": ("name", "composition", "note"),
    "runs": ("reason", "procedure"),
    "queue_pauses": ("reason", "person"),
    "events": ("kind", "message"),
    "heartbeats": ("station", "doing"),
}
COMMANDS = [
    ["show"],
    ["show", "1"],
    ["fit", "1"],
    ["status"],
    ["queue", "list", "--all"],
    ["queue", "show", "1"],
    ["queue", "hold", "1"],
    ["db", "check"],
    ["db", "verify"],
    ["check", "quick.toml"],
    ["rehearse", "quick.toml"],
]


def answer(*arguments):
    result = CliRunner().invoke(app, list(arguments))
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.output


@pytest.fixture(scope="module")
def hostile_file(tmp_path_factory):
    """A results file with a run, a job, a pause and events, and a hostile text wherever people write one."""
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "station.toml").write_text(STATION)
    (folder / "quick.toml").write_text(PROTOCOL)
    where = ["--station", str(folder / "station.toml"), "--db", str(folder / "lab.db")]
    answer("run", str(folder / "quick.toml"), "--quiet", *where)
    answer("queue", "add", str(folder / "quick.toml"), *where)
    answer("queue", "pause", *where[2:])
    _write_everywhere(folder / "lab.db", HOSTILE)
    return folder / "lab.db"


def _write_everywhere(path, text):
    with closing(sqlite3.connect(path)) as connection, connection:
        triggers = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        for table, columns in TEXTS.items():
            for column in columns:
                connection.execute(f"UPDATE {table} SET {column} = ?", (text,))
        for _, sql in triggers:
            connection.execute(sql)


@pytest.fixture
def laboratory(hostile_file, tmp_path, monkeypatch):
    for name in ("lab.db", "station.toml", "quick.toml"):
        (tmp_path / name).write_bytes((hostile_file.parent / name).read_bytes())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "400")
    return tmp_path


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_no_text_of_a_file_commands_the_terminal(words, laboratory):
    output = answer(*words)
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", output)


@pytest.mark.parametrize("words", [["show"], ["queue", "list"], ["queue", "show", "1"]], ids=" ".join)
def test_markup_and_escapes_are_shown_as_they_were_written(words, laboratory):
    assert PLAIN in answer(*words).replace("\\\\", "\\")


@pytest.mark.parametrize("words", [["show"], ["show", "1"], ["status"], ["queue", "list"]], ids=" ".join)
def test_programs_get_the_text_unchanged(words, laboratory):
    assert "\x1b[2J" in json.dumps(json.loads(answer(*words, "--json")), ensure_ascii=False).replace(
        r"\u001b", "\x1b"
    )


def test_a_text_begins_no_line_of_its_own_in_the_status(laboratory):
    assert not [line for line in answer("status").splitlines() if line.startswith("=1+1")]


def test_a_refusal_repeats_the_command_line_as_data(laboratory):
    for words in (["queue", "hold", "\x1b[2J"], ["--\x1b[2J"], ["\x1b[2J"], ["check", "\x1b[2J.toml"]):
        result = CliRunner().invoke(app, words)
        assert "\x1b" not in result.output
        assert "\x1b" not in terminal.sentence(result.exception)


def test_a_message_of_a_log_stays_on_its_line():
    record = logging.LogRecord("labctl", logging.INFO, "", 0, "job %s", ("a\n2026 INFO b\x1b[2J",), None)
    line = terminal.LogFormatter("%(levelname)s %(message)s").format(record)
    assert line == r"INFO job a\n2026 INFO b\x1b[2J"


def test_every_command_prints_through_one_module():
    folder = Path(terminal.__file__).parent
    printing = re.compile(r"typer\.s?echo|\bConsole\(|(?<!def )(?<![.\w])print\(")
    others = {path.name: path.read_text("utf-8") for path in folder.glob("*.py")}
    del others["terminal.py"]
    found = [
        f"{name}: {line}"
        for name, text in others.items()
        for line in text.splitlines()
        if printing.search(line)
    ]
    assert found == []
