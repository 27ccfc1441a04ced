"""Load of the computer: for how long a process was ready to run without a core.

A promise in seconds holds for a computer with a free core for each process. On a shared one the time that the
responsible process waited for a core is subtracted from the measured time; both figures are kept.
"""

from pathlib import Path


def waited_for_a_core_s(pid: int) -> float:
    """Longest time in s that one of the threads of a process waited so far; 0 where it is not reported."""
    longest_ns = 0
    for told in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        try:
            longest_ns = max(longest_ns, int(told.read_text().split()[1]))
        except (OSError, IndexError):  # that thread, or that process, has ended since
            continue
    return longest_ns / 1e9
