"""The `[archive]` table of a station file: where ended runs go by themselves."""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from labctl.config.station import Station
from labctl.config.table import Table, read_document

NEEDED = ("pyarrow", "fsspec")


@dataclass(frozen=True)
class ArchiveSettings:
    """A checked `[archive]` table.

    Attributes
    ----------
    to : str
        Folder or fsspec address; a relative folder begins at the folder of the station file.
    longest_s : float
        Time after which an attempt to add runs is ended, to be tried again.
    """

    to: str
    longest_s: float = 3600.0


def read_archive(station: Station) -> ArchiveSettings | None:
    """Check the `[archive]` table of a station; None where it has none.

    Raises ConfigurationError with file, key and a valid value.
    """
    return _settings(Table(station.source, station.archive, "archive."), Path(station.source))


def read_archive_of(path: Path) -> tuple[str, ArchiveSettings | None]:
    """Read only the name of a station and its `[archive]` table, without loading any driver.

    Raises ConfigurationError where the file cannot be read, or one of the two is wrong.
    """
    document = read_document(path)
    values = document.table("archive", {}).values
    return document.text("name", path.stem), _settings(Table(path, values, "archive."), path)


def check_archive(station: Station) -> list[str]:
    """Return a sentence where the packages of the archive are not installed; touches no archive.

    Raises ConfigurationError where the `[archive]` table is wrong.
    """
    if read_archive(station) is None or all(map(find_spec, NEEDED)):
        return []
    return ["[archive]: nothing is added without the extra `archive`: pip install -e '.[archive]'"]


def _settings(table: Table, source: Path) -> ArchiveSettings | None:
    if not table.values:
        return None
    to = table.text("to").strip()
    if not to:
        raise table.error("to", "is empty; give a folder or an address such as s3://bucket/archive")
    host = to.partition("://")[2].partition("/")[0]
    if ":" in host.rpartition("@")[0]:
        raise table.error("to", "holds a password; give it by the environment or by the settings of fsspec")
    longest_s = 60 * table.number("longest_min", 60.0, minimum=0.1, maximum=1440)
    table.refuse_unknown()
    where = to if "://" in to else str(source.absolute().parent / Path(to).expanduser())
    return ArchiveSettings(where, longest_s)
