import json

import pytest
from typer.testing import CliRunner

from labctl.cli import app
from labctl.cli.instruments import station_text
from labctl.config.station import read_station
from labctl.errors import ConfigurationError
from labctl.instruments.discovery import matching_drivers

runner = CliRunner()


@pytest.mark.parametrize(
    ("identity", "driver", "role"),
    [
        ("LSCI,MODEL336,LSA1234/5678,2.9", "drivers.lakeshore33x:LakeShore336", "oven"),
        ("1260 IMPEDANCE ANALYZER, SOLARTRON, 0, 0", "drivers.solartron1260:Solartron1260", "fra"),
        ("KEITHLEY INSTRUMENTS,MODEL 2450,04404,1.7.0", "drivers.keithley2450:Keithley2450", "potentiostat"),
        ("Keysight Technologies,E4980A,MY46516036,A.02.10", "drivers.lcr_meters:KeysightE4980A", "fra"),
    ],
)
def test_an_identity_names_its_driver(identity, driver, role):
    assert {"driver": driver, "roles": [role]} in matching_drivers(identity)


def test_an_unknown_identity_names_none():
    assert matching_drivers("ACME,KETTLE,1,1") == []
    assert matching_drivers("") == []


def test_the_station_file_to_start_from_is_one(tmp_path):
    identity = "LSCI,MODEL336,LSA1234/5678,2.9"
    found = [
        {"address": "GPIB0::12::INSTR", "identity": identity, "drivers": matching_drivers(identity)},
        {"address": "GPIB0::13::INSTR", "identity": "ACME,KETTLE,1,1", "drivers": []},
    ]
    path = tmp_path / "station.toml"
    path.write_text(station_text(found, "@py"), encoding="utf-8")
    station = read_station(path)
    assert station.roles == {"oven"}
    assert station.visa_library == "@py"


def test_an_instrument_whose_roles_are_taken_stays_a_note_in_the_station_file(tmp_path):
    identity = "LSCI,MODEL336,LSA1234/5678,2.9"
    ovens = [
        {"address": f"GPIB0::{n}::INSTR", "identity": identity, "drivers": matching_drivers(identity)}
        for n in (12, 14)
    ]
    path = tmp_path / "station.toml"
    path.write_text(station_text(ovens, ""), encoding="utf-8")
    (entry,) = read_station(path).instruments
    assert entry.identity == identity
    assert '# address = "GPIB0::14::INSTR"' in path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["list", "--library", "nowhere.so"], "nowhere.so"),
        (["list", "--library", "@nothing"], "@nothing"),
        (["list", "--library", "@py", "--out", "no/such/folder/station.toml"], "its folder does not exist"),
    ],
)
def test_a_library_or_a_file_that_cannot_be_is_one_sentence(words, problem):
    result = runner.invoke(app, ["instruments", *words])
    assert isinstance(result.exception, ConfigurationError)
    assert problem in str(result.exception)


def test_check_tells_status_and_limits(station):
    result = runner.invoke(app, ["instruments", "check", station.source])
    assert result.exit_code == 0, result.output
    assert "sensor A good, heater good, heaters off above" in result.output
    assert "limits: -50 to 250 °C, 2 V, " in result.output


def test_check_reads_identity_and_temperature(station):
    result = runner.invoke(app, ["instruments", "check", station.source, "--json"])
    assert result.exit_code == 0, result.output
    report = json.loads(result.output)
    assert "MODEL336" in report["oven"]["identity"]
    assert report["oven"]["reads"].endswith("°C")
    assert "1260" in report["fra"]["identity"]


def test_check_of_a_silent_instrument_says_which(station, tmp_path):
    path = tmp_path / "other.toml"
    text = (tmp_path / "station.toml").read_text(encoding="utf-8")
    path.write_text(text.replace("GPIB0::4::INSTR", "GPIB0::40::INSTR"), encoding="utf-8")
    result = runner.invoke(app, ["instruments", "check", str(path)])
    assert result.exit_code == 1
    assert "analyser" in result.output + (result.stderr or "")


WATCHED = """
[limits]
temperature_degc = [0, 100]
potential_v = 1
current_a = 0.1
[instruments.oven]
driver = "drivers.lakeshore33x:LakeShore336"
address = "GPIB0::12::INSTR"
roles = ["oven"]
[instruments.dog]
driver = "{driver}"
address = "{address}"
roles = ["watchdog"]
[simulation.options.instruments]
"GPIB0::12::INSTR" = "lakeshore336"
"ASRL9::INSTR" = "{simulated}"
"""
NAMUR = {"driver": "drivers.namur_watchdog:NamurWatchdog", "simulated": "namur_watchdog"}
RELAY = {"driver": "drivers.relay_watchdog:RelayWatchdog", "simulated": "relay_watchdog"}


def check_with_watchdog(folder, kind, address="ASRL9::INSTR"):
    path = folder / "watched.toml"
    path.write_text(WATCHED.format(address=address, **kind), encoding="utf-8")
    return runner.invoke(app, ["instruments", "check", str(path)])


def test_check_asks_a_watchdog_for_its_identity_and_does_not_kick_it(tmp_path, monkeypatch):
    monkeypatch.setattr("drivers.namur_watchdog.NamurWatchdog.kick", pytest.fail)
    result = check_with_watchdog(tmp_path, NAMUR)
    assert result.exit_code == 0, result.output
    assert "\nwatchdog       RCT digital" in result.output
    assert "all of watched answer; nothing was energised" in result.output


def test_check_of_a_silent_watchdog_says_which(tmp_path):
    result = check_with_watchdog(tmp_path, NAMUR, "ASRL8::INSTR")
    assert result.exit_code == 1
    assert "dog" in result.output


def test_check_says_that_a_watchdog_which_answers_nothing_was_not_asked(tmp_path, monkeypatch):
    monkeypatch.setattr("drivers.relay_watchdog.RelayWatchdog.kick", pytest.fail)
    result = check_with_watchdog(tmp_path, RELAY)
    assert result.exit_code == 0, result.output
    assert "answer, but for the watchdog, which was not asked: it answers no question; noth" in result.output


def test_safe_reports_each_instrument(station):
    result = runner.invoke(app, ["instruments", "safe", station.source])
    assert result.exit_code == 0, result.output
    assert result.output.count("safe") == 2


def test_list_asks_what_is_on_the_bus(tmp_path):
    from importlib.resources import files

    yaml = files("sim_instruments.instruments").joinpath("lakeshore336.yaml")
    out = tmp_path / "station.toml"
    result = runner.invoke(app, ["instruments", "list", "--library", f"{yaml}@sim", "--out", str(out)])
    assert result.exit_code == 0, result.output
    assert "drivers.lakeshore33x:LakeShore336" in result.output
    assert "oven" in read_station(out).roles
