"""A night with a second thermometer that only watches: logged with every temperature, and an interlock."""

from dataclasses import replace

import pytest

import labctl
from labctl.config.night import read_night
from labctl.config.station import read_station
from labctl.errors import ConfigurationError

WATCHING = """
[instruments.room]
driver = "drivers.keithley_multimeters:Keithley2000"
address = "GPIB0::16::INSTR"
roles = ["monitor"]
"""
METER = "GPIB0::16::INSTR"
INSTRUMENTS = {"GPIB0::12::INSTR": "lakeshore336", "GPIB0::4::INSTR": "solartron1260", METER: "keithley2000"}


@pytest.fixture
def watched(tmp_path, night, rig, station_text):
    path = tmp_path / "watched.toml"
    path.write_text(station_text.replace("[simulation]", WATCHING + "\n[simulation]"))
    return type(rig)(read_station(path), night.clock, instruments=INSTRUMENTS)


def limits(**reading):
    known = {"instrument": "room", "quantity": "temperature_k", "highest": 1000.0}
    return {"interlocks": {"reading": [known | reading]}}


def reason(night):
    return min(night.jobs.listed(cleared=True), key=lambda job: job.id).reason


def rows(night, query):
    with night.read() as db:
        return db.rows(query)


def test_a_monitor_is_logged_with_every_reading_of_the_temperature(night, watched, run_night):
    night.add(temperatures=[40])
    run_night(station=watched.station)
    assert night.states() == ["finished"]
    (temperatures,) = rows(night, "SELECT count(*) AS n FROM temperature_log")
    read = rows(night, "SELECT time_s, value, status FROM monitor_readings ORDER BY number")
    assert len(read) >= temperatures["n"]
    assert {row["status"] for row in read} == {"ok"}
    late = [row["value"] for row in read[-5:]]
    assert all(abs(value - 313.15) < 5 for value in late)


def test_a_reading_outside_its_limits_ends_the_job_makes_safe_and_keeps_the_queue_waiting(
    night, watched, run_night
):
    night.add(temperatures=[60])
    night.add(temperatures=[40])
    run_night(station=replace(watched.station, night=limits(highest=310.0)))
    assert night.states() == ["failed", "queued"]
    assert not watched.heater_is_on
    assert "temperature_k of room is 31" in reason(night)
    assert "allowed is at most 310" in reason(night)
    pause = night.pauses.in_force()
    assert pause is not None
    assert "temperature_k of room" in pause.reason


def test_a_monitor_with_a_pulled_cable_is_told_and_the_night_goes_on(night, watched, run_night):
    watched.true.faults.add("lost", METER, after_s=100.0, duration_s=1e9)
    night.add(temperatures=[40])
    run_night(station=replace(watched.station, night=limits()))
    assert rows(night, "SELECT status FROM spectra") == [{"status": "finished"}]
    told = rows(night, "SELECT level, message FROM events WHERE kind = 'monitor' ORDER BY id")
    assert "the monitor room gives no reading" in told[0]["message"]
    assert "not known for 5" in told[1]["message"]
    assert len(told) == 2
    silent = rows(night, "SELECT quantity, value, status FROM monitor_readings WHERE status <> 'ok'")
    assert silent
    assert all((row["quantity"], row["value"]) == ("", None) for row in silent)


def test_a_silent_monitor_ends_the_job_where_the_station_says_so(night, watched, run_night):
    watched.true.faults.add("timeout", METER, after_s=100.0, count=10**6)
    night.add(temperatures=[40])
    run_night(station=replace(watched.station, night=limits(when_silent="stop", silent_min=2)))
    assert night.states() == ["failed"]
    assert not watched.heater_is_on
    assert "temperature_k of room is not known for" in reason(night)


@pytest.mark.parametrize("kind", ["garble", "truncate", "fields"])
def test_a_broken_reply_of_a_monitor_is_no_number(night, watched, run_night, kind):
    watched.true.faults.add(kind, METER, command="READ", after_s=100.0, count=3)
    night.add(temperatures=[40])
    run_night(station=watched.station)
    assert night.states() == ["finished"]
    read = rows(night, "SELECT value, status FROM monitor_readings")
    assert all(row["value"] is None for row in read if row["status"] != "ok")
    assert all(abs(row["value"] - 305) < 30 for row in read if row["status"] == "ok")
    assert [row for row in read if row["status"] != "ok"]


def test_frames_and_exports_hold_the_readings_with_their_units(night, watched, run_night):
    night.add(temperatures=[40])
    run_night(station=watched.station)
    with labctl.open(night.path) as db:
        frame = db.run("last").monitors()
    assert set(frame["quantity"]) == {"temperature_k"}
    assert list(frame["status"].unique()) == ["ok"]


@pytest.mark.parametrize(
    ("reading", "words"),
    [
        ({"instrument": "oven"}, "is 'oven', which is no monitor; name one of: room"),
        ({"highest": None}, "is missing, and lowest as well: nothing is limited"),
        ({"lowest": 2000.0}, "give a number above lowest, 2000"),
        ({"when_silent": "ignore"}, "which is not one of 'tell', 'stop'"),
        ({"hihgest": 4.0}, "did you mean 'highest'?"),
    ],
)
def test_a_limit_that_cannot_be_meant_is_refused_in_words(watched, reading, words):
    given = limits(**reading)
    entry = given["interlocks"]["reading"][0]
    given["interlocks"]["reading"][0] = {key: value for key, value in entry.items() if value is not None}
    with pytest.raises(ConfigurationError, match=r"night\.interlocks\.reading") as refused:
        read_night(replace(watched.station, night=given))
    assert words in str(refused.value)


def test_two_monitors_are_both_kept_as_instruments_of_the_run(tmp_path, night, rig, run_night, station_text):
    second = WATCHING.replace("room", "wall").replace("::16::", "::17::")
    path = tmp_path / "watched.toml"
    path.write_text(station_text.replace("[simulation]", f"{WATCHING}{second}\n[simulation]"))
    instruments = INSTRUMENTS | {"GPIB0::17::INSTR": "keithley2000"}
    both = type(rig)(read_station(path), night.clock, instruments=instruments)
    night.add(temperatures=[40])
    run_night(station=both.station)
    assert night.states() == ["finished"]
    kept = rows(night, "SELECT role, name FROM run_instruments WHERE name IN ('room', 'wall') ORDER BY name")
    assert [tuple(row.values()) for row in kept] == [("monitor", "room"), ("monitor wall", "wall")]
