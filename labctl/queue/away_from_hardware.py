"""Keeps a rehearsal from real hardware, also where a procedure opens a connection beside the bench.

In the block a socket, a device file, a serial port and a library for VISA, GPIB or USB cannot be opened. The
attempt is noted, and raises. A device that is reached in another way, such as a Windows driver of its own,
is not recognised.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from labctl.errors import LabctlError

HARMLESS = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom", "/dev/shm/")
LIBRARIES = ("visa", "gpib", "usb")
_active: list[list[str]] = []
_installed = False


class ReachesOut(LabctlError, OSError):
    """A rehearsed procedure opens something real; an OSError, as where a device is absent."""


@contextmanager
def away_from_hardware() -> Iterator[list[str]]:
    """Refuse to open hardware in this process while inside; give the list of attempts."""
    _install()
    reached: list[str] = []
    _active.append(reached)
    try:
        yield reached
    finally:
        _active.remove(reached)


def _install() -> None:
    """Watch this process from now on; an audit hook cannot be removed, and does nothing outside a block."""
    global _installed
    if not _installed:
        _installed = True
        sys.addaudithook(_audit)
        _watch_serial_ports()


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if _active and (tried := _hardware(event, arguments)):
        _refuse(tried)


def _refuse(tried: str) -> None:
    for reached in _active:
        reached.append(tried)
    raise ReachesOut(f"{tried} cannot be opened in a rehearsal")


def _hardware(event: str, arguments: tuple[Any, ...]) -> str:
    """Return the name of the hardware that an audit event is about; `""`: none."""
    if event in ("socket.connect", "socket.sendto"):
        return f"the socket {arguments[1]}"
    if event == "open" and str(arguments[0]).startswith("/dev/"):
        return "" if str(arguments[0]).startswith(HARMLESS) else f"the device {arguments[0]}"
    if event == "ctypes.dlopen" and any(name in str(arguments[0]).lower() for name in LIBRARIES):
        return f"the library {arguments[0]}"
    return ""


def _watch_serial_ports() -> None:
    """On Windows a serial port is opened without an audit event."""
    import serial

    def refuse_or_open(self: serial.Serial) -> None:
        if _active:
            _refuse(f"the serial port {self.port}")
        open_port(self)

    open_port = serial.Serial.open
    serial.Serial.open = refuse_or_open
