import pytest
import pyvisa

SOURCE, ADDRESS = "GPIB0::24::INSTR", "GPIB0::14::INSTR"


@pytest.fixture
def rig(build_rig):
    return build_rig(
        instruments={SOURCE: "keithley2400", ADDRESS: "keithley6514"},
        electrodes="reversible",
        cell={"salt_diffusivity_m2_s": 1e-8},
        ambient_k=330.0,
        oven={"ambient_drift_k": 0},
    )


@pytest.fixture
def port(rig, connect):
    connect(rig, SOURCE).write(":SENS:CURR:PROT 1e-3;:SOUR:VOLT 0.01;:OUTP ON")
    port = connect(rig, ADDRESS)
    port.write(":SENS:FUNC 'CURR';:FORM:ELEM READ;:SYST:ZCH OFF")
    return port


def amps(port):
    return float(port.query(":READ?"))


def test_it_returns_its_identity(port):
    assert "MODEL 6514" in port.query("*IDN?")


def test_it_reads_the_current_that_the_other_sources(rig, clock, port):
    clock.sleep(100)
    expected_a = 0.01 * rig.world.cell.electrochemistry.step_conductance_s(100.0, 330.0)
    assert amps(port) == pytest.approx(expected_a, rel=0.01)


def test_with_zero_check_or_another_function_it_reads_none(port):
    port.write(":SYST:ZCH ON")
    assert amps(port) == pytest.approx(0, abs=1e-13)
    port.write(":SYST:ZCH OFF;:SENS:FUNC 'VOLT'")
    assert port.query(":SENS:FUNC?") == '"VOLT:DC"'
    assert amps(port) == pytest.approx(0, abs=1e-13)


def test_rel_is_subtracted_and_a_low_range_overflows(port, clock):
    clock.sleep(100)
    free_a = amps(port)
    port.write(":CALC2:NULL:OFFS 1e-6;:CALC2:NULL:STAT ON")
    assert amps(port) == pytest.approx(free_a - 1e-6, rel=0.01)
    port.write(":SENS:CURR:RANG 2e-11")
    assert amps(port) == 9.9e37


def test_each_reading_has_the_elements_in_a_fixed_order(port):
    port.write(":FORM:ELEM STAT,READ;:TRIG:COUN 2")
    assert port.query(":FORM:ELEM?") == "READ,STAT"
    assert len(port.query(":READ?").split(",")) == 4


@pytest.mark.parametrize(
    "message", [":SENS:FUNC 'HERTZ'", ":SENS:CURR:NPLC 20", ":FORM:ELEM SPEED", ":FORM:DATA HEX",
                ":ARM:COUN 0", ":TRIG:SOUR NEVER", ":SENS:CURR:RANG 1", ":SOUR:VOLT 1"]
)  # fmt: skip
def test_what_it_cannot_do_is_an_error(port, message):
    port.write(message)
    assert not port.query(":SYST:ERR?").startswith("+0")


def test_mathematics_and_an_old_zero_correction_change_the_reading(port, clock):
    clock.sleep(100)
    free_a = amps(port)
    port.write(":CALC:STAT ON")
    assert amps(port) == pytest.approx(2 * free_a, rel=0.01)
    port.write(":CALC:STAT OFF;:SYST:ZCOR ON")
    assert amps(port) == pytest.approx(free_a - 1e-6, rel=0.01)


def test_the_largest_automatic_range_overflows_above_itself(port, clock):
    clock.sleep(100)
    port.write(":SENS:CURR:RANG:AUTO ON;:SENS:CURR:RANG:AUTO:ULIM 2e-9")
    assert float(port.query(":SENS:CURR:RANG:AUTO:ULIM?")) == 2e-9
    assert amps(port) == 9.9e37


def test_binary_replies_are_no_numbers(port):
    port.write(":FORM:DATA SRE")
    assert port.query(":FORM:DATA?") == "REAL"
    assert port.query(":READ?") == "#0"


def test_a_trigger_that_does_not_come_gives_no_reading(port):
    port.timeout = 500
    port.write(":TRIG:SOUR BUS")
    assert port.query(":TRIG:SOUR?") == "BUS"
    with pytest.raises(pyvisa.VisaIOError):
        port.query(":READ?")
