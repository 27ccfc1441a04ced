import pytest
import pyvisa

ADDRESS = "GPIB0::17::INSTR"


@pytest.fixture(params=["keysight_e4980a", "agilent_4284a"])
def rig(request, build_rig):
    return build_rig(instruments={ADDRESS: request.param})


@pytest.fixture
def port(rig, connect):
    return connect(rig, ADDRESS)


def test_it_returns_its_identity(port):
    assert "E4980A" in port.query("*IDN?") or "4284A" in port.query("*IDN?")


def test_it_measures_the_cell_when_triggered(rig, port):
    port.write(":TRIG:SOUR BUS;:FUNC:IMP RX;:APER LONG,4;:FREQ 10000;:VOLT 0.1")
    port.write(":TRIG")
    real, imag, status = port.query(":FETC?").split(",")
    assert complex(float(real), float(imag)) == pytest.approx(rig.world.cell_impedance_ohm(1e4), rel=0.01)
    assert status == "+0"


def test_a_point_takes_its_time(clock, port):
    port.write(":TRIG:SOUR BUS;:APER LONG,10;:FREQ 20;:TRIG")
    began_s = clock.monotonic()
    port.query(":FETC?")
    assert 4 < clock.monotonic() - began_s < 6


def test_a_list_is_swept(port):
    port.write(":TRIG:SOUR BUS;:DISP:PAGE LIST;:LIST:MODE SEQ;:LIST:FREQ 1E3,1E4,1E5;:TRIG:IMM")
    values = port.query(":FETCh:IMPedance:FORMatted?").split(",")
    assert values[2::3] == ["+0", "+0", "+0"]
    assert len({*values[0::3]}) == 3
    assert port.query("STAT:OPER?") == "+8"
    assert port.query("STAT:OPER?") == "+0"


def test_without_a_trigger_there_is_nothing_to_fetch(port):
    port.write(":TRIG:SOUR BUS")
    port.timeout = 500
    with pytest.raises(pyvisa.VisaIOError):
        port.query(":FETC?")
    assert port.query(":SYST:ERR?").startswith("-222")


def test_an_open_cell_is_no_measurement(rig, port):
    rig.world.cell.open = True
    assert port.query(":FETC?") == "+9.90000E+37,+9.90000E+37,+1"


@pytest.mark.parametrize("refused", [":FREQ 5", ":VOLT 30", ":APER FAST", ":FUNC:IMP XYZ", ":TRIG:SOUR NOW"])
def test_what_is_out_of_range_is_queued_as_an_error(rig, port, refused):
    port.write(refused)
    assert port.query(":SYST:ERR?") == '-222,"Data out of range"'
    assert port.query("SYST:ERR?") == '+0,"No error"'
    assert rig.instruments[ADDRESS].frequency_hz == 1000


def test_an_unknown_header_is_queued_too(port):
    port.write(":COFFEE ON")
    assert port.query("SYSTem:ERRor?") == '-113,"Undefined header"'


def test_settings_read_back(port):
    port.write(":FREQ:CW 2.5E4;:VOLT:LEV 0.05;:BIAS:VOLT 0.5;:BIAS:STAT ON;:APER MED,3")
    assert float(port.query(":FREQ?")) == 25000
    assert float(port.query(":VOLT?")) == 0.05
    assert float(port.query(":BIAS:VOLT?")) == 0.5
    assert port.query(":BIAS:STAT?") == "1"
    assert port.query(":APER?") == "MED,+3"
