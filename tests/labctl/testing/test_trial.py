"""Values of the options `--labctl-driver` and `--labctl-rig`."""

import subprocess
import sys
from pathlib import Path

import pytest

import labctl.scaffold
from labctl.errors import ConfigurationError, InstrumentError
from labctl.testing.trial import find_candidate

HUBER = "drivers.huber:Huber"
PAIR = "drivers.solartron_pair:Solartron1260With1287"
SCAFFOLD = Path(labctl.scaffold.__file__).parent
STATION = """\
[limits]
temperature_degc = [0, 100]
potential_v = 1
current_a = 0.01

[instruments.cell]
driver = "drivers.solartron_pair:Solartron1260With1287"
address = "GPIB0::6"
roles = ["fra", "potentiostat"]
with = "analyser"
settings = { standard_resistor_ohm = 1000.0 }

[instruments.analyser]
driver = "drivers.solartron1260:Solartron1260"
address = "GPIB0::4"

[simulation]
"""
OWN_RIG = """\
from sim_instruments.rig import build as build_rig


def build(clock, seed=1):
    return build_rig(clock, seed=seed, instruments={"ASRL8::INSTR": "huber"})


def empty(clock, seed=1):
    return build_rig(clock, seed=seed, instruments={})


def broken(clock, seed=1):
    raise ValueError("no oven here")
"""


@pytest.fixture
def station_file(tmp_path):
    path = tmp_path / "station.toml"
    path.write_text(STATION)
    return path


@pytest.fixture
def rig_file(tmp_path):
    path = tmp_path / "rig_of_ours.py"
    path.write_text(OWN_RIG)
    return path


def prepared(candidate):
    with candidate.connected() as trial:
        trial.driver.prepare()
        return trial.driver.identity, trial.energised


def test_a_shipped_driver_finds_its_stand_in_by_itself():
    assert prepared(find_candidate(HUBER)) == ("Huber PB, -40 to 200 degC", False)


def test_a_shipped_stand_in_may_be_named():
    candidate = find_candidate("drivers.julabo:JulaboFL", "julabo_corio")
    assert "CORIO" in prepared(candidate)[0]


@pytest.mark.parametrize(
    ("role", "station_role"),
    [("temperature_controller", "oven"), ("frequency_response_analyzer", "fra"), ("potentiostat",) * 2],
)
def test_a_yaml_file_of_pyvisa_sim_is_a_rig(role, station_role):
    rig = SCAFFOLD / f"{role}.yaml"
    candidate = find_candidate(f"labctl.scaffold.{role}:NewInstrument", str(rig))
    assert candidate.roles == candidate.claimed_roles == [station_role]
    assert prepared(candidate) == ("MAKER,NewInstrument,0,1.0", False)


def test_a_station_file_gives_settings_and_partner(station_file):
    candidate = find_candidate(PAIR, str(station_file))
    assert candidate.settings == {"standard_resistor_ohm": 1000.0}
    with candidate.connected() as trial:
        trial.driver.prepare()
        assert trial.addresses == ["GPIB0::4::INSTR", "GPIB0::6::INSTR"]
        (point,) = trial.driver.sweep([1000.0], 0.01)
        assert point.z_real_ohm == pytest.approx(1000, rel=0.05)
        assert not trial.energised


@pytest.mark.parametrize("reference", ["rig_of_ours.py", "rig_of_ours.py:build", "rig_of_ours:build"])
def test_a_function_may_build_the_rig(rig_file, monkeypatch, reference):
    monkeypatch.chdir(rig_file.parent)
    monkeypatch.syspath_prepend(str(rig_file.parent))
    assert find_candidate(HUBER, reference).address == "ASRL8::INSTR"


@pytest.mark.parametrize(
    ("driver", "rig", "named"),
    [
        ("drivers.huber", "", "module:Name"),
        ("drivers.nothing:Huber", "", "cannot be imported"),
        ("drivers.huber:Nothing", "", "cannot be imported"),
        ("drivers.huber:question", "", "no driver"),
        ("labctl.instrument:Instrument", "huber", "no role"),
        ("labctl.scaffold.potentiostat:NewInstrument", "", "no stand-in"),
        (PAIR, "solartron1287", "partner, standard_resistor_ohm"),
        (HUBER, "hubert", "hubert"),
        (HUBER, "nowhere.yaml", "nowhere.yaml"),
        (HUBER, "station.toml", "none has the driver"),
        (HUBER, "rig_of_ours.py:empty", "give a station file"),
        (HUBER, "rig_of_ours.py:broken", "no oven here"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_tried(
    driver, rig, named, station_file, rig_file, monkeypatch
):
    monkeypatch.chdir(station_file.parent)
    with pytest.raises(ConfigurationError, match=named):
        find_candidate(driver, rig)


def test_an_instrument_beside_it_that_is_on_is_not_the_drivers_business(tmp_path, station_file):
    text = station_file.read_text().replace(
        "[simulation]\n",
        "[simulation.options.instruments]\n'ASRL4::INSTR' = 'eurotherm2400'\n"
        "'GPIB0::6::INSTR' = 'solartron1287'\n'GPIB0::4::INSTR' = 'solartron1260'\n",
    )
    station_file.write_text(text)
    assert prepared(find_candidate(PAIR, str(station_file)))[1] is False


def test_what_is_said_and_how_long_is_waited_is_remembered():
    with find_candidate(HUBER).connected() as trial:
        trial.rig.faults.add("timeout", count=99)
        with pytest.raises(InstrumentError):
            trial.driver.prepare()
        assert trial.sent == ["{M30****"]


def pytest_in(folder, *words):
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=200, check=False)


def test_a_driver_that_cannot_be_found_is_a_usage_error(tmp_path):
    done = pytest_in(tmp_path, "--labctl-driver", "no.such:Driver")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "no.such:Driver cannot be imported" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_the_suite_runs_beside_a_laboratorys_own_tests_and_on_several_cores(tmp_path):
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --strict-markers\nfilterwarnings = error\n")
    (tmp_path / "test_ours.py").write_text("def test_ours():\n    pass\n")
    words = ["--labctl-driver", HUBER, "-k", "ours or identity or timeout or make_safe"]
    alone = pytest_in(tmp_path, *words, "-rA")
    beside = pytest_in(tmp_path, *words, "-rA", "-n", "2", "test_ours.py")
    for done in (alone, beside):
        assert done.returncode == 0, done.stdout + done.stderr
        assert "test_no_fault_on_the_wire" in done.stdout
        assert "cases of a fault at an exchange were tried" in done.stdout
    assert "test_ours" not in alone.stdout
    assert "test_ours" in beside.stdout
