"""The stand-in of an Alicat controller, driven by an independent program: numat/alicat.

It is GPL-2: it runs as the program that it is, and is not imported. Without it these tests are skipped:
`python -m pip install alicat`.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from labctl.clock import RealClock
from sim_instruments.serve import Server

PROGRAM = Path(sys.executable).with_name("alicat")
pytestmark = pytest.mark.skipif(not PROGRAM.exists(), reason="the program alicat is not installed")
INSTRUMENTS = {"ASRL7::INSTR": "alicat"}


@pytest.fixture
def served():
    with Server({"instruments": INSTRUMENTS}, RealClock()) as server:
        yield server


def told_by_the_program(server, *arguments):
    """State that the program prints after it was asked to set something."""
    command = [str(PROGRAM), f"127.0.0.1:{server.outlets[0].port}", *arguments]
    printed = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    return json.loads(printed)


def test_the_independent_program_reads_every_field_of_its_line(served):
    state = told_by_the_program(served)
    assert (state["gas"], state["control_point"], state["setpoint"]) == ("N2", "mass flow", 0.0)
    assert state["pressure"] == pytest.approx(14.7)
    assert state["temperature"] == pytest.approx(25.0)
    assert state["mass_flow"] == pytest.approx(0.0, abs=0.2)


def test_the_independent_program_sets_a_flow(served):
    told_by_the_program(served, "--set-flow-rate", "40")
    assert next(iter(served.rig.instruments.values())).setpoint == pytest.approx(40.0)
    assert told_by_the_program(served)["setpoint"] == pytest.approx(40.0)
