"""Add ended runs to an archive, each once by uuid and content hash, and what became known about them later.

1. A series is passed over if all its runs, analyses, amendments, facts and choices are there.
2. Otherwise the file and the archive's versions are united; the side with the newest current analysis decides
   which one is current.
3. The Parquet files are written first, the entry last. Then the writer looks again: where another one wrote
   at the same time, it unites both; where a file of its own was deleted by then, it writes it again.
4. Versions that a written entry replaces are deleted at the end. Unfinished files are left alone for an hour.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from labctl.archive.entries import (
    Entry,
    existing,
    folder_of_entries,
    heads_of,
    heads_of_series,
    listed,
    series_and_version,
)
from labctl.archive.packing import Packed, empty_file, packed, take_series, unite, unpack
from labctl.archive.place import Place, reaching
from labctl.errors import InvalidRequest, StoreError
from labctl.store.portable_runs import SeriesState, series_of

MOST_ROUNDS = 20
"""Times that a writer looks again; another one that saw the same then unites them."""


@dataclass(frozen=True)
class Added:
    """What became of one series: `outcome` is added, updated, known or refused, with the reason."""

    source: str
    series: str
    runs: tuple[str, ...]
    outcome: str
    reason: str = ""


def add_files(
    files: Sequence[Path],
    place: Place,
    only_runs: Sequence[str] | None = None,
    done: Callable[[Added], None] = lambda added: None,
) -> list[Added]:
    """Add the ended runs of results files to an archive; `done` is called after each series.

    Raises
    ------
    InvalidRequest
        A file is missing.
    StoreError
        A file cannot be read, or the archive cannot be reached; runs added before stay.
    """
    missing = next((file for file in files if not file.is_file()), None)
    if missing is not None:
        raise InvalidRequest(f"{missing}: no such file")
    found = []
    with reaching(place):
        place.clear_unfinished()
        entries = listed(place)
        for file in files:
            for state in series_of(file, only_runs):
                added = _added(place, file, state, entries.get(state.series, []))
                found.append(added)
                done(added)
    return found


def _added(place: Place, file: Path, state: SeriesState, names: Sequence[str]) -> Added:
    """Add one series; `names` of its entries as they were listed before."""
    heads = heads_of(existing(place, names))
    outcome = "updated" if heads else "added"
    try:
        if len(heads) == 1 and state.known <= heads[0].known:
            outcome = "known"
        else:
            with empty_file() as own:
                refused = take_series(file, state, own)
                if refused:
                    return Added(str(file), state.series, state.runs, "refused", " ".join(refused))
                outcome = outcome if commit(place, own, heads) else "known"
        if len(names) > 1 or outcome == "updated":
            delete_replaced(place, state.series)
    except (InvalidRequest, StoreError) as error:
        return Added(str(file), state.series, state.runs, "refused", str(error))
    return Added(str(file), state.series, state.runs, outcome)


def commit(place: Place, file: Path, heads: Sequence[Entry]) -> bool:
    """Write a results file with one series as a new version, united with the versions that count.

    `heads`: the entries that count, as they were read. Return False, and write nothing, where they hold all
    that the file knows.

    Raises
    ------
    StoreError
        A version of the archive is damaged, or others write the same series without end.
    """
    (state,) = series_of(file)
    wrote = False
    for _ in range(MOST_ROUNDS):
        if len(heads) == 1 and state.known <= heads[0].known:
            return wrote
        try:
            version = _united(place, file, state, heads)
        except FileNotFoundError as missing:
            heads = _other_heads(place, state.series, heads, missing)
            continue
        if version is None:
            return wrote
        _write(place, version)
        wrote, heads = True, heads_of_series(place, state.series)
    raise StoreError(f"{place.address}: other programs go on writing the same series; try again later")


def _other_heads(place: Place, series: str, before: Sequence[Entry], missing: OSError) -> list[Entry]:
    """Return the entries that count now; raises StoreError where they are those with a missing file."""
    heads = heads_of_series(place, series)
    if {head.version for head in heads} == {head.version for head in before}:
        raise StoreError(
            f"{place.address}: a file of series {series} is missing ({missing}); see `labctl archive verify`"
        ) from missing
    return heads


def _united(place: Place, file: Path, state: SeriesState, heads: Sequence[Entry]) -> Packed | None:
    """Return the version that unites the file and the heads; None where one head holds all of it.

    Raises
    ------
    FileNotFoundError
        A head was replaced while it was read.
    """
    if all(head.known <= state.known and head.newest_s <= state.newest_s for head in heads):
        return packed(file, heads)
    with ExitStack() as opened:
        sides = [(state.newest_s, 1, file)]
        for head in heads:
            path = opened.enter_context(empty_file())
            unpack(place, head, path)
            sides.append((head.newest_s, 0, path))
        sides.sort(key=lambda side: side[:2], reverse=True)
        base = opened.enter_context(_own_copy(sides[0][2]))
        unite(base, [path for _, _, path in sides[1:]])
        version = packed(base, heads)
    return None if len(heads) == 1 and version.entry.known <= heads[0].known else version


@contextmanager
def _own_copy(path: Path) -> Iterator[Path]:
    """Give a copy of a results file: uniting changes it, and the next round needs it as it was."""
    with empty_file() as copy:
        copy.write_bytes(path.read_bytes())
        yield copy


def _write(place: Place, version: Packed) -> None:
    """Write files, then the entry; then again those that another writer deleted."""
    for name, content in version.files.items():
        place.write(name, content)
    place.write(version.entry.file, version.entry.text.encode())
    for name, content in version.files.items():
        if not place.has(name):
            place.write(name, content)


def delete_replaced(place: Place, series: str) -> None:
    """Delete versions of a series that an entry replaces: files first, then entries."""
    names = place.names(folder_of_entries(series))
    entries = existing(place, (name for name in names if series_and_version(name)[0] == series))
    replaced = {version for entry in entries for version in entry.supersedes}
    for entry in entries:
        if entry.version in replaced:
            for stored in entry.tables.values():
                place.delete(stored.file)
            place.delete(entry.file)
