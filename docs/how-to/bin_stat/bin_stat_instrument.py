"""Simulated BinStat, written from its manual and not from the driver."""

import struct
from functools import reduce
from operator import xor

from sim_instruments.own_model import OwnModel


class BinStat(OwnModel):
    """The potentiostat in front of the simulated cell."""

    def reset(self) -> None:
        """Return to the power-on state."""
        self.potential_v, self.limit_a = 0.0, 1e-3
        self._switch(False)

    @property
    def energised(self) -> bool:
        """Whether the cell is on: the true state for the contract."""
        return self.cell_on

    def cut(self, buffer: bytearray) -> bytes | None:
        """Remove the first complete message from `buffer` and return it; None if more bytes are needed."""
        if len(buffer) < 2 or len(buffer) < 2 + buffer[1]:
            return None
        frame = bytes(buffer[: 2 + buffer[1]])
        del buffer[: len(frame)]
        return frame

    def answer(self, frame: bytes) -> bytes | None:
        """Return the reply to a message; None for a damaged one."""
        if frame[0] != 0xAA or reduce(xor, frame[1:]):
            return None
        code, data = frame[2], frame[3:-1]
        actions = {0x01: self._identify, 0x10: self._set_potential, 0x11: self._set_limit}
        actions |= {0x12: self._set_cell, 0x13: self._get_cell, 0x20: self._measure}
        result = actions[code](data) if code in actions else None
        return _framed(0xFF, b"") if result is None else _framed(code + 0x80, result)

    def _identify(self, data: bytes) -> bytes:
        return b"ACME BinStat 0042 v1.0".ljust(24)

    def _set_potential(self, data: bytes) -> bytes | None:
        (value,) = struct.unpack(">f", data)
        if not abs(value) <= 5:
            return None
        self.potential_v = value
        self._switch(self.cell_on)
        return data

    def _set_limit(self, data: bytes) -> bytes | None:
        (value,) = struct.unpack(">f", data)
        self.limit_a = value
        return data

    def _set_cell(self, data: bytes) -> bytes:
        self._switch(bool(data[0]))
        return data

    def _get_cell(self, data: bytes) -> bytes:
        return bytes((self.cell_on,))

    def _measure(self, data: bytes) -> bytes:
        free_a = self.world.terminals.current_a(self.world.time_s)
        current_a = max(-self.limit_a, min(self.limit_a, free_a))
        potential_v = self.world.terminals.potential_v
        return struct.pack(">ffBB", potential_v, current_a, current_a != free_a, self.cell_on)

    def _switch(self, on: bool) -> None:
        self.cell_on = on
        if on:
            self.world.terminals.hold(self.potential_v, self.world.time_s)
        else:
            self.world.terminals.disconnect(self.world.time_s)


def _framed(code: int, data: bytes) -> bytes:
    body = bytes((len(data) + 2, code)) + data
    return b"\xaa" + body + bytes((reduce(xor, body),))
