"""Filter of a table: words, in any column or in one."""

import re
from collections.abc import Sequence

ANY_COLUMN = "any column"


class Phrases:
    """Words; a row is shown where each is found in one of its cells.

    A number belongs to the word before it and is a whole number: `pellet 3` is found neither in `pellet 30`
    nor in run 3 of `pellet 7`.

    Parameters
    ----------
    text : str
    """

    def __init__(self, text: str) -> None:
        self._patterns = [_pattern(phrase) for phrase in re.findall(r"\S+(?:\s+\d\S*)*", text)]

    def found_in(self, cells: Sequence[str]) -> bool:
        """Return whether every phrase is found in one of the cells."""
        return all(any(pattern.search(cell) for cell in cells) for pattern in self._patterns)


def _pattern(phrase: str) -> re.Pattern[str]:
    words = r"\s+".join(map(re.escape, phrase.split()))
    before = r"(?<![\d.])" if phrase[0].isdigit() else ""
    after = r"(?!\d)" if phrase[-1].isdigit() else ""
    return re.compile(before + words + after, re.IGNORECASE)
