"""Figures that README and docs state, held against the results file. Marks are comments, unseen by readers.

    4900<!-- figure: night.simulated_per_cpu -->        the number before it is that figure, rounded
    <!-- table: faults.table -->                        the rows of the table below equal that figure
    <!-- numbers: impedance.kramers_kronig -->          the numbers of the block below, in order
    <!-- test: tests/labctl/analysis/test_x.py::test_y --> the block below is shown by that test, at every run
    <!-- given: a setting of the study -->             the number below is no result, for the reason given

A block is text between blank lines. `unsourced` names the blocks that state a figure of a study and have no
mark. `update` writes numbers and tables of the results file into the pages, each number with as many digits
as stand there now.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from recorded import ROOT, Figure, source_of

MADE = ("bench-checks.md", "drivers", "decisions")
"""Pages whose figures are of no study: written from the drivers, or decisions, which tell of their time."""
PAGES = (
    ROOT / "README.md",
    *(page for page in sorted((ROOT / "docs").rglob("*.md")) if not set(MADE) & set(page.parts)),
)
NUMBER = r"\d+ of \d+|[-+]?\d{1,3}(?: \d{3})+|[-+]?\d+(?:\.\d+)?"
INLINE = re.compile(rf"(?P<shown>{NUMBER})(?P<mark><!-- figure: (?P<name>[^>]+?) -->)")
ABOVE = re.compile(r"<!-- (?P<kind>table|numbers|test|given): (?P<name>[^>]+?) -->")
COMMENT = re.compile(r"<!--.*?-->", re.S)
QUOTED = re.compile(r"\"[^\"]*\"|`[^`]*`")
CLAIM = re.compile(
    r"\b\d+(?:\.\d+)?(?: to \d+(?:\.\d+)?)? times (?:as |faster|slower|shorter|longer|less|smaller|larger)"
    r"|\b\d+ of (?:the |all )?\d{2,}\b"
    r"|\ba \d+(?:st|nd|rd|th)\b"
    r"|\b(?:covers?|covered|recognised|found)\b[^.|]{0,40}\b\d+(?:\.\d+)? (?:to \d+(?:\.\d+)? )?%"
)
A_STUDY = re.compile(r"python benchmarks/\w+\.py")


@dataclass(frozen=True)
class Block:
    """Text between blank lines; `mark` is the comment above it."""

    page: Path
    line: int
    text: str
    heading: int
    mark: re.Match[str] | None

    @property
    def place(self) -> str:
        return f"{self.page.relative_to(ROOT) if self.page.is_relative_to(ROOT) else self.page}:{self.line}"

    @property
    def is_table(self) -> bool:
        return self.text.startswith("|")

    @property
    def rows(self) -> list[str]:
        """The rows of a table below its heading."""
        return rows_of([line for line in self.text.splitlines() if line.startswith("|")])

    @property
    def numbers(self) -> list[str]:
        """All numbers of the text, as they stand."""
        return re.findall(r"\d+(?:\.\d+)?", COMMENT.sub("", self.text))


def rows_of(table: list[str]) -> list[str]:
    """Return the rows of a table below its heading, with single spaces."""
    return [" ".join(line.split()) for line in table[2:]]


def blocks(page: Path) -> Iterator[Block]:
    """Yield the blocks of a page outside of code."""
    text = page.read_text(encoding="utf-8")
    text = re.sub(r"^```.*?^```", lambda code: "\n" * code[0].count("\n"), text, flags=re.S | re.M)
    heading, mark, line = 0, None, 1
    for part in re.split(r"\n[ \t]*\n", text):
        stripped = part.strip()
        first = line + (len(part) - len(part.lstrip("\n")))
        line += part.count("\n") + 2
        above = ABOVE.match(stripped)
        body = stripped[above.end() :].strip() if above else stripped
        if above:
            mark = above
        if not body or all(row.startswith("    ") for row in part.strip("\n").splitlines()):
            continue
        heading += body.startswith("#")
        yield Block(page, first, body, heading, mark)
        mark = None


def rounds_to(shown: str, figure: Figure) -> bool:
    """Whether a number as printed is the figure, rounded to the digits that stand there."""
    if isinstance(figure.value, str | list) or " of " in shown:
        return shown == figure.value
    return abs(float(figure.value) - float(shown.replace(" ", ""))) <= _unit(shown) / 2 * (1 + 1e-9)


def as_printed(shown: str, figure: Figure) -> str:
    """Return the figure with as many digits as `shown` has."""
    if isinstance(figure.value, str | list):
        return str(figure.value)
    decimals = len(shown.partition(".")[2])
    unit = _unit(shown)
    value = round(float(figure.value) / unit) * unit
    return f"{value:,.{decimals}f}".replace(",", " " if " " in shown else "")


def _unit(shown: str) -> float:
    """Return the value of the last digit that counts: zeros at the end of a whole number do not."""
    digits = shown.replace(" ", "").lstrip("+-")
    decimals = len(digits.partition(".")[2])
    return 10.0**-decimals if decimals else 10.0 ** (len(digits) - len(digits.rstrip("0") or "0"))


def differences(page: Path) -> Iterator[str]:
    """Yield a sentence for each mark without a recorded figure, or with another one."""
    for block in blocks(page):
        for found in INLINE.finditer(block.text):
            yield from _differs(block, found["name"], found["shown"])
        if block.mark is not None:
            yield from _differs_below(block, block.mark["kind"], block.mark["name"])


def _differs(block: Block, name: str, shown: str) -> Iterator[str]:
    figure = source_of(name)
    if figure is None:
        yield f"{block.place}: no figure {name} is recorded"
    elif not rounds_to(shown, figure):
        yield f"{block.place}: {shown} is stated, {figure.value} recorded as {name}"


def _differs_below(block: Block, kind: str, name: str) -> Iterator[str]:
    if kind == "given":
        return
    if kind == "test":
        path, _, test = name.partition("::")
        text = (ROOT / path).read_text(encoding="utf-8") if (ROOT / path).is_file() else ""
        if f"def {test}(" not in text:
            yield f"{block.place}: there is no test {name}"
        return
    figure = source_of(name)
    stated = block.rows if kind == "table" else block.numbers
    if figure is None or not isinstance(figure.value, list):
        yield f"{block.place}: no {kind} {name} is recorded"
    elif stated != (rows_of(figure.value) if kind == "table" else figure.value):
        yield f"{block.place}: the {kind} differ from those recorded as {name}"


def unsourced(page: Path) -> Iterator[str]:
    """Yield the place of each block that states a figure of a study and has no mark."""
    found = list(blocks(page))
    studied = {block.heading for block in found if A_STUDY.search(block.text)}
    for block in found:
        is_claim = CLAIM.search(QUOTED.sub("", COMMENT.sub("", block.text))) or (
            block.is_table and block.heading in studied and re.search(r"\| [-+]?\d", " ".join(block.rows))
        )
        if is_claim and block.mark is None and not INLINE.search(block.text):
            yield f"{block.place}: {' '.join(block.text.split())[:90]}"


def update() -> list[str]:
    """Write recorded numbers and tables into the pages; return a sentence for each page that was changed."""
    changed = []
    for page in PAGES:
        before = page.read_text(encoding="utf-8")
        after = _tables_updated(INLINE.sub(_number_updated, before))
        if after != before:
            page.write_text(after, encoding="utf-8")
            changed.append(f"{page.relative_to(ROOT)} changed")
    return changed


def _number_updated(found: re.Match[str]) -> str:
    figure = source_of(found["name"])
    stands = figure is None or rounds_to(found["shown"], figure)
    return found[0] if figure is None or stands else as_printed(found["shown"], figure) + found["mark"]


def _tables_updated(text: str) -> str:
    def rows(found: re.Match[str]) -> str:
        figure = source_of(found["name"])
        if (
            figure is None
            or not isinstance(figure.value, list)
            or rows_of(figure.value) == rows_of(found["table"].splitlines())
        ):
            return found[0]
        heading = found["table"].splitlines()[:2]
        return found["mark"] + "\n".join([*heading, *figure.value[2:]]) + "\n"

    return re.sub(r"(?P<mark><!-- table: (?P<name>[^>]+?) -->\n\n)(?P<table>(?:\|.*\n)+)", rows, text)
