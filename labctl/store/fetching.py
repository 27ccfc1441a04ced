"""All rows of a SELECT at once, from a file that may hold text that is not UTF-8."""

import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from labctl.errors import StoreError
from labctl.store.causes import explaining

Table = tuple[list[str], list[tuple[Any, ...]]]


def fetched(
    path: Path,
    connection: sqlite3.Connection,
    query: str,
    parameters: Sequence[Any] | Mapping[str, Any] = (),
) -> Table:
    """Return names and rows of a SELECT; bytes that are not UTF-8 become replacement characters.

    Raises StoreError.
    """
    with explaining(path):
        try:
            return _fetch(connection, query, parameters)
        except sqlite3.OperationalError as error:
            if "decode to UTF-8" not in str(error):
                raise
        except OverflowError as error:
            raise StoreError(f"{path}: a number of the request is too large for a results file") from error
        connection.text_factory = _replacing
        try:
            return _fetch(connection, query, parameters)
        finally:
            connection.text_factory = str


def _fetch(
    connection: sqlite3.Connection, query: str, parameters: Sequence[Any] | Mapping[str, Any]
) -> Table:
    cursor = connection.execute(query, parameters)
    return [column[0] for column in cursor.description or ()], cursor.fetchall()


def _replacing(content: bytes) -> str:
    return content.decode("utf-8", "replace")
