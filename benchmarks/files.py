"""Files of many dialects, sound and damaged: read to the last digit, refused, or read with a warning.

    python benchmarks/files.py --spectra 20000 [--results FILE]
    python benchmarks/files.py --damaged 3000 [--results FILE]

Spectrum number n is always the same file, in one of the dialects of benchmarks/dialects. A fault is a file
that is read otherwise than it was written, or a damaged one with a wrong point and no warning. It is printed
with its number, and `--only NUMBER` writes that file to standard output. `--results FILE` notes the cases
done and goes on from there when started again. Ends with 1 where there was a fault, or where fewer than 57 of
every 60 dialects are read.
"""

import argparse
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from dialects import DIALECTS, outcome
from dialects.damage import damaged_outcome
from figures import state, state_share

from labctl.analysis import read_spectra

NOTE_EVERY = 200
LEAST_READ = 57 / 60
Trial = Callable[[int], tuple[str, str]]


def main() -> int:
    """Try the spectra or the damaged files; 0 when there was no fault."""
    options = parser().parse_args()
    if options.only is not None:
        content = DIALECTS[options.only % len(DIALECTS)].write(np.random.default_rng([2101, options.only]))
        sys.stdout.buffer.write(content.content)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        faults = 0
        if options.spectra:
            found = _tried(
                "spectra", options.spectra, options.results, lambda n: outcome(n, Path(folder), read_spectra)
            )
            faults += _faults(found) + _told_of_dialects(found)
        if options.damaged:
            damaged = partial(damaged_outcome, folder=Path(folder), read=read_spectra)
            faults += _faults(_tried("damaged", options.damaged, options.results, damaged))
    return 1 if faults else 0


def parser() -> argparse.ArgumentParser:
    """Options of the command line."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--spectra", type=int, default=0, help="how many spectra to write and read")
    options.add_argument("--damaged", type=int, default=0, help="how many damaged files to read")
    options.add_argument("--results", type=Path, help="notes of what is done; goes on from there")
    options.add_argument("--only", type=int, help="write the file of this number to standard output")
    return options


def _tried(kind: str, count: int, notes: Path | None, trial: Trial) -> Counter[str]:
    """How often each dialect or damage had each outcome: `name: outcome`."""
    done, found = _noted(kind, notes)
    for number in range(done, count):
        name, result = _one(number, trial)
        found[f"{name}: {result}"] += 1
        if (number + 1) % NOTE_EVERY == 0 or number + 1 == count:
            _note(kind, notes, number + 1, found)
    outcomes = Counter[str]()
    for key, times in found.items():
        outcomes[key.rsplit(": ", 1)[1]] += times
    print(f"{kind}: {dict(outcomes)}")
    for name, times in outcomes.items():
        state(f"files.{kind} {name}", times, "files")
    return found


def _one(number: int, trial: Trial) -> tuple[str, str]:
    try:
        return trial(number)
    except Exception as error:  # noqa: BLE001 - every kind of failure is what is looked for
        print(f"fault in {number}: {type(error).__name__}: {error}", flush=True)
        return "any", "fault"


def _noted(kind: str, notes: Path | None) -> tuple[int, Counter[str]]:
    if notes is None or not notes.exists():
        return 0, Counter()
    held = json.loads(notes.read_text()).get(kind, {"done": 0, "found": {}})
    return held["done"], Counter(held["found"])


def _note(kind: str, notes: Path | None, done: int, found: Counter[str]) -> None:
    if notes is None:
        return
    everything = json.loads(notes.read_text()) if notes.exists() else {}
    notes.write_text(json.dumps(everything | {kind: {"done": done, "found": found}}))


def _faults(found: Counter[str]) -> int:
    return sum(times for key, times in found.items() if key.endswith(": fault"))


def _told_of_dialects(found: Counter[str]) -> int:
    """Print the dialects that were not all read; 1 when there are too many of them."""
    tried = {key.rsplit(": ", 1)[0] for key in found} - {"any"}
    refused = {key.rsplit(": ", 1)[0]: times for key, times in found.items() if key.endswith(": refused")}
    read = len(tried - refused.keys())
    print(f"{read} of {len(tried)} dialects read whenever written; refused: {refused}")
    state_share("files.dialects", read, len(tried))
    return int(bool(tried) and read < LEAST_READ * len(tried))


if __name__ == "__main__":
    sys.exit(main())
