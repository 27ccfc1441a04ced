"""Planned steps are held against declarations; what is not declared, or not planned, is not refused."""

import pytest

from labctl.bench import PlannedStep
from labctl.cli.demo import prepare
from labctl.config.doubts import doubts_about_instruments
from labctl.config.instrument_entries import InstrumentEntry
from labctl.config.possible_steps import check_possible, described, key_of, shortest_intervals
from labctl.config.protocol import parse_protocol, plan_of
from labctl.config.station import read_station
from labctl.errors import BeyondInstrument, ConfigurationError
from labctl.queue.submission import forecast
from procedures.bruce_vincent import BruceVincent
from procedures.catalogue import PROCEDURES
from procedures.open_circuit import OpenCircuit

STATION = """
[limits]
temperature_degc = [-200, 1000]
potential_v = 1000
current_a = 100

[instruments.oven]
driver = "OVEN"
address = "GPIB0::12::INSTR"
roles = ["oven"]

[instruments.analyser]
driver = "drivers.lcr_meters:KeysightE4980A"
address = "GPIB0::17::INSTR"
roles = ["fra"]

[instruments.smu]
driver = "drivers.keithley2450:Keithley2450"
address = "GPIB0::18::INSTR"
roles = ["potentiostat"]
settings = { power_line_cycles = 10 }
"""
SAMPLE = '[sample]\nname = "p"\nthickness_mm = 1.0\ndiameter_mm = 10.0\n'
OWN = '''
from pymeasure.experiment import FloatParameter, Procedure
from pymeasure.instruments import Instrument
from labctl.bench import PlannedStep
from labctl.cli.demo import prepare
from labctl.instrument import Instrument as LabctlInstrument

class Bath(LabctlInstrument):
    temperature_k = setpoint_k = ramp_rate_k_s = identity = 0.0

    def prepare(self): ...
    def make_safe(self): ...

class Foreign(Instrument):
    """Has a property of this name with another meaning."""
    temperature_k = setpoint_k = ramp_rate_k_s = identity = 0.0
    capabilities = property(lambda self: ["heats"])

    def prepare(self): ...
    def make_safe(self): ...

class Failing(Bath):
    @classmethod
    def capabilities(cls, settings):
        return settings["absent"]

class Before(Procedure):
    """Written before steps had frequencies and ramps."""
    warm = FloatParameter("Set point", default=400.0)
    roles_needed = ("oven", "fra")

    def plan(self):
        heating = PlannedStep("warm up", 60.0, self.warm + 273.15)
        return [heating, PlannedStep("spectrum", 60.0, None, 0.0, 3.0)]
'''


@pytest.fixture
def station(tmp_path, monkeypatch):
    """Return a function that reads the station with another oven."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own_code.py").write_text(OWN)

    def read(oven="drivers.lakeshore33x:LakeShore336"):
        (tmp_path / "station.toml").write_text(STATION.replace("OVEN", oven))
        return read_station(tmp_path / "station.toml")

    return read


@pytest.mark.parametrize(
    "step",
    [
        PlannedStep("rest", 60.0),
        PlannedStep("settle", 60.0, temperature_k=350.0, ramp_rate_k_s=0.0),
        PlannedStep("spectrum", 60.0, amplitude_v=0.02, potential_v=40.0, frequency_hz=(20.0, 2e6)),
        PlannedStep("spectrum of unknown amplitude", 60.0, frequency_hz=(20.0, 2e6)),
        PlannedStep("hold", 60.0, potential_v=200.0, current_a=1e-3),
        PlannedStep("hold without a known limit", 60.0, potential_v=0.01),
    ],
)
def test_a_possible_step_is_not_refused(station, step):
    check_possible(step, station().instruments)


@pytest.mark.parametrize(
    ("step", "quantity"),
    [
        (PlannedStep("spectrum", 60.0, amplitude_v=0.02, potential_v=41.0), "bias_v"),
        (PlannedStep("spectrum", 60.0, amplitude_v=0.001), "amplitude_v"),
        (PlannedStep("spectrum", 60.0, frequency_hz=(10.0, 1e3)), "frequency_hz"),
        (PlannedStep("hold", 60.0, potential_v=211.0, current_a=1e-3), "potential_v"),
        (PlannedStep("limit only", 60.0, current_a=3.0), "current_a"),
    ],
)
def test_potential_and_amplitude_of_a_spectrum_are_those_of_the_analyser(station, step, quantity):
    with pytest.raises(BeyondInstrument) as raised:
        check_possible(step, station().instruments)
    assert raised.value.quantity == quantity


@pytest.mark.parametrize("oven", ["own_code:Bath", "own_code:Foreign", "drivers.eurotherm:Eurotherm2400"])
def test_a_driver_without_a_declaration_refuses_nothing_and_is_named(station, oven):
    instruments = station(oven).instruments
    check_possible(PlannedStep("hot", 60.0, temperature_k=1200.0, ramp_rate_k_s=1.0), instruments)
    (told,) = [doubt for doubt in doubts_about_instruments(instruments) if "declares" in doubt]
    assert told == (
        f"instruments.oven: {oven} declares no ranges of set point, ramp; only [limits] holds for them"
    )


def test_a_declaration_that_fails_is_refused_with_the_name_of_its_driver(station):
    with pytest.raises(ConfigurationError, match=r"Failing: capabilities\(\) fails: KeyError"):
        station("own_code:Failing")


def test_a_procedure_written_before_is_held_against_what_it_plans(station):
    protocol = parse_protocol(f'{SAMPLE}[[procedure]]\nuse = "own_code:Before"\n', "p.toml")
    with pytest.raises(ConfigurationError) as raised:
        protocol.check_against(station())
    assert raised.value.key == "procedure[0]"
    assert "spectrum: analyser (drivers.lcr_meters:KeysightE4980A): amplitude" in raised.value.problem


def test_the_parameter_named_as_the_quantity_is_the_one_at_fault():
    procedure = BruceVincent()
    procedure.set_parameters({"amplitude_v": 0.01, "delta_v_v": 0.01})
    assert key_of(BeyondInstrument("a", "amplitude_v", 0.01, "", "", "x"), procedure) == "amplitude_v"
    assert key_of(BeyondInstrument("a", "current_a", 2e-3, "", "", "x"), procedure) == "current_limit_a"
    assert key_of(BeyondInstrument("a", "current_a", 7.0, "", "", "x"), procedure) == ""


def test_an_interval_shorter_than_the_integration_time_is_doubted_and_not_refused(station):
    procedure = OpenCircuit()
    procedure.set_parameters({"interval_s": 0.1})
    told = shortest_intervals(procedure.plan(), station().instruments)
    assert len(told) == 1
    assert "smu (drivers.keithley2450:Keithley2450, power_line_cycles = 10)" in told[0]
    assert "interval 0.1 s is not possible; possible: at least 0.166667 s; samples come later" in told[0]
    procedure.set_parameters({"interval_s": 0.2})
    assert shortest_intervals(procedure.plan(), station().instruments) == []


@pytest.mark.parametrize(
    ("options", "key", "words"),
    [
        (
            "[simulation.options]\nmaterail = 'x'",
            "simulation.options",
            "'materail' is unknown; there are",
        ),
        ("[simulation.options]\nnoise_fraction = 2", "simulation.options", "noise_fraction: between 0 and 1"),
        ("[simulation.options]\nambient_k = 900", "simulation.options", "ambient_k: 70 to 330 K, got 900"),
        (
            "[simulation.options.oven]\nmass_kg = 1",
            "simulation.options",
            "'mass_kg' is unknown; there are",
        ),
        ("[simulation]", "instruments.analyser.address", "GPIB0::17::INSTR, where nothing is simulated"),
    ],
)
def test_a_rig_that_cannot_be_is_refused_by_the_check(tmp_path, options, key, words):
    text = STATION.replace("OVEN", "drivers.lakeshore33x:LakeShore336")
    (tmp_path / "station.toml").write_text(f"{text}\n{options}\n")
    hold = 'use = "procedures.temperature_hold:TemperatureHold"'
    protocol = parse_protocol(f"{SAMPLE}[[procedure]]\n{hold}\n", "p.toml")
    with pytest.raises(ConfigurationError, match=words) as raised:
        protocol.check_against(read_station(tmp_path / "station.toml"))
    assert raised.value.key == key


USUAL = (
    STATION.replace("OVEN", "drivers.lakeshore33x:LakeShore336")
    .replace("lcr_meters:KeysightE4980A", "solartron1260:Solartron1260")
    .replace("keithley2450:Keithley2450", "solartron1287:Solartron1287")
    .replace("settings = { power_line_cycles = 10 }", "")
)


def test_no_shipped_procedure_with_its_defaults_is_beyond_the_instruments_of_the_usual_rig(tmp_path):
    (tmp_path / "station.toml").write_text(USUAL)
    instruments = read_station(tmp_path / "station.toml").instruments
    planned = [step for one in PROCEDURES for step in plan_of(one())]
    for step in planned:
        check_possible(step, instruments)
    assert {"oven", "fra", "potentiostat"} == {role for entry in instruments for role in entry.roles}
    assert any(step.frequency_hz for step in planned)
    assert any(step.ramp_rate_k_s for step in planned)
    assert any(step.current_a for step in planned)


def test_the_demo_is_not_refused_and_raises_no_doubt(tmp_path):
    station, protocol = prepare(tmp_path, seed=1)
    assert forecast(protocol, station).warnings == ()


def test_an_instrument_is_described_without_settings_that_are_tables():
    settings = {"unit": 1, "target": {"address": 256}, "off": [{"address": 259, "value": 0}]}
    entry = InstrumentEntry(
        "oven", "drivers.modbus_oven:ModbusOven", object, "ASRL3", ("oven",), settings, {}
    )
    assert described(entry) == "oven (drivers.modbus_oven:ModbusOven, unit = 1)"
