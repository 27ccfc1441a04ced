"""A runner is killed in procedures about carriers: the supervisor opens the cell, no charge is made up."""

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
HEBB_WAGNER = """
[[procedure]]
use = "procedures.hebb_wagner:HebbWagner"
temperatures_degc = [40]
dwell_min = 1
frequencies_hz = [1e5, 1e4, 1e3]
rest_min = 0.5
hold_min_min = 5
hold_max_min = [6]
spectra = false
longest_interval_s = 5
potentials_v = [-0.05, 0.05, 0.1]
"""
ELECTROMOTIVE_FORCE = """
[[procedure]]
use = "procedures.electromotive_force:ElectromotiveForce"
temperatures_degc = [40]
dwell_min = 1
window_min = 2.0
wait_max_min = 20.0
interval_s = 5.0
voltmeter_u_v = 1e-4
"""
MIXED = OPTIONS | {"carriers": {"ions": {"Ag+": {"share": 0.8}}, "electrons": 0.2}}


def wait(until, seconds=90.0):
    end_s = CLOCK.monotonic() + seconds
    while not until():
        assert CLOCK.monotonic() < end_s, "waited in vain"
        CLOCK.sleep(0.05)


def killed_night(tmp_path, protocol, options, is_under_way, at_the_end=lambda server: None):
    """Kill the runner of a served rig once the measurement is under way; let another one end the job."""
    with Server(options, ScaledClock(100.0)) as server:
        (tmp_path / "station.toml").write_text(server.station_toml("served"))
        (tmp_path / "p.toml").write_text(protocol)
        files = ["--station", str(tmp_path / "station.toml"), "--db", str(tmp_path / "lab.db")]
        services = {}

        def labctl(*arguments):
            with (tmp_path / f"{arguments[0]}.log").open("ab") as log:
                return subprocess.Popen(
                    [sys.executable, "-m", "labctl", *arguments, *files], stdout=log, stderr=log
                )

        adding = ["queue", "add", str(tmp_path / "p.toml"), "--no-rehearsal", "--retries", "5"]
        assert labctl(*adding, "--retry-delay-min", "0").wait(timeout=120) == 0
        oven, cell = server.rig.instruments[server.outlets[0].address], potentiostat(server)
        try:
            services["supervisor"] = labctl("supervisor", "--kept", "--alone")
            services["runner"] = labctl("runner", "--no-start-supervisor")
            wait(lambda: is_under_way(server))
            services["runner"].send_signal(signal.SIGKILL)
            services["runner"].wait()
            wait(lambda: not cell.cell_on and oven.heater_range == 0)
            services["runner"] = labctl("runner", "--no-start-supervisor", "--until-empty")
            assert services["runner"].wait(timeout=120) == 0
            assert not cell.cell_on
            assert oven.heater_range == 0
        finally:
            for process in services.values():
                process.kill()
                process.wait()
        return at_the_end(server)


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_the_supervisor_opens_the_cell_and_the_charge_of_both_runs_is_a_lower_limit(tmp_path):
    truth_c = killed_night(tmp_path, PROTOCOL, OPTIONS, lambda server: passed_c(server) > 0.02, passed_c)
    with Database(tmp_path / "lab.db") as db:
        statuses = [row["status"] for row in db.rows("SELECT status FROM polarisations ORDER BY id")]
        found = electrolysis_charge(db, runs_of_name(db, "stack"))
    assert statuses == ["interrupted", "finished", "finished"]
    assert found is not None
    assert len(found.runs) == 2
    assert 0.1 < found.value_c < truth_c  # what passed until the supervisor opened the cell is not measured
    assert found.standard_uncertainty_c is None  # each process of a faster rig has a clock of its own
    assert "was switched off is not recorded" in found.reason


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_of_a_killed_hebb_wagner_night_each_potential_is_finished_once(tmp_path):
    protocol = PROTOCOL[: PROTOCOL.index("[[procedure]]")].replace('"reversible"', '"blocking/reversible"')
    protocol += HEBB_WAGNER
    options = MIXED | {"instruments": {**OPTIONS["instruments"], "GPIB0::4::INSTR": "solartron1260"}}
    killed_night(tmp_path, protocol, options, lambda server: potentiostat(server).cell_on)
    with Database(tmp_path / "lab.db") as db:
        rows = db.rows("SELECT status, potential_v FROM polarisations ORDER BY id")
    finished = sorted(round(row["potential_v"], 3) for row in rows if row["status"] == "finished")
    assert finished == [-0.05, 0.05, 0.1]


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_a_killed_series_of_electromotive_forces_goes_on_with_everything_off_meanwhile(tmp_path):
    def is_read(server):
        with Database(tmp_path / "lab.db") as db:
            return db.rows("SELECT count(*) AS n FROM records")[0]["n"] > 3

    protocol = PROTOCOL[: PROTOCOL.index("[[procedure]]")] + ELECTROMOTIVE_FORCE
    killed_night(tmp_path, protocol, MIXED, is_read)
    with Database(tmp_path / "lab.db") as db:
        statuses = [row["status"] for row in db.rows("SELECT status FROM runs ORDER BY id")]
    assert statuses == ["interrupted", "finished"]


def potentiostat(server):
    return server.rig.instruments[server.outlets[1].address]


def passed_c(server):
    """Charge that has truly passed."""
    with server.rig.world.lock:
        server.rig.world.now()
        return sum(server.rig.world.terminals.charges_c(server.rig.world.time_s).values())
