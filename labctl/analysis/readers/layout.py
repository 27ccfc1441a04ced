"""Layout of a table: the line where it begins and the meaning of its columns."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from labctl.analysis.readers import bare, immittance, titles
from labctl.analysis.readers.cells import SEPARATORS, filled, number, split
from labctl.analysis.readers.columns import Column, find_columns

LONGEST_HEADING_LINE = 5000
MOST_CANDIDATES = 40
_MARK = re.compile(r"^\s*(?:#|%|!|//)+\s*")
_MAY_NAME_A_FREQUENCY = re.compile(r"f|omega|ω|w", re.IGNORECASE)


@dataclass(frozen=True)
class Layout:
    """The columns of the lines from `first_line` on.

    `headings` counts the cells of the line that names them, `named` those up to the last that has a name.
    `names` are those cells, split by `separator`. `shortened` when headings without a column were dropped,
    `unproved` when there are more headings than columns and only agreeing columns can prove the first ones.
    """

    columns: dict[str, Column]
    headings: int
    named: int
    first_line: int
    warnings: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    separator: str = r"\t"
    unproved: bool = False

    def allows(self, cells: int, filled: int) -> bool:
        """Whether a line of so many cells, up to the last that is not empty, has one for each heading."""
        if self.unproved:
            return max(c.place for c in self.columns.values()) < filled < self.named
        return cells == self.headings or filled == self.named

    @property
    def needed(self) -> list[Column]:
        """The frequency and the two columns from which the impedance is computed."""
        return immittance.needed(immittance.named(self.columns, "impedance"))


def find_layouts(lines: Sequence[str]) -> Iterator[Layout]:
    """Each way to understand the headings, the likeliest first; ValueError when no line has headings."""
    closest: dict[str, Column] = {}
    count = 0
    for i, line in enumerate(lines):
        if len(line) > LONGEST_HEADING_LINE or not _MAY_NAME_A_FREQUENCY.search(line):
            continue
        for names, separator in _splits(line):
            columns = find_columns(names)
            if immittance.is_complete(columns):
                yield _layout(columns, names, i, separator)
                count += 1
            closest = max(closest, columns, key=len)
        if count > MOST_CANDIDATES:
            return
    if count:
        return
    if len(immittance.named(closest, "impedance").keys() & {"frequency", "real", "imaginary"}) >= 2:
        raise ValueError(immittance.missing(closest))
    columns, warning = bare.find_columns(lines)
    yield Layout(columns, 3, 3, 0, (warning,), separator="")


def with_subject(layout: Layout, lines: Sequence[str]) -> Layout:
    """The layout with plain columns (real, phase ...) named for the quantity that the titles say."""
    plain = bool({"any real", "any imaginary", "any modulus"} & set(_used(layout.columns)))
    above = lines[: max(layout.first_line - 1, 0)]
    quantity = titles.subject([*above, *layout.names]) if plain else "impedance"
    return replace(layout, columns=immittance.named(layout.columns, quantity))


def proving(layout: Layout) -> Layout:
    """The layout for rows that have fewer cells than there are headings."""
    return replace(layout, unproved=True)


def _used(columns: dict[str, Column]) -> list[str]:
    """The names in the file of the columns from which the impedance is computed."""
    named = immittance.named(columns, "impedance")
    chosen = {named[name].place for name in immittance.forms(named)[0]} if immittance.forms(named) else set()
    return [name for name, column in columns.items() if column.place in chosen]


def _layout(columns: dict[str, Column], names: list[str], line: int, separator: str) -> Layout:
    again = _named_again(columns, names)
    return Layout(columns, len(names), _named(names), line + 1, again, tuple(names), separator)


def _named_again(columns: dict[str, Column], names: list[str]) -> tuple[str, ...]:
    """A warning about a second spectrum in the columns that follow the first one."""
    used = {column.place for column in columns.values()}
    rest = find_columns(["" if place in used else name for place, name in enumerate(names)])
    second = immittance.named(rest, "impedance")
    if not any(
        {"real", "imaginary"} <= set(form) or {"modulus", "phase"} <= set(form)
        for form in immittance.forms(second)
    ):
        return ()
    return ("the headings name a second spectrum beside the first: left out",)


def _splits(line: str) -> Iterator[tuple[list[str], str]]:
    """The cells of a line of headings by each separator: as they are, and in the ways makers bend them."""
    plain = line.strip(' "').removeprefix("Definition=")
    for text in dict.fromkeys((plain, _MARK.sub("", plain))):
        for separator in SEPARATORS:
            names = split(_joined(text) if separator in (r"\s{2,}", r"\s+") else text, separator)
            yield names, separator
            kept = filled(names)
            if "" in kept[1:]:
                yield [name for name in kept if name], separator
                yield kept[: kept.index("", 1)], separator


def _joined(text: str) -> str:
    """A line of headings with the spaces taken out that stand inside a heading: `Z' (Ohm)`, `f / Hz`."""
    text = re.sub(r"\bdata:\s+", "", text, flags=re.IGNORECASE)
    text = re.sub(r"(?<=\S) (?=[\[(])", "", text)
    text = re.sub(r"(?<=\S) ?/ ?(?=\S)", "/", text)
    text = re.sub(r"(?<=\S) in (?=\S)", "_in_", text)
    return re.sub(r"(?<![^\s])- (?=[A-Za-z])", "-", text)


def _named(headings: list[str]) -> int:
    """Without empty headings at the end; VersaStudio ends its list with a number of its own."""
    named = filled(headings)
    while named and number(named[-1]) is not None:
        named = filled(named[:-1])
    return len(named)
