"""Nights with combined faults on a served rig, with real processes.

    python benchmarks/combined_faults.py --nights 300 --seed 1 [--results nights.jsonl]

Each night is a random product of: the program (runner, `labctl run`, a script), what keeps the supervisor
(a second supervisor, or a service as systemd runs it), the order of the instruments in the station file, a
blow at the program (kill, freeze, signals), a blow at the supervisor, a sick oven or analyser (cut, silent,
dripping, flooding, garbage) that becomes well later, and a blow at the results file (full disk, deleted -wal,
-shm, file).

Judged: every output off within the promise, by the control channel of the rig; the state never says
off while an output is on, nor unsafe for long when the rig answers; no row lost that a reader saw; no step of
a job measured twice; all processes end, and the state in the file is true.

`--results FILE` writes a line of JSON for each night as it ends; a second call with the same seed continues.
`--first N` begins with another night, so that two processes can share a seed. `--show` names the nights only.
The table is printed in docs/explanation/the-night.md.
"""

import argparse
import json
import logging
import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any

from combined.night import Night
from combined.plan import drawn
from combined.table import table
from figures import state, state_table


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--nights", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="number of the first night")
    parser.add_argument("--every", type=int, default=1, help="run each such night only")
    parser.add_argument("--results", type=Path, help="a line of JSON for every night")
    parser.add_argument("--keep", type=Path, help="keep the folders of broken nights here")
    parser.add_argument("--show", action="store_true", help="name the nights, run none")
    return parser


def one_night(seed: int, number: int, keep: Path | None = None) -> dict[str, Any]:
    """Run a night; return its report."""
    plan = drawn(seed, number)
    with tempfile.TemporaryDirectory(prefix="night-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        row = Night(plan, folder).run().as_row()
        if keep is not None and row["broken"]:
            shutil.rmtree(keep / f"{seed}-{number}", ignore_errors=True)
            shutil.copytree(folder, keep / f"{seed}-{number}", ignore=lambda _, names: {"notify"} & {*names})
    figures = {"program": plan.program, "kept_by": plan.kept, "sick": plan.sick, "file": plan.done_to("file")}
    blows = {"blow": plan.done_to("program"), "supervisor": plan.done_to("supervisor")}
    return {"seed": seed, "number": number, **figures, **blows, "load": round(os.getloadavg()[0], 1), **row}


def nights_of(results: Path | None) -> list[dict[str, Any]]:
    """The nights that were run before."""
    if results is None or not results.exists():
        return []
    return [json.loads(line) for line in results.read_text("utf-8").splitlines()]


def main() -> int:
    options = parser().parse_args()
    logging.disable(logging.CRITICAL)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # ends the processes of the night, too
    numbers = range(options.first, options.nights, options.every)
    if options.show:
        print("\n".join(f"{number} {drawn(options.seed, number).words}" for number in numbers))
        return 0
    nights = nights_of(options.results)
    done = {night["number"] for night in nights if night["seed"] == options.seed}
    for number in numbers:
        if number in done:
            continue
        nights.append(one_night(options.seed, number, options.keep))
        if nights[-1]["broken"]:
            print(number, nights[-1]["plan"], *nights[-1]["details"], sep="\n  ", flush=True)
        if options.results is not None:
            with options.results.open("a", encoding="utf-8") as lines:
                lines.write(json.dumps(nights[-1]) + "\n")
    print(table(nights))
    state_table("combined_faults.table", table(nights))
    state("combined_faults.nights", len(nights), "nights")
    state("combined_faults.broken", sum(bool(night["broken"]) for night in nights), "nights")
    return 1 if any(night["broken"] for night in nights) else 0


if __name__ == "__main__":
    sys.exit(main())
