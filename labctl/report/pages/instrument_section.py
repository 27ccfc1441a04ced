"""The section about instruments with their bench checks and accuracy."""

from collections.abc import Mapping
from typing import Any

from labctl.config.accuracy_text import accuracy_lines
from labctl.readmodel.recorded_checks import in_words as checks_in_words
from labctl.report.pages.content import RunContent
from labctl.report.pages.document import Block, Items, Paragraph, Table, text
from labctl.report.pages.words import Words

Row = Mapping[str, Any]


def instruments(content: RunContent, words: Words) -> list[Block]:
    """Return each instrument with its identity, recorded bench checks and stated accuracy."""
    if not content.instruments:
        return [Paragraph(words("missing.instruments"), "missing")]
    headings = [words(f"names.{name}") for name in ("role", "instrument", "driver", "confirmed")]
    rows = [
        [
            text(row["role"]),
            text(row["identity"] or words("missing.identity")),
            text(_driver(row["driver"])),
            text("; ".join(_checks(row)) or words("missing.confirmed")),
        ]
        for row in content.instruments
    ]
    stated = accuracy_lines(content.accuracy, {row["role"] for row in content.instruments})
    about: Block = Items(stated) if stated else Paragraph(words("missing.accuracy"), "missing")
    return [Table(headings, rows, name="instruments"), about]


def _driver(reference: object) -> str:
    """Return `module:Class` as `Class (module)`, which a line can break."""
    module, _, name = str(reference).partition(":")
    return f"{name} ({module})" if name else module


def _checks(row: Row) -> list[str]:
    """Return the recorded checks without the name of the instrument, which stands beside it."""
    begin = f"{row['role']} ({row['identity']}): "
    return [line.removeprefix(begin) for line in checks_in_words(row)]
