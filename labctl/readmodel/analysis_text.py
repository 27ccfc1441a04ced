"""The analysis that the numbers of a run stand on, as text."""

from collections.abc import Mapping
from typing import Any

from labctl.plain_text import on_one_line, utc_time

ENDS = {"frequency_min_hz": "from", "frequency_max_hz": "up to"}


def analysis_in_words(analysis: Mapping[str, Any]) -> str:
    """Return the analysis as text, e.g. `analysis 3 (published), 2026-11-30 ..., by ...`."""
    name = f" ({analysis['name']})" if analysis["name"] else ""
    made = "provisional" if analysis["closed_s"] is None else f"of {utc_time(analysis['created_s'])} UTC"
    version = f", labctl {analysis['labctl_version']}" if analysis["labctl_version"] else ""
    person = f", by {analysis['person']}" if analysis["person"] else ""
    amended = len(analysis["amendments"])
    amendments = f", {amended} amendment{'s' * (amended > 1)} in force" if amended else ""
    chosen = options_in_words(analysis)
    return on_one_line(
        f"analysis {analysis['id']}{name}, {made}{version}{person}{amendments}"
        + (f"; {chosen}" if chosen else "")
    )


def options_in_words(analysis: Mapping[str, Any]) -> str:
    """Return the choices that an analysis was made with; empty where none was."""
    words = []
    for name, value in analysis["options"].items():
        if name in ENDS and isinstance(value, int | float):
            words.append(f"frequencies {ENDS[name]} {value:g} Hz")
            continue
        text = " and ".join(map(str, value)) if isinstance(value, list) else str(value)
        words.append(f"{name.replace('_', ' ')} {text}")
    return ", ".join(words)


def state_of(analysis: Mapping[str, Any]) -> str:
    """Return `current`, `provisional` (its run grows, or was interrupted) or `closed`."""
    if analysis["closed_s"] is None:
        return "provisional"
    return "current" if analysis["is_current"] else "closed"


def sample_of_analysis(analysis: Mapping[str, Any] | None, in_force: dict[str, Any]) -> dict[str, Any]:
    """Return the sample that an analysis keeps; that in force where it keeps none."""
    inputs = analysis["inputs"] if analysis else None
    kept = inputs.get("sample") if isinstance(inputs, dict) else None
    return in_force | kept if isinstance(kept, dict) else in_force
