"""A polarisation whose process is killed: the supervisor switches the cell off, and nothing is lost."""

import os
import signal
import subprocess
import sys
from typing import Any

import pytest

import labctl
from labctl.clock import RealClock, ScaledClock
from labctl.queue.heartbeat import Heartbeats
from labctl.store.transactions import WriteConnection
from sim_instruments.serve import Server

SPEED = 20.0
CLOCK = RealClock()
LAW = {"law": "arrhenius", "form": "ln_sigma", "conductivity_s_m": 5e-4, "temperature_k": 303.15}
RIG = {
    "seed": 3,
    "instruments": {
        "GPIB0::12::INSTR": "lakeshore336",
        "GPIB0::4::INSTR": "solartron1260",
        "GPIB0::6::INSTR": "solartron1287",
    },
    "thickness_m": 1e-4,
    "area_m2": 1e-4,
    "electrodes": "reversible",
    "ambient_k": 303.15,
    "cell": {"law": LAW | {"activation_energy_ev": 0.5}, "salt_diffusivity_m2_s": 1e-8 / 240},
}
INSTRUMENTS = """
[instruments.oven]
driver = "drivers.lakeshore33x:LakeShore336"
address = "{0}"
roles = ["oven"]

[instruments.cell]
driver = "drivers.solartron_pair:Solartron1260With1287"
address = "{2}"
roles = ["fra", "potentiostat"]
with = "analyser"
settings = {{ standard_resistor_ohm = 1000.0 }}

[instruments.analyser]
driver = "drivers.solartron1260:Solartron1260"
address = "{1}"
"""
PROTOCOL = """
[sample]
name = "film"
thickness_mm = 0.1
area_cm2 = 1.0
electrodes = "reversible"
cation = "Li+"

[[procedure]]
use = "procedures.bruce_vincent:BruceVincent"
temperatures_degc = [30]
frequency_max_hz = 1e5
frequency_min_hz = 100
points_per_decade = 3
dwell_min = 0
rest_min = 0.3
hold_min_min = 1
hold_max_min = 1.5
zero_current_min = 1
relaxation_min = 0.3
reverse = true
"""


@pytest.fixture
def served(tmp_path):
    with Server(RIG, ScaledClock(SPEED)) as server:
        head, _, _ = server.station_toml("served").partition("[instruments.")
        addresses = [outlet.address for outlet in server.outlets]
        (tmp_path / "station.toml").write_text(head + INSTRUMENTS.format(*addresses))
        (tmp_path / "protocol.toml").write_text(PROTOCOL)
        yield server
        end_supervisor(tmp_path / "lab.db")


def end_supervisor(path):
    beat = heartbeat(path, "supervisor")
    if beat is not None and not beat.gone:
        os.kill(beat.pid, signal.SIGTERM)
        wait_until(lambda: has_gone(path), 60)


def has_gone(path):
    beat = heartbeat(path, "supervisor")
    return beat is None or beat.gone


def heartbeat(path, process):
    with WriteConnection(path) as connection:
        return Heartbeats(connection, process, "served").read()


def wait_until(condition, seconds):
    end_s = CLOCK.monotonic() + seconds
    while not condition():
        assert CLOCK.monotonic() < end_s, "waited in vain"
        CLOCK.sleep(0.02)


def seen(path) -> dict[str, Any]:
    """Points at 0 V before and after, and polarisations, as a reader sees them."""
    if not path.exists():
        return {"zero before": 0, "zero after": 0, "holds": []}
    with labctl.open(path) as db:
        phases = [row["data"]["phase"] for row in db.rows("SELECT data FROM records")]
        count = "(SELECT count(*) FROM polarisation_points q WHERE q.polarisation_id = p.id)"
        holds = db.rows(f"SELECT status, {count} AS points FROM polarisations p ORDER BY number")
    return {name: phases.count(name) for name in ("zero before", "zero after")} | {"holds": holds}


REACHED: dict[str, Any] = {
    "before": lambda now: now["zero before"] > 5,
    "after": lambda now: now["zero after"] > 5,
    "reversal": lambda now: len(now["holds"]) == 2 and now["holds"][1]["points"] > 5,
}


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is not of Windows")
@pytest.mark.drawn(1)
@pytest.mark.parametrize("where", list(REACHED))
def test_a_kill_at_0_v_or_of_the_other_polarity_leaves_the_cell_off_and_loses_nothing(
    served, tmp_path, where
):
    path = tmp_path / "lab.db"
    command = [sys.executable, "-m", "labctl", "run", "protocol.toml", "--quiet"]
    run = subprocess.Popen(command, cwd=tmp_path)
    cell = served.rig.instruments[served.outlets[2].address]
    wait_until(lambda: REACHED[where](seen(path)), 120)
    assert cell.cell_on
    before = seen(path)
    run.kill()
    wait_until(lambda: not cell.cell_on, 60)
    run.wait(timeout=20)
    after = seen(path)
    assert after["zero before"] >= before["zero before"]
    assert after["zero after"] >= before["zero after"]
    assert [one["points"] for one in after["holds"]] >= [one["points"] for one in before["holds"]]
    finished = [one["status"] for one in after["holds"]].count("finished")
    assert finished == {"before": 0, "after": 1, "reversal": 1}[where]
