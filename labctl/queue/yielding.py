"""Processes beside a night, which must not disturb it."""

from contextlib import suppress
from pathlib import Path

from labctl.queue.rehearsing import lower_priority

FIRST_TO_END = Path("/proc/self/oom_score_adj")


def yield_to_others() -> None:
    """Compute after all other programs, and be ended before them where memory is used up."""
    lower_priority()
    with suppress(OSError):
        FIRST_TO_END.write_text("1000", encoding="ascii")
