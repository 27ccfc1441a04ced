"""A runner is killed in a series over humidity: everything safe, and on at the condition that was cut."""

import os
import signal
import subprocess
import sys

import pytest

from labctl.clock import RealClock, ScaledClock
from labctl.store import Database
from sim_instruments.serve import Server

CLOCK = RealClock()
OPTIONS = {
    "seed": 3,
    "instruments": {
        "GPIB0::12::INSTR": "lakeshore336",
        "GPIB0::4::INSTR": "solartron1260",
        "ASRL9::INSTR": "cellkraft_p10",
    },
    "gas": {"terms": [{"share": 1.0, "exponent": 0.5}]},
}
PROTOCOL = """
[sample]
name = "pellet"
thickness_mm = 1.0
diameter_mm = 10.0
electrodes = "blocking"
[[procedure]]
use = "procedures.condition_series:ConditionSeries"
temperatures_degc = [40]
condition = "water_pa"
conditions = [1000, 2000, 4000]
condition_tolerance = 60
condition_dwell_min = 8
dwell_min = 1
frequencies_hz = [1e5, 3e4, 1e4, 3e3, 1e3]
"""


def wait(until, seconds=90.0):
    end_s = CLOCK.monotonic() + seconds
    while not until():
        assert CLOCK.monotonic() < end_s, "waited in vain"
        CLOCK.sleep(0.05)


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_each_condition_is_measured_once_and_the_gas_is_dry_meanwhile(tmp_path):
    database, services = tmp_path / "lab.db", {}
    with Server(OPTIONS, ScaledClock(100.0)) as server:
        (tmp_path / "station.toml").write_text(server.station_toml("served"))
        (tmp_path / "p.toml").write_text(PROTOCOL)
        files = ["--station", str(tmp_path / "station.toml"), "--db", str(database)]

        def labctl(*arguments):
            with (tmp_path / f"{arguments[0]}.log").open("ab") as log:
                return subprocess.Popen(
                    [sys.executable, "-m", "labctl", *arguments, *files], stdout=log, stderr=log
                )

        def is_at_the_second_condition():
            with Database(database) as db:
                found = db.rows("SELECT status FROM spectra ORDER BY id")
            return [row["status"] for row in found][:1] == ["finished"] and humidifier.word > 150

        adding = ["queue", "add", str(tmp_path / "p.toml"), "--no-rehearsal", "--retries", "5"]
        assert labctl(*adding, "--retry-delay-min", "0").wait(timeout=120) == 0
        oven, humidifier = (server.rig.instruments[server.outlets[place].address] for place in (0, 2))
        try:
            services["supervisor"] = labctl("supervisor", "--kept", "--alone")
            services["runner"] = labctl("runner", "--no-start-supervisor")
            wait(is_at_the_second_condition)
            services["runner"].send_signal(signal.SIGKILL)
            services["runner"].wait()
            wait(lambda: oven.heater_range == 0 and humidifier.word == 0)
            services["runner"] = labctl("runner", "--no-start-supervisor", "--until-empty")
            assert services["runner"].wait(timeout=120) == 0
            assert (oven.heater_range, humidifier.word) == (0, 0)
        finally:
            for process in services.values():
                process.kill()
                process.wait()
    with Database(database) as db:
        runs = [row["status"] for row in db.rows("SELECT status FROM runs ORDER BY id")]
        spectra = db.rows("SELECT run_id, condition_setpoint AS pascal, status FROM spectra ORDER BY id")
    finished = [round(row["pascal"], -3) for row in spectra if row["status"] == "finished"]
    assert runs == ["interrupted", "finished"]
    assert finished == [1000.0, 2000.0, 4000.0]
