"""Entries of an archive: which version of which series counts, and which files belong to it."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from labctl.archive.place import OWN, Place
from labctl.archive.tables import digest, version_name
from labctl.errors import StoreError

ENTRIES = f"{OWN}/entries"
FORMAT = 1


@dataclass(frozen=True)
class StoredTable:
    """One Parquet file: its relative name, rows, bytes and SHA-256."""

    file: str
    rows: int
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Entry:
    """One version of a series.

    Attributes
    ----------
    series, version : str
    year : int
        UTC, in which its first run began.
    runs : tuple of str
        uuids.
    known : frozenset of str
        As `labctl.store.portable_runs.SeriesState`.
    newest_s : float
    supersedes : frozenset of str
        All versions that this one replaces.
    tables : mapping
        Name of each table with rows, and its file.
    """

    series: str
    version: str
    year: int
    runs: tuple[str, ...]
    known: frozenset[str]
    newest_s: float
    supersedes: frozenset[str]
    tables: Mapping[str, StoredTable] = field(hash=False)

    @property
    def file(self) -> str:
        """Relative name of the entry."""
        return f"{folder_of_entries(self.series)}/{self.series}.{self.version}.json"

    @property
    def text(self) -> str:
        """The content of its file."""
        return json.dumps({"format": FORMAT, **self._content}, sort_keys=True, indent=1)

    @property
    def is_what_it_is_named(self) -> bool:
        """Whether its content gives the version that its name states."""
        return version_name(_naming(self._content)) == self.version

    @property
    def _content(self) -> dict[str, Any]:
        return {
            "series": self.series,
            "version": self.version,
            "year": self.year,
            "runs": list(self.runs),
            "known": sorted(self.known),
            "newest_s": self.newest_s,
            "supersedes": sorted(self.supersedes),
            "tables": {name: vars(table) for name, table in sorted(self.tables.items())},
        }


def entry_of(
    series: str,
    year: int,
    runs: Sequence[str],
    known: Iterable[str],
    newest_s: float,
    supersedes: Iterable[str],
    contents: Mapping[str, tuple[int, bytes]],
) -> Entry:
    """Return the entry of a version; `contents`: rows and Parquet file of each table."""
    hashes = {name: (rows, len(content), digest(content)) for name, (rows, content) in contents.items()}
    about = {
        "series": series,
        "year": year,
        "runs": list(runs),
        "known": sorted(known),
        "newest_s": newest_s,
        "supersedes": sorted(supersedes),
        "tables": {name: list(found) for name, found in hashes.items()},
    }
    version = version_name(about)
    tables = {
        name: StoredTable(table_file(name, year, series, version), *found) for name, found in hashes.items()
    }
    return Entry(
        series, version, year, tuple(runs), frozenset(known), newest_s, frozenset(supersedes), tables
    )


def _naming(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return the part of an entry that gives its version."""
    tables = {
        name: [table["rows"], table["bytes"], table["sha256"]] for name, table in content["tables"].items()
    }
    return {key: value for key, value in content.items() if key != "version"} | {"tables": tables}


def table_file(table: str, year: int, series: str, version: str) -> str:
    """Return the relative name of the file of a table: hive partitions by year."""
    return f"{table}/year={year}/{series}.{version}.parquet"


def folder_of_entries(series: str) -> str:
    """Return the folder with the entries of a series: one of 256, so that listing it stays short."""
    return f"{ENTRIES}/{series[:2]}"


def series_and_version(name: str) -> tuple[str, str]:
    """Return series and version of the name of a file."""
    series, _, rest = name.rpartition("/")[2].partition(".")
    return series, rest.partition(".")[0]


def read_entry(place: Place, name: str) -> Entry:
    """Read an entry; FileNotFoundError where it is gone, StoreError where it cannot be understood."""
    content = place.read(name)
    try:
        about = json.loads(content)
        if about["format"] != FORMAT:
            raise StoreError(
                f"{place.address}: {name} is of format {about['format']}, made by a newer labctl"
            )
        tables = {table: StoredTable(**stored) for table, stored in about["tables"].items()}
        return Entry(
            about["series"],
            about["version"],
            about["year"],
            tuple(about["runs"]),
            frozenset(about["known"]),
            about["newest_s"],
            frozenset(about["supersedes"]),
            tables,
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StoreError(f"{place.address}: {name} cannot be read: {error}") from error


def listed(place: Place) -> dict[str, list[str]]:
    """Return the names of the entries of each series."""
    found: dict[str, list[str]] = {}
    for name in place.names(ENTRIES):
        if name.endswith(".json"):
            found.setdefault(series_and_version(name)[0], []).append(name)
    return found


def existing(place: Place, names: Iterable[str]) -> list[Entry]:
    """Read entries; those that another writer has deleted since they were listed are left out."""
    found = []
    for name in names:
        try:
            found.append(read_entry(place, name))
        except FileNotFoundError:
            continue
    return found


def heads_of(entries: Sequence[Entry]) -> list[Entry]:
    """Return the entries of one series that no other one replaces; the first one counts.

    There is more than one only until a writer that saw both has united them.
    """
    replaced = {version for entry in entries for version in entry.supersedes}
    heads = [entry for entry in entries if entry.version not in replaced]
    return sorted(heads, key=lambda entry: (entry.newest_s, len(entry.known), entry.version), reverse=True)


def heads_of_series(place: Place, series: str) -> list[Entry]:
    """Read the entries of one series; as `heads_of`."""
    names = [name for name in place.names(folder_of_entries(series)) if series_and_version(name)[0] == series]
    return heads_of(existing(place, names))


def all_heads(place: Place) -> list[Entry]:
    """Return the entry that counts of each series."""
    waiting, found = listed(place), []
    while waiting:
        missed = []
        for series, names in waiting.items():
            if heads := heads_of(existing(place, names)):
                found.append(heads[0])
            else:
                missed.append(series)  # replaced since they were listed
        again = listed(place) if missed else {}
        waiting = {series: again[series] for series in missed if series in again}
    return found


def versions_that_count(place: Place) -> set[tuple[str, str]]:
    """Return series and version of what counts; only entries of series with several are read."""
    names = listed(place)
    found = {series_and_version(one[0]) for one in names.values() if len(one) == 1}
    several = {series: entries for series, entries in names.items() if len(entries) > 1}
    heads = (heads_of(existing(place, entries)) for entries in several.values())
    return found | {(one[0].series, one[0].version) for one in heads if one}
