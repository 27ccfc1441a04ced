import pytest
import pyvisa

ADDRESS = "GPIB0::16::INSTR"


@pytest.fixture
def open_meter(build_rig, connect):
    def opened(model):
        rig = build_rig(instruments={ADDRESS: model}, ambient_k=300.15, oven={"ambient_drift_k": 0})
        return rig.instruments[ADDRESS], connect(rig, ADDRESS)

    return opened


def test_a_2000_reads_the_resistance_of_a_pt100(open_meter):
    _, port = open_meter("keithley2000")
    port.write(":SENS:FUNC 'FRES';:SENS:FRES:RANG 1000")
    assert float(port.query(":READ?")) == pytest.approx(110.51, abs=0.01)
    port.write(":SENS:FRES:RANG 10")
    assert float(port.query(":SENS:FRES:RANG?")) == 100
    assert float(port.query(":READ?")) == pytest.approx(110.51, abs=0.01)


@pytest.mark.parametrize(
    ("plugged", "settings", "degc"),
    [
        ("K", "", 27.0),
        ("K", ";:SENS:TEMP:TC:RJUN:SIM 30", 34.0),
        ("J", "", 27.8),
        ("PT100", ";:SENS:TEMP:TC:RJUN:SIM 30", 30.0),
    ],
)
def test_a_thermocouple_input_shows_what_is_plugged_in_at_the_temperature_of_the_junction(
    open_meter, plugged, settings, degc
):
    model, port = open_meter("keithley2000")
    model.plugged = plugged
    port.write(f":SENS:FUNC 'TEMP';:SENS:TEMP:TC:TYPE K{settings}")
    assert float(port.query(":READ?")) == pytest.approx(degc, abs=0.02)
    port.write(":UNIT:TEMP K")
    assert float(port.query(":READ?")) == pytest.approx(degc + 273.15, abs=0.02)
    port.write(":UNIT:TEMP F")
    assert float(port.query(":READ?")) == pytest.approx(1.8 * degc + 32, abs=0.04)


def test_a_dmm6500_converts_a_pt100_itself_and_has_no_command_of_a_2000(open_meter):
    model, port = open_meter("keithley_dmm6500")
    port.write(":SENS:FUNC 'TEMP';:SENS:TEMP:TRAN FRTD;:SENS:TEMP:RTD:FOUR PT100")
    assert float(port.query(":READ?")) == pytest.approx(27.0, abs=0.02)
    port.write(":UNIT:TEMP K")
    assert port.query(":SYST:ERR?").startswith("-113")
    model.plugged = "K"
    assert float(port.query(":READ?")) == 9.9e37


def test_an_open_sensor_overflows(open_meter):
    model, port = open_meter("keithley2000")
    model.sensor_fault = 1
    port.write(":SENS:FUNC 'TEMP'")
    assert float(port.query(":READ?")) == 9.9e37


def test_a_relative_reading_and_a_moving_filter_hold_other_values(open_meter, clock):
    _, port = open_meter("keithley2000")
    port.write(":SENS:FUNC 'FRES';:SENS:FRES:REF 100;:SENS:FRES:REF:STAT ON")
    assert float(port.query(":READ?")) == pytest.approx(10.51, abs=0.01)
    port.write(":SENS:FUNC 'VOLT';:SENS:FRES:AVER:STAT ON;:SENS:FRES:REF:STAT OFF")
    assert float(port.query(":READ?")) > 1, "the filter still holds readings of before"


def test_nothing_is_read_while_it_triggers_continuously(open_meter):
    _, port = open_meter("keithley2000")
    port.timeout = 500
    port.write(":INIT:CONT ON")
    with pytest.raises(pyvisa.VisaIOError):
        port.query(":READ?")
    assert port.query(":SYST:ERR?").startswith("-221")


def test_a_junction_out_of_range_and_a_type_it_does_not_know_are_refused(open_meter):
    _, port = open_meter("keithley2000")
    for message in (":SENS:TEMP:TC:RJUN:SIM 100", ":SENS:TEMP:TC:TYPE N"):
        port.write(message)
        assert port.query(":SYST:ERR?").startswith("-222")


def test_a_reading_that_is_held_stays_and_a_formula_changes_it(open_meter):
    model, port = open_meter("keithley2000")
    port.write(":SENS:FUNC 'FRES';:SENS:HOLD:STAT ON")
    model.world.oven.start_at(350.0)
    assert float(port.query(":READ?")) == pytest.approx(110.51, abs=0.01)
    port.write(":CALC:STAT ON")
    assert float(port.query(":READ?")) == pytest.approx(2 * 110.51, abs=0.02)
    port.write(":CALC:STAT OFF;:SENS:HOLD:STAT OFF")
    assert float(port.query(":READ?")) > 120


def test_a_trigger_that_does_not_come_gives_no_reading_and_binary_ones_are_no_numbers(open_meter):
    _, port = open_meter("keithley2000")
    port.write(":FORM:DATA SRE")
    assert (port.query(":FORM:DATA?"), port.query(":READ?")) == ("REAL", "#0")
    port.timeout = 500
    port.write(":TRIG:SOUR BUS")
    with pytest.raises(pyvisa.VisaIOError):
        port.query(":READ?")


@pytest.mark.parametrize(
    ("settings", "degc"),
    [
        (":SENS:TEMP:RTD:FOUR PT3916", 27.0 * 0.98),
        (":SENS:TEMP:TRAN TRTD", 29.0),
        (":SENS:TEMP:TRAN THER", 150.0),
    ],
)
def test_another_resistance_thermometer_shows_another_temperature(open_meter, settings, degc):
    _, port = open_meter("keithley_dmm6500")
    port.write(f":SENS:FUNC 'TEMP';:SENS:TEMP:TRAN FRTD;{settings}")
    assert float(port.query(":READ?")) == pytest.approx(degc, abs=0.02)


@pytest.mark.parametrize(
    ("model", "settings", "shown"),
    [
        ("keithley2000", ":SENS:FUNC 'FRES'", 9.9e37),
        ("keithley2000", ":SENS:FUNC 'TEMP'", 23.0),
        ("keithley_dmm6500", ":SENS:FUNC 'TEMP'", 9.9e37),
        ("keithley_dmm6500", ":SENS:FUNC 'TEMP';:SENS:TEMP:ODET OFF", 23.0),
    ],
)
def test_at_the_rear_inputs_there_is_no_sensor(open_meter, model, settings, shown):
    meter, port = open_meter(model)
    meter.plugged, meter.rear = "K", True
    port.write(settings)
    assert float(port.query(":READ?")) == pytest.approx(shown)


def test_a_dmm6500_has_the_language_that_was_chosen_at_its_panel(open_meter):
    meter, port = open_meter("keithley_dmm6500")
    meter.language = "TSP"
    port.write("*RST")
    assert port.query("*LANG?") == "TSP"
