"""The sentence below a table that has more rows than a page shows."""

from labctl.report.pages.content import RunContent
from labctl.report.pages.document import Block, Paragraph
from labctl.report.pages.words import Words

MOST_ROWS = 500


def left_out(count: int, content: RunContent, words: Words) -> list[Block]:
    """Return the sentence that counts the rows beyond `MOST_ROWS`; nothing where there are none."""
    more = count - MOST_ROWS
    if more <= 0:
        return []
    return [Paragraph(words("missing.rows_left_out", count=more, run=content.run.id), "missing")]
