"""A report as one HTML page that needs nothing from elsewhere: figures are data, scripts are forbidden."""

import base64
from pathlib import Path

from labctl.plain_text import on_one_line, printable
from labctl.report.figures.saving import drawn
from labctl.report.pages.document import Block, Picture, Report
from labctl.report.pages.optional import imported

TEMPLATE = Path(__file__).with_name("page.html.jinja")


def html_page(report: Report) -> bytes:
    """Return the page as UTF-8; raises InvalidRequest where Jinja2 is not installed."""
    jinja2 = imported("jinja2")
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"plain": printable, "line": on_one_line}
    template = environment.from_string(TEMPLATE.read_text(encoding="utf-8"))
    page: str = template.render(report=report, kind_of=_kind_of, image=_image, exact=repr)
    return page.encode("utf-8", errors="backslashreplace")


def _kind_of(block: Block) -> str:
    return type(block).__name__


def _image(picture: Picture) -> str:
    """Return a figure as a data URI of an SVG image, in which a browser executes nothing."""
    encoded = base64.b64encode(drawn(picture.figure, "svg")).decode("ascii")
    return f"data:image/svg+xml;base64,{encoded}"
