"""Footnotes under a table."""

from typing import Any


class Remarks:
    """Footnotes: each sentence gets a letter the first time it is used."""

    def __init__(self) -> None:
        self._letters: dict[str, str] = {}

    def marks(self, flags: list[str]) -> str:
        """Return the letters of `flags`."""
        for flag in flags:
            self._letters.setdefault(flag, _letter(len(self._letters)))
        return " ".join(self._letters[flag] for flag in flags)

    def print(self, console: Any) -> None:
        """Print every sentence behind its letter."""
        for sentence, letter in self._letters.items():
            console.print(f" {letter}  {sentence}", highlight=False)


def _letter(index: int) -> str:
    return (_letter(index // 26 - 1) if index >= 26 else "") + chr(ord("a") + index % 26)
