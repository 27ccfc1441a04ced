"""Instruments that speak Modbus: exchange of frames, RTU or TCP, and access to registers."""

from typing import Any, ClassVar

from drivers.modbus import (
    BAD_ADDRESS,
    HEADER_BYTES,
    QUESTION,
    READ,
    TCP_HEADER_BYTES,
    ModbusRefusal,
    bytes_after_header,
    read_request,
    reply_data,
    request_text,
    rtu_of_tcp,
    signed_words,
    tcp_bytes_after_header,
    tcp_request,
    write_request,
)
from labctl.errors import ConfigurationError, InstrumentError
from labctl.instrument import Instrument

RTU, TCP = "rtu", "tcp"
HIGHEST_UNIT = 254
SHORT_RTU_BYTES = 8
"""Length of an RTU frame that reads or writes one register; every TCP frame is longer."""


class ModbusInstrument(Instrument):
    """An instrument with 16-bit registers; everything is sent by `exchange()`.

    Attributes
    ----------
    unit : int
        Modbus address, 1 to 254.
    framing : str
        `rtu`: frames with a CRC, over a serial line or a socket of a converter; `tcp`: frames of Modbus TCP.
    """

    line_address: ClassVar[str | None] = "unit"
    acknowledges: ClassVar[bool] = True
    questions: ClassVar[str] = QUESTION

    def __init__(
        self, adapter: Any, name: str | None = None, *, unit: int = 1, framing: str = RTU, **kwargs: Any
    ) -> None:
        super().__init__(adapter, name, **kwargs)
        if isinstance(unit, bool) or not isinstance(unit, int) or not 1 <= unit <= HIGHEST_UNIT:
            raise ConfigurationError(self.name, "settings.unit", f"must be from 1 to {HIGHEST_UNIT}")
        self.unit, self.framing = unit, framing
        self._transaction = 0

    @classmethod
    def declared_texts(cls, sent: str) -> tuple[str, ...]:
        """Return a frame as `read 35`, `write 2 = 250` and so on; see `drivers.modbus.request_text`."""
        frame = bytes.fromhex(sent)
        is_tcp = len(frame) > SHORT_RTU_BYTES and frame[2:6] == (len(frame) - 6).to_bytes(4, "big")
        return (request_text(frame[TCP_HEADER_BYTES:] + b"\0\0" if is_tcp else frame),)

    def exchange(self, request: bytes) -> bytes:
        """Send an RTU frame, as TCP if that is the framing, and return the data of its reply.

        Raises ModbusRefusal (a ValueError) for an exception reply, InstrumentError for any other failure.
        """
        sent = self._as_sent(request)
        self.write_bytes(sent)
        reply = b""
        try:
            reply = self._read_frame()
            return reply_data(request, rtu_of_tcp(sent, reply) if self.framing == TCP else reply)
        except ModbusRefusal:
            raise
        except ValueError as problem:
            raise self.refuse(sent.hex(" "), reply.hex(" "), str(problem)) from problem

    def _as_sent(self, request: bytes) -> bytes:
        if self.framing == RTU:
            return request
        self._transaction = self._transaction % 0xFFFF + 1
        return tcp_request(self._transaction, request)

    def _read_frame(self) -> bytes:
        """Return a whole reply; raises ValueError for a header that is none."""
        if self.framing == TCP:
            header = self.read_bytes(TCP_HEADER_BYTES)
            return header + self.read_bytes(tcp_bytes_after_header(header))
        header = self.read_bytes(HEADER_BYTES)
        return header + (self.read_bytes(bytes_after_header(header)) if len(header) == HEADER_BYTES else b"")

    def _ask(self, request: bytes) -> bytes:
        try:
            return self.exchange(request)
        except ModbusRefusal as refusal:
            raise InstrumentError(self.name, request.hex(" "), "", str(refusal)) from refusal

    def read_registers(self, address: int, count: int = 1, function: int = READ) -> bytes:
        """Return the bytes of `count` registers from `address`; raises InstrumentError."""
        return self._ask(read_request(self.unit, address, count, function))

    def read_word(self, address: int) -> int:
        """Return a register as a signed integer."""
        return signed_words(self.read_registers(address))[0]

    def read_if_there(self, address: int) -> int | None:
        """Return a register as a signed integer, None where the instrument has no such address."""
        try:
            return signed_words(self.exchange(read_request(self.unit, address)))[0]
        except ModbusRefusal as refusal:
            if refusal.code == BAD_ADDRESS:
                return None
            raise InstrumentError(self.name, f"register {address}", "", str(refusal)) from refusal

    def write_word(self, address: int, value: int) -> None:
        """Write a register and read it back, since writes to unused registers are silently ignored."""
        self._ask(write_request(self.unit, address, value))
        found = self.read_word(address)
        if found != value:
            raise InstrumentError(self.name, f"register {address} = {value}", str(found), "was not accepted")
