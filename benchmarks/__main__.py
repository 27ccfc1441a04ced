"""All benchmarks by one command, and one table of their figures.

    python benchmarks                     the short form, below an hour on two idle cores
    python benchmarks --full              the full form: days; goes on where it was cut
    python benchmarks --untimed           only studies that measure no times, which may run beside other work
    python benchmarks --timed             only those that do, on an idle machine
    python benchmarks --only window eis   some of them
    python benchmarks --table             the recorded figures, and run nothing
    python benchmarks --update-docs       write the recorded figures into README and docs

Every study is a process of its own. Its figures go into benchmarks/results/short.json or full.json as soon as
it has ended, with command, machine, date and commit. A study with figures of this commit of
the measured source is not run again (`--again` runs it); an interrupted one continues, where it can, from its
file of finished cases below build/benchmarks. Ends with 1 where a study
failed, or ended with 1 since it missed its aims; a study without an aim only gives figures.
"""

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import documented
import recorded
from figures import ASKED_IN
from recorded import Figure, Figures
from studies import STUDIES, Study

CASES = recorded.ROOT / "build" / "benchmarks"


def is_recorded(study: Study, full: bool, figures: Figures, commit: str) -> bool:
    """Whether the figures of a study were measured at this commit, without changes, by the same command."""
    command = study.command(full)
    return not commit.endswith("+") and any(
        one.command == command and one.commit == commit for one in figures.values()
    )


def missing(study: Study) -> list[str]:
    """Return the modules that a study needs and that are not installed."""
    return [name for name in study.needs if importlib.util.find_spec(name.partition(".")[0]) is None]


def measured(
    study: Study, full: bool, commit: str, folder: Path = CASES, again: bool = False
) -> tuple[int, Figures]:
    """Run a study to its end; return its exit code and its figures.

    Cases of an earlier run are taken only where they were measured at this commit, without changes.
    """
    place = folder / commit
    place.mkdir(parents=True, exist_ok=True)
    stated = place / f"{study.name}.figures"
    stated.unlink(missing_ok=True)
    cases = place / f"{study.name}.{'full' if full else 'short'}.jsonl"
    if again or commit.endswith("+"):
        cases.unlink(missing_ok=True)
    environment = os.environ | {ASKED_IN: str(stated), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    environment.setdefault("QT_QPA_PLATFORM", "offscreen")
    with (place / f"{study.name}.log").open("w", encoding="utf-8") as log:
        words = [sys.executable, *study.arguments(full, cases)]
        code = subprocess.run(words, env=environment, stdout=log, stderr=log, check=False).returncode
    lines = stated.read_text(encoding="utf-8").splitlines() if stated.exists() else []
    date, machine = datetime.now(UTC).strftime("%Y-%m-%d"), recorded.machine()
    entries = (json.loads(line) for line in lines)
    found = {
        one["name"]: Figure(
            one["value"],
            one["unit"],
            study.command(full),
            commit,
            date,
            machine,
            full or study.short == study.full,
        )
        for one in entries
    }
    return code, found


def run(studies: Sequence[Study], full: bool, again: bool = False) -> list[str]:
    """Run studies without recorded figures; return a sentence for each that failed or was left out."""
    form, problems = "full" if full else "short", []
    commit = recorded.measured_commit()
    for study in studies:
        if lacking := missing(study):
            problems.append(f"{study.name}: left out, {', '.join(lacking)} is not installed")
        elif again or not is_recorded(study, full, recorded.read(form), commit):
            began = time.monotonic()
            print(f"{study.name}: {study.command(full)}", end=" ... ", flush=True)
            code, found = measured(study, full, commit, again=again)
            print(f"{time.monotonic() - began:.0f} s, {len(found)} figures", flush=True)
            if code or not found:
                problems.append(
                    f"{study.name}: ended with {code}; see build/benchmarks/{commit}/{study.name}.log"
                )
            if found and not code:  # a failure is repeated, and never hidden by its figures
                kept = {k: v for k, v in recorded.read(form).items() if v.command != study.command(full)}
                recorded.write(form, kept | found)
    return problems


def table() -> str:
    """Return all recorded figures, the best source of each, as Markdown."""
    names = sorted({name for form in recorded.FORMS for name in recorded.read(form)})
    lines = ["| figure | value | command | date | commit |", "|---|---|---|---|---|"]
    for name in names:
        one = recorded.source_of(name)
        assert one is not None
        lines.append(f"| {name} | {one.text} | `{one.command}` | {one.date} | {one.commit} |")
    return "\n".join(lines)


def chosen(asked: argparse.Namespace) -> list[Study]:
    """Return the studies that were asked for."""
    found = [study for study in STUDIES if not asked.only or study.name in asked.only]
    if asked.timed or asked.untimed:
        found = [study for study in found if study.is_timed == asked.timed]
    return found


def parser() -> argparse.ArgumentParser:
    layout = argparse.RawDescriptionHelpFormatter
    made = argparse.ArgumentParser(prog="benchmarks", description=__doc__, formatter_class=layout)
    made.add_argument("--full", action="store_true", help="the full form")
    made.add_argument("--only", nargs="+", choices=[study.name for study in STUDIES], metavar="STUDY")
    kind = made.add_mutually_exclusive_group()
    kind.add_argument("--timed", action="store_true", help="only studies that measure times")
    kind.add_argument("--untimed", action="store_true", help="only studies that measure none")
    made.add_argument("--again", action="store_true", help="also what is recorded for this commit")
    made.add_argument("--table", action="store_true", help="print what is recorded, run nothing")
    made.add_argument("--list", action="store_true", help="print the studies, run nothing")
    made.add_argument("--update-docs", action="store_true", help="write the recorded figures into the pages")
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    asked = parser().parse_args(arguments)
    if asked.update_docs:
        print(*documented.update(), sep="\n")
        return 0
    if asked.list:
        print(
            *(f"{study.name:26}{study.asks}: {study.command(asked.full)}" for study in chosen(asked)),
            sep="\n",
        )
        return 0
    problems = [] if asked.table else run(chosen(asked), asked.full, asked.again)
    print(table())
    print(*problems, sep="\n", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
