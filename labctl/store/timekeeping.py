"""Offset of the computer's clock, by an NTP server or by the estimate of the system."""

import ctypes
import socket
import struct
import sys
from typing import Any

from labctl.clock import RealClock

NTP_PORT = 123
NTP_TIMEOUT_S = 2.0
_NTP_EPOCH_S = 2_208_988_800  # 1900-01-01 to 1970-01-01
_PACKET = struct.Struct("!BBbb11I")
_CLIENT_VERSION_4 = 0x23


def clock_offset(server: str | None = None, port: int = NTP_PORT) -> dict[str, Any]:
    """Offset to add to this computer's time to get true time.

    Returns
    -------
    dict
        `source`; `offset_s` and `uncertainty_s` (half the delay, or the system's largest error), each None
        if unknown; `problem`, if there was one.
    """
    if server is None:
        return _system_offset()
    try:
        return {"source": f"ntp {server}"} | _ask(server, port)
    except (OSError, ValueError) as error:
        return _system_offset() | {"problem": f"{server}: {error}"}


def ntp_request(sent_s: float) -> bytes:
    """A client's packet (RFC 5905, section 7.3) that carries the time of sending, seconds since 1970."""
    return _PACKET.pack(_CLIENT_VERSION_4, 0, 0, 0, *[0] * 9, *_ntp_time(sent_s))


def ntp_offset(request: bytes, reply: bytes, sent_s: float, received_s: float) -> dict[str, float]:
    """Offset and half the round-trip delay from a server's reply (RFC 5905, section 8).

    Raises
    ------
    ValueError
        The reply is cut, answers another request, or comes from a server that is not synchronised.
    """
    if len(reply) < _PACKET.size:
        raise ValueError(f"the reply has {len(reply)} bytes, not {_PACKET.size}")
    first, stratum, *_ = fields = _PACKET.unpack(reply[: _PACKET.size])
    if reply[24:32] != request[40:48]:
        raise ValueError("the reply answers another request")
    if first >> 6 == 3 or not 1 <= stratum <= 15:
        raise ValueError("the server is not synchronised")
    arrived_s, left_s = _unix_time(*fields[11:13]), _unix_time(*fields[13:15])
    delay_s = (received_s - sent_s) - (left_s - arrived_s)
    offset_s = ((arrived_s - sent_s) + (left_s - received_s)) / 2
    return {"offset_s": offset_s, "uncertainty_s": max(delay_s, 0.0) / 2}


def _ask(server: str, port: int) -> dict[str, float]:
    clock = RealClock()
    family, kind, protocol, _, address = socket.getaddrinfo(server, port, type=socket.SOCK_DGRAM)[0]
    with socket.socket(family, kind, protocol) as connection:
        connection.settimeout(NTP_TIMEOUT_S)
        connection.connect(address)
        sent_s = clock.time()
        request = ntp_request(sent_s)
        connection.send(request)
        reply = connection.recv(512)
        return ntp_offset(request, reply, sent_s, clock.time())


def _ntp_time(time_s: float) -> tuple[int, int]:
    seconds = int(time_s)
    return (seconds + _NTP_EPOCH_S) % 2**32, int((time_s - seconds) * 2**32)


def _unix_time(seconds: int, fraction: int) -> float:
    """Seconds since 1970; counts below 2**31 belong to the era that begins in 2036."""
    era = 2**32 if seconds < 2**31 else 0
    return seconds + era - _NTP_EPOCH_S + fraction / 2**32


def _system_offset() -> dict[str, Any]:
    """Estimate of the kernel's clock discipline (Linux: adjtimex)."""
    unknown = {"source": "system", "offset_s": None, "uncertainty_s": None}
    if not sys.platform.startswith("linux") or struct.calcsize("l") != 8:
        return unknown
    timex = ctypes.create_string_buffer(512)
    libc = ctypes.CDLL(None, use_errno=True)
    if not hasattr(libc, "adjtimex") or libc.adjtimex(timex) < 0:
        return unknown
    _, offset, _, largest_error_us, _, status = struct.unpack_from("ixxxxllllixxxx", timex)
    unsynchronised, nanoseconds = 0x0040, 0x2000
    if status & unsynchronised:
        return unknown | {"problem": "the system's clock is not synchronised"}
    unit_s = 1e-9 if status & nanoseconds else 1e-6
    return {"source": "system", "offset_s": offset * unit_s, "uncertainty_s": largest_error_us * 1e-6}
