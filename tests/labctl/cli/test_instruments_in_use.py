"""Commands that talk to instruments while another program does. The rig is served by this process."""

import pytest
from typer.testing import CliRunner

from labctl.cli import app
from labctl.config.station import read_station
from labctl.errors import ConfigurationError
from labctl.instruments import locks

IDENTITY = "LSCI,MODEL336,336A1SM/SIMULAT,2.9"
ANOTHER_USE = """
[limits]
temperature_degc = [0, 100]
potential_v = 1
current_a = 0.1
[instruments.oven]
driver = "drivers.lakeshore33x:LakeShore336"
address = "{address}"
roles = ["oven"]
"""


@pytest.fixture
def rig(rig_in_use):
    return rig_in_use


def labctl(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


def refused(*words):
    result = labctl(*words)
    assert isinstance(result.exception, ConfigurationError), result.output
    return str(result.exception)


def test_a_job_keeps_its_instruments_from_every_other_program(rig):
    runner = rig.start_runner(with_job=True)
    names = rf"in use by labctl runner (pid {runner.pid}) for job 1 'hot' on station 'rig', since "
    assert names in refused("instruments", "check", rig.station)
    assert names in refused("instruments", "check", rig.copy)
    assert names in refused("run", rig.protocol, "--station", rig.copy, "--db", rig.copy.with_suffix(".db"))
    assert names in refused("instruments", "safe", rig.copy, "--db", rig.copy.with_suffix(".db"))
    with pytest.raises(ConfigurationError, match="for job 1 'hot'"), read_station(rig.copy).open():
        pass
    assert rig.heater_is_on
    assert rig.job_states == ["running"]


def test_making_safe_stops_the_job_of_a_runner_and_is_confirmed_by_it(rig):
    runner = rig.start_runner(with_job=True)
    result = labctl("instruments", "safe", rig.station, "--db", rig.db, "--person", "Mara")
    assert result.exit_code == 0, result.output
    assert (
        "make safe, asked for by Mara: every instrument was made safe; the queue is paused" in result.output
    )
    assert not rig.heater_is_on
    assert rig.job_states == ["failed"]
    assert runner.poll() is None


def test_a_runner_without_a_job_makes_safe_when_it_is_asked(rig):
    runner = rig.start_runner(with_job=False)
    rig.heat()
    result = labctl("instruments", "safe", rig.copy, "--db", rig.db)
    assert result.exit_code == 0, result.output
    assert "every instrument was made safe" in result.output
    assert not rig.heater_is_on
    assert runner.poll() is None
    assert rig.pause is not None


def test_a_run_that_a_supervisor_watches_is_ended_and_made_safe(rig):
    run = rig.start_run()
    result = labctl("instruments", "safe", rig.station, "--db", rig.db, "--person", "Mara")
    assert result.exit_code == 0, result.output
    confirmed = "make safe, asked for by Mara: every instrument was made safe; the queue is paused"
    assert confirmed in result.output
    assert not rig.heater_is_on
    assert run.wait(timeout=60) == 1
    assert rig.beat_of("runner")["state"] == "ended"
    rig.wait(lambda: rig.beat_of("supervisor")["state"] == "ended", "the supervisor to end")


def test_a_run_without_supervisor_is_named_and_left_alone(rig):
    run = rig.start_run("--without-supervisor")
    sentence = refused("instruments", "safe", rig.station, "--db", rig.db)
    assert f"labctl run (pid {run.pid}) for the protocol 'hot' on station 'rig'" in sentence
    assert "--force" in sentence
    assert rig.heater_is_on


def test_force_goes_past_a_program_and_says_so(rig):
    run = rig.start_run("--without-supervisor")
    result = labctl("instruments", "safe", "--force", rig.station)
    assert result.exit_code == 0, result.output
    assert f"going past labctl run (pid {run.pid})" in result.output + result.stderr
    assert not rig.heater_is_on


def test_instruments_of_a_killed_program_are_made_safe_from_here(rig):
    run = rig.start_run("--without-supervisor")
    run.kill()
    run.wait()
    assert rig.heater_is_on
    result = labctl("instruments", "safe", rig.station, "--db", rig.db)
    assert result.exit_code == 0, result.output
    assert result.output.count(" safe") == 2
    assert not rig.heater_is_on


@pytest.mark.parametrize("stated", [True, False], ids=["identity in the station file", "identity asked"])
def test_an_instrument_that_is_held_at_another_address_is_left_as_it_is(rig, monkeypatch, stated):
    monkeypatch.setattr(locks, "is_on_loopback", lambda address: False)
    rig.heat()
    if stated:
        text = rig.station.read_text()
        rig.station.write_text(text.replace("address =", f'identity = "{IDENTITY}"\naddress =', 1))
    other = rig.hold_elsewhere("COM3", IDENTITY)
    sentence = refused("instruments", "check", rig.station)
    assert sentence.startswith(f"identity:LSCI,MODEL336,336A1SM/SIMULAT: in use by python (pid {other.pid})")
    assert rig.heater_is_on


def test_a_folder_without_room_for_locks_does_not_keep_the_heater_on(rig, tmp_path, monkeypatch):
    rig.heat()
    (tmp_path / "no folder").write_text("")
    monkeypatch.setenv("LABCTL_LOCK_DIR", str(tmp_path / "no folder"))
    assert "instruments cannot be locked" in refused("instruments", "check", rig.station)
    assert rig.heater_is_on
    result = labctl("instruments", "safe", rig.station, "--db", rig.db)
    assert result.exit_code == 0, result.output
    assert not rig.heater_is_on


def test_the_station_file_is_station_toml_as_everywhere(rig, monkeypatch):
    monkeypatch.chdir(rig.station.parent)
    rig.heat()
    result = labctl("instruments", "safe")
    assert result.exit_code == 0, result.output
    assert not rig.heater_is_on
    result = labctl("instruments", "check")
    assert "all of rig answer" in result.output


def test_a_watchdog_is_kept_by_the_supervisor_that_kicks_it(serve_instruments):
    rig = serve_instruments({"GPIB0::12::INSTR": "lakeshore336", "ASRL9::INSTR": "relay_watchdog"})
    relay = rig.instruments[1]
    supervisor = rig.start("supervisor", *rig.files, "--alone")
    rig.wait(lambda: relay.relays, "the first kick")
    address = rig.station.read_text().split('address = "')[-1].split('"')[0]
    other = rig.copy.with_name("other.toml")
    other.write_text(ANOTHER_USE.format(address=address))
    sentence = refused("instruments", "check", other)
    names = f"in use by labctl supervisor (pid {supervisor.pid}) for kicking the watchdog on station 'rig'"
    assert names in sentence
    result = labctl("instruments", "check", rig.station)
    assert result.exit_code == 0
    assert f"the watchdog, which was not asked: {names}" in result.output
