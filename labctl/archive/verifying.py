"""Verify an archive: every file against the SHA-256 in its entry, every run against its content hash."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from labctl.archive.entries import ENTRIES, Entry, existing, heads_of, listed, series_and_version
from labctl.archive.packing import empty_file, unpack
from labctl.archive.place import OWN, Place, reaching
from labctl.archive.tables import digest
from labctl.errors import StoreError
from labctl.store.care import verify as verify_file

ADVICE = "delete its entry {entry} and add its results file again"


@dataclass(frozen=True)
class Verified:
    """What `verify` found.

    Attributes
    ----------
    series, runs, files, bytes, spectra : int
        Of the versions that count.
    problems : tuple of str
        Sentences about damaged, missing or doubled runs; empty: the archive is sound.
    left_over : tuple of str
        Files of no version that counts: being written now, or left by a killed process; queries ignore them.
    """

    series: int
    runs: int
    files: int
    bytes: int
    spectra: int
    problems: tuple[str, ...]
    left_over: tuple[str, ...]


def verify(place: Place, *, rows: bool = True, done: Callable[[str], None] = lambda series: None) -> Verified:
    """Hash every file again and, with `rows`, every run from its rows; `done` is called after each series.

    Raises
    ------
    StoreError
        The archive cannot be reached.
    """
    with reaching(place):
        heads, problems = _heads(place)
        for head in heads:
            problems += _faults_of(place, head, rows)
            done(head.series)
        problems += _doubled(heads)
        stored = [table for head in heads for table in head.tables.values()]
        return Verified(
            series=len(heads),
            runs=sum(len(head.runs) for head in heads),
            files=len(stored),
            bytes=sum(table.bytes for table in stored),
            spectra=sum(head.tables["spectra"].rows for head in heads if "spectra" in head.tables),
            problems=tuple(problems),
            left_over=tuple(_left_over(place, heads)),
        )


def delete_left_over(place: Place, names: Sequence[str]) -> list[str]:
    """Delete left-over files that are older than an hour; return their names."""
    old = [name for name in names if place.is_old(name)]
    for name in old:
        place.delete(name)
    return old


def _heads(place: Place) -> tuple[list[Entry], list[str]]:
    heads, problems = [], []
    for series, names in listed(place).items():
        try:
            found = heads_of(existing(place, names))
        except StoreError as error:
            problems.append(f"{error}.")
            continue
        heads += found[:1]
        if len(found) > 1:
            problems.append(
                f"Series {series} was written by two programs at once and is not united yet: "
                "add one of its results files again."
            )
    return heads, problems


def _faults_of(place: Place, head: Entry, rows: bool) -> list[str]:
    if not head.is_what_it_is_named:
        return [f"Entry {head.file} was changed: {ADVICE.format(entry=head.file)}."]
    for stored in head.tables.values():
        try:
            found = digest(place.read(stored.file))
        except FileNotFoundError:
            return [f"{stored.file} is missing: {ADVICE.format(entry=head.file)}."]
        if found != stored.sha256:
            return [f"{stored.file} was changed: {ADVICE.format(entry=head.file)}."]
    return _changed_runs(place, head) if rows else []


def _changed_runs(place: Place, head: Entry) -> list[str]:
    with empty_file() as path:
        try:
            unpack(place, head, path)
            checked = verify_file(path)
        except StoreError as error:
            return [f"Series {head.series}: {error}."]
    problems = [f"Run {run.uuid} is not what it was at its end." for run in checked if not run.intact]
    if sorted(run.uuid for run in checked) != sorted(head.runs):
        problems.append(f"Series {head.series} does not hold the runs that its entry names.")
    return problems


def _doubled(heads: Sequence[Entry]) -> list[str]:
    counts = Counter(run for head in heads for run in head.runs)
    return [f"Run {run} is in {count} series." for run, count in counts.items() if count > 1]


def _left_over(place: Place, heads: Sequence[Entry]) -> Iterator[str]:
    counting = {(head.series, head.version) for head in heads}
    for name in place.names(""):
        is_data = not name.startswith(f"{OWN}/") or name.startswith(f"{ENTRIES}/")
        if not is_data or (_is_ours(name) and series_and_version(name) not in counting):
            yield name


def _is_ours(name: str) -> bool:
    return name.endswith((".parquet", ".json"))
