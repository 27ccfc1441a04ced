import pytest
import pyvisa

from labctl.clock import VirtualClock
from sim_instruments.rig import build

LAKESHORE = "GPIB0::12::INSTR"
SOLARTRON = "GPIB0::4::INSTR"


@pytest.fixture
def clock():
    return VirtualClock()


@pytest.fixture
def build_rig(clock):
    """Build rigs on one virtual clock, closed after the test."""
    rigs = []

    def make(**options):
        options.setdefault("clock", clock)
        rigs.append(build(**options))
        return rigs[-1]

    yield make
    for rig in rigs:
        rig.close()


@pytest.fixture
def rig(build_rig):
    return build_rig(seed=1)


@pytest.fixture
def connect():
    """Open an address of a rig as a driver would."""

    def open_resource(rig, address, **settings):
        settings = {"write_termination": "\n", "read_termination": "\n", "timeout": 60_000, **settings}
        return pyvisa.ResourceManager(rig.visa_library).open_resource(address, **settings)

    return open_resource


@pytest.fixture
def oven_port(rig, connect):
    return connect(rig, LAKESHORE, read_termination="\r\n")


@pytest.fixture
def analyser_port(rig, connect):
    return connect(rig, SOLARTRON, read_termination="\r\n")
