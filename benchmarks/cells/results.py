"""Lines of JSON, one for each thing studied: a study that was interrupted continues where it ended."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

Row = dict[str, Any]


def gathered(
    study: str, seed: int, numbers: Iterable[int], one: Callable[[int, int], Row], results: Path | None
) -> list[Row]:
    """Rows of a study: those already in the file, and one(seed, number) for every other number."""
    numbers = list(numbers)
    found = {row["number"]: row for row in _read(results) if row["study"] == study and row["seed"] == seed}
    for number in numbers:
        if number in found:
            continue
        found[number] = {"study": study, "seed": seed, "number": number, **one(seed, number)}
        if results is not None:
            with results.open("a", encoding="utf-8") as lines:
                lines.write(json.dumps(found[number]) + "\n")
    return [found[number] for number in numbers]


def _read(results: Path | None) -> list[Row]:
    if results is None or not results.exists():
        return []
    return [json.loads(line) for line in results.read_text("utf-8").splitlines() if line.strip()]


def by_kind(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """Rows of each kind, in the order in which the kinds appear."""
    kinds: dict[str, list[Row]] = {}
    for row in rows:
        kinds.setdefault(row["kind"], []).append(row)
    return kinds


def table(heading: list[str], lines: Iterable[list[str]]) -> str:
    """A table in Markdown, padded so that it reads as plain text too."""
    cells = [heading, *lines]
    widths = [max(len(line[column]) for line in cells) for column in range(len(heading))]
    written = [
        "| " + " | ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)) + " |"
        for line in cells
    ]
    written.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(written)


def verdict(met: bool, asked: str) -> str:
    """A line of the acceptance."""
    return f"{'pass' if met else 'MISS'}: {asked}"


def percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "-"
