"""A report as a Word file, with tables and figures that can be moved into another text."""

from io import BytesIO
from typing import Any

from labctl.plain_text import on_one_line, printable
from labctl.report.figures.saving import drawn
from labctl.report.figures.style import MM_PER_INCH
from labctl.report.pages.document import Block, Items, Paragraph, Picture, Report, Table
from labctl.report.pages.optional import imported

DPI = 250


def word_page(report: Report) -> bytes:
    """Return the report as a .docx file; raises InvalidRequest where python-docx is not installed."""
    docx = imported("docx")
    document = docx.Document()
    document.core_properties.title = on_one_line(report.title)[:255]
    document.core_properties.author = ""
    document.add_heading(on_one_line(report.title), 0)
    document.add_paragraph(printable(report.subtitle))
    for section in report.sections:
        if section.title:
            document.add_heading(on_one_line(section.title), section.level)
        for block in section.blocks:
            _add(document, block)
    into = BytesIO()
    document.save(into)
    return into.getvalue()


def _add(document: Any, block: Block) -> None:
    if isinstance(block, Paragraph):
        document.add_paragraph().add_run(printable(block.text)).italic = block.kind == "missing"
    elif isinstance(block, Items):
        for line in block.lines:
            document.add_paragraph(printable(line), style="List Bullet")
    elif isinstance(block, Picture):
        _add_picture(document, block)
    else:
        _add_table(document, block)


def _add_picture(document: Any, block: Picture) -> None:
    shared = imported("docx.shared")
    width_mm = float(block.figure.get_figwidth()) * MM_PER_INCH
    image = BytesIO(drawn(block.figure, "png", DPI))
    document.add_picture(image, width=shared.Mm(1.3 * min(width_mm, 115.0)))
    document.add_paragraph(printable(block.caption), style="Caption")


def _add_table(document: Any, block: Table) -> None:
    shared = imported("docx.shared")
    if block.caption:
        document.add_paragraph(printable(block.caption), style="Caption")
    rows = [[cell.text for cell in row] for row in block.rows]
    if not block.facts:
        rows.insert(0, list(block.headings))
    table = document.add_table(rows=len(rows), cols=len(block.headings))
    table.style = "Light List" if not block.facts else "Table Grid"
    for line, texts in zip(table.rows, rows, strict=True):
        for cell, shown in zip(line.cells, texts, strict=True):
            run = cell.paragraphs[0].add_run(on_one_line(shown))
            run.font.size = shared.Pt(7.5)
