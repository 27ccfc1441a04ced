import pytest
import pyvisa

ADDRESS = "GPIB0::18::INSTR"


@pytest.fixture
def rig(build_rig):
    return build_rig(
        instruments={ADDRESS: "keithley2450"},
        electrodes="reversible",
        cell={"salt_diffusivity_m2_s": 1e-8},
        ambient_k=330.0,
        oven={"ambient_drift_k": 0},
    )


@pytest.fixture
def port(rig, connect):
    return connect(rig, ADDRESS)


def test_it_returns_its_identity_and_language(port):
    assert "MODEL 2450" in port.query("*IDN?")
    assert port.query("*LANG?") == "SCPI"


def test_the_current_of_a_step_is_the_cells(rig, clock, port):
    port.write(':SOUR:FUNC VOLT;:SOUR:VOLT 0.01;:SOUR:VOLT:ILIM 1e-3;:SENS:FUNC "CURR";:SENS:CURR:NPLC 1')
    port.write(":OUTP ON")
    clock.sleep(100)
    expected_a = 0.01 * rig.world.cell.electrochemistry.step_conductance_s(100.0, 330.0)
    assert float(port.query(":READ?")) == pytest.approx(expected_a, rel=0.01)


def test_nothing_is_measured_with_the_output_off(port):
    port.timeout = 500
    with pytest.raises(pyvisa.VisaIOError):
        port.query(":READ?")
    assert port.query(":SYST:ERR?").startswith("-221")
    assert port.query(":SYST:ERR?").startswith('0,"No error')


def test_output_off_leaves_zero_volts_on_the_cell_unless_it_is_high_impedance(rig, port):
    port.write(":SOUR:VOLT 0.01;:OUTP ON;:OUTP OFF")
    assert (rig.world.terminals.connected, rig.world.terminals.potential_v) == (True, 0.0)
    port.write(":OUTP:VOLT:SMOD HIMP;:OUTP ON;:OUTP OFF")
    assert not rig.world.terminals.connected
    assert port.query(":OUTP?") == "0"


def test_a_current_of_zero_leaves_the_cell_at_rest(rig, port):
    port.write(':SOUR:FUNC CURR;:SOUR:CURR 0;:SENS:FUNC "VOLT";:OUTP ON')
    assert not rig.world.terminals.connected
    assert float(port.query(":READ?")) == pytest.approx(0, abs=1e-4)
    port.write(":SOUR:CURR 1e-6")
    assert port.query(":SYST:ERR?").startswith("-221")


def test_a_short_trips_the_limit(rig, port):
    rig.world.cell.shorted = True
    port.write(":SOUR:VOLT:ILIM 1e-4;:SOUR:VOLT 1;:OUTP ON")
    assert port.query(":SOUR:VOLT:ILIM:TRIP?") == "1"
    assert float(port.query(":READ?")) == pytest.approx(1e-4, rel=1e-3)


def test_a_fixed_range_too_small_overflows(rig, port):
    rig.world.cell.shorted = True
    port.write(":SOUR:VOLT:ILIM 1e-2;:SOUR:VOLT 1;:SENS:CURR:RANG 1e-6;:OUTP ON")
    assert float(port.query(":READ?")) == 9.9e37


def test_a_buffer_keeps_readings_with_their_times(port):
    port.write(':TRAC:MAKE "log",100;:SOUR:VOLT 0.01;:OUTP ON;:SENS:COUN 5;:TRAC:TRIG "log"')
    assert port.query("*OPC?") == "1"
    assert port.query(':TRAC:ACT? "log"') == "5"
    values = [float(x) for x in port.query(':TRAC:DATA? 1,5,"log",READ,REL,SOUR').split(",")]
    assert values[1::3] == pytest.approx([0.022 * i for i in range(5)], abs=1e-3)
    assert values[2::3] == [0.01] * 5
    port.write(':TRAC:CLE "log"')
    assert port.query(':TRAC:ACT? "log"') == "0"


@pytest.mark.parametrize(
    "refused", [":SOUR:VOLT 300", ":OUTP:VOLT:SMOD OPEN", ":SOUR:VOLT:ILIM 5", ':TRAC:MAKE "x",2']
)
def test_what_is_out_of_range_is_queued_as_an_error(port, refused):
    port.write(refused)
    assert port.query(":SYST:ERR?").startswith("-222")


def test_reset_switches_the_output_off(rig, port):
    port.write(":SOUR:VOLT 0.01;:OUTP ON")
    port.write("*RST")
    assert not rig.instruments[ADDRESS].output_on
    assert rig.world.terminals.potential_v == 0
