"""Names that an installed package registers stand for `module:Class` in station and protocol."""

import json

import pytest
from typer.testing import CliRunner

import labctl.cli
from labctl.config.protocol import read_protocol
from labctl.config.station import read_station
from labctl.errors import ConfigurationError

STATION = """
name = "rig"
[limits]
temperature_degc = [0, 150]
potential_v = 1.0
current_a = 0.1
[instruments.oven]
driver = "{driver}"
address = "GPIB0::12::INSTR"
roles = ["oven"]
[simulation]
rig = "rig-seven"
"""
PROTOCOL = """
[sample]
name = "pellet"
thickness_mm = 1
diameter_mm = 10
[[procedure]]
use = "warm-up"
temperature_degc = 50
hold_min = 1
"""
ENTRY_POINTS = """
[labctl.drivers]
oven-seven = drivers.lakeshore33x:LakeShore336
[labctl.procedures]
warm-up = procedures.temperature_hold:TemperatureHold
[labctl.rigs]
rig-seven = sim_instruments.rig:build
"""


def install(folder, name, entry_points):
    about = folder / f"{name}-1.0.dist-info"
    about.mkdir(parents=True)
    about.joinpath("METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    about.joinpath("entry_points.txt").write_text(entry_points)


@pytest.fixture
def laboratory(tmp_path, monkeypatch):
    """A folder with an installed package that registers a driver, a procedure and a rig."""
    install(tmp_path / "installed", "lab_seven", ENTRY_POINTS)
    monkeypatch.syspath_prepend(tmp_path / "installed")
    (tmp_path / "station.toml").write_text(STATION.format(driver="oven-seven"))
    (tmp_path / "protocol.toml").write_text(PROTOCOL)
    return tmp_path


def test_a_registered_name_is_the_class_that_it_stands_for(laboratory):
    station = read_station(laboratory / "station.toml")
    assert station.instruments[0].driver == "drivers.lakeshore33x:LakeShore336"
    assert station.simulation.rig == "sim_instruments.rig:build"
    (entry,) = read_protocol(laboratory / "protocol.toml").procedures
    assert entry.reference == "procedures.temperature_hold:TemperatureHold"


def test_a_mistyped_name_is_refused_with_the_registered_ones(laboratory):
    (laboratory / "station.toml").write_text(STATION.format(driver="oven-sevn"))
    with pytest.raises(
        ConfigurationError, match=r"did you mean 'oven-seven'\? .*registered names: oven-seven"
    ):
        read_station(laboratory / "station.toml")


def test_a_name_without_any_registration_is_refused_as_before(tmp_path):
    (tmp_path / "protocol.toml").write_text(PROTOCOL)
    with pytest.raises(ConfigurationError, match="is 'warm-up'; give module:Name"):
        read_protocol(tmp_path / "protocol.toml")


def test_a_name_that_two_packages_register_differently_is_refused_with_both(laboratory):
    other = "[labctl.drivers]\noven-seven = drivers.julabo:JulaboCF\n"
    install(laboratory / "installed", "lab_eight", other)
    with pytest.raises(ConfigurationError, match=r"drivers\.julabo:JulaboCF and drivers\.lakeshore33x"):
        read_station(laboratory / "station.toml")


def test_registered_procedures_are_listed_and_shown(laboratory, monkeypatch):
    monkeypatch.chdir(laboratory)
    listed = CliRunner().invoke(labctl.cli.app, ["procedures"]).output
    assert "warm-up                registered by an installed package: procedures.temperature_hold" in listed
    shown = CliRunner().invoke(labctl.cli.app, ["procedures", "warm-up", "--json"]).output
    assert "hold_min" in {each["key"] for each in json.loads(shown)[0]["parameters"]}
