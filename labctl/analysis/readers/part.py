"""A part of a file that holds one table: the file itself, a sheet, a measurement of a session."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Part:
    """One table as text. `name` names it where a file has several, `""` where it is the whole file.

    `format` names the maker's program where the text cannot, `acquired` is the time on the clock of the
    computer that measured; `""` where not known.
    """

    text: str
    name: str = ""
    format: str = ""
    acquired: str = ""
    warnings: tuple[str, ...] = ()
