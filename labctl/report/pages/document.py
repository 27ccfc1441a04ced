"""A report as values: sections of text, tables and figures, without any format of a page."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Cell:
    """A cell of a table: the text that is shown, and the number of the database behind it.

    Attributes
    ----------
    text : str
    column : str
        Column of the database; empty for text.
    value : float or None
        The number as the database holds it.
    """

    text: str
    column: str = ""
    value: float | None = None


@dataclass(frozen=True)
class Paragraph:
    """Running text. `kind`: `""`, `missing` (something unknown) or `warning`."""

    text: str
    kind: str = ""


@dataclass(frozen=True)
class Items:
    """A list of lines."""

    lines: Sequence[str]


@dataclass(frozen=True)
class Table:
    """A table with a caption; numbers stand to the right.

    `facts` is a table of two columns, name and value, without headings.
    """

    headings: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    caption: str = ""
    name: str = ""
    facts: bool = False


@dataclass(frozen=True)
class Picture:
    """A figure with its caption; `name` is its kind."""

    figure: "Figure"
    caption: str
    name: str


Block = Paragraph | Items | Table | Picture


@dataclass(frozen=True)
class Section:
    """A heading with its blocks; `level` 1 for the sections of a report of one run."""

    title: str
    blocks: Sequence[Block]
    level: int = 1


@dataclass(frozen=True)
class Report:
    """A whole report."""

    title: str
    subtitle: str
    sections: Sequence[Section]
    language: str = "en"


def text(value: object) -> Cell:
    """Return a cell of text."""
    return Cell(str(value))


def facts(pairs: Sequence[tuple[str, object]], caption: str = "") -> Table:
    """Return a table of names and values; a value may be a `Cell`."""
    rows = [(text(name), value if isinstance(value, Cell) else text(value)) for name, value in pairs]
    return Table(("", ""), rows, caption, facts=True)
