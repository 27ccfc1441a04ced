"""`ended` is a confirmation: where an output cannot be read back off, somebody stays, tries and says so.

The rig is served by this process; the cable of its oven can be cut. Runner, run, script and supervisor are
processes of their own.
"""

import json
import os
import signal

import pytest
from typer.testing import CliRunner

from labctl.cli import app
from labctl.clock import RealClock

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name != "posix", reason="signals of POSIX"),
]
CLOCK = RealClock()
PROMISED_S = 5.0
PATIENCE_S = 120.0
PROTOCOL = """
title = "hot"
[sample]
name = "p"
thickness_mm = 1
diameter_mm = 10
[[procedure]]
use = "procedures.temperature_hold:TemperatureHold"
temperature_degc = 70
hold_min = 6000
"""
SCRIPT = """
import labctl
sample = {"name": "p", "thickness_mm": 1, "diameter_mm": 10}
with labctl.bench("station.toml", database="lab.db", sample=sample) as bench:
    bench.oven.setpoint_k = 340.0
    print("heating", flush=True)
    while True:
        bench.clock.sleep(1)
"""


@pytest.fixture
def rig(cabled_rig):
    return cabled_rig(PROTOCOL, SCRIPT)


def wait_until(condition, what, seconds=PATIENCE_S):
    end_s = CLOCK.monotonic() + seconds
    while not condition():
        assert CLOCK.monotonic() < end_s, f"waited in vain: {what}"
        CLOCK.sleep(0.05)


def interrupt_four_times(process):
    for _ in range(4):
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        CLOCK.sleep(0.3)


def terminate_once(process):
    process.send_signal(signal.SIGTERM)


def off_within_the_promise(rig):
    begun_s = CLOCK.monotonic()
    wait_until(lambda: rig.heater_range == 0, "the heater is off")
    return CLOCK.monotonic() - begun_s < PROMISED_S


@pytest.mark.drawn(2)
@pytest.mark.parametrize(
    ("program", "blow"),
    [
        ("runner", interrupt_four_times),
        ("runner", terminate_once),
        ("run", interrupt_four_times),
        ("script", interrupt_four_times),
    ],
)
def test_with_the_cable_of_the_oven_cut_a_signal_leaves_somebody_who_tries_until_it_is_off(
    rig, program, blow
):
    process = rig.heating(program)
    rig.oven.become("cut")
    blow(process)
    assert process.wait(timeout=PATIENCE_S) == 1, rig.log(program)
    beat = rig.beat()
    assert (beat.state, beat.unsafe.partition(":")[0]) == ("unsafe", "lakeshore336")
    supervisor = rig.beat("supervisor")
    assert not supervisor.gone
    os.kill(supervisor.pid, signal.SIGTERM)
    assert "NOT SAFE" in rig.labctl("status").stdout
    wait_until(lambda: any("NOT SAFE, trying again" in words for words in rig.events()), "people are told")
    assert rig.heater_range > 0
    assert not supervisor.gone
    rig.oven.become("well")
    assert off_within_the_promise(rig)
    wait_until(lambda: rig.beat().state == "ended", "it is confirmed")
    wait_until(lambda: supervisor.gone, "the supervisor ends")


def test_a_runner_killed_while_the_cable_is_cut_is_made_safe_as_soon_as_it_is_back(rig):
    process = rig.heating("run")
    rig.oven.become("cut")
    process.kill()
    wait_until(lambda: rig.beat().state == "unsafe", "the supervisor says so")
    assert rig.heater_range > 0
    refused = rig.labctl("run", "protocol.toml", "--quiet")
    assert refused.returncode == 1
    assert "not confirmed off" in refused.stderr
    rig.oven.become("well")
    assert off_within_the_promise(rig)
    wait_until(lambda: rig.beat().state == "ended", "it is confirmed")


def test_a_person_may_say_that_they_have_seen_to_it(rig):
    assert rig.labctl("supervisor", "--dismiss").returncode == 2
    process = rig.heating("run")
    rig.oven.become("cut")
    terminate_once(process)
    assert process.wait(timeout=PATIENCE_S) == 1
    supervisor = rig.beat("supervisor")
    dismissed = rig.labctl("supervisor", "--dismiss", "--person", "Mara")
    assert dismissed.returncode == 0
    wait_until(lambda: supervisor.gone, "the supervisor ends")
    assert rig.beat().state == "dismissed"
    assert any(
        "Mara has seen to the outputs that were not read back off: lakeshore336" in e for e in rig.events()
    )
    options = ["status", "--db", str(rig.db), "--json"]
    (runner, _) = json.loads(CliRunner().invoke(app, options).stdout)["processes"]
    assert runner["state"] == "ended, not read back off"


@pytest.mark.drawn(1)
@pytest.mark.parametrize("sickness", ["silent", "dripping", "flooding"])
def test_a_runner_killed_beside_a_sick_analyser_leaves_the_heater_off(rig, sickness):
    text = (rig.folder / "station.toml").read_text()
    (rig.folder / "station.toml").write_text(analyser_first(text))
    process = rig.heating("run")
    rig.analyser.become(sickness)
    process.kill()
    assert off_within_the_promise(rig)
    wait_until(lambda: rig.beat().state == "unsafe", "the analyser is not confirmed")
    assert rig.beat().unsafe.startswith("solartron1260")
    rig.analyser.become("well")
    wait_until(lambda: rig.beat().state == "ended", "everything is off")


def analyser_first(text):
    head, _, rest = text.partition("[instruments.lakeshore336]")
    oven, _, rest = rest.partition("[instruments.solartron1260]")
    analyser, _, night = rest.partition("[night]")
    return f"{head}[instruments.solartron1260]{analyser}\n[instruments.lakeshore336]{oven}[night]{night}"


def test_a_program_on_a_healthy_rig_ends_as_ended(rig):
    process = rig.heating("run")
    supervisor = rig.beat("supervisor")
    terminate_once(process)
    assert process.wait(timeout=PATIENCE_S) == 1
    assert (rig.heater_range, rig.beat().state, rig.beat().unsafe) == (0, "ended", "")
    wait_until(lambda: supervisor.gone, "the supervisor ends")
