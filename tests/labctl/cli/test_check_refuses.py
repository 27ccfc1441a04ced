"""`labctl check` refuses a protocol that the instruments of its station cannot carry out, in words."""

import pytest
import pyvisa
from typer.testing import CliRunner

from labctl.cli import app
from labctl.config.station import read_station
from labctl.errors import ConfigurationError

LIMITS = """
name = "rig"
[limits]
temperature_degc = [-273, 3000]
potential_v = 1000
current_a = 100
"""
PROTOCOL = """
title = "night"
[sample]
name = "pellet"
thickness_mm = 1.0
diameter_mm = 10.0
"""
STEPPED = "procedures.temperature_stepped_eis:TemperatureSteppedEIS"
RAMPED = "procedures.temperature_ramp_eis:TemperatureRampEIS"
HELD = "procedures.temperature_hold:TemperatureHold"
POLARISED = "procedures.dc_polarisation:DCPolarisation"
BRUCE_VINCENT = "procedures.bruce_vincent:BruceVincent"
EIS = "procedures.eis:EIS"


def instrument(name, driver, roles, settings="", address="", more=""):
    """Return the table of one instrument."""
    at = address or f"GPIB0::{2 * len(name)}::INSTR"
    listed = ", ".join(f'"{role}"' for role in roles.split())
    return (
        f'[instruments.{name}]\ndriver = "drivers.{driver}"\naddress = "{at}"\nroles = [{listed}]\n'
        f"settings = {{{settings}}}\n{more}\n"
    )


def oven(driver, settings=""):
    """Return the table of an oven."""
    return instrument("oven", driver, "oven", settings)


def fra(driver, settings="", address=""):
    """Return the table of an analyser."""
    return instrument("analyser", driver, "fra", settings, address)


def cell(driver, settings=""):
    """Return the table of an instrument that is analyser and potentiostat."""
    return instrument("potentiostat", driver, "fra potentiostat", settings)


def smu(driver, settings=""):
    """Return the table of a potentiostat."""
    return instrument("smu", driver, "potentiostat", settings)


LAKE_SHORE, FRA_1260 = "lakeshore33x:LakeShore336", "solartron1260:Solartron1260"
LCR, AGILENT = "lcr_meters:KeysightE4980A", "lcr_meters:Agilent4284A"
PICO, NEXUS = "palmsens:EmStatPico", "palmsens:Nexus"
SMU_2450 = "keithley2450:Keithley2450"
MEGAHERTZ = "frequency_max_hz = 1e6\nfrequency_min_hz = 100"

# What it is: station, procedure, parameters, key, value, range, instrument.
IMPOSSIBLE = {
    "1 hour 34 into the night: below the lowest frequency of an LCR meter": (
        oven(LAKE_SHORE) + fra(LCR), STEPPED, "frequency_max_hz = 1e6\nfrequency_min_hz = 1",
        "frequency_min_hz", "frequency 1 Hz", "20 to 2e+06 Hz",
        "analyser (drivers.lcr_meters:KeysightE4980A)",
    ),
    "above the highest frequency of the older LCR meter": (
        fra(AGILENT), EIS, "frequency_max_hz = 2e6\nfrequency_min_hz = 100",
        "frequency_max_hz", "frequency 2e+06 Hz", "20 to 1e+06 Hz", "Agilent4284A",
    ),
    "one frequency of a list": (
        fra("keysight_e4990a:KeysightE4990A"), EIS, "frequencies_hz = [1e5, 1e3, 10]",
        "frequencies_hz", "frequency 10 Hz", "20 to 1.2e+08 Hz", "KeysightE4990A",
    ),
    "above 32 MHz": (
        fra(FRA_1260), EIS, "frequency_max_hz = 5e7",
        "frequency_max_hz", "frequency 5e+07 Hz", "1e-05 to 3.2e+07 Hz", "Solartron1260",
    ),
    "an amplitude that the generator has below 10 MHz only": (
        fra(FRA_1260), EIS, "frequency_max_hz = 2e7\namplitude_v = 2",
        "amplitude_v", "amplitude (rms) 2 V", "0 to 1 V above 1e+07 Hz", "Solartron1260",
    ),
    "an amplitude below the lowest level": (
        fra(LCR), EIS, f"{MEGAHERTZ}\namplitude_v = 0.001",
        "amplitude_v", "amplitude (rms) 0.001 V", "0.005 to 2 V", "KeysightE4980A",
    ),
    "an amplitude above the highest level": (
        fra("keysight_e4990a:KeysightE4990A"), EIS, f"{MEGAHERTZ}\namplitude_v = 1.5",
        "amplitude_v", "amplitude (rms) 1.5 V", "0.005 to 1 V", "KeysightE4990A",
    ),
    "an amplitude of the Pico's big sister": (
        cell(PICO), EIS, "frequency_max_hz = 1e5\namplitude_v = 0.5",
        "amplitude_v", "amplitude (rms) 0.5 V", "above 0 to 0.429 V", "EmStatPico",
    ),
    "a frequency of the Pico's big sister": (
        cell(PICO), EIS, "frequency_max_hz = 1e6",
        "frequency_max_hz", "frequency 1e+06 Hz", "above 0 to 200000 Hz", "EmStatPico",
    ),
    "a potential above the window of the Pico": (
        oven(LAKE_SHORE) + cell(PICO), POLARISED, "frequency_max_hz = 1e5\npotentials_v = [0.05, 3.0]",
        "potentials_v", "potential 3 V", "-1.7 to 2 V", "EmStatPico",
    ),
    "a potential below it": (
        oven(LAKE_SHORE) + cell(PICO), POLARISED, "frequency_max_hz = 1e5\npotentials_v = [-1.9]",
        "potentials_v", "potential -1.9 V", "-1.7 to 2 V", "EmStatPico",
    ),
    "a current limit beyond the source": (
        oven(LAKE_SHORE) + fra(FRA_1260) + smu(SMU_2450), POLARISED, "current_limit_a = 2",
        "current_limit_a", "current limit 2 A", "1e-09 to 1.05 A", "smu (drivers.keithley2450:Keithley2450)",
    ),
    "a current limit below the smallest of the 1287": (
        oven(LAKE_SHORE) + fra(FRA_1260) + smu("solartron1287:Solartron1287"), POLARISED,
        "current_limit_a = 1e-6",
        "current_limit_a", "current limit 1e-06 A", "at least 2e-06 A", "Solartron1287",
    ),
    "a set point above the stage": (
        oven("linkam_t95:LinkamT95") + fra(FRA_1260), STEPPED, "temperatures_degc = [30, 650]",
        "temperatures_degc", "set point 650 degC", "-200 to 600 degC", "LinkamT95",
    ),
    "a set point below the chamber": (
        oven("thermotron3800:ThermotronOven"), HELD, "temperature_degc = -60",
        "temperature_degc", "set point -60 degC", "-55 to 150 degC", "ThermotronOven",
    ),
    "a set point above the air stream": (
        oven("temptronic:TemptronicATS") + fra(FRA_1260), RAMPED, "start_degc = 30\nend_degc = 230",
        "end_degc", "set point 230 degC", "-99.9 to 225 degC", "TemptronicATS",
    ),
    "a set point that fits into no message of a thermostat": (
        oven("huber:Huber"), HELD, "temperature_degc = 350",
        "temperature_degc", "set point 350 degC", "-150 to 327.66 degC", "Huber",
    ),
    "a set point above a cryostat controller": (
        oven("oxford_itc503:OxfordITC503"), HELD, "temperature_degc = 1500",
        "temperature_degc", "set point 1500 degC", "-273.15 to 1404.55 degC", "OxfordITC503",
    ),
    "a ramp of a bath": (
        oven("julabo:JulaboCF"), HELD, "temperature_degc = 40\nramp_k_min = 2",
        "ramp_k_min", "ramp 2 K/min", "it has no ramp: give 0", "JulaboCF",
    ),
    "a ramp of an output that has none": (
        oven(LAKE_SHORE, "output = 3") + fra(FRA_1260), STEPPED, "ramp_k_min = 1",
        "ramp_k_min", "ramp 1 K/min", "it has no ramp: give 0", "LakeShore336, output = 3)",
    ),
    "a ramp slower than the controller's": (
        oven(LAKE_SHORE) + fra(FRA_1260), STEPPED, "ramp_k_min = 0.05",
        "ramp_k_min", "ramp 0.05 K/min", "0.1 to 100 K/min or 0 for no ramp", "LakeShore336",
    ),
}  # fmt: skip


@pytest.fixture
def touched(monkeypatch):
    """Return a list of the sessions that were opened, and of the locks that were taken."""
    found = []

    def note(name):
        return lambda *arguments, **options: found.append(name)

    monkeypatch.setattr("labctl.config.sessions.connect", note("connected"))
    monkeypatch.setattr("pyvisa.ResourceManager.open_resource", note("session"))
    monkeypatch.setattr("labctl.config.station.Station.open", note("station"))
    monkeypatch.setattr("labctl.config.holding.StationLocks.hold", note("locked"))
    return found


@pytest.fixture
def refused(tmp_path, monkeypatch):
    """Return a function that runs a command on a station and a protocol and returns the refusal."""
    monkeypatch.chdir(tmp_path)

    def refused(instruments, procedure="", parameters="", command=("check",)):
        (tmp_path / "station.toml").write_text(LIMITS + instruments)
        table = f'[[procedure]]\nuse = "{procedure or STEPPED}"\n{parameters}\n'
        (tmp_path / "p.toml").write_text(PROTOCOL + table)
        result = CliRunner().invoke(app, [*command, "p.toml"])
        assert isinstance(result.exception, ConfigurationError), result.output + str(result.exception)
        return result.exception

    return refused


def test_there_are_twenty_of_them():
    assert len(IMPOSSIBLE) >= 20


@pytest.mark.parametrize("title", IMPOSSIBLE)
def test_a_protocol_beyond_an_instrument_is_refused_before_anything_is_touched(
    title, refused, touched, tmp_path
):
    instruments, procedure, parameters, key, value, possible, named = IMPOSSIBLE[title]
    refusal = refused(instruments, procedure, parameters)
    assert refusal.source.endswith("p.toml")
    assert refusal.key == f"procedure[0].{key}"
    for words in (value, possible, named):
        assert words in refusal.problem
    assert touched == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["p.toml", "station.toml"]


def test_a_session_would_have_been_noticed(touched, tmp_path):
    (tmp_path / "station.toml").write_text(LIMITS + oven(LAKE_SHORE))
    read_station(tmp_path / "station.toml").open()
    pyvisa.ResourceManager("@py").open_resource("GPIB0::8::INSTR")
    assert touched == ["station", "session"]


MISTAKEN = {
    "a sensor that a Lake Shore 335 lacks": (
        oven("lakeshore33x:LakeShore335", 'sensor = "C"'),
        "oven.settings.sensor", "is 'C'; LakeShore335 has: 'A', 'B'",
    ),
    "an output that a 335 lacks": (
        oven("lakeshore33x:LakeShore335", "output = 3"),
        "oven.settings.output", "is 3; LakeShore335 has: 1, 2",
    ),
    "a heater range that a 336 lacks": (
        oven(LAKE_SHORE, "heater_range = 5"),
        "oven.settings.heater_range", "is 5; LakeShore336 has: a whole number, 1 to 3",
    ),
    "a sensor that an ITC503 lacks": (
        oven("oxford_itc503:OxfordITC503", "sensor = 4"),
        "oven.settings.sensor", "is 4; OxfordITC503 has: 1, 2, 3",
    ),
    "a sensor that a Huber lacks": (
        oven("huber:Huber", 'sensor = "return"'),
        "oven.settings.sensor", "has: 'internal', 'process', 'external'",
    ),
    "an external sensor of a cooler": (
        oven("julabo:JulaboFL", "external = true"),
        "oven.settings.external", "is True; JulaboFL has: False (it has no external sensor)",
    ),
    "a Modbus address that does not exist": (
        oven("eurotherm:Eurotherm2400", "unit = 300"),
        "oven.settings.unit", "is 300; Eurotherm2400 has: a whole number, 1 to 254",
    ),
    "a standard resistor that a 1287 lacks": (
        smu("solartron1287:Solartron1287", "standard_resistor_ohm = 50"),
        "smu.settings.standard_resistor_ohm", "is 50; Solartron1287 has: 0.1, 1.0, 10.0",
    ),
    "an integration time that a 2450 lacks": (
        smu(SMU_2450, 'power_line_cycles = "fast"'),
        "smu.settings.power_line_cycles", "is 'fast'; Keithley2450 has: 0.01 to 10",
    ),
    "single colons": (
        fra(FRA_1260, address="GPIB0:24:INSTR"), "analyser.address", "write 'GPIB0::24::INSTR'",
    ),
    "an address of three numbers": (
        fra(LCR, address="TCPIP::1.2.3"), "analyser.address", "'1.2.3' is no address of four numbers",
    ),
    "two instruments that cannot be one": (
        oven(LAKE_SHORE) + fra(FRA_1260, address="gpib0::8"),
        "analyser.address", "the address of 'oven' as well: drivers.lakeshore33x:LakeShore336 and",
    ),
}  # fmt: skip


@pytest.mark.parametrize("title", MISTAKEN)
def test_a_station_that_its_instruments_contradict_is_refused_as_well(title, refused, touched):
    instruments, key, words = MISTAKEN[title]
    refusal = refused(instruments)
    assert refusal.source.endswith("station.toml")
    assert refusal.key == f"instruments.{key}"
    assert words in refusal.problem
    assert touched == []


@pytest.mark.parametrize("command", [("queue", "add"), ("run",)])
def test_the_queue_and_run_refuse_it_in_the_same_words(command, refused, touched, tmp_path):
    title = next(iter(IMPOSSIBLE))
    instruments, procedure, parameters, *_ = IMPOSSIBLE[title]
    checked = refused(instruments, procedure, parameters)
    again = refused(instruments, procedure, parameters, command)
    assert (again.key, again.problem) == (checked.key, checked.problem)
    assert touched == []
    assert not (tmp_path / "lab.db").exists()
