"""Flags of rows as numbered remarks under a table."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from labctl.plain_text import shortened
from labctl.report.pages.document import Block, Items

MOST_FLAGS = 40
LONGEST_FLAG = 400
_NUMBER = re.compile(r"\d+(?:\.\d+)?(?:e[-+]?\d+)?")
Row = Mapping[str, Any]


class Flags:
    """Flags of rows, numbered as first seen; of very many, those that differ in numbers only are one."""

    def __init__(self, rows: Sequence[Row]) -> None:
        every = [str(flag) for row in rows for flag in row["flags"] or ()]
        self._gathers = len(set(every)) > MOST_FLAGS
        self._like: dict[str, set[str]] = {}
        for flag in every:
            self._like.setdefault(self._kind(flag), set()).add(flag)
        self._first = {self._kind(flag): flag for flag in reversed(every)}
        self._numbers = {kind: number for number, kind in enumerate(self._like, start=1)}

    def marks(self, row: Row) -> str:
        """Return the numbers of the flags of a row."""
        kinds = dict.fromkeys(self._kind(str(flag)) for flag in row["flags"] or ())
        return " ".join(f"{self._numbers[kind]})" for kind in kinds)

    def blocks(self) -> list[Block]:
        """Return the flags with their numbers."""
        lines = [f"{number}) {self._words(kind)}" for kind, number in self._numbers.items()]
        return [Items(lines)] if lines else []

    def _kind(self, flag: str) -> str:
        return _NUMBER.sub("#", flag) if self._gathers else flag

    def _words(self, kind: str) -> str:
        more = len(self._like[kind]) - 1
        alike = f" (and {more} more with other numbers: `labctl show`)" if more else ""
        return shortened(self._first[kind], LONGEST_FLAG) + alike
