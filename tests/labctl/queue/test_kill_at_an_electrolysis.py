"""A runner that is killed while charge passes: the supervisor opens the cell, and no charge is made up."""

import os
import signal
import subprocess
import sys

import pytest

from labctl.clock import RealClock, ScaledClock
from labctl.readmodel.carrier_runs import electrolysis_charge
from labctl.store import Database
from labctl.store.queries.facts import runs_of_name
from sim_instruments.serve import Server

CLOCK = RealClock()
POTENTIOSTAT = "GPIB0::6::INSTR"
OPTIONS = {
    "seed": 3,
    "instruments": {"GPIB0::12::INSTR": "lakeshore336", POTENTIOSTAT: "solartron1287"},
    "cell": {"law": {"law": "arrhenius", "conductivity_s_m": 1e-2, "temperature_k": 303.15,
                     "activation_energy_ev": 0.3, "form": "ln_sigma"}},
    "carriers": {"ions": {"Ag+": {"share": 1.0}}},
}  # fmt: skip
PROTOCOL = """
[sample]
name = "stack"
cation = "Ag+"
thickness_mm = 1.0
diameter_mm = 10.0
electrodes = "reversible"
[[procedure]]
use = "procedures.electrolysis:Electrolysis"
temperatures_degc = [40]
dwell_min = 1
rest_min = 0.5
potential_v = 0.1
charge_c = 0.1
parts = 2
longest_interval_s = 30
gain_u_percent = 0.5
zero_u_a = 1e-7
"""


def wait(until, seconds=90.0):
    end_s = CLOCK.monotonic() + seconds
    while not until():
        assert CLOCK.monotonic() < end_s, "waited in vain"
        CLOCK.sleep(0.05)


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_the_supervisor_opens_the_cell_and_the_charge_of_both_runs_is_a_lower_limit(tmp_path):
    with Server(OPTIONS, ScaledClock(100.0)) as server:
        (tmp_path / "station.toml").write_text(server.station_toml("served"))
        (tmp_path / "p.toml").write_text(PROTOCOL)
        files = ["--station", str(tmp_path / "station.toml"), "--db", str(tmp_path / "lab.db")]
        services = {}

        def labctl(*arguments):
            with (tmp_path / f"{arguments[0]}.log").open("ab") as log:
                return subprocess.Popen(
                    [sys.executable, "-m", "labctl", *arguments, *files], stdout=log, stderr=log
                )

        adding = ["queue", "add", str(tmp_path / "p.toml"), "--no-rehearsal", "--retries", "5"]
        assert labctl(*adding, "--retry-delay-min", "0").wait(timeout=120) == 0
        potentiostat = server.rig.instruments[server.outlets[1].address]
        try:
            services["supervisor"] = labctl("supervisor", "--kept", "--alone")
            services["runner"] = labctl("runner", "--no-start-supervisor")
            wait(lambda: passed_c(server) > 0.02)
            assert potentiostat.cell_on
            services["runner"].send_signal(signal.SIGKILL)
            services["runner"].wait()
            wait(lambda: not potentiostat.cell_on)
            services["runner"] = labctl("runner", "--no-start-supervisor", "--until-empty")
            assert services["runner"].wait(timeout=120) == 0
            assert not potentiostat.cell_on
        finally:
            for process in services.values():
                process.kill()
                process.wait()
        truth_c = passed_c(server)
    with Database(tmp_path / "lab.db") as db:
        statuses = [row["status"] for row in db.rows("SELECT status FROM polarisations ORDER BY id")]
        found = electrolysis_charge(db, runs_of_name(db, "stack"))
    assert statuses == ["interrupted", "finished", "finished"]
    assert found is not None
    assert len(found.runs) == 2
    assert 0.1 < found.value_c < truth_c  # what passed until the supervisor opened the cell is not measured
    assert found.standard_uncertainty_c is None  # each process of a faster rig has a clock of its own
    assert "was switched off is not recorded" in found.reason


def passed_c(server):
    """Charge that has truly passed."""
    with server.rig.world.lock:
        server.rig.world.now()
        return sum(server.rig.world.terminals.charges_c(server.rig.world.time_s).values())
