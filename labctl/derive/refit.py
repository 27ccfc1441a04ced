"""Derive many runs again with the same choices, by several processes; one process writes.

1. Each run becomes one analysis in one transaction, once all of it is derived: a kill at any moment leaves a
   run with its earlier analyses or with the new one as well.
2. A run with a current analysis made in the same way from the same inputs is passed over, unless `again`.
   So a refit that was killed goes on where it was.
3. A run that continues another one of the refit is derived after it.
4. A run that cannot be derived is reported and leaves the others alone; a file that cannot be written ends
   the refit.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from labctl.derive.choices import NO_CHOICE, Choices
from labctl.derive.whole_runs import Evaluation, evaluated, is_up_to_date, maker_now
from labctl.errors import InvalidRequest, StoreError
from labctl.store import Database, Store
from labctl.store.queries import analyses, conductivities, transference_numbers

FAULTS = (ArithmeticError, AttributeError, LookupError, OSError, RecursionError, TypeError, ValueError)
"""What a derivation raises from rows that labctl did not write."""
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
WAITING_FOR_EACH = 2
NUMBERS = ("conductivities", "transference_numbers")
NO_NUMBER_LEFT = "with these choices no spectrum gives a number; nothing was written, its analysis stays"


@dataclass(frozen=True)
class Refit:
    """The runs to derive again, and how.

    Attributes
    ----------
    choices : Choices
    name : str
        Of the new analyses; empty: none.
    person : str
    workers : int
        Processes that derive; 1: this one.
    again : bool
        Derive also runs that are up to date.
    """

    choices: Choices
    name: str = ""
    person: str = ""
    workers: int = 1
    again: bool = False


@dataclass(frozen=True)
class Refitted:
    """One run: the id of its new analysis, or why there is none.

    `analysis_id` None and `problem` empty: it was up to date. `stands_beside`: the run still grows, and its
    provisional analysis stays the current one. `is_request`: the problem lies in the request, not in the run.
    """

    run_id: int
    analysis_id: int | None = None
    problem: str = ""
    stands_beside: bool = False
    is_request: bool = False


def refit_runs(
    store: Store, run_ids: Sequence[int], refit: Refit, derived_s: float, done: Callable[[Refitted], None]
) -> list[Refitted]:
    """Derive runs again; `done` is called after each. Return what became of each, in the order done.

    Raises
    ------
    StoreError
        The file cannot be read or written; earlier analyses are kept.
    """
    results: list[Refitted] = []

    def keep(result: Refitted) -> None:
        results.append(result)
        done(result)

    waves = _in_order_of_parts(store.path, run_ids)
    with _evaluations(store.path, refit, derived_s, min(refit.workers, len(run_ids))) as evaluate:
        for wave in waves:
            for run_id, found in evaluate(wave):
                keep(_kept(store, run_id, found, refit))
    return results


def evaluated_in_file(path: Path, run_id: int, refit: Refit, derived_s: float) -> Evaluation | Refitted:
    """Derive one run of a file without writing; a `Refitted` where there is nothing to write."""
    try:
        with Database(path) as db:
            now = maker_now(db, run_id, derived_s, refit.choices, refit.person)
            if not refit.again and is_up_to_date(db, run_id, now, refit.name):
                return Refitted(run_id)
            if refit.name and analyses.named(db, run_id, refit.name):
                return Refitted(run_id, problem=_name_taken(run_id, refit.name), is_request=True)
            return evaluated(db, run_id, derived_s, refit.choices, refit.person)
    except FAULTS as fault:
        return Refitted(run_id, problem=f"{type(fault).__name__}: {fault}"[:300])


def _name_taken(run_id: int, name: str) -> str:
    return f"run {run_id} has an analysis {name!r} already; a name is given once"


def _loses_every_number(store: Store, found: Evaluation) -> bool:
    """Whether an evaluation has no number, and the current analysis of its run has one."""
    if any(found.rows[table] for table in NUMBERS):
        return False
    with store.read() as db:
        parts = (found.run_id,)
        return bool(conductivities.of_parts(db, parts) or transference_numbers.of_parts(db, parts))


def _kept(store: Store, run_id: int, found: Evaluation | Refitted, refit: Refit) -> Refitted:
    if isinstance(found, Refitted):
        return found
    if refit.choices != NO_CHOICE and _loses_every_number(store, found):
        return Refitted(run_id, problem=f"run {run_id}: {NO_NUMBER_LEFT}", is_request=True)
    try:
        made = store.record_analysis(run_id, found.maker, found.rows, refit.name)
    except InvalidRequest as problem:
        return Refitted(run_id, problem=str(problem), is_request=True)
    with store.read() as db:
        current = db.analysis(run_id)["id"]
    return Refitted(run_id, made, stands_beside=current != made)


Found = Iterator[tuple[int, Evaluation | Refitted]]


@contextmanager
def _evaluations(
    path: Path, refit: Refit, derived_s: float, workers: int
) -> Iterator[Callable[[Sequence[int]], Found]]:
    """Give a function that derives runs and yields each with its outcome, in the order they are ready."""
    if workers < 2:
        yield lambda ids: ((one, evaluated_in_file(path, one, refit, derived_s)) for one in ids)
        return
    with _environment(ONE_THREAD), ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        try:
            yield lambda ids: _from_pool(pool, path, ids, refit, derived_s, WAITING_FOR_EACH * workers)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _from_pool(
    pool: ProcessPoolExecutor, path: Path, ids: Sequence[int], refit: Refit, derived_s: float, most: int
) -> Found:
    """Keep at most so many runs with the workers: finished ones wait in memory until they are written."""
    left, running = list(reversed(ids)), dict[Future[Evaluation | Refitted], int]()
    while left or running:
        while left and len(running) < most:
            run_id = left.pop()
            running[pool.submit(evaluated_in_file, path, run_id, refit, derived_s)] = run_id
        ready, _ = wait(running, return_when=FIRST_COMPLETED)
        for future in ready:
            run_id = running.pop(future)
            try:
                yield run_id, future.result()
            except BrokenProcessPool as broken:
                raise StoreError(
                    f"{path}: a worker process ended unexpectedly near run {run_id}; what was derived before "
                    "is kept: give the same command again, with --workers 1 if it happens again"
                ) from broken


def _in_order_of_parts(path: Path, run_ids: Sequence[int]) -> list[list[int]]:
    """Return the runs in groups: each run comes in a later group than the runs that it continues."""
    asked, place = set(run_ids), dict[int, int]()
    with Database(path) as db:
        for run_id in sorted(asked):
            before = [place[part] for part in db.part_ids(run_id)[:-1] if part in place]
            place[run_id] = max(before, default=-1) + 1
    waves: list[list[int]] = [[] for _ in range(max(place.values(), default=-1) + 1)]
    for run_id, wave in place.items():
        waves[wave].append(run_id)
    return waves


@contextmanager
def _environment(wanted: dict[str, str]) -> Iterator[None]:
    """Set environment variables for the processes that begin inside the block."""
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
