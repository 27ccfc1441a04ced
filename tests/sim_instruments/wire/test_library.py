import pytest
import pyvisa
from pyvisa.constants import StatusCode

LAKESHORE = "GPIB0::12::INSTR"
SOLARTRON = "GPIB0::4::INSTR"
TEXT_INSTRUMENTS = [
    "agilent4294a",
    "agilent_4284a",
    "julabo",
    "keithley2000",
    "keithley2400",
    "keithley2450",
    "keithley2700",
    "keithley2750",
    "keithley6514",
    "keithley6517b",
    "keithley7001",
    "keithley_dmm6500",
    "keysight_e4980a",
    "keysight_e4990a",
    "lakeshore336",
    "solartron1260",
    "solartron1287",
    "temptronic_ats",
    "thermotron3800",
]
FRAMED_INSTRUMENTS = [
    "alicat",
    "cellkraft_p10",
    "emstat4",
    "eurotherm2400",
    "huber",
    "linkam_t95",
    "modbus_oven",
    "namur_watchdog",
    "nanodac",
    "omron_e5c",
    "oxford_itc503",
    "oxford_mercury",
    "relay_watchdog",
]


def test_opening_an_absent_address_fails_as_in_visa(rig):
    manager = pyvisa.ResourceManager(rig.visa_library)
    with pytest.raises(pyvisa.VisaIOError) as refused:
        manager.open_resource("GPIB0::9::INSTR")
    assert refused.value.error_code == StatusCode.error_resource_not_found


def test_present_addresses_are_listed(rig):
    present = set(pyvisa.ResourceManager(rig.visa_library).list_resources())
    assert present == {LAKESHORE, SOLARTRON, "GPIB0::6::INSTR"}


def test_a_timeout_costs_its_time_on_the_clock_alone(rig, clock, oven_port):
    oven_port.timeout = 5000
    began_s = clock.monotonic()
    with pytest.raises(pyvisa.VisaIOError) as timeout:
        oven_port.read()
    assert timeout.value.error_code == StatusCode.error_timeout
    assert clock.monotonic() - began_s == pytest.approx(5.0)


def test_a_python_error_in_a_model_surfaces_as_itself(rig, oven_port):
    del rig.instruments[LAKESHORE].outputs
    with pytest.raises(AttributeError, match="outputs"):
        oven_port.write("RANGE 1,0")


def test_two_rigs_share_nothing(build_rig, connect):
    first, second = build_rig(), build_rig()
    connect(first, LAKESHORE).write("SETP 1,333")
    assert connect(second, LAKESHORE).query("SETP? 1") == "+295.1500\r"
    assert first.visa_library is not second.visa_library


def test_a_message_without_terminator_and_end_is_not_processed(rig, connect):
    port = connect(rig, LAKESHORE, send_end=False, timeout=100)
    port.write_raw(b"KRDG? A")
    with pytest.raises(pyvisa.VisaIOError):
        port.read_raw()
    port.write_raw(b"\n")
    assert port.read_raw().startswith(b"+295.")


def test_end_completes_a_message_on_gpib(rig, connect):
    port = connect(rig, LAKESHORE)
    port.write_raw(b"RANGE? 1")
    assert port.read_raw() == b"0\r\n"


def test_several_messages_in_one_write_are_all_processed(rig, connect):
    port = connect(rig, LAKESHORE)
    port.write_raw(b"RANGE? 1\nRAMPST? 1\n")
    assert [port.read_raw(), port.read_raw()] == [b"0\r\n", b"0\r\n"]


def test_an_unread_reply_is_read_at_the_next_query_until_the_device_is_cleared(oven_port):
    oven_port.write("*IDN?")
    assert oven_port.query("RANGE? 1").startswith("LSCI")
    oven_port.clear()
    assert oven_port.query("RANGE? 1") == "0"


def test_a_serial_poll_shows_a_waiting_reply(clock, oven_port):
    assert oven_port.read_stb() & 16 == 0
    oven_port.write("RANGE? 1")
    clock.sleep(0.1)
    assert oven_port.read_stb() & 16


def test_a_reply_can_be_read_in_pieces(oven_port):
    oven_port.write("RANGE? 1")
    assert [oven_port.read_bytes(1), oven_port.read_bytes(2)] == [b"0", b"\r\n"]


def test_pymeasure_works_with_the_library_instance(rig):
    from pymeasure.adapters import VISAAdapter

    adapter = VISAAdapter(LAKESHORE, visa_library=rig.visa_library)
    adapter.write("*IDN?")
    assert adapter.read().startswith("LSCI,MODEL336")


def stock_port(name):
    from importlib.resources import files

    path = files("sim_instruments.instruments").joinpath(f"{name}.yaml")
    manager = pyvisa.ResourceManager(f"{path}@sim")
    (address,) = manager.list_resources("?*")
    return manager, manager.open_resource(address)


@pytest.mark.parametrize("name", TEXT_INSTRUMENTS)
def test_the_file_of_a_text_instrument_loads_in_stock_pyvisa_sim_and_returns_its_identity(name):
    manager, port = stock_port(name)
    port.write_termination = "\r" if name == "julabo" else "\n"
    port.read_termination = "\n"
    assert "," in port.query("*IDN?")
    manager.close()


@pytest.mark.parametrize("name", FRAMED_INSTRUMENTS)
def test_the_file_of_a_framed_instrument_opens_in_stock_pyvisa_sim(name):
    manager, port = stock_port(name)
    assert port.session
    manager.close()


def test_every_model_has_its_file_and_is_told_apart_here():
    from sim_instruments.rig import MODELS

    told = {stand_in.file or stand_in.name for stand_in in MODELS.values()}
    assert sorted(told) == sorted(TEXT_INSTRUMENTS + FRAMED_INSTRUMENTS)
