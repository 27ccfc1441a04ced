import pytest
import pyvisa
from pyvisa.constants import BufferOperation, EventMechanism, EventType, Parity

SERIAL = {
    "baud_rate": 57600,
    "data_bits": 7,
    "parity": Parity.odd,
    "read_termination": "\r\n",
    "timeout": 1000,
}


@pytest.fixture
def linked(build_rig, connect, tmp_path):
    """Open a Lake Shore at any address."""

    def open_at(address, **settings):
        path = tmp_path / "links.toml"
        path.write_text(f'[instruments]\n"{address}" = "lakeshore336"\n')
        rig = build_rig(description=path)
        return connect(rig, address, **settings)

    return open_at


@pytest.mark.parametrize(
    ("address", "settings"),
    [
        ("ASRL3::INSTR", SERIAL),
        ("TCPIP0::192.168.0.12::7777::SOCKET", {"read_termination": "\r\n"}),
        ("TCPIP0::192.168.0.12::inst0::INSTR", {}),
        ("USB0::0x1FB9::0x0301::LSA1::INSTR", {}),
        ("GPIB0::12::INSTR", {}),
    ],
)
def test_every_kind_of_link_carries_a_dialogue(linked, address, settings):
    port = linked(address, **settings)
    assert port.query("*IDN?").startswith("LSCI")
    assert port.query("SETP? 1").strip() == "+295.1500"


@pytest.mark.parametrize("wrong", [{"baud_rate": 9600}, {"data_bits": 8}, {"parity": Parity.none}])
def test_a_serial_line_with_other_settings_receives_nothing(linked, wrong):
    port = linked("ASRL3::INSTR", **{**SERIAL, **wrong})
    with pytest.raises(pyvisa.VisaIOError):
        port.query("*IDN?")


def test_a_serial_line_takes_its_time(linked, clock):
    port = linked("ASRL3::INSTR", **SERIAL)
    began_s = clock.monotonic()
    reply = port.query("*IDN?")
    assert clock.monotonic() - began_s == pytest.approx(0.01 + (len(reply) + 2) * 10 / 57600, rel=1e-3)


def test_answers_on_a_serial_line_keep_their_order(linked):
    port = linked("ASRL3::INSTR", **SERIAL)
    port.write_raw(b"*IDN?\nRANGE? 1\n")
    assert port.read().startswith("LSCI")
    assert port.read() == "0"


def test_a_late_answer_does_not_hold_up_the_line(build_rig, connect):
    rig = build_rig(instruments={"ASRL3::INSTR": "lakeshore336"})
    port = connect(rig, "ASRL3::INSTR", **SERIAL)
    rig.faults.add("late", command="IDN", delay_s=30.0)
    port.write("*IDN?")
    assert port.query("RANGE? 1") == "0"
    port.timeout = 60_000
    assert port.read().startswith("LSCI")


def test_a_stream_has_no_end_without_its_terminator(linked):
    port = linked("TCPIP0::192.168.0.12::7777::SOCKET", read_termination=None, timeout=500)
    port.write("*IDN?")
    with pytest.raises(pyvisa.VisaIOError):
        port.read()


def test_a_stream_needs_its_terminator_to_understand(linked):
    port = linked("TCPIP0::192.168.0.12::7777::SOCKET", read_termination="\r\n", timeout=500)
    port.write_raw(b"*IDN?")
    with pytest.raises(pyvisa.VisaIOError):
        port.read()


def test_bytes_in_the_buffer_are_counted_and_flushed(linked, clock):
    port = linked("ASRL3::INSTR", **SERIAL)
    port.write("RANGE? 1")
    clock.sleep(1)
    assert port.bytes_in_buffer == 3
    port.flush(BufferOperation.discard_read_buffer)
    assert port.bytes_in_buffer == 0


def test_a_request_for_service_ends_the_wait(linked, clock):
    port = linked("GPIB0::12::INSTR")
    port.write("*SRE 16")
    port.write("*IDN?")
    port.wait_for_srq(5000)
    assert clock.monotonic() < 1
    assert port.read().startswith("LSCI")


def test_waiting_for_service_that_is_not_wanted_times_out(linked, clock):
    port = linked("GPIB0::12::INSTR")
    port.enable_event(EventType.service_request, EventMechanism.queue)
    with pytest.raises(pyvisa.VisaIOError):
        port.wait_on_event(EventType.service_request, 2000)
    assert clock.monotonic() == pytest.approx(2.0)
