"""A report as PDF, set by Typst: texts are handed over as data, so that nothing in them is markup."""

import json
from pathlib import Path
from typing import Any

import matplotlib as mpl

from labctl.errors import InvalidRequest
from labctl.plain_text import on_one_line, printable
from labctl.report.figures.saving import drawn
from labctl.report.figures.style import MM_PER_INCH, OTHER_SCRIPTS
from labctl.report.pages.document import Block, Items, Paragraph, Picture, Report, Table
from labctl.report.pages.optional import imported

TEMPLATE = Path(__file__).with_name("page.typ")
LONG_CELL = 34  # characters from which a column may take the width that is left


def pdf_page(report: Report) -> bytes:
    """Return the pages of a report as a PDF file; raises InvalidRequest where Typst is not installed."""
    typst = imported("typst")
    files: dict[str, bytes] = {}
    content = {
        "title": on_one_line(report.title),
        "subtitle": printable(report.subtitle),
        "language": report.language,
        "fonts": ["DejaVu Sans", *OTHER_SCRIPTS],
        "sections": [
            {
                "title": on_one_line(section.title),
                "level": section.level,
                "blocks": _paired([_described(block, files) for block in section.blocks]),
            }
            for section in report.sections
        ],
    }
    files["report.json"] = json.dumps(content).encode("utf-8")
    files["main.typ"] = TEMPLATE.read_bytes()
    fonts = Path(mpl.get_data_path()) / "fonts" / "ttf"
    try:
        page = typst.compile(files, format="pdf", font_paths=[str(fonts)])
    except RuntimeError as error:
        raise InvalidRequest(f"the PDF could not be set: {error}") from error
    return bytes(page)


def _paired(blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the blocks with figures in a row gathered, two of which stand beside each other."""
    found: list[dict[str, Any]] = []
    for block in blocks:
        if block["kind"] != "Picture":
            found.append(block)
        elif found and found[-1]["kind"] == "Pictures":
            found[-1]["pictures"].append(block)
        else:
            found.append({"kind": "Pictures", "pictures": [block]})
    return found


def _described(block: Block, files: dict[str, bytes]) -> dict[str, Any]:
    """Return a block as the template reads it; the file of a figure is added to `files`."""
    if isinstance(block, Paragraph):
        return {"kind": "Paragraph", "text": printable(block.text), "style": block.kind}
    if isinstance(block, Items):
        return {"kind": "Items", "lines": [printable(line) for line in block.lines]}
    if isinstance(block, Picture):
        return _picture(block, files)
    return _table(block)


def _picture(block: Picture, files: dict[str, bytes]) -> dict[str, Any]:
    name = f"figure{len(files)}.svg"
    files[name] = drawn(block.figure, "svg")
    width_mm = float(block.figure.get_figwidth()) * MM_PER_INCH
    return {"kind": "Picture", "file": name, "width": width_mm, "caption": printable(block.caption)}


def _table(block: Table) -> dict[str, Any]:
    rows = [[on_one_line(cell.text) for cell in row] for row in block.rows]
    headings = [on_one_line(heading) for heading in block.headings]
    return {
        "kind": "Table",
        "headings": headings,
        "rows": rows,
        "caption": printable(block.caption),
        "facts": block.facts,
        "columns": len(headings),
        "widths": _widths([headings, *rows]),
    }


def _widths(rows: list[list[str]]) -> list[float]:
    """Return 0 for a column as wide as its cells, a share of the remaining width for one of long cells."""
    longest = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [0.0 if length <= LONG_CELL else float(min(length, 90)) for length in longest]
