import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.modbus import (
    QUESTION,
    ModbusRefusal,
    bytes_after_header,
    crc16,
    fast_status_request,
    float_words,
    framed,
    read_request,
    reply_data,
    request_text,
    rtu_of_tcp,
    signed_word,
    signed_words,
    single_float,
    tcp_bytes_after_header,
    tcp_request,
    write_block_request,
    write_request,
    written_addresses,
)
from drivers.modbus_instrument import ModbusInstrument

words = st.integers(min_value=-0x8000, max_value=0x7FFF)


def hexadecimal(text):
    return bytes.fromhex(text)


@pytest.mark.parametrize(
    ("request_", "frame"),
    [
        (read_request(2, 1, 2), "02 03 00 01 00 02 95 F8"),
        (write_request(2, 2, 250), "02 06 00 02 00 FA A8 7A"),
        (fast_status_request(2), "02 07 41 12"),
        (write_block_request(2, 164, [123, 150, 250]), "02 10 00 A4 00 03 06 00 7B 00 96 00 FA 20 71"),
        (read_request(1, 1), "01 03 00 01 00 01 D5 CA"),
        (write_request(1, 2, 500), "01 06 00 02 01 F4 28 1D"),
        (write_request(1, 35, 50), "01 06 00 23 00 32 F9 D5"),
        (write_request(1, 273, 1), "01 06 01 11 00 01 19 F3"),
        (write_request(1, 3, 0), "01 06 00 03 00 00 79 CA"),
        (read_request(1, 75), "01 03 00 4B 00 01 F4 1C"),
        (read_request(1, 0x8002, 2), "01 03 80 02 00 02 4C 0B"),
        (read_request(1, 0, 2), "01 03 00 00 00 02 C4 0B"),  # of another maker's oven, the TC038D
    ],
)
def test_every_request_of_the_handbook_is_byte_for_byte_ours(request_, frame):
    assert request_ == hexadecimal(frame)


@pytest.mark.parametrize(
    ("request_", "reply", "values"),
    [
        (read_request(2, 1, 2), "02 03 04 00 B2 00 D8 69 4E", (178, 216)),
        (read_request(2, 1, 2), "02 03 04 00 12 00 16 E8 F8", (18, 22)),
        (read_request(1, 1), "01 03 02 00 FA 38 07", (250,)),
        (write_block_request(2, 164, [123, 150, 250]), "02 10 00 A4 00 03 C1 D8", ()),
        (write_request(1, 3, 0), "01 06 00 03 00 00 79 CA", ()),
        (read_request(1, 0, 2), "01 03 04 00 00 03 E8 FA 8D", (0, 1000)),
    ],
)
def test_every_reply_of_the_handbook_is_read(request_, reply, values):
    frame = hexadecimal(reply)
    assert signed_words(reply_data(request_, frame)) == values
    assert len(frame) == 3 + bytes_after_header(frame[:3])


def test_the_fast_status_is_one_byte():
    frame = hexadecimal("02 07 30 D2 24")
    assert reply_data(fast_status_request(2), frame) == b"\x30"
    assert len(frame) == 3 + bytes_after_header(frame[:3])


@pytest.mark.parametrize(
    ("request_", "reply", "code", "said"),
    [
        (read_request(1, 0x8002, 2), "01 83 02 C0 F1", 2, "no such address"),
        (write_request(1, 2, 500), "01 86 03 02 61", 3, "bad value"),
    ],
)
def test_exceptions_are_reported_as_text(request_, reply, code, said):
    frame = hexadecimal(reply)
    with pytest.raises(ModbusRefusal, match=said) as refusal:
        reply_data(request_, frame)
    assert refusal.value.code == code
    assert len(frame) == 3 + bytes_after_header(frame[:3])


def test_a_float_is_two_words_the_high_one_first():
    assert float_words(1.001) == (0x3F80, 0x20C5)
    assert single_float(hexadecimal("3F80 20C5")) == pytest.approx(1.001)


@given(st.binary(min_size=1, max_size=40), st.integers(min_value=0), st.integers(min_value=1, max_value=255))
def test_one_changed_byte_is_always_noticed(body, position, change):
    frame = bytearray(body + crc16(body))
    frame[position % len(frame)] ^= change
    assert crc16(bytes(frame[:-2])) != bytes(frame[-2:])


@given(st.binary(max_size=12))
def test_no_random_bytes_are_accepted_as_a_reply(reply):
    with pytest.raises(ValueError):
        reply_data(read_request(1, 1), reply)


@pytest.mark.parametrize(
    "reply",
    [framed(2, 3, b"\x02\x00\xfa"), framed(1, 4, b"\x02\x00\xfa"), framed(1, 3, b"\x04\x00\xfa\x00\xfa"),
     framed(1, 3, b"\x02\x00\xfa\x00\xfa"), framed(1, 3, b"\x02\x00")],
    ids=["unit", "function", "more", "longer", "shorter"],
)  # fmt: skip
def test_a_valid_frame_of_another_reply_is_refused(reply):
    with pytest.raises(ValueError):
        reply_data(read_request(1, 1), reply)


def test_an_echo_of_another_value_is_refused():
    with pytest.raises(ValueError, match="echo"):
        reply_data(write_request(1, 2, 500), write_request(1, 2, 501))


@given(words)
def test_a_signed_word_survives_its_way(value):
    assert signed_words(signed_word(value)) == (value,)


@pytest.mark.parametrize("value", [0x8000, -0x8001, 10**6])
def test_a_value_that_does_not_fit_is_refused(value):
    with pytest.raises(ValueError, match="does not fit"):
        write_request(1, 2, value)


@given(st.integers(0, 0xFF00), st.lists(st.integers(0, 0xFFFF), min_size=1, max_size=20))
def test_the_registers_a_request_writes_are_known(address, values):
    assert list(written_addresses(write_block_request(1, address, values))) == [
        address + n for n in range(len(values))
    ]
    assert list(written_addresses(write_request(1, address, 1))) == [address]
    assert list(written_addresses(read_request(1, address, 2))) == []


# Modbus TCP.


def test_a_tcp_frame_has_a_header_instead_of_a_checksum():
    """The example of the Modbus messaging guide: register 4 of unit 9, transaction 0x1501."""
    frame = tcp_request(0x1501, read_request(9, 4, 1))
    assert frame == hexadecimal("15 01 00 00 00 06 09 03 00 04 00 01")
    reply = hexadecimal("15 01 00 00 00 05 09 03 02 00 05")
    assert tcp_bytes_after_header(reply[:6]) == 5
    assert signed_words(reply_data(read_request(9, 4, 1), rtu_of_tcp(frame, reply))) == (5,)


@pytest.mark.parametrize(
    "header",
    ["15 01 00 01 00 05", "15 01 00 00 00 02", "15 01 00 00 00 FF", "15 01 00 00", "48 45 4C 4C 4F 48"],
)
def test_what_is_no_tcp_header_is_refused(header):
    with pytest.raises(ValueError, match="header"):
        tcp_bytes_after_header(hexadecimal(header))


def test_a_tcp_reply_to_another_request_or_of_another_length_is_refused():
    frame = tcp_request(2, read_request(1, 4))
    with pytest.raises(ValueError, match="transaction number"):
        rtu_of_tcp(frame, hexadecimal("00 01 00 00 00 05 01 03 02 00 05"))
    with pytest.raises(ValueError, match="expected 5"):
        rtu_of_tcp(frame, hexadecimal("00 02 00 00 00 05 01 03 02 00"))


@given(st.integers(0, 0xFFFF), st.integers(0, 0xFFFF), st.integers(1, 120), st.integers(0, 0xFFFF))
def test_only_a_frame_that_reads_is_a_question(transaction, address, count, value):
    unit = transaction % 254 + 1
    asks = [read_request(unit, address, count, function) for function in (3, 4)]
    writes = [
        write_request(unit, address, value - 0x8000),
        write_block_request(unit, address, [value] * count),
    ]
    for frame in [*asks, fast_status_request(unit), *(tcp_request(transaction, one) for one in asks)]:
        assert re.fullmatch(QUESTION, frame.hex(" "))
    for frame in [*writes, *(tcp_request(transaction, one) for one in writes)]:
        assert not re.fullmatch(QUESTION, frame.hex(" "))


@given(st.integers(0, 0xFFFF), st.integers(0, 0xFFFF), st.integers(1, 120), st.integers(0, 0xFFFF))
def test_a_frame_is_declared_by_the_same_text_in_both_framings(transaction, address, count, value):
    for frame in (
        read_request(1, address, count),
        write_request(1, address, value - 0x8000),
        write_block_request(1, address, [value] * count),
    ):
        text = (request_text(frame),)
        assert ModbusInstrument.declared_texts(frame.hex(" ")) == text
        assert ModbusInstrument.declared_texts(tcp_request(transaction, frame).hex(" ")) == text
