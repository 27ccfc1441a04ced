"""Derive the runs of an archive again with the installed version, on the workers of a Dask cluster.

1. A task is a series: its worker reads it, hashes its runs, derives those that are not up to date as
   `labctl fit` does, and writes the new version itself. Nothing large travels.
2. A version is written whole or not at all, and a series that is up to date is passed over. So a killed
   worker, a restarted scheduler and a killed command lose or double nothing: task or command is given again.
3. A series that cannot be derived is reported and leaves the others alone.
"""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from labctl.archive.adding import commit, delete_replaced
from labctl.archive.entries import Entry, all_heads, heads_of_series
from labctl.archive.opened import Archive
from labctl.archive.packing import empty_file, unpack
from labctl.archive.place import NEEDS_EXTRA, Place, reaching, require_archive
from labctl.clock import RealClock
from labctl.derive.refit import Refit, Refitted, refit_runs
from labctl.errors import InvalidRequest, LabctlError, StoreError
from labctl.store import Store
from labctl.store.care import verify as verify_file

ATTEMPTS = 5
MOST_DEATHS = 20
"""Workers that may die over one series before it is reported."""
CONNECTS_WITHIN_S = 30
SERIES_WHERE = "SELECT DISTINCT series_uuid FROM runs WHERE "


@dataclass(frozen=True)
class SeriesFitted:
    """What became of one series: `made` new analyses; `problems` as sentences, empty: none."""

    series: str
    runs: int
    made: int
    problems: tuple[str, ...] = ()


def chosen_heads(place: Place, where: str = "") -> list[Entry]:
    """Return the entries of all series, or of those with a run that meets an SQL condition.

    Raises
    ------
    InvalidRequest
        There is no archive, no such run, or the condition cannot be understood.
    """
    require_archive(place)
    with reaching(place):
        heads = all_heads(place)
        if where:
            with Archive.at(place) as archive:
                wanted = {series for (series,) in archive.query(SERIES_WHERE + where).rows}
            heads = [head for head in heads if head.series in wanted]
    if not heads:
        raise InvalidRequest(f"{place.address}: no run meets the condition {where!r}")
    return heads


def fit_series(place: Place, head: Entry, refit: Refit) -> SeriesFitted:
    """Derive one series again where it is not up to date, and write its new version; raises nothing."""
    try:
        for _ in range(ATTEMPTS):
            try:
                return _fitted(place, head, refit)
            except FileNotFoundError:
                head = next(iter(heads_of_series(place, head.series)), head)
        problem = "its files are missing; see `labctl archive verify`"
    except (LabctlError, OSError) as error:
        problem = str(error)
    return SeriesFitted(head.series, len(head.runs), 0, (f"series {head.series}: {problem}",))


def _fitted(place: Place, head: Entry, refit: Refit) -> SeriesFitted:
    with empty_file() as path:
        unpack(place, head, path)
        runs = verify_file(path)
        if changed := [run.uuid for run in runs if not run.intact]:
            raise StoreError(f"run {changed[0]} is not what it was at its end")
        uuids, ids = {run.run_id: run.uuid for run in runs}, [run.run_id for run in runs]
        with Store.open(path) as store:
            results = refit_runs(store, ids, replace(refit, workers=1), RealClock().time(), _ignore)
        made = sum(one.analysis_id is not None for one in results)
        if made:
            commit(place, path, [head])
            delete_replaced(place, head.series)
    problems = tuple(f"run {uuids[one.run_id]}: {one.problem}" for one in results if one.problem)
    return SeriesFitted(head.series, len(ids), made, problems)


def _ignore(result: Refitted) -> None:
    """Results are looked at when all are there."""


def fit_archive(
    place: Place,
    heads: Sequence[Entry],
    refit: Refit,
    scheduler: str = "",
    begun: Callable[[str], None] = lambda dashboard: None,
    done: Callable[[SeriesFitted], None] = lambda result: None,
    lost: Callable[[str], None] = lambda words: None,
) -> list[SeriesFitted]:
    """Derive series of an archive again on a Dask cluster; return what became of each, in the order done.

    Parameters
    ----------
    place : Place
    heads : sequence of Entry
        As `chosen_heads` returned them.
    refit : Refit
        `workers`: processes of a cluster on this computer, where no scheduler is named.
    scheduler : str
        Address of a running scheduler, e.g. `tcp://host:8786`; its workers need labctl and the archive's
        address. Empty: a cluster on this computer, which listens on 127.0.0.1 only.
    begun : callable
        Given the address of the dashboard, each time a cluster is connected.
    done : callable
        Given the result of each series.
    lost : callable
        Given a sentence each time the scheduler is lost, before it is connected again.

    Raises
    ------
    InvalidRequest
        Dask is not installed, or no scheduler answers at the address.
    StoreError
        The scheduler was lost again and again. Derived runs are kept: give the command again.
    """
    left, results = {head.series: head for head in heads}, list[SeriesFitted]()
    for attempt in range(ATTEMPTS):
        try:
            with _client(scheduler, min(refit.workers, len(heads))) as client:
                begun(client.dashboard_link)
                for result in _computed(client, place, list(left.values()), refit):
                    del left[result.series]
                    results.append(result)
                    done(result)
            return results
        except (OSError, TimeoutError, _Lost) as error:
            if attempt == 0 and not results and isinstance(error, OSError | TimeoutError):
                words = f"no scheduler answers at {scheduler}" if scheduler else "no cluster can be started"
                raise InvalidRequest(f"{words}: {error}") from error
            lost(f"the scheduler is lost, {len(results)} of {len(heads)} series are done; connecting again")
    raise StoreError(
        f"the scheduler was lost {ATTEMPTS} times; {len(results)} of {len(heads)} series are done, "
        "and the same command goes on with the others"
    )


class _Lost(Exception):
    """The scheduler ended, or forgot its tasks."""


def _computed(client: Any, place: Place, heads: Sequence[Entry], refit: Refit) -> Iterator[SeriesFitted]:
    from distributed import CancelledError, as_completed
    from distributed.comm.core import CommClosedError

    futures = {client.submit(fit_series, place, head, refit, pure=False): head for head in heads}
    waiting = as_completed(list(futures))
    try:
        for future in waiting:
            if future.status in ("cancelled", "lost"):
                raise _Lost
            yield _result(future, futures.pop(future))
    except (CancelledError, CommClosedError) as error:
        raise _Lost from error


def _result(future: Any, head: Entry) -> SeriesFitted:
    error = future.exception()
    if error is None:
        return future.result()
    words = f"series {head.series}: {type(error).__name__}: {error}"[:300]
    return SeriesFitted(head.series, len(head.runs), 0, (words,))


@contextlib.contextmanager
def _client(scheduler: str, workers: int) -> Iterator[Any]:
    """Connect to a scheduler, or to a cluster on this computer that ends with the block."""
    try:
        import dask.config
        from distributed import Client, LocalCluster
    except ImportError as error:
        raise InvalidRequest(NEEDS_EXTRA) from error
    settings = {"distributed.scheduler.allowed-failures": MOST_DEATHS, "distributed.admin.log-length": 0}
    with contextlib.ExitStack() as opened:
        opened.enter_context(dask.config.set(settings))
        if scheduler:
            address = scheduler
        else:
            about = {"n_workers": workers, "threads_per_worker": 1, "processes": True, "host": "127.0.0.1"}
            address = opened.enter_context(LocalCluster(dashboard_address="127.0.0.1:0", **about))
        yield opened.enter_context(Client(address, timeout=CONNECTS_WITHIN_S))
