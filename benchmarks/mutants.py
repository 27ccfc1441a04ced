"""Mutation run: small changes to the source, each of which at least one test of its room must notice.

    python benchmarks/mutants.py --mutants 400 --seed 1          the sample of docs/explanation/testing.md
    python benchmarks/mutants.py --room derive --list            what can be changed in one room
    python benchmarks/mutants.py --survivors-of earlier.jsonl    only what survived an earlier run

A mutant is one changed comparison, arithmetic or boolean operator, number, condition, sign, term, pair of
arguments or bounds, `return` or statement. Strings (messages, SQL, docstrings), type annotations, decorators,
`__repr__`, code for type checkers and code for another operating system stay as they are. The sample is drawn
evenly from all mutants of the rooms with a seeded generator.

Each mutant is written into a private copy of the project below the temporary folder, never into the working
tree. The unmutated tests of a room run once, traced, to learn which test enters which function. A mutant then
runs against the tests that enter its function, those named after its file first, then the quickest, until the
first failure. Processes that a test starts are traced as well; code outside functions meets all tests of the
room. A mutant counts as killed when a test fails, when the tests cannot be collected, or when they are not
finished by a deadline derived from the unmutated run. Mutants that change nothing observable cannot
be distinguished from the others and count as survivors.

Own code instead of mutmut or cosmic-ray: both mutate every line of a package and run one command for all
tests. A seeded sample over rooms, tests chosen per function and a list of results that a second run continues
would have to be written around them.
"""

import argparse
import queue
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from figures import state_share
from mutation.copies import Copy
from mutation.judging import Baseline, UnmutatedTestsFail, Verdict, judge
from mutation.places import Mutant, all_mutants, diff, sample
from mutation.project import Project, Room
from mutation.results import Results, report

ROOMS = (
    Room("laws", ("labctl/analysis/laws/*.py",), ("tests/labctl/analysis/laws/test_*.py",)),
    Room("derive", ("labctl/derive/*.py",), ("tests/labctl/derive/test_*.py",)),
    Room("settle", ("labctl/measure/settle.py",), ("tests/labctl/measure/test_settle.py",)),
    Room("store", ("labctl/store/*.py",), ("tests/labctl/store/test_*.py",)),
)
T = TypeVar("T")


class Copies:
    """Private copies of a project, lent to one worker at a time."""

    def __init__(self, project: Project, folder: Path, count: int) -> None:
        self._free: queue.Queue[Copy] = queue.Queue()
        for number in range(count):
            self._free.put(Copy.make(project, folder / str(number)))

    def lend(self, act: Callable[[Copy], T]) -> T:
        """Return what `act` makes of a free copy."""
        made = self._free.get()
        try:
            return act(made)
        finally:
            self._free.put(made)


def run(
    project: Project,
    mutants: Sequence[Mutant],
    results: Results,
    workers: int = 2,
    tell: Callable[[str], None] = print,
) -> list[Verdict]:
    """Judge every mutant that has no verdict yet; return the verdicts of all, in the order of `mutants`.

    Raises
    ------
    UnmutatedTestsFail
        When the tests of a room do not pass as they are.
    """
    known = {verdict.key: verdict for verdict in results.begin(project.digest())}
    left = {mutant.key: mutant for mutant in mutants if mutant.key not in known}
    with tempfile.TemporaryDirectory(prefix="mutants-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)  # some tests read as another user
        copies = Copies(project, Path(folder), workers)
        pool = ThreadPoolExecutor(workers)
        try:
            for number, verdict in enumerate(_verdicts(project, list(left.values()), copies, pool), start=1):
                results.add(verdict)
                known[verdict.key] = verdict
                how = f"{verdict.how}, {verdict.tests} tests, {verdict.seconds:.1f} s"
                place = f"{left[verdict.key].file}:{left[verdict.key].line}"
                tell(f"{number}/{len(left)} {place} {left[verdict.key].text[:60]}: {how}")
        finally:
            pool.shutdown(cancel_futures=True)
    return [known[mutant.key] for mutant in mutants]


def _verdicts(project: Project, mutants: Sequence[Mutant], copies: Copies, pool: ThreadPoolExecutor):
    """Yield the verdict of each mutant in order, after the unmutated run of its room."""
    rooms = [room for room in project.rooms if any(mutant.room == room.name for mutant in mutants)]

    def measured(room: Room) -> Baseline:
        return copies.lend(lambda made: Baseline.measure(project, room, made))

    baselines = dict(zip((room.name for room in rooms), pool.map(measured, rooms), strict=True))

    def judged(mutant: Mutant) -> Verdict:
        return copies.lend(lambda made: judge(project, baselines[mutant.room], mutant, made))

    yield from pool.map(judged, mutants)


def main(arguments: Sequence[str] | None = None) -> int:
    """Draw, judge and report; return 0 even where mutants survive, 1 where the unmutated tests fail."""
    chosen = parser().parse_args(arguments)
    rooms = tuple(room for room in ROOMS if chosen.room is None or room.name in chosen.room)
    project = Project(Path(__file__).resolve().parents[1], rooms)
    mutants = sample(project, chosen.mutants, chosen.seed)
    if chosen.survivors_of:
        earlier = {verdict.key for verdict in Results(chosen.survivors_of).read() if not verdict.killed}
        mutants = [mutant for mutant in all_mutants(project) if mutant.key in earlier]
    if chosen.list:
        print("\n\n".join(diff(project, mutant) for mutant in mutants))
        return 0
    began = time.monotonic()
    try:
        verdicts = run(project, mutants, Results(chosen.out), chosen.workers)
    except UnmutatedTestsFail as problem:
        print(problem, file=sys.stderr)
        return 1
    print("\n" + report(project, mutants, verdicts))
    for room in (*(room.name for room in project.rooms), ""):
        killed = [verdict.killed for verdict in verdicts if verdict.room.startswith(room)]
        state_share(f"mutants.{room or 'all'}", sum(killed), len(killed))
    print(f"{(time.monotonic() - began) / 60:.1f} min")
    return 0


def parser() -> argparse.ArgumentParser:
    layout = argparse.RawDescriptionHelpFormatter
    options = argparse.ArgumentParser(description=__doc__, formatter_class=layout)
    options.add_argument("--mutants", type=int, default=400, help="size of the sample (default: 400)")
    options.add_argument("--seed", type=int, default=1, help="seed of the sample (default: 1)")
    rooms = [room.name for room in ROOMS]
    options.add_argument("--room", action="append", choices=rooms, help="only this room (may be repeated)")
    options.add_argument("--workers", type=int, default=2, help="tests run at once (default: 2)")
    options.add_argument("--list", action="store_true", help="print the sample and run nothing")
    options.add_argument("--survivors-of", type=Path, metavar="FILE", help="only survivors of an earlier run")
    default = Path(tempfile.gettempdir()) / "labctl-mutants.jsonl"
    options.add_argument("--out", type=Path, default=default, help=f"results, continued (default: {default})")
    return options


if __name__ == "__main__":
    sys.exit(main())
