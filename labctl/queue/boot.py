"""Identifies the start of the computer: after a power cut nothing heats without a person."""

import sys
from pathlib import Path

from labctl.clock import RealClock

_LINUX_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
SAME_START_WITHIN_S = 120.0


def boot_mark() -> str:
    """What identifies this start of the computer: an id on Linux, its time on Windows, else `""`."""
    if sys.platform == "win32":
        import ctypes

        uptime_ms = ctypes.windll.kernel32.GetTickCount64
        uptime_ms.restype = ctypes.c_uint64  # an int would be negative after 25 days
        uptime_s = uptime_ms() / 1000
        return f"{RealClock().time() - uptime_s:.0f}"
    try:
        return _LINUX_BOOT_ID.read_text().strip()
    except OSError:
        return ""


def power_was_cut(mark: str) -> bool:
    """Return whether the computer was started again since a process wrote its `boot_mark`."""
    return not same_boot(mark, boot_mark())


def same_boot(before: str, now: str) -> bool:
    """Return whether two marks are of one start; times within two minutes are (a clock may be set)."""
    if before.isdecimal() and now.isdecimal():
        return abs(int(before) - int(now)) <= SAME_START_WITHIN_S
    return before == now
