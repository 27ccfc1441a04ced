"""A connection for commands that only look: the file is neither created, migrated nor written."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from labctl.errors import StoreError
from labctl.store.connections import open_for_reading
from labctl.store.fetching import fetched
from labctl.store.presence import Files
from labctl.store.structure import Kinds, own_kinds
from labctl.store.time_limit import TimeLimit
from labctl.store.transactions import Parameters, Row, WriteConnection


class LookConnection(WriteConnection):
    """Answers queries of a `WriteConnection` from a file opened to read, an older one as if it were new.

    Parameters
    ----------
    path : Path or str
    limit : TimeLimit, optional
        Of all queries together.

    Raises
    ------
    StoreError
        As `labctl.store.connections.open_for_reading`; from every method that would write.
    """

    def __init__(self, path: Path | str, limit: TimeLimit | None = None) -> None:
        self._limit = limit or TimeLimit()
        super().__init__(path, may_create=False)

    def rows(self, query: str, parameters: Parameters = ()) -> list[Row]:
        """Return the rows of a SELECT as dicts; JSON stays text.

        A value of another kind than its column is None in a column of numbers, and text in a column of text.
        """
        self._check_files()
        names, rows = fetched(self.path, self._connection, query, parameters)
        kinds = own_kinds()
        return [
            {name: _true(value, name, kinds) for name, value in zip(names, row, strict=True)} for row in rows
        ]

    @contextmanager
    def transaction(self) -> Iterator[Self]:
        """Refuse: this connection writes nothing."""
        raise StoreError(f"{self.path}: opened to read only")
        yield self

    def _open(self, may_create: bool) -> None:
        self._connection = open_for_reading(self.path)
        self._limit.watch(self._connection)
        self._real_path = Path(os.path.realpath(self.path))
        self._files = Files.of(self._real_path)


def _true(value: Any, column: str, kinds: Kinds) -> Any:
    if column in kinds.numbers:
        return value if isinstance(value, int | float) else None
    return str(value) if column in kinds.text and value is not None else value
