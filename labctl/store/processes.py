"""Identify processes and detect that they have ended.

Process numbers are reused, so a process is identified by its number and its start time (its birth).
"""

import os
import sys
from pathlib import Path

_LINUX_STATE, _LINUX_START = 0, 19  # fields of /proc/PID/stat after the closing bracket of the name


def process_birth(pid: int) -> str | None:
    """Start time of the process in the system's own format; "" if unknown, None if the process has ended."""
    if sys.platform == "win32":
        return _windows_birth(pid)
    if Path("/proc/self/stat").exists():
        return _linux_birth(pid)
    return _unix_birth(pid)


def is_gone(pid: int, birth: str) -> bool:
    """Whether the process with that number and start time on this computer has ended."""
    now = process_birth(pid)
    return now is None or bool(birth and now and birth != now)


def _linux_birth(pid: int) -> str | None:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = stat.rpartition(")")[2].split()
    if fields[_LINUX_STATE] in "ZXx":
        return None
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return f"{boot}/{fields[_LINUX_START]}"


def _unix_birth(pid: int) -> str | None:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        pass
    return ""


def _windows_birth(pid: int) -> str | None:
    if sys.platform != "win32":
        return ""
    import ctypes
    from ctypes import wintypes

    query_limited_information, invalid_parameter, still_active = 0x1000, 87, 259
    kernel32 = ctypes.WinDLL("kernel32", use_last_error=True)
    kernel32.OpenProcess.restype = wintypes.HANDLE
    kernel32.OpenProcess.argtypes = wintypes.DWORD, wintypes.BOOL, wintypes.DWORD
    kernel32.CloseHandle.argtypes = (wintypes.HANDLE,)
    kernel32.GetExitCodeProcess.argtypes = wintypes.HANDLE, ctypes.POINTER(wintypes.DWORD)
    kernel32.GetProcessTimes.argtypes = wintypes.HANDLE, *[ctypes.POINTER(wintypes.FILETIME)] * 4
    handle = kernel32.OpenProcess(query_limited_information, False, pid)
    if not handle:
        return None if ctypes.get_last_error() == invalid_parameter else ""
    try:
        code = wintypes.DWORD()
        if kernel32.GetExitCodeProcess(handle, code) and code.value != still_active:
            return None
        created, exited, kernel, user = (wintypes.FILETIME() for _ in range(4))
        if not kernel32.GetProcessTimes(handle, created, exited, kernel, user):
            return ""
        return str(created.dwHighDateTime << 32 | created.dwLowDateTime)
    finally:
        kernel32.CloseHandle(handle)
