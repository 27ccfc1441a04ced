import pytest

ADDRESS = "GPIB0::27::INSTR"
READY = ":SENS:FUNC 'CURR';:SENS:CURR:AVER OFF;:SENS:CURR:MED OFF;:INIT:CONT OFF;:FORM:ELEM READ"


@pytest.fixture
def rig(build_rig):
    return build_rig(
        instruments={ADDRESS: "keithley6517b"},
        electrodes="reversible",
        cell={"salt_diffusivity_m2_s": 1e-8},
        ambient_k=330.0,
        oven={"ambient_drift_k": 0},
        area_m2=1e-2,
    )


@pytest.fixture
def port(rig, connect):
    return connect(rig, ADDRESS)


def amps(port):
    return float(port.query(":READ?"))


def test_it_returns_its_identity(port):
    assert "MODEL 6517B" in port.query("*IDN?")


def test_the_current_of_a_step_is_the_cells(rig, clock, port):
    port.write(f"{READY};:SYST:ZCH OFF;:SOUR:VOLT:MCON ON;:SOUR:VOLT 0.01;:OUTP ON")
    clock.sleep(100)
    expected_a = 0.01 * rig.world.cell.electrochemistry.step_conductance_s(100.0, 330.0)
    assert amps(port) == pytest.approx(expected_a, rel=0.01)


def test_with_zero_check_it_reads_nothing(port):
    port.write(f"{READY};:SOUR:VOLT:MCON ON;:SOUR:VOLT 0.01;:OUTP ON")
    assert amps(port) == 9.91e37


def test_without_meter_connect_no_current_flows(rig, port):
    port.write(f"{READY};:SYST:ZCH OFF;:SOUR:VOLT 0.01;:OUTP ON")
    assert amps(port) == pytest.approx(0, abs=1e-13)
    assert rig.instruments[ADDRESS].energised


def test_standby_holds_the_cell_at_0_v_until_the_source_is_isolated(rig, port):
    port.write(f"{READY};:SOUR:VOLT:MCON ON;:OUTP OFF")
    port.query("*IDN?")
    assert rig.instruments[ADDRESS].energised
    assert rig.world.terminals.connected
    port.write(":SOUR:VOLT:MCON OFF")
    assert port.query(":SOUR:VOLT:MCON?") == "0"
    assert not rig.instruments[ADDRESS].energised
    assert not rig.world.terminals.connected


def test_the_resistor_of_the_source_is_in_the_way(port, clock):
    port.write(f"{READY};:SYST:ZCH OFF;:SOUR:VOLT:MCON ON;:SOUR:VOLT 1;:OUTP ON")
    clock.sleep(10)
    free_a = amps(port)
    port.write(":SOUR:CURR:RLIM:STAT ON")
    assert amps(port) == pytest.approx(1 / (1 / free_a + 1e6), rel=0.01)


def test_its_current_limit_is_reported_and_kept(port, clock):
    port.write(f"{READY};:SYST:ZCH OFF;:SOUR:VOLT:MCON ON;:SOUR:VOLT 100;:OUTP ON")
    clock.sleep(1)
    assert port.query(":SOUR:CURR:LIM:STAT?") == "1"
    assert amps(port) == pytest.approx(0.01, rel=1e-3)


def test_a_fixed_range_overflows_and_rel_is_subtracted(port, clock):
    port.write(f"{READY};:SYST:ZCH OFF;:SOUR:VOLT:MCON ON;:SOUR:VOLT 1;:OUTP ON")
    clock.sleep(10)
    free_a = amps(port)
    port.write(":SENS:CURR:REF 1e-6;:SENS:CURR:REF:STAT ON")
    assert amps(port) == pytest.approx(free_a - 1e-6, rel=1e-2)
    port.write(":SENS:CURR:RANG 2e-11")
    assert amps(port) == 9.9e37


def test_a_level_above_its_limit_or_range_is_refused(port):
    for message in (":SOUR:VOLT 101", ":SOUR:VOLT:LIM 2;:SOUR:VOLT:LIM:STAT ON;:SOUR:VOLT 3"):
        port.write(message)
        assert port.query(":SYST:ERR?").startswith("-222")
    assert float(port.query(":SOUR:VOLT?")) == 0


def test_elements_are_sent_in_a_fixed_order(port):
    port.write(f"{READY};:FORM:ELEM VSO,READ")
    assert port.query(":FORM:ELEM?") == "READ,VSO"
    assert len(port.query(":READ?").split(",")) == 2
    port.write(":FORM:ELEM SPEED")
    assert port.query(":SYST:ERR?").startswith("-222")


def test_mathematics_and_an_old_zero_correction_change_the_reading(port, clock):
    port.write(f"{READY};:SYST:ZCH OFF;:SOUR:VOLT:MCON ON;:SOUR:VOLT 0.01;:OUTP ON")
    clock.sleep(100)
    free_a = amps(port)
    port.write(":CALC:STAT ON")
    assert amps(port) == pytest.approx(2 * free_a, rel=0.01)
    port.write(":CALC:STAT OFF;:SYST:ZCOR ON")
    assert amps(port) == pytest.approx(free_a - 1e-6, rel=0.01)


def test_the_largest_automatic_range_overflows_above_itself(port, clock):
    port.write(f"{READY};:SYST:ZCH OFF;:SOUR:VOLT:MCON ON;:SOUR:VOLT 0.01;:OUTP ON")
    clock.sleep(100)
    port.write(":SENS:CURR:RANG:AUTO ON;:SENS:CURR:RANG:AUTO:ULIM 2e-9")
    assert float(port.query(":SENS:CURR:RANG:AUTO:ULIM?")) == 2e-9
    assert amps(port) == 9.9e37


def test_binary_replies_are_no_numbers(port):
    port.write(f"{READY};:SYST:ZCH OFF;:SOUR:VOLT:MCON ON;:SOUR:VOLT 0.01;:OUTP ON")
    port.write(":FORM:DATA SRE")
    assert port.query(":FORM:DATA?") == "REAL"
    assert port.query(":READ?") == "#0"
