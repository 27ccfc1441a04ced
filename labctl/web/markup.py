"""HTML of the pages: texts of people are text in it, never markup, and nothing is loaded from elsewhere."""

import html
from collections.abc import Iterable, Sequence

from labctl.plain_text import on_one_line

STYLE = """
:root { color-scheme: light dark }
body { font: 16px/1.45 system-ui, sans-serif; max-width: 64em; margin: 0 auto; padding: 0.5em 1em 3em;
  color: #1a1a1a; background: #fff }
nav a { display: inline-block; margin-right: 1em; padding: 0.3em 0 }
h1 { font-size: 1.4em; margin: 0.6em 0 0.2em } h2 { font-size: 1.1em }
p.when { color: #555; margin: 0 0 1em }
section { border-left: 0.4em solid #1b7f3b; padding: 0.1em 0.8em; margin: 1em 0 }
section.plain { border-left-color: #999 } section.red { border-left-color: #b00020 }
section.red h2 { color: #b00020 } ul { padding-left: 1.2em; margin: 0.3em 0 }
div.wide { overflow-x: auto } table { border-collapse: collapse; font-variant-numeric: tabular-nums }
th, td { text-align: left; padding: 0.25em 0.8em 0.25em 0; border-bottom: 1px solid #ccc;
  vertical-align: top; white-space: nowrap } td.long, th { white-space: normal }
img { max-width: 100%; height: auto; background: #fff }
div.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 24em), 1fr)); gap: 1em }
div.figures img { width: 100%; max-width: 36em }
section img { width: 30em } input { font: inherit; max-width: 100% }
button.safe { font: inherit; font-weight: bold; color: #fff; background: #b00020; border: 0;
  padding: 0.6em 1em }
@media (max-width: 40em) { thead { display: none } tr { display: block; padding: 0.4em 0;
  border-bottom: 1px solid #ccc } td { display: flex; border: 0; padding: 0.1em 0; white-space: normal }
  td:empty { display: none } td::before { content: attr(data-label); flex: 0 0 8em; color: #777 } }
@media (prefers-color-scheme: dark) { body { background: #161616; color: #eee } p.when { color: #aaa }
  a { color: #8ab4ff } section.red h2 { color: #ff6b81 } }
"""
RAW_STYLE = """
dl.column-descriptions { max-height: 9em; overflow-y: auto; border: 1px solid #ccc; padding: 0.3em 0.6em }
"""
"""Over Datasette's own pages: the meanings of the columns leave room for the rows."""
LONGEST_IN_A_LINE = 60
_LONG = ' class="long"'
LINKS = (("/", "tonight"), ("/runs", "runs"), ("/samples", "samples"), ("/raw", "raw tables"))


def text(words: object) -> str:
    """Return words as text of a page."""
    return html.escape(on_one_line(str(words)))


def link(address: str, words: object) -> str:
    """Return a link within this site."""
    return f'<a href="{html.escape(address, quote=True)}">{text(words)}</a>'


def items(lines: Iterable[str]) -> str:
    """Return a list of lines of text."""
    return "<ul>" + "".join(f"<li>{text(line.strip())}</li>" for line in lines) + "</ul>"


def section(title: str, body: str, colour: str = "") -> str:
    """Return a section; `colour`: "red", "plain", or green where it is empty."""
    return f'<section class="{colour}"><h2>{text(title)}</h2>{body}</section>'


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; the cells of `rows` are HTML already, the headings are text.

    On a phone a row is a block with a line for each cell that is not empty, after its heading.
    """
    head = "".join(f"<th>{text(heading)}</th>" for heading in headings)
    body = "".join(f"<tr>{_cells(headings, row)}</tr>" for row in rows)
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _cells(headings: Sequence[str], row: Sequence[str]) -> str:
    return "".join(
        f'<td data-label="{text(heading)}"{_LONG if len(cell) > LONGEST_IN_A_LINE else ""}>{cell}</td>'
        for heading, cell in zip(headings, row, strict=True)
    )


def figures(named: Iterable[tuple[str, str]]) -> str:
    """Return figures beside each other, below each other on a phone; `named`: address and title of each."""
    shown = (
        f'<div><h2>{text(title)}</h2><img src="{html.escape(address, quote=True)}" alt="{text(title)}"></div>'
        for address, title in named
    )
    return f'<div class="figures">{"".join(shown)}</div>'


def page(
    title: str,
    when: str,
    body: str,
    again_s: int | None = None,
    links: Sequence[tuple[str, str]] = LINKS,
) -> str:
    """Return a whole page; `again_s`: after how many seconds the browser asks for it again."""
    again = f'<meta http-equiv="refresh" content="{again_s}">' if again_s else ""
    nav = "".join(link(*one) for one in links)
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">{again}<title>{text(title)}</title>
<style>{STYLE}</style></head>
<body><nav>{nav}</nav><h1>{text(title)}</h1><p class="when">{text(when)}</p>
{body}
</body></html>
"""
