"""A laboratory's own drivers are rehearsed on the stand-ins that its station file names."""

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from labctl.cli.new import app
from labctl.config.protocol import parse_protocol
from labctl.config.stand_ins import stand_ins_of
from labctl.config.station import read_station
from labctl.errors import ConfigurationError
from labctl.queue.rehearsal import rehearse

DOCS = Path(__file__).parents[3] / "docs" / "how-to"
PAGE = (DOCS / "add-an-instrument.md").read_text(encoding="utf-8")
REST = """
[sample]
name = "cell"
thickness_mm = 1.0
diameter_mm = 10.0
[[procedure]]
use = "procedures.open_circuit:OpenCircuit"
duration_min = 1
"""
ANALYSER = """
[instruments.analyser]
driver = "drivers.solartron1260:Solartron1260"
address = "GPIB0::4::INSTR"
roles = ["fra"]
"""


def replaced(path, *changes):
    text = path.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")


@pytest.fixture
def bin_stat(tmp_path):
    """The folder of the how-to, somewhere else than the working directory."""
    return Path(shutil.copytree(DOCS / "bin_stat", tmp_path / "bin_stat", dirs_exist_ok=True))


@pytest.fixture
def bin_stat_for_real(bin_stat):
    path = bin_stat / "bin_stat_station.toml"
    path.write_text(path.read_text("utf-8").partition("[simulation.options]")[0], encoding="utf-8")
    return path


@pytest.fixture
def acme_oven(tmp_path):
    """What `labctl new driver` writes, with a real address and the analyser of a laboratory."""
    words = ["driver", "AcmeOven", "--role", "temperature_controller", "--folder", str(tmp_path)]
    assert CliRunner().invoke(app, words).exit_code == 0
    station = tmp_path / "acme_oven_station.toml"
    library = next(
        line for line in station.read_text("utf-8").splitlines() if line.startswith("visa_library")
    )
    replaced(station, (library, ""), ("GPIB0::1::INSTR", "GPIB0::9::INSTR"))
    station.write_text(station.read_text("utf-8") + ANALYSER, encoding="utf-8")
    return station


def rehearsed(station_file, protocol=REST):
    (job,) = rehearse([parse_protocol(protocol, "rest.toml")], read_station(station_file)).jobs
    return job


def test_the_driver_of_the_how_to_is_rehearsed_at_its_real_address(bin_stat_for_real):
    job = rehearsed(bin_stat_for_real)
    assert (job.problem, job.points) == ("", 61)
    assert {message.address for message in job.settings} == {"ASRL3::INSTR"}


def test_the_simulated_station_of_the_how_to_is_rehearsed_from_any_folder(bin_stat):
    job = rehearsed(bin_stat / "bin_stat_station.toml")
    assert (job.problem, job.points) == ("", 61)


def test_a_stand_in_of_the_how_to_makes_an_own_oven_reach_its_set_points(acme_oven, night):
    """One that only remembers stays at 25 degC; with a model before the simulated oven it heats."""
    yaml = acme_oven.with_name("acme_oven_stand_in.yaml")
    job = rehearsed(acme_oven, night.protocol(temperatures=[40]).text)
    assert "no stable 313.15 K" in job.problem
    model = PAGE.partition("# acme_oven_model.py\n")[2].partition("```")[0]
    assert "class AcmeOven(OwnModel)" in model
    acme_oven.with_name("acme_oven_model.py").write_text(model, encoding="utf-8")
    replaced(
        yaml,
        ("wire: {energised: [heating]}", "wire: {model: acme_oven_model:AcmeOven}"),
        *((f"{name}:\n", f"{name}:\n        bind: {name}\n") for name in ("temperature", "setpoint", "ramp")),
        ("heating:\n", "heating:\n        bind: heating\n"),
    )
    job = rehearsed(acme_oven, night.protocol(temperatures=[40]).text)
    assert job.problem == ""
    assert job.highest_k == pytest.approx(313.15, abs=1)
    assert ("GPIB0::9::INSTR", "SETP 40.00") in [(m.address, m.text) for m in job.settings]


def test_the_library_of_a_new_drivers_station_is_its_stand_in(acme_oven):
    replaced(acme_oven, ('stand_in = "acme_oven_stand_in.yaml"', ""), (ANALYSER, ""))
    text = acme_oven.read_text(encoding="utf-8")
    acme_oven.write_text('visa_library = "acme_oven_stand_in.yaml@sim"\n' + text.split("\n", 1)[1], "utf-8")
    found = stand_ins_of(read_station(acme_oven))
    assert found == {"GPIB0::9::INSTR": str(acme_oven.with_name("acme_oven_stand_in.yaml"))}


def test_the_stand_in_of_a_shipped_model_may_be_named_for_an_own_driver(bin_stat_for_real):
    replaced(bin_stat_for_real, ("bin_stat_stand_in.yaml", "keithley2450"))
    assert stand_ins_of(read_station(bin_stat_for_real)) == {"ASRL3::INSTR": "keithley2450"}


@pytest.mark.parametrize(
    ("stand_in", "said"),
    [
        ("", r"instruments.bin_stat.driver: no simulator is registered for bin_stat:BinStat; .*stand_in ="),
        ("hubert", r"instruments.bin_stat.stand_in: is 'hubert'; give a YAML file or one of .*huber"),
        ("nowhere.yaml", r"instruments.bin_stat.stand_in: names nowhere.yaml, which is not beside this file"),
    ],
)
def test_a_stand_in_that_is_not_there_is_named(bin_stat_for_real, stand_in, said):
    replaced(bin_stat_for_real, ("bin_stat_stand_in.yaml", stand_in))
    with pytest.raises(ConfigurationError, match=said):
        rehearsed(bin_stat_for_real)


def test_a_potentiostat_that_works_with_an_analyser_is_rehearsed(tmp_path, cell_station_text):
    (tmp_path / "station.toml").write_text(cell_station_text.partition("[simulation]")[0])
    assert rehearsed(tmp_path / "station.toml").problem == ""
