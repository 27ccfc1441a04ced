"""The summary of a night as one page of HTML, which needs nothing from elsewhere."""

import html
from collections.abc import Sequence
from pathlib import Path

from labctl.errors import InvalidRequest
from labctl.plain_text import local_time, printable
from labctl.readmodel.night_summary import NightSummary
from labctl.readmodel.night_text import Section, headline, night_in_words
from labctl.report.whole_files import whole_file

STYLE = """
body { font: 16px/1.45 system-ui, sans-serif; max-width: 52em; margin: 2em auto;
  padding: 0 1em; color: #1a1a1a }
h1 { font-size: 1.5em; margin-bottom: 0 } h2 { font-size: 1.05em; margin: 1.6em 0 0.3em }
p.when { color: #555; margin-top: 0.2em } ul { margin: 0; padding-left: 1.2em } li.deeper { list-style: none }
section.grave { border-left: 0.4em solid #b00020; padding-left: 0.8em } section.grave h2 { color: #b00020 }
@media (prefers-color-scheme: dark) { body { background: #161616; color: #eee } p.when { color: #aaa } }
"""


def night_page(summary: NightSummary) -> str:
    """Return the page as text; what people typed is text in it, never markup."""
    title = f"labctl, {headline(summary)}"
    sections = "\n".join(_section(section) for section in night_in_words(summary))
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{_text(title)}</title><style>{STYLE}</style></head>
<body><h1>{_text(title)}</h1>
<p class="when">as of {local_time(summary.now_s)}; numbers ± one standard uncertainty</p>
{sections}
</body></html>
"""


def _section(section: Section) -> str:
    grave = ' class="grave"' if section.is_grave else ""
    return f"<section{grave}><h2>{_text(section.title)}</h2>\n<ul>{_items(section.lines)}</ul></section>"


def _items(lines: Sequence[str]) -> str:
    return "\n".join(f"<li{_depth(line)}>{_text(line.strip())}</li>" for line in lines)


def _depth(line: str) -> str:
    return ' class="deeper"' if line.startswith(" ") else ""


def _text(words: str) -> str:
    return html.escape(printable(words))


def write_page(summary: NightSummary, path: Path) -> None:
    """Write the page to a file; raises InvalidRequest where it cannot be written."""
    try:
        with whole_file(path) as part:
            part.write_text(night_page(summary), encoding="utf-8")
    except OSError as error:
        raise InvalidRequest(f"--html: {path} cannot be written: {error.strerror or error}") from error
