import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim_instruments.wire.modbus import ILLEGAL_ADDRESS, ModbusError, crc, cut_frame, respond, sealed


class Map:
    """A dictionary of registers."""

    def __init__(self, values):
        self.values = dict(values)

    def read_registers(self, address, count):
        if address not in self.values:
            raise ModbusError(ILLEGAL_ADDRESS)
        return [self.values.get(address + i, 0) for i in range(count)]

    def write_registers(self, address, values, function):
        if address not in self.values:
            raise ModbusError(ILLEGAL_ADDRESS)
        self.values |= {address + i: value for i, value in enumerate(values)}

    def fast_status(self):
        return 0x30


FRAMES = [
    ("read", 2, {1: 0x00B2, 2: 0x00D8}, "02 03 00 01 00 02 95 F8", "02 03 04 00 B2 00 D8 69 4E"),
    ("write", 2, {2: 0}, "02 06 00 02 00 FA A8 7A", "02 06 00 02 00 FA A8 7A"),
    ("fast status", 2, {}, "02 07 41 12", "02 07 30 D2 24"),
    (
        "block",
        2,
        {164: 0},
        "02 10 00 A4 00 03 06 00 7B 00 96 00 FA 20 71",
        "02 10 00 A4 00 03 C1 D8",
    ),
    ("read one", 1, {1: 250}, "01 03 00 01 00 01 D5 CA", "01 03 02 00 FA 38 07"),
    ("no such address", 1, {}, "01 03 00 01 00 01 D5 CA", "01 83 02 C0 F1"),
    ("no such value", 1, {}, "01 06 00 02 01 F4 28 1D", "01 86 02 C3 A1"),
]


@pytest.mark.parametrize(("name", "unit", "registers", "request_hex", "reply_hex"), FRAMES)
def test_frames_of_the_handbook_get_the_printed_replies(name, unit, registers, request_hex, reply_hex):
    assert respond(bytes.fromhex(request_hex), unit, Map(registers)) == bytes.fromhex(reply_hex)


def test_a_damaged_frame_and_a_frame_for_another_unit_get_no_reply():
    good = bytes.fromhex("01 03 00 01 00 01 D5 CA")
    assert respond(good[:-1] + b"\x00", 1, Map({1: 0})) is None
    assert respond(good, 2, Map({1: 0})) is None


def test_a_broadcast_is_executed_without_a_reply():
    registers = Map({2: 0})
    assert respond(sealed(bytes.fromhex("00 06 00 02 00 07")), 1, registers) is None
    assert registers.values[2] == 7


def test_an_unknown_function_and_a_silly_count_are_exceptions():
    assert respond(sealed(b"\x01\x2b\x00\x00"), 1, Map({}))[1:3] == b"\xab\x01"
    assert respond(sealed(bytes.fromhex("01 03 00 01 00 00")), 1, Map({1: 0}))[1:3] == b"\x83\x03"


@given(st.binary(max_size=20), st.integers(1, 19))
def test_frames_are_cut_alike_however_the_bytes_arrive(tail, at):
    frame = bytes.fromhex("02 10 00 A4 00 03 06 00 7B 00 96 00 FA 20 71")
    whole = bytearray(frame + tail)
    assert cut_frame(whole) == frame
    pieces = bytearray(frame[:at])
    if at < len(frame):
        assert cut_frame(pieces) is None
        pieces += frame[at:]
        assert cut_frame(pieces) == frame


@given(st.binary(min_size=1, max_size=30), st.integers(0, 239))
def test_a_flipped_bit_is_always_noticed(data, position):
    damaged = bytearray(data)
    damaged[position // 8 % len(data)] ^= 1 << position % 8
    assert crc(bytes(damaged)) != crc(data)
