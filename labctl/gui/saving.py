"""Files written by the window: complete or absent; never over a database, over other files if confirmed."""

from collections.abc import Sequence
from pathlib import Path

from labctl.report.whole_files import is_database, whole_file


def refuse_what_is_no_export(path: Path, endings: Sequence[str]) -> None:
    """Raise ValueError if the name has none of the suffixes or the existing file is a database."""
    if path.suffix.lower() not in endings:
        raise ValueError(f"{path.name}: the name of this file must end in {' or '.join(endings)}")
    if is_database(path):
        raise ValueError(f"{path.name} is a database and is not overwritten")


def write_text(path: Path, text: str) -> None:
    """Write a text file in UTF-8."""
    with whole_file(path) as part:
        part.write_text(text, encoding="utf-8")
