"""Does any input cause a traceback, a hang, or an output left on?

    python benchmarks/fuzz.py KIND [--cases 10000] [--seed 1] [--results FILE]

KIND is a module of benchmarks/fuzzing: `toml` (station, protocol and sample files), `command_lines`,
`replies` (of the simulated instruments to every driver), or `databases` (results files that are damaged or
from a stranger). Its `cases(seed, count)` yields the cases of a seed, always the same ones in the same order.

A case is at fault where it raises, takes longer than 5 s, or says itself that something is wrong. Every
fault is printed with its number; `--only NUMBER` tries that case alone and prints its traceback.
`--results FILE` notes what is done and goes on from there when started again.
"""

import argparse
import contextlib
import importlib
import itertools
import json
import logging
import signal
import sys
import time
import traceback
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from fuzzing import Case

KINDS = ("toml", "command_lines", "replies", "databases")
LONGEST_S = 5.0
NOTE_EVERY = 100


class Hang(BaseException):
    """A case took longer than `LONGEST_S`; no `except Exception` of the code under test catches it."""


@contextlib.contextmanager
def deadline(longest_s: float) -> Iterator[None]:
    """Raise Hang in the main thread where the block takes longer (not on Windows, which has no alarm)."""
    if not hasattr(signal, "SIGALRM"):
        yield
        return

    def late(number: int, frame: FrameType | None) -> None:
        raise Hang(f"not done after {longest_s:g} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, longest_s)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def fault_of(case: Case) -> str:
    """Try one case; return what is wrong, or ""."""
    try:
        with deadline(LONGEST_S):
            return case.attempt()
    except Hang as hang:
        return f"hang: {hang} in {_place(hang)}"
    except (Exception, SystemExit) as error:  # noqa: BLE001 - any traceback is what is looked for
        return f"{type(error).__name__}: {str(error)[:300]} in {_place(error)}"


def _place(error: BaseException) -> str:
    frames = [f for f in traceback.extract_tb(error.__traceback__) if "fuzz" not in f.filename]
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "?"


def cases_of(kind: str, seed: int, count: int, first: int = 0) -> Iterator[tuple[int, Case]]:
    """Return the cases of a kind and a seed from number `first`, with their numbers."""
    module = importlib.import_module(f"fuzzing.{kind}")
    return itertools.islice(enumerate(module.cases(seed, count)), first, None)


def faults(kind: str, seed: int, count: int) -> list[str]:
    """Try so many cases; return the faults, one sentence each."""
    found = []
    for number, case in cases_of(kind, seed, count):
        if fault := fault_of(case):
            found.append(f"{kind} {seed}/{number}: {fault}\n    {case.words}")
    return found


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("kind", choices=KINDS, nargs="?", default=KINDS[0])
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int, help="try this case alone, and print its traceback")
    parser.add_argument("--results", type=Path, help="a line of JSON for every 100 cases")
    return parser


def _noted(results: Path | None, kind: str, seed: int) -> tuple[int, int]:
    """Return how many cases are done already, and how many of them were faulty."""
    if results is None or not results.exists():
        return 0, 0
    lines = [json.loads(line) for line in results.read_text("utf-8").splitlines()]
    own = [line for line in lines if (line["kind"], line["seed"]) == (kind, seed)]
    return max((line["done"] for line in own), default=0), sum(len(line["faults"]) for line in own)


def main() -> int:
    options = parser().parse_args()
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    if options.only is not None:
        numbered = cases_of(options.kind, options.seed, options.only + 1, options.only)
        _, case = next(numbered)  # its files are there as long as `numbered` is
        print(case.words)
        print(case.attempt() or "no fault")
        return 0
    done, faulty = _noted(options.results, options.kind, options.seed)
    new: list[str] = []
    start_s = time.perf_counter()
    for number, case in cases_of(options.kind, options.seed, options.cases, done):
        if fault := fault_of(case):
            new.append(f"{number}: {fault}")
            faulty += 1
            print(f"{options.kind} {options.seed}/{number}: {fault}\n    {case.words[:300]!r}", flush=True)
        if options.results and ((number + 1) % NOTE_EVERY == 0 or number + 1 == options.cases):
            note = {"kind": options.kind, "seed": options.seed, "done": number + 1, "faults": new}
            with options.results.open("a", encoding="utf-8") as lines:
                lines.write(json.dumps(note) + "\n")
            new = []
    print(f"{options.kind}: {options.cases} cases, {faulty} faults, {time.perf_counter() - start_s:.0f} s")
    return 1 if faulty else 0


if __name__ == "__main__":
    sys.exit(main())
