"""Random inputs that must cause no traceback, no hang, and no output left on.

    python benchmarks/fuzz.py KIND [--cases 10000] [--seed 1] [--results FILE]

KIND is a module of benchmarks/fuzzing: `toml` (station, protocol and sample files), `command_lines`,
`replies` (of the simulated instruments to every driver), or `databases` (results files that are damaged or
from a stranger). Its `cases(seed, count)` yields the cases of a seed, always the same ones in the same order.

A case is at fault where it raises, takes longer than 5 s, or says itself that something is wrong. The cases
are tried in a process of their own. A case that no signal interrupts (a loop inside SQLite) or that ends the
process is a fault as well: the process is killed, and another one goes on with the next case. Every fault is
printed with its number; `--only NUMBER` tries that case alone and prints its traceback. `--results FILE`
notes the cases done and goes on from there when started again.
"""

import argparse
import contextlib
import importlib
import itertools
import json
import logging
import multiprocessing
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable, Generator, Iterator
from functools import partial
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import FrameType
from typing import Any

from figures import state_share
from fuzzing import Case

KINDS = ("toml", "command_lines", "replies", "databases")
LONGEST_S = 5.0
KILLED_AFTER_S = 2 * LONGEST_S
STARTS_WITHIN_S = 120.0
BATCH = 1000
NOTE_EVERY = 100
Cases = Callable[[int], Generator[tuple[int, Case], None, None]]  # from the number given
FINISHED = "finished"
Tried = Iterator[tuple[int, str, str]]  # number, fault or "", words


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
    """Try one case; return the fault, or ""."""
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


def cases_of(kind: str, seed: int, count: int, first: int = 0) -> Generator[tuple[int, Case], None, None]:
    """Yield the cases of a kind and a seed from number `first`, with their numbers."""
    module = importlib.import_module(f"fuzzing.{kind}")
    with contextlib.closing(module.cases(seed, count)) as cases:
        yield from itertools.islice(enumerate(cases), first, None)


def faults(kind: str, seed: int, count: int) -> list[str]:
    """Try so many cases; return the faults, one sentence each."""
    found = []
    for number, case in cases_of(kind, seed, count):
        if fault := fault_of(case):
            found.append(f"{kind} {seed}/{number}: {fault}\n    {case.words}")
    return found


def tried(cases: Cases, first: int = 0, killed_after_s: float = KILLED_AFTER_S) -> Tried:
    """Try the cases from number `first` in processes of their own, at most `BATCH` in each.

    `cases` is a function that another process can import. Raises RuntimeError where no case begins.
    """
    following = first
    while True:
        first = following
        for number, fault, words in _tried_by_one_process(cases, first, killed_after_s):
            following = number + 1
            yield number, fault, words
        if following == first:
            return


def _tried_by_one_process(cases: Cases, first: int, killed_after_s: float) -> Tried:
    """Yield until the batch is done, or a case had to be ended with its process."""
    spawn = multiprocessing.get_context("spawn")
    messages, end = spawn.Pipe(duplex=False)
    with tempfile.TemporaryDirectory(prefix="fuzz-", ignore_cleanup_errors=True) as folder:
        process = spawn.Process(target=_try_batch, args=(cases, first, folder, end), daemon=True)
        process.start()
        end.close()
        try:
            while (begun := _received(messages, STARTS_WITHIN_S)) != FINISHED:
                if begun is None:
                    raise RuntimeError(f"no case begins from number {first} on: {_end_of(process)}")
                number, words = begun
                fault = _received(messages, killed_after_s)
                yield number, _end_of(process) if fault is None else fault, words
                if fault is None:
                    return
        finally:
            process.kill()
            process.join()


def _try_batch(cases: Cases, first: int, folder: str, messages: Connection) -> None:
    """In a process of its own: send number and words of each case, then its fault."""
    tempfile.tempdir = folder  # nothing is left behind by a process that is killed
    _be_quiet()
    with contextlib.closing(cases(first)) as numbered:
        for number, case in itertools.islice(numbered, BATCH):
            messages.send((number, case.words))
            messages.send(fault_of(case))
    messages.send(FINISHED)


def _received(messages: Connection, within_s: float) -> Any:
    """Return the next message; None where none comes in time, or its process is gone."""
    with contextlib.suppress(EOFError, ConnectionError):
        return messages.recv() if messages.poll(within_s) else None


def _end_of(process: BaseProcess) -> str:
    process.join(1.0)
    if process.exitcode is None:
        return "hang: no signal interrupts it; its process was killed"
    return f"its process ended with exit code {process.exitcode}"


def _be_quiet() -> None:
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")


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
    _be_quiet()
    if options.only is not None:
        numbered = cases_of(options.kind, options.seed, options.only + 1, options.only)
        _, case = next(numbered)  # its files are there as long as `numbered` is
        print(case.words)
        print(case.attempt() or "no fault")
        return 0
    done, faulty = _noted(options.results, options.kind, options.seed)
    new: list[str] = []
    start_s = time.perf_counter()
    for number, fault, words in tried(partial(cases_of, options.kind, options.seed, options.cases), done):
        if fault:
            new.append(f"{number}: {fault}")
            faulty += 1
            print(f"{options.kind} {options.seed}/{number}: {fault}\n    {words[:300]!r}", flush=True)
        if options.results and ((number + 1) % NOTE_EVERY == 0 or number + 1 == options.cases):
            note = {"kind": options.kind, "seed": options.seed, "done": number + 1, "faults": new}
            with options.results.open("a", encoding="utf-8") as lines:
                lines.write(json.dumps(note) + "\n")
            new = []
    print(f"{options.kind}: {options.cases} cases, {faulty} faults, {time.perf_counter() - start_s:.0f} s")
    state_share(f"fuzz.{options.kind}_faults", faulty, options.cases)
    return 1 if faulty else 0


if __name__ == "__main__":
    sys.exit(main())
