import pytest
import pyvisa
from pyvisa.constants import Parity

JULABO, HUBER, LINKAM = "ASRL5::INSTR", "TCPIP0::192.168.0.20::8101::SOCKET", "ASRL6::INSTR"


@pytest.fixture
def rig_with(build_rig, connect):
    """A rig of one controller and an open port to it."""

    def make(model, address, **settings):
        rig = build_rig(instruments={address: model}, oven={"ambient_drift_k": 0.0})
        return rig, connect(rig, address, **{"timeout": 1000, **settings})

    return make


@pytest.fixture
def julabo(rig_with):
    line = {"baud_rate": 4800, "data_bits": 7, "parity": Parity.even}
    return rig_with("julabo", JULABO, write_termination="\r", read_termination="\r\n", **line)


@pytest.fixture
def huber(rig_with):
    return rig_with("huber", HUBER, write_termination="\r\n", read_termination="\r\n")


@pytest.fixture
def linkam(rig_with, clock):
    opened = rig_with(
        "linkam_t95",
        LINKAM,
        write_termination="\r",
        read_termination="\r",
        baud_rate=19200,
        encoding="latin-1",
    )
    clock.sleep(0.5)
    return opened


@pytest.fixture
def told(linkam, clock):
    """Send a Linkam command and return the reply, then leave the controller alone for a while."""

    def tell(command):
        reply = linkam[1].query(command)
        clock.sleep(0.3)
        return reply

    return tell


def test_a_julabo_heats_and_cools_to_its_setpoint(julabo, clock):
    rig, port = julabo
    for setpoint_c in (60.0, 10.0):
        port.write(f"OUT_SP_00 {setpoint_c}")
        port.write("OUT_MODE_05 1")
        clock.sleep(2 * 3600)
        assert float(port.query("IN_PV_00")) == pytest.approx(setpoint_c, abs=0.1)
    assert port.query("STATUS") == "03 REMOTE START"
    port.write("OUT_MODE_05 0")
    assert port.query("IN_MODE_05") == "0"
    assert rig.instruments[JULABO].heater_power_w == 0


def test_a_julabo_in_manual_mode_refuses_commands_and_reports_it_once(julabo):
    rig, port = julabo
    rig.instruments[JULABO].remote = False
    port.write("OUT_SP_00 60")
    assert port.query("STATUS").startswith("-09")
    assert port.query("STATUS") == "00 MANUAL STOP"
    assert float(port.query("IN_SP_00")) == 20


def test_a_julabo_refuses_in_silence(julabo):
    _, port = julabo
    port.write("OUT_SP_00 500")
    assert port.query("STATUS").startswith("-11")
    port.write("COFFEE")
    assert port.query("STATUS").startswith("-08")
    with pytest.raises(pyvisa.VisaIOError):
        port.query("IN_PV_99")


def test_a_julabo_with_a_failed_sensor_alarms_and_stops(julabo, clock):
    rig, port = julabo
    port.write("OUT_SP_00 60")
    port.write("OUT_MODE_05 1")
    rig.faults.add("sensor_fault", after_s=60)
    clock.sleep(120)
    assert port.query("STATUS").startswith("-05")
    assert rig.instruments[JULABO].heater_power_w == 0


def test_a_huber_replies_as_published(huber):
    _, port = huber
    assert port.query("{M0009C4") == "{S0009C4"
    assert port.query("{M00F830") == "{S00F830"
    assert port.query("{M30****") == "{S30F060"
    assert port.query("{M00F000") == "{S00F830"
    assert port.query("{M55****") == "{S557FFF"


def test_a_huber_runs_and_stops(huber, clock):
    rig, port = huber
    port.query("{M001770")
    assert port.query("{M140001") == "{S140001"
    assert int(port.query("{M0A****")[4:], 16) & 3 == 3
    clock.sleep(7200)
    assert int(port.query("{M01****")[4:], 16) / 100 == pytest.approx(60, abs=0.1)
    assert port.query("{M140000") == "{S140000"
    assert not rig.instruments[HUBER].running


def test_a_huber_ignores_invalid_requests(huber):
    _, port = huber
    with pytest.raises(pyvisa.VisaIOError):
        port.query("hello")
    assert port.query("{M140000") == "{S140000"


def linkam_state(port, clock):
    port.write("T")
    reply = port.read_bytes(11)
    clock.sleep(0.3)
    assert reply[10:] == b"\r"
    tenths = int(reply[6:10], 16)
    return reply[0], reply[1], (tenths - 0x10000 if tenths & 0x8000 else tenths) / 10


def test_a_linkam_is_silent_until_asked_t(linkam, clock):
    _, port = linkam
    with pytest.raises(pyvisa.VisaIOError):
        port.query("S")
    assert linkam_state(port, clock)[0] == 0x01
    assert port.query("R12000") == ""


def test_a_linkam_ramps_to_its_limit_and_holds(linkam, told, clock):
    rig, port = linkam
    linkam_state(port, clock)
    for command in ("R1500", "L1600", "S"):
        assert told(command) == ""
    clock.sleep(120)
    state, _, temperature_c = linkam_state(port, clock)
    assert state == 0x10
    assert temperature_c == pytest.approx(32, abs=2)
    clock.sleep(3600)
    assert linkam_state(port, clock) == (0x30, 0x80, pytest.approx(60, abs=0.2))
    assert told("E") == ""
    assert linkam_state(port, clock)[0] == 0x01
    assert rig.instruments[LINKAM].heater_power_w == 0


def test_a_linkam_cools_below_zero(linkam, told, clock):
    _, port = linkam
    linkam_state(port, clock)
    for command in ("R12000", "L1-200", "S"):
        told(command)
    clock.sleep(3600)
    assert linkam_state(port, clock) == (0x30, 0x80, pytest.approx(-20, abs=0.3))


def test_a_linkam_reports_an_absent_stage(linkam, clock):
    rig, port = linkam
    rig.instruments[LINKAM].sensor_fault = 1
    assert linkam_state(port, clock)[1] == 0x82


def test_a_linkam_loses_a_message_that_comes_too_soon(linkam, told, clock):
    _, port = linkam
    linkam_state(port, clock)
    assert told("R12000") == ""
    port.query("L11000")
    with pytest.raises(pyvisa.VisaIOError):
        port.query("S")
    clock.sleep(0.3)
    assert linkam_state(port, clock)[0] == 0x01
