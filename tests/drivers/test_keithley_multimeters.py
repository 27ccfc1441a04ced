import pytest

from drivers.keithley_multimeters import Keithley2000, KeithleyDMM6500
from labctl.config.station import read_station
from labctl.errors import ConfigurationError, InstrumentError
from labctl.testing.trial import find_candidate

SETTINGS_2000 = [
    (":SENS:FUNC", '"FRES"', '"FRES"'), (":SENS:FRES:RANG", "1000", "1000.000000"),
    (":SENS:FRES:NPLC", "1", "1.00"), (":SENS:FRES:AVER:STAT", "OFF", "0"),
    (":SENS:FRES:REF:STAT", "OFF", "0"), (":SENS:HOLD:STAT", "OFF", "0"), (":CALC:STAT", "OFF", "0"),
    (":SYST:AZER:STAT", "ON", "1"), (":INIT:CONT", "OFF", "0"), (":TRIG:SOUR", "IMM", "IMM"),
    (":TRIG:COUN", "1", "+1"), (":FORM:DATA", "ASC", "ASC"), (":FORM:ELEM", "READ", "READ"),
]  # fmt: skip
FINE = ("SYST:ERR?", '0,"No error"')
IDENTITY = ("*IDN?", "KEITHLEY INSTRUMENTS INC.,MODEL 2000,1234567,A20  /A02")


def read_back(**changed):
    replies = [changed.get(header.strip(":").replace(":", "_"), reply) for header, _, reply in SETTINGS_2000]
    return (";".join(f"{header}?" for header, _, _ in SETTINGS_2000), ";".join(replies))


PREPARED = [
    IDENTITY, (":SYST:FRSW?", "1"), ("*CLS", None), ("*RST", None),
    *((f"{header} {value}", None) for header, value, _ in SETTINGS_2000), FINE, read_back(),
]  # fmt: skip


def trial_of(driver, **settings):
    return find_candidate(f"drivers.keithley_multimeters:{driver.__name__}").connected(), settings


def connected(driver_class, trial, **settings):
    """Return the driver with other settings on the connection of a trial."""
    return driver_class(trial.driver.adapter, **settings)


def test_preparing_resets_sets_everything_and_reads_it_back(dialogue):
    with dialogue(Keithley2000, PREPARED) as meter:
        meter.prepare()


def test_a_temperature_is_that_of_the_resistance_with_every_setting_read_back(dialogue):
    with dialogue(Keithley2000, [(":READ?", "+1.097347E+02"), read_back(), (":SYST:FRSW?", "1")]) as meter:
        assert meter.temperature_k == pytest.approx(273.15 + 25, abs=0.001)


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"SENS_FUNC": '"TEMP"'}, "SENS:FUNC"),
        ({"SENS_FRES_RANG": "100.000000"}, "RANG"),
        ({"SENS_FRES_AVER_STAT": "1"}, "AVER"),
        ({"SENS_FRES_REF_STAT": "1"}, "REF"),
        ({"CALC_STAT": "1"}, "CALC"),
        ({"SENS_HOLD_STAT": "1"}, "HOLD"),
        ({"TRIG_COUN": "abc"}, "TRIG:COUN"),
    ],
)
def test_a_setting_that_is_another_one_is_named_instead_of_a_temperature(dialogue, changed, named):
    with (
        dialogue(Keithley2000, [(":READ?", "+1.097347E+02"), read_back(**changed)]) as meter,
        pytest.raises(InstrumentError, match=named),
    ):
        _ = meter.temperature_k


@pytest.mark.parametrize(
    ("reading", "problem"),
    [("+9.9E+37", "overflow"), ("+0.3E+00", "outside the range of a PT100"), ("-9.9E+37", "overflow")],
)
def test_what_no_sensor_gives_is_an_error_and_no_temperature(dialogue, reading, problem):
    with (
        dialogue(Keithley2000, [(":READ?", reading), read_back(), (":SYST:FRSW?", "1")]) as meter,
        pytest.raises(InstrumentError, match=problem),
    ):
        _ = meter.temperature_k


def test_the_other_inputs_are_named_with_the_button_to_press(dialogue):
    with (
        dialogue(Keithley2000, [IDENTITY, (":SYST:FRSW?", "0")]) as meter,
        pytest.raises(InstrumentError, match="front inputs are not chosen; press the button"),
    ):
        meter.prepare()


@pytest.mark.parametrize("driver_class", [Keithley2000, KeithleyDMM6500])
@pytest.mark.parametrize("settings", [{}, {"sensor": "K", "reference_junction_degc": 23.0}])
def test_the_button_of_the_inputs_pressed_after_preparing_gives_no_temperature(driver_class, settings):
    with trial_of(driver_class)[0] as trial:
        (model,) = trial.rig.instruments.values()
        model.plugged = settings.get("sensor", "PT100")
        meter = connected(driver_class, trial, **settings)
        meter.prepare()
        model.rear = True
        with pytest.raises(InstrumentError, match="front inputs are not chosen; press the button"):
            _ = meter.temperature_k


def test_another_language_of_the_dmm6500_is_refused(dialogue):
    identity = ("*IDN?", "KEITHLEY INSTRUMENTS,MODEL DMM6500,04340543,1.6.3d")
    with (
        dialogue(KeithleyDMM6500, [identity, ("*LANG?", "TSP")]) as meter,
        pytest.raises(InstrumentError, match="choose the language SCPI"),
    ):
        meter.prepare()


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"sensor": "K"}, "reference_junction_degc"),
        ({"sensor": "N", "reference_junction_degc": 23.0}, "settings.sensor"),
        ({"sensor": "K", "reference_junction_degc": 80.0}, "settings.reference_junction_degc"),
        ({"power_line_cycles": 15.0}, "settings.power_line_cycles"),
    ],
)
def test_settings_that_make_no_sense_are_refused_before_anything_is_sent(dialogue, settings, named):
    with pytest.raises(ConfigurationError, match=named), dialogue(Keithley2000, [], **settings):
        pass


@pytest.mark.parametrize("driver_class", [Keithley2000, KeithleyDMM6500])
@pytest.mark.parametrize(
    ("settings", "plugged"),
    [
        ({}, "PT100"),
        ({"sensor": "K", "reference_junction_degc": 23.0}, "K"),
        ({"sensor": "T", "reference_junction_degc": 23.0}, "T"),
    ],
)
def test_the_temperature_is_that_of_the_sample(driver_class, settings, plugged):
    with trial_of(driver_class)[0] as trial:
        (model,) = trial.rig.instruments.values()
        model.plugged = plugged
        meter = connected(driver_class, trial, **settings)
        meter.prepare()
        assert meter.temperature_k == pytest.approx(trial.rig.world.oven.sample_k, abs=0.05)
        meter.make_safe()


@pytest.mark.parametrize("driver_class", [Keithley2000, KeithleyDMM6500])
def test_with_the_default_sensor_a_thermocouple_gives_an_error_and_no_temperature(driver_class):
    with trial_of(driver_class)[0] as trial:
        (model,) = trial.rig.instruments.values()
        model.plugged = "K"
        trial.driver.prepare()
        with pytest.raises(InstrumentError):
            _ = trial.driver.temperature_k


@pytest.mark.parametrize("driver_class", [Keithley2000, KeithleyDMM6500])
def test_an_open_sensor_gives_no_temperature(driver_class):
    with trial_of(driver_class)[0] as trial:
        trial.driver.prepare()
        trial.rig.faults.add("sensor_fault", after_s=trial.rig.world.now())
        trial.clock.sleep(1.0)
        with pytest.raises(InstrumentError, match="open"):
            _ = trial.driver.temperature_k


LEFT_AT_THE_PANEL = {
    Keithley2000: [
        [":SENS:FUNC 'TEMP'"], [":SENS:FRES:RANG 100"], [":SENS:FRES:REF 10", ":SENS:FRES:REF:STAT ON"],
        [":SENS:FRES:AVER:STAT ON"], [":SENS:HOLD:STAT ON"], [":CALC:STAT ON"], [":TRIG:COUN 3"],
        [":FORM:ELEM READ,UNIT"], ["*RST"],
    ],
    KeithleyDMM6500: [
        [":SENS:FUNC 'RES'"], [":SENS:TEMP:UNIT FAHR"], [":SENS:TEMP:TRAN TC"], [":SENS:TEMP:RTD:FOUR PT385"],
        [":SENS:TEMP:REL 5", ":SENS:TEMP:REL:STAT ON"], [":SENS:TEMP:AVER ON"], ["*RST"],
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("driver_class", "left"), [(driver, left) for driver, many in LEFT_AT_THE_PANEL.items() for left in many]
)
def test_what_somebody_sets_at_the_panel_is_undone_by_preparing_and_named_afterwards(driver_class, left):
    with trial_of(driver_class)[0] as trial:
        for message in left:
            trial.driver.write(message)
        trial.driver.prepare()
        assert trial.driver.temperature_k == pytest.approx(trial.rig.world.oven.sample_k, abs=0.05)
        for message in left:
            trial.driver.write(message)
        with pytest.raises(InstrumentError):
            _ = trial.driver.temperature_k


def test_a_station_measures_the_sample_by_its_thermometer_and_not_by_its_oven(tmp_path):
    (tmp_path / "station.toml").write_text(
        """
[limits]
temperature_degc = [0, 100]
potential_v = 1
current_a = 0.1

[instruments.oven]
driver = "drivers.lakeshore33x:LakeShore336"
address = "GPIB0::12::INSTR"
roles = ["oven"]

[instruments.meter]
driver = "drivers.keithley_multimeters:Keithley2000"
address = "GPIB0::16::INSTR"
roles = ["thermometer"]

[simulation]
clock = "virtual"

[simulation.options.instruments]
"GPIB0::12::INSTR" = "lakeshore336"
"GPIB0::16::INSTR" = "keithley2000"
""",
        encoding="utf-8",
    )
    with read_station(tmp_path / "station.toml").open() as bench:
        bench.oven.setpoint_k = 320.0
        bench.clock.sleep(120.0)
        sensor_k, sample_k = bench.oven.temperature_k, bench.sample_temperature_k()
        assert type(bench.thermometer).__name__ == "Keithley2000"
        assert sample_k < sensor_k - 1, "the sample is slower than the sensor of the oven"
