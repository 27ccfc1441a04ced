import struct

import pytest
import pyvisa
from pyvisa.constants import SerialTermination

from sim_instruments.wire.modbus import crc, sealed

ADDRESS = "ASRL4::INSTR"
SLOW = {"timeout": 500, "read_termination": None, "write_termination": ""}


@pytest.fixture
def serial_rig(build_rig):
    return build_rig(description="serial")


@pytest.fixture
def link(serial_rig, connect):
    return connect(serial_rig, ADDRESS, end_input=SerialTermination.none, **SLOW)


def ask(port, body, length):
    port.write_raw(sealed(body))
    reply = port.read_bytes(length)
    assert crc(reply[:-2]) == reply[-2:]
    return reply


def read(port, address, count=1):
    reply = ask(port, struct.pack(">BBHH", 1, 3, address, count), 5 + 2 * count)
    return struct.unpack(f">{count}h", reply[3:-2])


def write(port, address, value):
    return ask(port, struct.pack(">BBHh", 1, 6, address, value), 8)


def test_the_process_value_is_tenths_of_a_degree(serial_rig, link):
    (tenths,) = read(link, 1)
    assert tenths / 10 == pytest.approx(serial_rig.world.oven.sensor_k - 273.15, abs=0.2)
    assert read(link, 525) == (1,)


def test_it_heats_to_its_setpoint(serial_rig, clock, link):
    write(link, 2, 1000)
    clock.sleep(3600)
    serial_rig.world.now()
    assert serial_rig.world.oven.sensor_k == pytest.approx(373.15, abs=0.2)


def test_the_working_setpoint_climbs_at_its_rate(clock, link):
    write(link, 2, 220)
    write(link, 35, 50)
    write(link, 2, 1220)
    clock.sleep(600)
    assert read(link, 5)[0] / 10 == pytest.approx(72, abs=0.5)
    assert read(link, 275) == (1,)


def test_manual_with_no_output_is_safe(serial_rig, clock, link):
    write(link, 2, 2000)
    clock.sleep(100)
    assert read(link, 4)[0] > 0
    write(link, 273, 1)
    write(link, 3, 0)
    clock.sleep(600)
    assert serial_rig.instruments[ADDRESS].heater_power_w == 0
    assert read(link, 75)[0] & 16


def test_output_can_be_set_only_in_manual(link):
    link.write_raw(sealed(struct.pack(">BBHh", 1, 6, 3, 500)))
    assert link.read_bytes(5)[1:3] == b"\x86\x03"


def test_a_setpoint_out_of_its_limits_is_refused(link):
    link.write_raw(sealed(struct.pack(">BBHh", 1, 6, 2, 30000)))
    assert link.read_bytes(5)[1:3] == b"\x86\x03"


def test_floats_need_no_decimals(link):
    high, low = struct.unpack(">HH", struct.pack(">f", 123.456))
    ask(link, struct.pack(">BBHHBHH", 1, 16, 0x8000 + 4, 2, 4, high, low), 8)
    reply = ask(link, struct.pack(">BBHH", 1, 3, 0x8004, 2), 9)
    assert struct.unpack(">f", reply[3:7])[0] == pytest.approx(123.456)
    assert read(link, 2) == (1235,)


def test_one_word_cannot_be_written_as_a_float(link):
    link.write_raw(sealed(struct.pack(">BBHh", 1, 6, 0x8004, 500)))
    assert link.read_bytes(5)[1] == 0x86


def test_a_damaged_frame_is_met_with_silence(link):
    link.write_raw(sealed(struct.pack(">BBHH", 1, 3, 1, 1))[:-1] + b"\x00")
    with pytest.raises(pyvisa.VisaIOError):
        link.read_bytes(7)
    assert read(link, 525) == (1,)


def test_half_a_frame_is_forgotten_after_a_silence(clock, link):
    link.write_raw(b"\x01\x03\x00")
    clock.sleep(1)
    assert read(link, 525) == (1,)


def test_a_broken_sensor_stops_the_output(serial_rig, clock, link):
    write(link, 2, 2000)
    clock.sleep(100)
    serial_rig.instruments[ADDRESS].sensor_fault = 1
    clock.sleep(10)
    assert read(link, 258) == (1,)
    assert serial_rig.instruments[ADDRESS].heater_power_w == 0


def test_a_forbidden_mode_wipes_the_instrument_and_makes_it_deaf(clock, link):
    write(link, 2, 2000)
    link.write_raw(sealed(struct.pack(">BBHh", 1, 6, 199, 2)))
    clock.sleep(1)
    link.flush(pyvisa.constants.BufferOperation.discard_read_buffer)
    link.write_raw(sealed(struct.pack(">BBHH", 1, 3, 2, 1)))
    with pytest.raises(pyvisa.VisaIOError):
        link.read_bytes(7)
    clock.sleep(5)
    assert read(link, 2) == (200,)


def test_faults_fall_on_frames_by_their_hexadecimal(serial_rig, link):
    serial_rig.faults.add("timeout", instrument=ADDRESS, command="^01 03 00 01")
    assert read(link, 525) == (1,)
    link.write_raw(sealed(struct.pack(">BBHH", 1, 3, 1, 1)))
    with pytest.raises(pyvisa.VisaIOError):
        link.read_bytes(7)
    assert read(link, 1)[0] > 0
