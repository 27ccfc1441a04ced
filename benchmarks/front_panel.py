"""Drivers at instruments left in any state of the front panel: right values, or a refusal that names it.

    python benchmarks/front_panel.py [--states 50] [--seed 1] [--drivers LakeShore336,Huber]

Each state is a random subset of the settings that a person, or another program, can leave (ranges, modes,
set points, programs, filters, units ...), with random values. The driver prepares and measures: a controller
reaches a set point, an analyser measures a spectrum, a potentiostat holds a potential. Every value
is held against the simulated world: the temperature of the oven, impedance, current and potential of the
cell, amplitude and bias at it. A state may be refused only if it has a setting that is listed as unsettable,
and then by an error that names it; one state in twelve has such a setting.

`--meanwhile` leaves the same states after the driver has prepared. Then any refusal is right; a wrong value
never is.

`--results FILE` writes a line of JSON for each state and goes on from there when started again; `--table`
prints the table of FILE and runs nothing; `--lists` prints the unsettable, hidden and kept settings.
Both are in docs/reference/front-panel.md.
"""

import argparse
import json
import logging
import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

from figures import state, state_table
from front_panels.every_driver import PANELS, candidate_of, judged_drivers, undeclared
from front_panels.judging import judge
from front_panels.setting import drawn

OUTCOMES = ("right", "refused", "not named", "not listed", "wrong")
BROKEN = OUTCOMES[2:]


def one_state(driver: str, number: int, seed: int, meanwhile: bool = False) -> dict[str, Any]:
    """Judge one state; return what became of it."""
    panel = PANELS[driver]
    state = replace(drawn(driver, panel, number, seed), meanwhile=meanwhile)
    verdict = judge(candidate_of(driver), panel, state)
    return {
        "driver": driver,
        "number": number,
        "seed": seed,
        "meanwhile": meanwhile,
        "left": [setting.words for setting in state.settings],
        "outcome": verdict.outcome(state),
        "refused": verdict.refused,
        "wrong": verdict.wrong,
    }


def table(rows: list[dict[str, Any]]) -> str:
    """Return the table as Markdown."""
    titles = ["driver", "settings", "of these unsettable", "states", "right", "refused by name"]
    titles += ["refused, not named", "refused, not listed", "wrong"]
    lines = ["| " + " | ".join(titles) + " |", "|" + "---|" * len(titles)]
    for driver in (driver for driver in PANELS if any(row["driver"] == driver for row in rows)):
        outcomes = Counter(row["outcome"] for row in rows if row["driver"] == driver)
        panel = PANELS[driver]
        counts = [
            len(panel.settings),
            len(panel.unsettable),
            outcomes.total(),
            *(outcomes[name] for name in OUTCOMES),
        ]
        lines.append(f"| `{driver.rpartition(':')[2]}` | {' | '.join(map(str, counts))} |")
    outcomes = Counter(row["outcome"] for row in rows)
    words = ", ".join(f"{outcomes[name]} {name}" for name in OUTCOMES)
    return "\n".join([*lines, "", f"{len(rows)} states: {words}"])


def _state(rows: list[dict[str, Any]], meanwhile: bool) -> None:
    which = "meanwhile" if meanwhile else "before"
    state_table(f"front_panel.{which}_table", table(rows))
    state(f"front_panel.{which}_states", len(rows), "states")
    for name, count in Counter(row["outcome"] for row in rows).items():
        state(f"front_panel.{which}_{name}", count, "states")


def lists() -> str:
    """Return, as Markdown, the unsettable, hidden and kept settings of each driver."""
    lines = ["| driver | refused by name | hidden | kept |", "|---|---|---|---|"]
    for driver, panel in PANELS.items():
        unsettable = "; ".join(setting.words for setting in panel.unsettable) or "-"
        hidden, kept = ("; ".join(words) or "-" for words in (panel.hidden, panel.kept))
        lines.append(f"| `{driver.rpartition(':')[2]}` | {unsettable} | {hidden} | {kept} |")
    return "\n".join(lines)


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--states", type=int, default=50, help="states of each driver")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--drivers", default="", help="class names of a part of them")
    parser.add_argument("--meanwhile", action="store_true", help="leave them after the driver has prepared")
    parser.add_argument("--results", type=Path, help="a line of JSON for every state")
    parser.add_argument("--table", action="store_true", help="print the table of the results, run nothing")
    parser.add_argument("--lists", action="store_true", help="print what is unsettable, hidden and kept")
    return parser


def rows_of(results: Path | None) -> list[dict[str, Any]]:
    """The states that were judged before."""
    if results is None or not results.exists():
        return []
    return [json.loads(line) for line in results.read_text("utf-8").splitlines()]


def chosen(names: str) -> list[str]:
    """Drivers by their class names; all of them for `""`."""
    wanted = names.split(",") if names else []
    return [driver for driver in judged_drivers() if not wanted or driver.rpartition(":")[2] in wanted]


def run(options: argparse.Namespace, rows: list[dict[str, Any]]) -> None:
    """Judge the states that are not among `rows` yet, and append them."""
    done = {(row["driver"], row["seed"], row["number"], row["meanwhile"]) for row in rows}
    for driver in chosen(options.drivers):
        for number in range(options.states):
            if (driver, options.seed, number, options.meanwhile) in done:
                continue
            rows.append(one_state(driver, number, options.seed, options.meanwhile))
            if rows[-1]["outcome"] in BROKEN:
                print(json.dumps(rows[-1]), flush=True)
            if options.results:
                with options.results.open("a", encoding="utf-8") as lines:
                    lines.write(json.dumps(rows[-1]) + "\n")


def main() -> int:
    options = parser().parse_args()
    logging.disable(logging.CRITICAL)
    if options.lists:
        print(lists())
        return 0
    problems = undeclared()
    if problems:
        print("\n".join(problems))
        return 2
    rows, start_s = rows_of(options.results), time.perf_counter()
    if not options.table:
        run(options, rows)
    print(table(rows))
    _state(rows, options.meanwhile)
    print(f"{time.perf_counter() - start_s:.0f} s")
    return 1 if any(row["outcome"] in BROKEN for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
