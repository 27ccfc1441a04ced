"""BinStat: an invented potentiostat with binary messages, on a serial port at 115200 baud.

A message is AA, the number of bytes that follow the length, a code, data, and the exclusive or of all bytes
from the length on. The reply has the code plus 80 hexadecimal; FF is a refusal. Numbers are IEEE singles,
high byte first.
"""

import math
import struct
from collections.abc import Generator, Iterable
from functools import partial, reduce
from operator import xor
from typing import Any, ClassVar

from labctl.bench import CurrentPoint
from labctl.errors import InstrumentError
from labctl.instrument import Capabilities, Instrument, Range

START, REPLY, REFUSED = 0xAA, 0x80, 0xFF
IDENTIFY, SET_POTENTIAL, SET_LIMIT, SET_CELL, GET_CELL, MEASURE = 0x01, 0x10, 0x11, 0x12, 0x13, 0x20
HEADER_BYTES = 2


def framed(code: int, data: bytes = b"") -> bytes:
    """Return a complete message."""
    body = bytes((len(data) + 2, code)) + data
    return bytes((START,)) + body + bytes((reduce(xor, body),))


def reply_data(code: int, reply: bytes) -> bytes:
    """Return the data of a reply; raises ValueError if it is not a reply to `code`."""
    if len(reply) < HEADER_BYTES + 2 or reply[0] != START or len(reply) != HEADER_BYTES + reply[1]:
        raise ValueError("not a complete message")
    if reduce(xor, reply[1:]):
        raise ValueError("the check byte does not match")
    if reply[2] == REFUSED:
        raise ValueError("the instrument refused")
    if reply[2] != code | REPLY:
        raise ValueError(f"reply to another message, {reply[2]:02X}")
    return reply[3:-1]


class BinStat(Instrument):
    """A `labctl.bench.Potentiostat`."""

    acknowledges: ClassVar[bool] = True
    connection_settings: ClassVar[dict[str, Any]] = {
        "timeout": 2000,
        "asrl": {"baud_rate": 115200},
    }
    write_interval_s: ClassVar[float] = 0.01
    can = Capabilities(potential_v=Range(-5.0, 5.0), current_a=Range(1e-6, 0.1))

    def exchange(self, code: int, layout: str, data: bytes = b"") -> tuple[Any, ...]:
        """Send a message and return the values of its reply, unpacked by a `struct` layout.

        Raises InstrumentError for any other reply.
        """
        request = framed(code, data)
        self.write_bytes(request)
        reply = self.read_bytes(HEADER_BYTES)
        reply += self.read_bytes(reply[1]) if len(reply) == HEADER_BYTES else b""
        try:
            return struct.unpack(layout, reply_data(code, reply))
        except (ValueError, struct.error) as problem:
            raise self.refuse(request.hex(" "), reply.hex(" "), str(problem)) from problem

    @property
    def identity(self) -> str:
        """Get manufacturer, model, serial number and firmware (str)."""
        (text,) = self.exchange(IDENTIFY, "24s")
        return text.decode("ascii", "replace").rstrip()

    def set_number(self, code: int, value: float) -> None:
        """Set a level; raises InstrumentError unless the instrument confirms it."""
        (taken,) = self.exchange(code, ">f", struct.pack(">f", value))
        if not math.isclose(taken, value, rel_tol=1e-6, abs_tol=1e-9):
            raise InstrumentError(self.name, f"{code:02X} {value:g}", f"{taken:g}", "was not accepted")

    # Members of `labctl.bench.Potentiostat`.

    def prepare(self) -> None:
        """Check the model; switch the cell off."""
        self.check_identity("BinStat")
        self.make_safe()

    def rest(self, times_s: Iterable[float]) -> Generator[CurrentPoint, None, None]:
        """Yield the open-circuit potential at `times_s` after the call; the cell is off."""
        start_s = self.clock.monotonic()
        self._switch(False)
        for _ in self.at_times(start_s, times_s):
            yield self._point(start_s, cell=False)

    def hold(
        self, potential_v: float, times_s: Iterable[float], current_limit_a: float
    ) -> Generator[CurrentPoint, None, None]:
        """Step the cell to `potential_v`, yield points at `times_s` after it; closing switches it off.

        Raises ValueError for values out of the instrument's range.
        """
        self.can.check_hold(self.name, potential_v, current_limit_a)
        try:
            self.set_number(SET_LIMIT, current_limit_a)
            self.set_number(SET_POTENTIAL, potential_v)
            self._switch(True)
            start_s = self.clock.monotonic()
            for _ in self.at_times(start_s, times_s):
                yield self._point(start_s, cell=True)
        finally:
            self._cell_off()

    def _point(self, start_s: float, cell: bool) -> CurrentPoint:
        potential_v, current_a, limited, is_on = self.exchange(MEASURE, ">ffBB")
        if not (math.isfinite(potential_v) and math.isfinite(current_a)):
            raise self.refuse("20", f"{potential_v}, {current_a}", "not a number")
        if bool(is_on) != cell:
            raise InstrumentError(self.name, "20", f"cell {is_on}", "unexpected cell state")
        status = "at the current limit" if limited else "ok"
        elapsed_s = self.clock.monotonic() - start_s
        return CurrentPoint(self.clock.time(), elapsed_s, potential_v, current_a, status)

    def _switch(self, on: bool) -> None:
        (taken,) = self.exchange(SET_CELL, "B", bytes((on,)))
        if taken != on:
            raise InstrumentError(self.name, f"12 {on:d}", str(taken), "the cell was not switched")

    def _cell_off(self) -> None:
        self.attempt_all(partial(self._switch, False), partial(self.set_number, SET_POTENTIAL, 0.0))

    def switch_off(self) -> None:
        """Switch the cell off; the instrument acknowledges it."""
        with self.urgently():
            self._cell_off()

    def make_safe(self) -> None:
        """Switch the cell off and read its state back."""
        self.clear_bus()
        self.attempt_all(self.switch_off, self._confirm_off)

    def _confirm_off(self) -> None:
        (is_on,) = self.exchange(GET_CELL, "B")
        if is_on:
            raise InstrumentError(self.name, "13", str(is_on), "the cell is still on")
