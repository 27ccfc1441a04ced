"""Modbus from the instrument's side: RTU and TCP frames, CRC, functions 3, 4, 6, 7, 8, 16, exceptions.

MODBUS over Serial Line V1.02 and MODBUS Application Protocol V1.1b3 (modbus.org).
"""

from collections.abc import Callable, Sequence
from typing import Protocol

ILLEGAL_FUNCTION, ILLEGAL_ADDRESS, ILLEGAL_VALUE = 1, 2, 3
BROADCAST = 0
_FIXED_LENGTH = {3: 8, 4: 8, 6: 8, 7: 4, 8: 8}
_SHORTEST = 4
_TCP_HEADER = 6


class ModbusError(Exception):
    """Request refused with a Modbus exception code."""

    def __init__(self, code: int) -> None:
        super().__init__(f"Modbus exception {code}")
        self.code = code


class Registers(Protocol):
    """A model with 16-bit registers."""

    def read_registers(self, address: int, count: int) -> Sequence[int]:
        """Return values 0 to 65535; raises ModbusError."""
        ...

    def write_registers(self, address: int, values: Sequence[int], function: int) -> None:
        """Write values 0 to 65535; raises ModbusError."""
        ...

    def fast_status(self) -> int:
        """Return the status byte for function 7."""
        ...


def crc(data: bytes) -> bytes:
    """CRC-16/MODBUS, low byte first."""
    register = 0xFFFF
    for byte in data:
        register ^= byte
        for _ in range(8):
            register = (register >> 1) ^ 0xA001 if register & 1 else register >> 1
    return register.to_bytes(2, "little")


def sealed(body: bytes) -> bytes:
    """A frame: the body with its CRC."""
    return body + crc(body)


def cut_frame(buffer: bytearray) -> bytes | None:
    """Remove the first complete request from `buffer` and return it; None if more bytes are needed."""
    length = _length(buffer)
    if length is None or len(buffer) < length:
        return None
    frame = bytes(buffer[:length])
    del buffer[:length]
    return frame


def _length(buffer: bytearray) -> int | None:
    if len(buffer) < _SHORTEST:
        return None
    function = buffer[1]
    if function == 16:
        return 9 + buffer[6] if len(buffer) > 6 else None
    return _FIXED_LENGTH.get(function, len(buffer))


def respond(frame: bytes, unit: int, registers: Registers) -> bytes | None:
    """Reply of slave `unit`; None when the frame is damaged, addressed to another unit or a broadcast."""
    if crc(frame[:-2]) != frame[-2:] or frame[0] not in (unit, BROADCAST):
        return None
    function = frame[1]
    try:
        body = _FUNCTIONS.get(function, _unknown)(frame, registers)
    except ModbusError as refusal:
        body = bytes([refusal.code])
        function |= 0x80
    return None if frame[0] == BROADCAST else sealed(bytes([unit, function]) + body)


def cut_tcp_frame(buffer: bytearray) -> bytes | None:
    """Remove the first complete Modbus TCP request from `buffer` and return it; None if bytes are missing."""
    if len(buffer) < _TCP_HEADER:
        return None
    length = _TCP_HEADER + int.from_bytes(buffer[4:6], "big")
    if len(buffer) < length:
        return None
    frame = bytes(buffer[:length])
    del buffer[:length]
    return frame


def respond_tcp(frame: bytes, unit: int, registers: Registers) -> bytes | None:
    """Reply to a Modbus TCP frame with its transaction number; None for another protocol or unit."""
    if frame[2:4] != b"\0\0" or len(frame) < _TCP_HEADER + 2:
        return None
    reply = respond(sealed(frame[_TCP_HEADER:]), unit, registers)
    if reply is None:
        return None
    body = reply[:-2]
    return frame[:4] + len(body).to_bytes(2, "big") + body


def _word(frame: bytes, at: int) -> int:
    return int.from_bytes(frame[at : at + 2], "big")


def _words(values: Sequence[int]) -> bytes:
    return b"".join(value.to_bytes(2, "big") for value in values)


def _read(frame: bytes, registers: Registers) -> bytes:
    count = _word(frame, 4)
    if not 1 <= count <= 125:
        raise ModbusError(ILLEGAL_VALUE)
    data = _words(registers.read_registers(_word(frame, 2), count))
    return bytes([len(data)]) + data


def _write_one(frame: bytes, registers: Registers) -> bytes:
    registers.write_registers(_word(frame, 2), [_word(frame, 4)], 6)
    return frame[2:6]


def _write_block(frame: bytes, registers: Registers) -> bytes:
    count = _word(frame, 4)
    if not 1 <= count <= 123 or frame[6] != 2 * count:
        raise ModbusError(ILLEGAL_VALUE)
    registers.write_registers(_word(frame, 2), [_word(frame, 7 + 2 * i) for i in range(count)], 16)
    return frame[2:6]


def _loop_back(frame: bytes, registers: Registers) -> bytes:
    if _word(frame, 2) != 0:
        raise ModbusError(ILLEGAL_VALUE)
    return frame[2:6]


def _unknown(frame: bytes, registers: Registers) -> bytes:
    raise ModbusError(ILLEGAL_FUNCTION)


_FUNCTIONS: dict[int, Callable[[bytes, Registers], bytes]] = {
    3: _read,
    4: _read,
    6: _write_one,
    7: lambda frame, registers: bytes([registers.fast_status()]),
    8: _loop_back,
    16: _write_block,
}
