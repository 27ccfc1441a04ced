import pytest
import pyvisa

ADDRESS = "GPIB0::19::INSTR"


@pytest.fixture
def rig(build_rig):
    return build_rig(instruments={ADDRESS: "keysight_e4990a"}, oven={"ambient_drift_k": 0.0})


@pytest.fixture
def port(rig, connect):
    port = connect(rig, ADDRESS)
    port.write(":SYST:PRES;:TRIG:SOUR BUS;:CALC1:PAR1:DEF R;:CALC1:PAR2:DEF X;:SOUR1:VOLT 0.1")
    return port


def numbers(reply):
    return [float(field) for field in reply.split(",")]


@pytest.mark.parametrize("spacing", ["LIN", "LOG"])
def test_a_sweep_is_the_cells_along_its_axis(rig, port, spacing):
    port.write(f":SENS1:SWE:TYPE {spacing};:SENS1:FREQ:STAR 1E3;:SENS1:FREQ:STOP 1E5;:SENS1:SWE:POIN 5")
    port.write(":SENS1:APER:TIME 5;:INIT1:CONT ON;:TRIG:SING")
    assert port.query("*OPC?") == "1"
    axis_hz, data = numbers(port.query(":SENS1:FREQ:DATA?")), numbers(port.query(":CALC1:DATA:RDAT?"))
    assert (axis_hz[0], axis_hz[-1]) == pytest.approx((1e3, 1e5))
    assert axis_hz[2] == pytest.approx(1e4 if spacing == "LOG" else 50500)
    for frequency_hz, real, imag in zip(axis_hz, data[::2], data[1::2], strict=True):
        assert complex(real, imag) == pytest.approx(rig.world.cell_impedance_ohm(frequency_hz), rel=0.03)


def test_the_end_of_the_sweep_is_waited_for(clock, port):
    port.write(":SENS1:FREQ:STAR 20;:SENS1:FREQ:STOP 40;:SENS1:SWE:POIN 11;:SENS1:APER:TIME 5;:TRIG:SING")
    assert port.query(":STAT:OPER:COND?") == "+16"
    began_s = clock.monotonic()
    port.query("*OPC?")
    assert 3 < clock.monotonic() - began_s < 6
    assert port.query(":STAT:OPER:COND?") == "+0"


def test_segments_make_the_axis(port):
    port.write(":SENS1:SEGM:DATA 7,0,0,0,0,0,0,0,2,1E3,1E3,1,1E4,2E4,3;:SENS1:SWE:TYPE SEGM")
    assert numbers(port.query(":SENS1:FREQ:DATA?")) == [1e3, 1e4, 1.5e4, 2e4]
    assert port.query(":SENS1:SEGM:SWE:POIN?") == "+4"


def test_compensation_remembers_where_it_was_taken(port):
    port.write(":SENS1:FREQ:STAR 1E3;:SENS1:FREQ:STOP 3E3;:SENS1:SWE:POIN 3")
    assert port.query(":SENS1:CORR2:OPEN?") == "0"
    port.write(":SENS1:CORR:COLL:FPO USER;:SENS1:CORR2:COLL:ACQ:OPEN")
    assert port.query("*OPC?") == "1"
    assert port.query(":SENS1:CORR2:OPEN?") == "1"
    assert numbers(port.query(":SENS1:CORR2:ZME:OPEN:FREQ?")) == [1e3, 2e3, 3e3]
    assert port.query(":SENS1:CORR2:ZME:SHOR:POIN?") == "+0"


@pytest.mark.parametrize(
    "refused", [":SOUR1:VOLT 0", ":SENS1:FREQ:STAR 1", ":SENS1:APER 9", ":SENS1:SEGM:DATA 7,1"]
)
def test_what_is_out_of_range_is_queued_as_an_error(port, refused):
    port.write(refused)
    assert port.query("SYST:ERR?").startswith("-222")
    assert port.query("SYST:ERR?") == '+0,"No error"'


def test_an_open_cell_is_no_measurement(rig, port):
    rig.world.cell.open = True
    port.write(":SENS1:SWE:POIN 2;:SENS1:FREQ:STAR 20;:SENS1:FREQ:STOP 30;:TRIG:SING")
    port.query("*OPC?")
    assert numbers(port.query(":CALC1:DATA:RDAT?")) == [9.9e37] * 4


def test_an_aborted_sweep_ends(clock, port):
    port.write(":SENS1:FREQ:STAR 20;:SENS1:FREQ:STOP 21;:SENS1:APER:TIME 5;:TRIG:SING")
    port.write(":ABOR")
    began_s = clock.monotonic()
    assert port.query("*OPC?") == "1"
    assert clock.monotonic() - began_s < 0.1


def test_real_data_are_refused_rather_than_wrong(port):
    port.write(":FORM:DATA REAL")
    assert port.query("SYST:ERR?").startswith("-221")


def test_the_bias_can_be_read(rig, port):
    port.write(":SOUR1:BIAS:VOLT 0.5;:SOUR:BIAS:STAT ON")
    assert rig.instruments[ADDRESS].bias_on
    assert float(port.query(":SENS1:DC:MEAS:DATA:DCV?")) == 0.5
    port.write("SYST:PRES")
    assert port.query(":SOUR:BIAS:STAT?") == "0"


def test_unknown_commands_have_no_reply(port):
    port.timeout = 500
    with pytest.raises(pyvisa.VisaIOError):
        port.query(":COFF?")
