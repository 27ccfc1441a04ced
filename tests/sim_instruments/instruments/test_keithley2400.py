import pytest
import pyvisa

ADDRESS = "GPIB0::24::INSTR"


@pytest.fixture(params=["keithley2400", "keithley6430"])
def rig(request, build_rig):
    return build_rig(
        instruments={ADDRESS: request.param},
        electrodes="reversible",
        cell={"salt_diffusivity_m2_s": 1e-8},
        ambient_k=330.0,
        oven={"ambient_drift_k": 0},
    )


@pytest.fixture
def model(rig):
    return rig.instruments[ADDRESS].model


@pytest.fixture
def port(rig, connect):
    return connect(rig, ADDRESS)


def status(port):
    return int(float(port.query(":READ?").split(",")[-1]))


def test_it_returns_its_identity(port, model):
    assert f"MODEL {model}" in port.query("*IDN?")


def test_the_current_of_a_step_is_the_cells(rig, clock, port):
    port.write(":SENS:CURR:PROT 1e-3;:SENS:CURR:RANG:AUTO ON;:SOUR:VOLT 0.01;:FORM:ELEM CURR,VOLT;:OUTP ON")
    clock.sleep(100)
    expected_a = 0.01 * rig.world.cell.electrochemistry.step_conductance_s(100.0, 330.0)
    volts, amps = map(float, port.query(":READ?").split(","))
    assert (volts, amps) == (pytest.approx(0.01, rel=0.01), pytest.approx(expected_a, rel=0.01))


def test_nothing_is_measured_with_the_output_off(port):
    port.timeout = 500
    with pytest.raises(pyvisa.VisaIOError):
        port.query(":READ?")
    assert port.query(":SYST:ERR?").startswith("+802")


def test_the_status_word_tells_source_terminals_wires_filter_and_compliance(port):
    port.write(":FORM:ELEM STAT;:OUTP ON")
    assert status(port) == 1 << 2 | 3 << 11 | 1 << 14
    port.write(":SENS:AVER ON;:CALC2:NULL:STAT ON;:SYST:RSEN ON")
    assert status(port) == 1 << 1 | 1 << 2 | 1 << 6 | 3 << 11 | 1 << 14 | 1 << 22
    port.write(":SENS:AVER OFF;:CALC2:NULL:STAT OFF;:SYST:RSEN OFF")
    port.write(":SENS:CURR:RANG 1e-6;:SENS:CURR:PROT 1e-8;:SOUR:VOLT 10")
    assert status(port) & 1 << 3


def test_a_limit_below_a_thousandth_of_the_range_and_a_range_beyond_the_limit_are_refused(port):
    port.write(":SENS:CURR:PROT 1e-8")
    assert port.query(":SYST:ERR?").startswith("-222")
    port.write(":SENS:CURR:RANG 1e-2")
    assert port.query(":SYST:ERR?").startswith("+824")
    port.write(":SENS:CURR:RANG 1e-6;:SENS:CURR:PROT 1e-8")
    assert port.query(":SYST:ERR?").startswith("+0")


def test_the_output_off_state_decides_whether_the_cell_is_left_alone(rig, port, model):
    terminals = rig.world.terminals
    port.write(":SOUR:VOLT 0.01;:OUTP ON;:OUTP OFF")
    assert port.query(":OUTP?") == "0"
    assert (terminals.connected, terminals.potential_v) == (True, 0.0)
    assert rig.instruments[ADDRESS].energised
    port.write(":OUTP:SMOD HIMP")
    assert port.query(":SYST:ERR?").startswith("+0" if model == "2400" else "-222")
    port.write(":OUTP:SMOD GUAR")
    assert port.query(":OUTP:SMOD?") == "GUAR"
    assert not terminals.connected
    assert not rig.instruments[ADDRESS].energised


def test_a_value_that_is_neither_measured_nor_sourced_is_no_number(port):
    port.write(":SENS:FUNC:OFF:ALL;:FORM:ELEM CURR;:OUTP ON")
    assert float(port.query(":READ?")) == 9.91e37


def test_functions_add_up_only_while_they_are_concurrent(port):
    port.write(':SENS:FUNC:OFF:ALL;:SENS:FUNC "CURR";:SENS:FUNC "VOLT"')
    assert port.query(":SENS:FUNC?") == '"VOLT:DC","CURR:DC"'
    port.write(':SENS:FUNC:CONC OFF;:SENS:FUNC "VOLT"')
    assert port.query(":SENS:FUNC?") == '"VOLT:DC"'


def test_with_the_interlock_open_the_output_stays_off(rig, port):
    rig.instruments[ADDRESS].is_interlocked = True
    port.write(":OUTP ON")
    assert port.query(":OUTP?") == "0"


def test_several_triggers_give_several_readings_in_one_reply(port):
    port.write(":TRIG:COUN 3;:FORM:ELEM CURR;:OUTP ON")
    assert len(port.query(":READ?").split(",")) == 3
    port.write(":SOUR:CLE:AUTO ON;:TRIG:COUN 1")
    port.query(":READ?")
    assert port.query(":OUTP?") == "0"


@pytest.mark.parametrize("message", [":ARM:SOUR BUS", ":TRIG:SOUR TLIN"])
def test_a_trigger_that_does_not_come_gives_no_reading(port, message):
    port.timeout = 500
    port.write(f":OUTP ON;{message}")
    with pytest.raises(pyvisa.VisaIOError):
        port.query(":READ?")


def test_binary_replies_are_no_numbers(port):
    port.write(":FORM:DATA SRE;:OUTP ON")
    assert port.query(":READ?") == "#0"


def test_a_sweep_of_the_source_is_another_potential_than_its_level(rig, port):
    port.write(":SOUR:VOLT 0.01;:SOUR:VOLT:MODE SWE;:OUTP ON")
    port.query("*IDN?")
    assert rig.world.terminals.potential_v == pytest.approx(0.11)
