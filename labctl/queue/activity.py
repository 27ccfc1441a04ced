"""Activity of a process of this computer: distinguishes a frozen process from a slow one.

A process that is stopped, or waits for something that never comes, uses no processor. One on a busy computer
uses some, or waits for a processor or a disk. Known on Linux only.
"""

import os
from pathlib import Path

from labctl.clock import Clock
from labctl.queue.heartbeat import Heartbeat
from labctl.queue.silence import Silence

READY_OR_READING = "RD"  # waits for a processor, or for a disk


def processor_time_ns(pid: int) -> int | None:
    """Return how long the threads of a process used a processor or waited for one so far.

    Returns
    -------
    int or None
        In ns; None while a thread is ready to run or waits for a disk, and where it is not reported.
    """
    total_ns = 0
    for thread in Path(f"/proc/{pid}/task").glob("*"):
        try:
            state = (thread / "stat").read_text().rpartition(")")[2].split()[0]
            used_ns, waited_ns = (thread / "schedstat").read_text().split()[:2]
        except (OSError, IndexError, ValueError):
            return None
        if state in READY_OR_READING:
            return None
        total_ns += int(used_ns) + int(waited_ns)
    return total_ns or None


def is_stopped(pid: int, file: Path) -> bool:
    """Whether a signal stopped a process that has a file open, or had it open when it was deleted.

    False where this is not reported.
    """
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        opened = [os.readlink(entry) for entry in Path(f"/proc/{pid}/fd").iterdir()]
    except (OSError, IndexError):
        return False
    path = os.path.realpath(file)
    return state == "T" and any(name.removesuffix(" (deleted)") == path for name in opened)


class Stillness(Silence):
    """Adds up how long a process neither wrote a heartbeat nor did anything else; 0 where that is unknown."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self._looks = 0

    def _mark_of(self, beat: Heartbeat) -> tuple[float, ...]:
        self._looks += 1
        used_ns = processor_time_ns(beat.pid)
        unknown = used_ns is None
        return (*super()._mark_of(beat), -self._looks if unknown else used_ns or 0)
