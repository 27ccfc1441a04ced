"""Time that each command takes to start: CPU time of `labctl COMMAND --help`, and of the bare interpreter.

    python benchmarks/startup.py [--rounds 5]

Each round starts every command once, as a process of its own. The table gives the median CPU time, which
other work on the computer hardly changes, and its ratio to the time of `python -c pass` in the same run.
"""

import argparse
import statistics
import sys
from collections.abc import Sequence

from figures import state, state_table
from large_file import cpu_s

from labctl.cli import COMMANDS

BARE = "python"


def commands() -> dict[str, list[str]]:
    """Return the started commands, by their names in the table."""
    started = {BARE: [sys.executable, "-c", "pass"], "labctl": [sys.executable, "-m", "labctl", "--help"]}
    for name in COMMANDS:
        started[f"labctl {name}"] = [sys.executable, "-m", "labctl", name, "--help"]
    return started


def measured(rounds: int) -> dict[str, float]:
    """Return the median CPU time of each in s."""
    taken: dict[str, list[float]] = {name: [] for name in commands()}
    for _ in range(rounds):
        for name, words in commands().items():
            taken[name].append(cpu_s(words))
    return {name: statistics.median(times_s) for name, times_s in taken.items()}


def table(times_s: dict[str, float]) -> str:
    """Return a row for each command."""
    lines = ["| command | CPU ms | times that of the interpreter |", "|---|---|---|"]
    for name, took_s in times_s.items():
        lines.append(f"| `{name}` | {1e3 * took_s:.0f} | {took_s / times_s[BARE]:.1f} |")
    return "\n".join(lines)


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--rounds", type=int, default=5)
    return made


def main(arguments: Sequence[str] | None = None) -> None:
    times_s = measured(parser().parse_args(arguments).rounds)
    text = table(times_s)
    print(text)
    slowest = max((name for name in times_s if name != BARE), key=lambda name: times_s[name])
    state_table("startup.table", text)
    state("startup.slowest", 1e3 * times_s[slowest], "ms of CPU")
    state("startup.status", 1e3 * times_s["labctl status"], "ms of CPU")


if __name__ == "__main__":
    main()
