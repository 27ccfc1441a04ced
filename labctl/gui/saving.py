"""Files written by the window: complete or absent; never over a database, over other files if confirmed."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

SQLITE_HEADER = b"SQLite format 3\x00"


def refuse_what_is_no_export(path: Path, endings: Sequence[str]) -> None:
    """Raise ValueError if the name has none of the suffixes or the existing file is a database."""
    if path.suffix.lower() not in endings:
        raise ValueError(f"{path.name}: the name of this file must end in {' or '.join(endings)}")
    if path.is_file():
        with path.open("rb") as file:
            if file.read(len(SQLITE_HEADER)) == SQLITE_HEADER:
                raise ValueError(f"{path.name} is a database and is not overwritten")


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Yield a temporary file beside `path`; it replaces `path` if there was no error."""
    part = path.with_name(f".part-{path.name}")
    try:
        yield part
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a text file in UTF-8."""
    with whole_file(path) as part:
        part.write_text(text, encoding="utf-8")
