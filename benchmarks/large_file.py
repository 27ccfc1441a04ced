"""Duration of commands on the file of years and on the file of one night.

    python benchmarks/large_file.py [--runs 2000] [--rounds 3] [--folder FOLDER]

One night of 25 temperatures with 100 points each is measured on the simulated rig. Its rows are copied until
the file has so many runs of as many samples: 2000 give 5 million points. Each command is then run as a
process of its own on both files in turn. The table gives the median CPU time, which other work on the
computer hardly changes, and the ratio of the two.

`--folder` keeps the files: a second call with the same number of runs takes them as they are.
"""

import argparse
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from figures import state

from labctl.store.fingerprint import content_hash
from labctl.testing import STATION

TEMPERATURES = 25
POINTS = 100
PROTOCOL = f"""\
title = "a night"
[sample]
name = "pellet 0"
composition = "Mg0.5Zr2(PO4)3"
cation = "Mg2+"
thickness_mm = 1.0
diameter_mm = 10.0
[[procedure]]
use = "procedures.temperature_stepped_eis:TemperatureSteppedEIS"
temperatures_degc = "30:150:5"
frequencies_hz = [{", ".join(f"{10 ** (6 - 5 * n / (POINTS - 1)):.6g}" for n in range(POINTS))}]
dwell_min = 10
"""
COMMANDS: dict[str, Sequence[str]] = {
    "labctl --help": ("--help",),
    "labctl show": ("show",),
    "labctl show last": ("show", "last"),
    "labctl status": ("status",),
    "labctl samples": ("samples",),
    "labctl find": ("find", "--above", "1e-9"),
    "labctl queue add": ("queue", "add", "night.toml"),
    "labctl queue list": ("queue", "list"),
    "labctl check": ("check", "night.toml"),
}


def labctl(folder: Path, *words: str) -> float:
    """Run a command of labctl in a folder; return its CPU time in s."""
    return cpu_s([sys.executable, "-m", "labctl", *words], folder)


def cpu_s(words: Sequence[str], folder: Path | None = None) -> float:
    """Run a command; return its CPU time in s, or stop the benchmark where it fails."""
    before = os.times()
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    after = os.times()
    took_s = after.children_user + after.children_system - before.children_user - before.children_system
    if done.returncode:
        raise SystemExit(f"{' '.join(words)}: {done.stderr or done.stdout}")
    return took_s


def measured_night(folder: Path) -> None:
    """Make a folder with a station, a protocol and a results file with one run."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "station.toml").write_text(STATION)
    (folder / "night.toml").write_text(PROTOCOL)
    labctl(folder, "run", "night.toml")


def multiply(file: Path, runs: int) -> None:
    """Copy the rows of the only run until there are so many runs, each with a sample of its own."""
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("BEGIN IMMEDIATE")
    triggers = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, _ in triggers:
        connection.execute(f'DROP TRIGGER "{name}"')
    steps = {table: largest_id(connection, table) for table in copied_tables(connection)}
    for table in steps:
        connection.execute(copy_statement(connection, table, steps), {"copies": runs - 1})
    connection.execute("UPDATE samples SET name = 'pellet ' || (id - 1)")
    for (run_id,) in connection.execute("SELECT id FROM runs").fetchall():
        digest = content_hash(connection, run_id)
        connection.execute("UPDATE runs SET content_hash = ? WHERE id = ?", (digest, run_id))
    for _, sql in triggers:
        connection.execute(sql)
    connection.execute("COMMIT")
    connection.close()


def copied_tables(connection: sqlite3.Connection) -> list[str]:
    """The tables that lead to a run or a sample by their keys, `samples` and `runs` included."""
    names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    found = {"samples", "runs"}
    while True:
        more = {name for name in names if found & set(references(connection, name).values())} - found
        if not more:
            return sorted(found)
        found |= more


def references(connection: sqlite3.Connection, table: str) -> dict[str, str]:
    """Column to the table that its ids point into."""
    return {row[3]: row[2] for row in connection.execute(f"PRAGMA foreign_key_list({table})")}


def largest_id(connection: sqlite3.Connection, table: str) -> int:
    """The largest key of a table, 0 of one without: the keys of a copy are higher by multiples of it."""
    if not any(column[1] == "id" for column in connection.execute(f"PRAGMA table_info({table})")):
        return 0
    return int(connection.execute(f"SELECT coalesce(max(id), 0) FROM {table}").fetchone()[0])


def copy_statement(connection: sqlite3.Connection, table: str, steps: dict[str, int]) -> str:
    """The statement that inserts `:copies` copies of all rows of a table, with keys moved up each time."""
    owners = references(connection, table) | {"id": table}
    names = [column[1] for column in connection.execute(f"PRAGMA table_info({table})")]
    values = [copied_value(name, steps.get(owners.get(name, ""), 0)) for name in names]
    counted = "WITH RECURSIVE copy(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM copy WHERE n < :copies)"
    return (
        f"INSERT INTO {table} ({', '.join(names)}) {counted} SELECT {', '.join(values)} FROM copy, {table} t"
    )


def copied_value(column: str, step: int) -> str:
    """Value of a copy in a column: a uuid of its own, a key that is moved up, or the same."""
    if column == "uuid":
        return "lower(hex(randomblob(16)))"
    return f"t.{column} + n * {step}" if step else f"t.{column}"


def times_s(folder: Path, rounds: int) -> dict[str, float]:
    """The median time of every command in a folder."""
    return {
        title: statistics.median(labctl(folder, *words) for _ in range(rounds))
        for title, words in COMMANDS.items()
    }


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path)
    return parser


def main() -> None:
    options = parser().parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.folder or Path(scratch)
        night, years = folder / "one", folder / f"{options.runs}"
        for place in (night, years):
            if not place.exists():
                measured_night(place)
                if place is years:
                    multiply(place / "lab.db", options.runs)
        print_table(times_s(night, options.rounds), times_s(years, options.rounds), options.runs)


def print_table(few: dict[str, float], many: dict[str, float], runs: int) -> None:
    """Print a row for each command."""
    lines = [f"| command | one run, CPU s | {runs} runs, CPU s | ratio |", "|---|---|---|---|"]
    for title, took_s in many.items():
        lines.append(f"| `{title}` | {few[title]:.2f} | {took_s:.2f} | {took_s / few[title]:.1f} |")
        state(f"large_file.{title.removeprefix('labctl ')}", took_s / few[title])
    print(*lines, sep="\n")


if __name__ == "__main__":
    main()
