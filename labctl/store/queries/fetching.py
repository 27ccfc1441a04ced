"""How a query is run: the type of the method that runs it, and the marks of a list of ids."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

Row = dict[str, Any]
Result = TypeVar("Result")
Fetch = Callable[[str, Sequence[Any]], Result]
FetchRows = Callable[[str, Sequence[Any]], list[Row]]


def marks(ids: Sequence[int]) -> str:
    """Return `?, ?, ?`: one mark for each id, to stand in `IN (...)`."""
    return ", ".join("?" * len(ids))
