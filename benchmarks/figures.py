"""Figures that a benchmark hands to `make benchmarks`, and tables: a line of JSON each.

`state` does nothing where no runner asked for figures (environment variable LABCTL_FIGURES, a file). A name
begins with the script: `window.refresh`. Figures of one name replace each other.
"""

import json
import os
from pathlib import Path

ASKED_IN = "LABCTL_FIGURES"
Value = float | int | str | list[str]


def state(name: str, value: Value, unit: str = "ratio") -> None:
    """Hand over one figure; a list of lines is a table in Markdown."""
    asked = os.environ.get(ASKED_IN)
    if asked is None:
        return
    with Path(asked).open("a", encoding="utf-8") as lines:
        lines.write(json.dumps({"name": name, "value": value, "unit": unit}) + "\n")


def state_table(name: str, text: str) -> None:
    """Hand over the lines of `text` that are a table in Markdown."""
    state(name, [line.strip() for line in text.splitlines() if line.lstrip().startswith("|")], "table")


def state_share(name: str, part: int, whole: int) -> None:
    """Hand over a count of cases, `part of whole`."""
    state(name, f"{part} of {whole}", "count")
