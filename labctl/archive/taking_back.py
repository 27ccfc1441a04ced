"""Bring runs of an archive into a results file, each once, hashed again before it counts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from labctl.archive.entries import Entry, all_heads, heads_of_series
from labctl.archive.opened import Archive
from labctl.archive.packing import derive_on_amendments, empty_file, unpack
from labctl.archive.place import Place, reaching, require_archive
from labctl.errors import InvalidRequest, StoreError
from labctl.store import Store
from labctl.store.merging import Merged, merge

MOST_ATTEMPTS = 5
OF_A_SAMPLE = "SELECT DISTINCT series_uuid FROM runs WHERE sample = ?"


@dataclass(frozen=True)
class TakenBack:
    """uuids of runs that came, uuids of runs that were here, reasons for refused ones, runs derived again."""

    added: tuple[str, ...]
    known: tuple[str, ...]
    refused: tuple[str, ...]
    derived_again: tuple[int, ...]


def import_runs(
    place: Place,
    db: Path,
    runs: Sequence[str] = (),
    sample: str = "",
    done: Callable[[str], None] = lambda series: None,
) -> TakenBack:
    """Copy runs of an archive that a results file lacks, and later knowledge about the runs that it has.

    Parameters
    ----------
    place : Place
    db : Path
        Made where there is none.
    runs : sequence of str
        Beginnings of uuids; empty: all. Runs that continue each other come together.
    sample : str
        Only runs of samples of this name; empty: of all.
    done : callable
        Called after each series.

    Raises
    ------
    InvalidRequest
        No such run or sample, or no archive.
    StoreError
        One of both cannot be used.
    """
    require_archive(place)
    with reaching(place):
        chosen = _of_sample(place, _with_runs(place, all_heads(place), runs), sample)
        if not db.exists():
            Store.open(db).close()
        merged = []
        for head in chosen:
            merged.append(_merged(place, head, db))
            done(head.series)
    return TakenBack(
        tuple(uuid for one in merged for uuid in one.added),
        tuple(uuid for one in merged for uuid in one.known),
        tuple(words for one in merged for words in one.refused),
        tuple(sorted({run_id for one in merged for run_id in one.outdated})),
    )


def _merged(place: Place, head: Entry, db: Path) -> Merged:
    for _ in range(MOST_ATTEMPTS):
        with empty_file() as path:
            try:
                unpack(place, head, path)
            except FileNotFoundError:
                head = next(iter(heads_of_series(place, head.series)), head)
                continue
            merged = merge(db, path)
            return replace(merged, outdated=tuple(derive_on_amendments(db, merged.outdated)))
    raise StoreError(
        f"{place.address}: files of series {head.series} are missing; see `labctl archive verify`"
    )


def _with_runs(place: Place, heads: Sequence[Entry], runs: Sequence[str]) -> list[Entry]:
    for start in runs:
        if not any(uuid.startswith(start) for head in heads for uuid in head.runs):
            raise InvalidRequest(f"{place.address}: no run {start!r}")
    if not runs:
        return list(heads)
    return [head for head in heads if any(uuid.startswith(tuple(runs)) for uuid in head.runs)]


def _of_sample(place: Place, heads: Sequence[Entry], sample: str) -> list[Entry]:
    if not sample:
        return list(heads)
    with Archive.at(place) as archive:
        wanted = {series for (series,) in archive.query(OF_A_SAMPLE, (sample,)).rows}
    if not wanted:
        raise InvalidRequest(f"{place.address}: no run of a sample named {sample!r}")
    return [head for head in heads if head.series in wanted]
