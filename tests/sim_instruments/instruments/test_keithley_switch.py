import pytest
from pymeasure.instruments.keithley import Keithley2700 as PymeasureKeithley2700

from labctl.clock import VirtualClock
from sim_instruments.rig import build

ADDRESS = "GPIB0::7::INSTR"


@pytest.fixture
def rig():
    rig = build(VirtualClock(), instruments={ADDRESS: "keithley2700_7709"})
    yield rig
    rig.close()


@pytest.fixture
def resource(rig):
    import pyvisa

    manager = pyvisa.ResourceManager(rig.visa_library)
    return manager.open_resource(ADDRESS, write_termination="\n", read_termination="\n")


def test_the_driver_of_pymeasure_closes_reads_and_opens_channels(rig):
    (model,) = rig.instruments.values()
    other = PymeasureKeithley2700(ADDRESS, visa_library=rig.visa_library, read_termination="\n")
    other.closed_channels = [101, 148]
    assert model.relays.closed == {"101", "148"}
    assert other.closed_channels == [101, 148]
    other.open_channels = [101]
    assert other.closed_channels == [148]
    other.open_all_channels()
    assert other.closed_channels == []
    assert not model.energised


@pytest.mark.parametrize("text", ["101", "(@149)", "(@101:301)", "(@)", "(@all)"])
def test_a_list_with_a_channel_that_is_not_there_closes_nothing(resource, rig, text):
    (model,) = rig.instruments.values()
    resource.write(f"ROUT:MULT:CLOS {text}")
    assert resource.query("SYST:ERR?").startswith("-222")
    assert model.relays.closed == frozenset()


def test_a_range_of_channels_closes_each(resource, rig):
    (model,) = rig.instruments.values()
    resource.write("ROUT:MULT:CLOS (@103:105,110)")
    assert resource.query("ROUT:MULT:CLOS?") == "(@103,104,105,110)"
    resource.write("*RST")
    assert model.relays.closed == frozenset()
