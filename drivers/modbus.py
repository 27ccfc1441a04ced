"""Modbus frames: construction of requests, checking of replies. Pure functions over bytes.

A frame is unit, function, data and a CRC-16 (low byte first): Modbus RTU. Modbus TCP has a header instead of
the CRC; its frames are made from RTU frames and read as such. A reply that fails any check raises ValueError,
a reply with an exception code `ModbusRefusal`.
"""

import struct
from collections.abc import Sequence

READ, READ_INPUT, WRITE_ONE, FAST_STATUS, WRITE_BLOCK = 3, 4, 6, 7, 16
READS = (READ, READ_INPUT)
EXCEPTION_BIT = 0x80
HEADER_BYTES, CRC_BYTES = 3, 2
ECHO_BYTES = 5
TCP_HEADER_BYTES = 6
LONGEST_TCP_BYTES = 254
RTU_QUESTION = "[0-9a-f]{2} 0[34]( [0-9a-f]{2}){6}|[0-9a-f]{2} 07( [0-9a-f]{2}){2}"
TCP_QUESTION = "[0-9a-f]{2} [0-9a-f]{2} 00 00 00 06 [0-9a-f]{2} 0[34]( [0-9a-f]{2}){4}"
QUESTION = f"{RTU_QUESTION}|{TCP_QUESTION}"
"""Frames that only ask, in hexadecimal: RTU frames of 8 bytes (fast status: 4), TCP frames of 12."""
EXCEPTION_WORDS = {1: "unknown function", 2: "no such address", 3: "bad value", 4: "device failure"}
BAD_ADDRESS = 2
ECHO_HINT = "the line echoes what is sent: give connection = { echo = true } in the station file"


class ModbusRefusal(ValueError):
    """Request refused by the instrument; `code` is its exception code."""

    def __init__(self, code: int) -> None:
        self.code = code
        super().__init__(f"exception {code:02d}, {EXCEPTION_WORDS.get(code, 'not in the manual')}")


def crc16(data: bytes) -> bytes:
    """Return the check bytes of a frame (polynomial A001 reflected, start FFFF), low byte first."""
    crc = 0xFFFF
    for octet in data:
        crc ^= octet
        for _ in range(8):
            crc = (crc >> 1) ^ (0xA001 if crc & 1 else 0)
    return crc.to_bytes(2, "little")


def framed(unit: int, function: int, data: bytes) -> bytes:
    """Return a complete frame."""
    body = bytes((unit, function)) + data
    return body + crc16(body)


def read_request(unit: int, address: int, count: int = 1, function: int = READ) -> bytes:
    """Return the request for `count` registers from `address`; `function` 4: of input registers."""
    return framed(unit, function, struct.pack(">HH", address, count))


def write_request(unit: int, address: int, word: int) -> bytes:
    """Return the request that writes one signed 16-bit register; raises ValueError if `word` does not fit."""
    return framed(unit, WRITE_ONE, struct.pack(">H", address) + signed_word(word))


def word_request(unit: int, address: int, word: int) -> bytes:
    """Return the request that writes one register, 0 to 65535."""
    return framed(unit, WRITE_ONE, struct.pack(">HH", address, word))


def write_block_request(unit: int, address: int, words: Sequence[int]) -> bytes:
    """Return the request that writes several registers from `address`, each 0 to 65535."""
    head = struct.pack(">HHB", address, len(words), 2 * len(words))
    return framed(unit, WRITE_BLOCK, head + struct.pack(f">{len(words)}H", *words))


def fast_status_request(unit: int) -> bytes:
    """Return the request for the status byte."""
    return framed(unit, FAST_STATUS, b"")


def signed_word(value: int) -> bytes:
    """Return two's complement of 16 bits; raises ValueError outside -32768 to 32767."""
    try:
        return struct.pack(">h", value)
    except struct.error as error:
        raise ValueError(f"{value} does not fit into a register") from error


def float_words(value: float) -> tuple[int, int]:
    """Return an IEEE single as two registers, high word first."""
    high, low = struct.unpack(">HH", struct.pack(">f", value))
    return high, low


def long_words(value: int) -> tuple[int, int]:
    """Return a signed integer of 32 bits as two registers, high word first; ValueError if it does not fit."""
    try:
        high, low = struct.unpack(">HH", struct.pack(">i", value))
    except struct.error as error:
        raise ValueError(f"{value} does not fit into two registers") from error
    return high, low


def written_addresses(request: bytes) -> range:
    """Return the register addresses that a request writes; empty for a read request."""
    address = int.from_bytes(request[2:4], "big")
    if request[1] == WRITE_ONE:
        return range(address, address + 1)
    if request[1] == WRITE_BLOCK:
        return range(address, address + int.from_bytes(request[4:6], "big"))
    return range(0)


def request_text(request: bytes) -> str:
    """Return a request as a driver declares it: `read 35`, `read 35 x2`, `write 2 = -5`, `fast status`.

    `x2` is the number of registers, of several from the address on; the words of a block are in hexadecimal.
    """
    address = int.from_bytes(request[2:4], "big")
    if request[1] in READS:
        count = int.from_bytes(request[4:6], "big")
        words = "read input" if request[1] == READ_INPUT else "read"
        return f"{words} {address}" if count == 1 else f"{words} {address} x{count}"
    if request[1] == WRITE_ONE:
        return f"write {address} = {int.from_bytes(request[4:6], 'big', signed=True)}"
    if request[1] == WRITE_BLOCK:
        words = request[7:-CRC_BYTES].hex(" ", 2)
        return f"write {address} x{len(written_addresses(request))} = {words}"
    return "fast status" if request[1] == FAST_STATUS else f"function {request[1]}"


def bytes_after_header(header: bytes) -> int:
    """Return the number of bytes after the first three of a reply."""
    function = header[1]
    if function & EXCEPTION_BIT or function == FAST_STATUS:
        return CRC_BYTES
    return header[2] + CRC_BYTES if function in READS else ECHO_BYTES


def tcp_request(transaction: int, request: bytes) -> bytes:
    """Return an RTU request as a TCP frame; `transaction` is 0 to 65535."""
    body = request[:-CRC_BYTES]
    return struct.pack(">HHH", transaction, 0, len(body)) + body


def tcp_bytes_after_header(header: bytes) -> int:
    """Return the number of bytes after the first six of a TCP reply; raises ValueError if it is none."""
    if len(header) < TCP_HEADER_BYTES:
        raise ValueError("the header is too short")
    _, protocol, length = struct.unpack(">HHH", header)
    if protocol or not HEADER_BYTES <= length <= LONGEST_TCP_BYTES:
        raise ValueError("this is not the header of a Modbus TCP frame")
    return length


def rtu_of_tcp(request: bytes, reply: bytes) -> bytes:
    """Return a TCP reply as an RTU frame; raises ValueError if it is not the reply to the TCP `request`."""
    length = tcp_bytes_after_header(reply[:TCP_HEADER_BYTES])
    body = reply[TCP_HEADER_BYTES:]
    if len(body) != length:
        raise ValueError(f"got {len(body)} bytes after the header, expected {length}")
    if reply[:2] != request[:2]:
        raise ValueError("reply to another request: the transaction number differs")
    return body + crc16(body)


def reply_data(request: bytes, reply: bytes) -> bytes:
    """Return the data of a reply: register bytes, or the status byte, or nothing for a write.

    Raises ModbusRefusal for an exception and ValueError for a reply that does not match `request`.
    """
    if len(reply) < HEADER_BYTES + CRC_BYTES or crc16(reply[:-CRC_BYTES]) != reply[-CRC_BYTES:]:
        if request.startswith(reply):
            raise ValueError(ECHO_HINT)
        raise ValueError("the CRC does not match")
    if reply[0] != request[0]:
        raise ValueError(f"reply from unit {reply[0]}")
    if reply[1] == request[1] | EXCEPTION_BIT:
        raise ModbusRefusal(reply[2])
    if reply[1] != request[1]:
        raise ValueError(f"reply to function {reply[1]}")
    return _checked(request, reply[2:-CRC_BYTES])


def _checked(request: bytes, data: bytes) -> bytes:
    function = request[1]
    if function in READS:
        wanted = 2 * int.from_bytes(request[4:6], "big")
        if data[0] != wanted or len(data) != wanted + 1:
            raise ValueError(f"got {len(data) - 1} bytes, expected {wanted}")
        return data[1:]
    if function == FAST_STATUS:
        return data
    if data != request[2:6]:
        raise ValueError("the reply to a write is not its echo")
    return b""


def signed_words(data: bytes) -> tuple[int, ...]:
    """Return register bytes as signed integers."""
    return struct.unpack(f">{len(data) // 2}h", data)


def signed_long(data: bytes) -> int:
    """Return the signed integer in two registers, high word first."""
    (value,) = struct.unpack(">i", data)
    return value


def single_float(data: bytes) -> float:
    """Return the IEEE single in two registers, high word first."""
    (value,) = struct.unpack(">f", data)
    return value
