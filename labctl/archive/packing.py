"""One series as a results file of its own, and as the Parquet files of a version."""

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from labctl.archive.entries import Entry, entry_of
from labctl.archive.place import Place
from labctl.archive.tables import as_parquet, digest, from_parquet
from labctl.clock import RealClock
from labctl.derive.refit import FAULTS
from labctl.derive.whole_runs import derive_run
from labctl.errors import StoreError
from labctl.store import Store
from labctl.store.merging import merge
from labctl.store.outdated import not_on_amendments
from labctl.store.portable_runs import SeriesState, fill, portable_tables, series_of


@dataclass(frozen=True)
class Packed:
    """A version that is ready to be written: its entry, and the content of each of its files by name."""

    entry: Entry
    files: Mapping[str, bytes]


@cache
def _empty_file() -> bytes:
    """The bytes of a results file without rows: making one takes a second, copying it none."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "empty.db"
        Store.open(path).close()
        return path.read_bytes()


@contextmanager
def empty_file() -> Iterator[Path]:
    """Give a results file without rows, for as long as the block runs."""
    with tempfile.TemporaryDirectory(prefix="labctl-archive-") as folder:
        path = Path(folder) / "series.db"
        path.write_bytes(_empty_file())
        yield path


def packed(path: Path, supersedes: Iterable[Entry]) -> Packed:
    """Pack a results file that holds one series and nothing else.

    Raises
    ------
    StoreError
        The file holds another number of series, or cannot be read.
    """
    (state,) = series_of(path)
    tables = {table.name: table for table in portable_tables(path)}
    started_s = min(tables["runs"].columns["started_s"])
    contents = {name: (table.rows, as_parquet(table)) for name, table in tables.items()}
    replaced = {version for entry in supersedes for version in (entry.version, *entry.supersedes)}
    year = datetime.fromtimestamp(started_s, UTC).year
    entry = entry_of(state.series, year, state.runs, state.known, state.newest_s, replaced, contents)
    return Packed(entry, {entry.tables[name].file: content for name, (_, content) in contents.items()})


def unpack(place: Place, entry: Entry, path: Path) -> None:
    """Write the rows of a version into an empty results file.

    Raises
    ------
    FileNotFoundError
        Another writer has replaced the version since its entry was read.
    StoreError
        A file is not what its entry says, or a row does not fit.
    """
    tables = []
    for name, stored in entry.tables.items():
        content = place.read(stored.file)
        if digest(content) != stored.sha256:
            raise StoreError(
                f"{place.address}: {stored.file} was changed: its SHA-256 is not that of its entry"
            )
        tables.append(from_parquet(name, content))
    fill(path, tables)


def take_series(source: Path, state: SeriesState, path: Path) -> tuple[str, ...]:
    """Copy the runs of one series of a file into another one; return why runs were refused."""
    refused = merge(path, source, only=state.runs).refused
    derive_on_amendments(path)
    return refused


def unite(path: Path, others: Sequence[Path]) -> None:
    """Copy what other files of the same series know into a file; what stands on it is derived again.

    Raises
    ------
    StoreError
        A run of another file is refused.
    """
    for other in others:
        if refused := merge(path, other).refused:
            raise StoreError(refused[0])
    derive_on_amendments(path)


def derive_on_amendments(path: Path, only: Sequence[int] | None = None) -> list[int]:
    """Derive runs again that have amendments without a current analysis of them; return their ids.

    `only`: ids of runs to look at. Raises StoreError where one cannot be derived.
    """
    run_ids = [run_id for run_id in not_on_amendments(path) if only is None or run_id in only]
    if not run_ids:
        return []
    with Store.open(path) as store:
        for run_id in run_ids:
            try:
                derive_run(store, run_id, RealClock().time())
            except FAULTS as fault:
                problem = f"run {run_id} cannot be evaluated: {type(fault).__name__}: {fault}"
                raise StoreError(f"{path}: {problem[:300]}") from fault
    return run_ids
