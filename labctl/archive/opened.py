"""The archive that `labctl.open_archive` returns: SQL over the rows of all rigs, read-only, by DuckDB."""

import importlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from labctl.archive.entries import series_and_version, versions_that_count
from labctl.archive.place import NEEDS_EXTRA, Place, place_of, reaching, require_archive
from labctl.archive.tables import schema_of
from labctl.errors import InvalidRequest, StoreError
from labctl.store.portable_runs import meanings_of, table_names

if TYPE_CHECKING:
    import pandas as pd

ATTEMPTS = 5
"""A version that is read may be replaced by another program; then the query looks again."""


@dataclass(frozen=True)
class Answer:
    """The columns and rows of a query."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]


class Archive:
    """An archive, opened for reading; use it in a `with` block or close it.

    Its tables are named as in a results file. The columns `series_uuid`, `run_uuid`, `sample` and `station`
    are added. Ids of rows are unique within a series: join by `series_uuid` and id. Derived rows of analyses
    that are not the current ones are in tables named `earlier_...`. `columns` has unit and meaning of
    each column.
    """

    def __init__(self, address: str | os.PathLike[str]) -> None:
        self._begin(place_of(address))

    @classmethod
    def at(cls, place: Place) -> "Archive":
        """Open the archive at a place."""
        archive = cls.__new__(cls)
        archive._begin(place)
        return archive

    def _begin(self, place: Place) -> None:
        require_archive(place)
        self.place = place
        self._connection = self._connected()

    @property
    def address(self) -> str:
        """Folder or address, without a password."""
        return self.place.address

    def query(self, sql: str, parameters: Sequence[Any] = (), most: int | None = None) -> Answer:
        """Return the answer to one SELECT; `most`: at most so many rows of it.

        Raises
        ------
        InvalidRequest
            The SQL is not one SELECT, cannot be understood, or asks for a table that is not there.
        StoreError
            The archive cannot be reached.
        """
        duckdb = _duckdb()
        self._require_select(duckdb, sql)
        for _ in range(ATTEMPTS):
            try:
                found = self._connection.execute(sql, list(parameters))
                rows = found.fetchall() if most is None else found.fetchmany(most)
                return Answer(tuple(column[0] for column in found.description), rows)
            except duckdb.Error as error:
                if not _is_missing_file(error):
                    raise InvalidRequest(f"{self.address}: {str(error).strip()}") from error
                self.look_again()
        raise StoreError(f"{self.address}: files are missing; see `labctl archive verify`")

    def interrupt(self) -> None:
        """End the query that another thread is asking; it raises InvalidRequest there."""
        self._connection.interrupt()

    def frame(self, sql: str, parameters: Sequence[Any] = ()) -> "pd.DataFrame":
        """Return the answer to one SELECT as a pandas frame; raises as `query`."""
        import pandas as pd

        answer = self.query(sql, parameters)
        return pd.DataFrame(answer.rows, columns=list(answer.columns))

    def samples(self) -> "pd.DataFrame":
        """Return the samples with numbers of runs and spectra."""
        return self.frame(SAMPLES)

    def look_again(self) -> None:
        """Take in runs added since the archive was opened."""
        self._connection.close()
        self._connection = self._connected()

    def close(self) -> None:
        """Close it."""
        self._connection.close()

    def __enter__(self) -> "Archive":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _require_select(self, duckdb: Any, sql: str) -> None:
        try:
            statements = self._connection.extract_statements(sql)
        except duckdb.Error as error:
            raise InvalidRequest(f"{self.address}: {str(error).strip()}") from error
        kinds = [statement.type for statement in statements]
        if kinds != [duckdb.StatementType.SELECT]:
            raise InvalidRequest(
                f"{self.address}: give one SELECT; an archive is changed by `archive add` only"
            )

    def _connected(self) -> Any:
        connection = _duckdb().connect(":memory:")
        with reaching(self.place):
            counting = versions_that_count(self.place)
            for name in table_names():
                connection.register(name, _dataset(self.place, name, counting))
        connection.register("columns", _meanings())
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        return connection


ALL_COLUMNS = "SELECT table_name, column_name, unit, meaning FROM columns ORDER BY ALL"
BEST_OF_EACH_SAMPLE = (
    "SELECT sample, max(conductivity_s_m) AS best_s_m FROM conductivities\n"
    "WHERE temperature_k BETWEEN 297.15 AND 299.15 GROUP BY sample ORDER BY best_s_m DESC"
)
"""An example of what an archive can be asked."""
SAMPLES = """
SELECT r.sample, count(DISTINCT r.run_uuid) AS runs, count(s.id) AS spectra,
       string_agg(DISTINCT r.station, ', ') AS stations
FROM runs r LEFT JOIN spectra s ON s.series_uuid = r.series_uuid AND s.run_id = r.id
GROUP BY r.sample ORDER BY r.sample"""


def open_archive(address: str | os.PathLike[str] | None = None) -> Archive:
    """Open an archive for reading; the public name is `labctl.open_archive`."""
    return Archive(os.environ.get("LABCTL_ARCHIVE", "") if address is None else address)


def _duckdb() -> Any:
    try:
        return importlib.import_module("duckdb")
    except ImportError as error:
        raise InvalidRequest(NEEDS_EXTRA) from error


def _dataset(place: Place, name: str, counting: set[tuple[str, str]]) -> Any:
    """Return the Arrow dataset of the files of one table that count."""
    dataset = importlib.import_module("pyarrow.dataset")
    files = [place.path(file) for file in _files(place, name) if series_and_version(file) in counting]
    filesystem = importlib.import_module("pyarrow.fs")
    system = filesystem.LocalFileSystem() if place.is_local else _through_fsspec(place, filesystem)
    return dataset.FileSystemDataset.from_paths(
        files, schema=schema_of(name), format=dataset.ParquetFileFormat(), filesystem=system
    )


def _is_missing_file(error: Exception) -> bool:
    return "No such file" in str(error) or "FileNotFound" in str(error)


def _meanings() -> Any:
    """Return the table `columns`: unit and meaning of every column of the archive."""
    rows = [
        {"table_name": name, "column_name": column, "unit": unit, "meaning": meaning}
        for name in table_names()
        for column, (unit, meaning) in meanings_of(name).items()
    ]
    return importlib.import_module("pyarrow").Table.from_pylist(rows)


def _files(place: Place, name: str) -> Iterator[str]:
    return (file for file in place.names(name) if file.endswith(".parquet"))


def _through_fsspec(place: Place, filesystem: Any) -> Any:
    return filesystem.PyFileSystem(filesystem.FSSpecHandler(place.system))
