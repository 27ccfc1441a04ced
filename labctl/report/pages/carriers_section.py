"""The section about the carriers of the sample, from all of its runs and facts."""

from labctl.readmodel.carriers_text import measurement_in_words, verdict_in_words, verdict_title
from labctl.report.pages.content import RunContent
from labctl.report.pages.document import Block, Items, Paragraph, Table, text
from labctl.report.pages.words import Words


def carriers(content: RunContent, words: Words) -> list[Block]:
    """Return each measurement with what it presumes, then the verdict at each temperature."""
    found = content.carriers
    if isinstance(found, str):
        return [Paragraph(found, "warning")]
    if not found.lines:
        return [Paragraph(words("missing.carriers"), "missing")]
    rows = [
        [text(measurement_in_words(line)), text(line.presumes), text("; ".join(line.flags))]
        for line in found.lines
    ]
    headings = [words("names.measurement"), words("names.presumes"), words("names.remarks")]
    blocks: list[Block] = [Table(headings, rows, words("captions.carriers"), "carriers")]
    for kelvin, verdict in found.verdicts:
        blocks += [Paragraph(verdict_title(kelvin)), Items(verdict_in_words(verdict))]
    return blocks
