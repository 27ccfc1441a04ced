"""The source that a query reads, a database or a connection, and the marks of a list of ids."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

Row = dict[str, Any]
Result = TypeVar("Result")
Result_co = TypeVar("Result_co", covariant=True)


class Source(Protocol[Result_co]):
    """Anything that runs a SELECT by a method `rows`."""

    def rows(self, query: str, parameters: Sequence[Any], /) -> Result_co:
        """Return the rows of the query."""
        ...


Rows = Source[list[Row]]


@dataclass(frozen=True)
class Through(Generic[Result]):
    """A source that runs its queries through another method, such as `Database.frame`."""

    rows: Callable[[str, Sequence[Any]], Result]


def marks(ids: Sequence[object]) -> str:
    """Return `?, ?, ?`: one mark for each value, to stand in `IN (...)`."""
    return ", ".join("?" * len(ids))
