"""The table of a campaign, as Markdown."""

from collections import Counter
from collections.abc import Callable
from statistics import median
from typing import Any

Row = dict[str, Any]
HEAD = (
    "what was done",
    "nights",
    "an output was on",
    "then off after, median",
    "longest",
    "longest, less waiting for a core",
    "unsafe stated",
    "broken",
)


def table(nights: list[Row]) -> str:
    """Return one line for each blow at the program, each other fault, and the sum."""
    lines = ["| " + " | ".join(HEAD) + " |", "|" + "---|" * len(HEAD)]
    for words, belongs in _groups(nights).items():
        lines.append(_line(words, [night for night in nights if belongs(night)]))
    lines.append(_line("all", nights))
    return "\n".join(lines)


def _groups(nights: list[Row]) -> dict[str, Callable[[Row], bool]]:
    groups: dict[str, Callable[[Row], bool]] = {}
    for blow in sorted({night["blow"] for night in nights}):
        groups[f"program: {blow}"] = lambda night, blow=blow: night["blow"] == blow
    for blow in sorted({night["supervisor"] for night in nights} - {""}):
        groups[f"supervisor: {blow}, too"] = lambda night, blow=blow: night["supervisor"] == blow
    for instrument in ("oven", "analyser"):
        groups[f"{instrument} sick, too"] = lambda night, name=instrument: name in night["sick"]
    for blow in sorted({night["file"] for night in nights} - {""}):
        groups[f"{blow}, too"] = lambda night, blow=blow: night["file"] == blow
    return groups


def _line(words: str, nights: list[Row]) -> str:
    kept = [kept for night in nights for kept in night["kept"]]
    on_s = [one["on_s"] for one in kept]
    own_s = [one["on_s"] - one["waited_s"] for one in kept]
    broken = sum((Counter(night["broken"]) for night in nights), Counter[str]())
    figures = [
        str(len(nights)),
        str(len(kept)),
        f"{median(on_s):.1f} s" if on_s else "",
        f"{max(on_s):.1f} s" if on_s else "",
        f"{max(own_s):.1f} s" if own_s else "",
        str(sum(night["unsafe"] for night in nights)),
        ", ".join(f"{count} {what}" for what, count in broken.items()) or "0",
    ]
    return f"| {words} | {' | '.join(figures)} |"
