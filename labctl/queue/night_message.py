"""The summary of a night for a message, made by a process of its own.

The supervisor must not load what evaluates results, nor wait long for it: where the summary cannot be made,
or takes too long, the message says how to see it.
"""

import logging
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from labctl.clock import Clock, RealClock

log = logging.getLogger(__name__)
LONGEST_S = 60.0
LONGEST_AT_THE_END_S = 4.0
LOOK_EVERY_S = 0.1
INSTEAD = "no job is left; `labctl summary` says what they brought"


def night_message(station: Path, db: Path, over: threading.Event, clock: Clock | None = None) -> str:
    """Return what `labctl summary` prints; `INSTEAD` where it fails or takes too long.

    Parameters
    ----------
    station, db : Path
        Station file and results file.
    over : threading.Event
        Set when the process that sends the message ends: from then on little time is left.
    """
    words = [sys.executable, "-m", "labctl", "summary", "--station", str(station), "--db", str(db)]
    try:
        with tempfile.TemporaryFile() as page:
            made = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=page, stderr=subprocess.DEVNULL)
            if not _has_ended(made, over, clock or RealClock()) or made.returncode:
                return INSTEAD
            page.seek(0)
            return page.read().decode("utf-8", "replace").strip()
    except OSError as error:
        log.warning("no summary: %s", error)
        return INSTEAD


def _has_ended(made: "subprocess.Popen[bytes]", over: threading.Event, clock: Clock) -> bool:
    """Wait for a process; kill it, and return False, where it takes too long."""
    end_s, is_last = clock.monotonic() + LONGEST_S, False
    while made.poll() is None:
        if over.is_set() and not is_last:
            end_s, is_last = min(end_s, clock.monotonic() + LONGEST_AT_THE_END_S), True
        if clock.monotonic() >= end_s:
            made.kill()
            made.wait()
            log.warning("the summary took too long")
            return False
        clock.sleep(LOOK_EVERY_S)
    return True
