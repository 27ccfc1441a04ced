"""The section about the temperature, and what was watched beside it."""

from collections.abc import Mapping
from typing import Any

from labctl.readmodel.formatting import celsius, duration
from labctl.readmodel.monitor_text import monitors_in_words, thermal_steps_in_words
from labctl.report.pages import numbers
from labctl.report.pages.content import RunContent
from labctl.report.pages.document import Block, Cell, Items, Paragraph, Table, text
from labctl.report.pages.long_tables import MOST_ROWS, left_out
from labctl.report.pages.pictures import picture
from labctl.report.pages.words import Words

Row = Mapping[str, Any]


def temperature(content: RunContent, words: Words) -> list[Block]:
    """Return the thermal history, the temperature log by set point and phase, and the monitors."""
    history = thermal_steps_in_words(content.thermal_history)
    monitors = monitors_in_words(content.monitors)
    before: list[Block] = [Items(history)] if history else []
    after: list[Block] = [Items(monitors)] if monitors else []
    return [*before, *_log(content, words), *after]


def _log(content: RunContent, words: Words) -> list[Block]:
    if not content.stretches:
        return [Paragraph(words("missing.temperature"), "missing")]
    begin_s = content.stretches[0]["begun_s"]
    rows = [_stretch_row(row, begin_s) for row in content.stretches[:MOST_ROWS]]
    names = ("set_point", "phase", "begun", "took", "readings", "mean", "range")
    table = Table([words(f"names.{name}") for name in names], rows, words("captions.settling"), "settling")
    blocks: list[Block] = [picture("temperature", content, words), table]
    return [*blocks, *left_out(len(content.stretches), content, words)]


def _stretch_row(row: Row, begin_s: float) -> list[Cell]:
    low, high = row["min_k"], row["max_k"]
    spread = "" if low is None else f"{celsius(low)} to {celsius(high)}"
    return [
        numbers.temperature(row, "setpoint_k"),
        text(row["phase"]),
        text(f"{(row['begun_s'] - begin_s) / 60:.1f}"),
        text(duration(row["ended_s"] - row["begun_s"])),
        numbers.plain(row, "readings", "d"),
        numbers.temperature(row, "mean_k"),
        text(spread),
    ]
