from contextlib import closing

import pytest

from drivers.namur_watchdog import NamurWatchdog, echoed_s
from labctl.clock import VirtualClock
from labctl.errors import ConfigurationError, InstrumentError
from labctl.instruments.connection import Connection
from sim_instruments.rig import build

ADDRESS = "ASRL8::INSTR"


@pytest.fixture
def rig():
    rig = build(VirtualClock(), instruments={ADDRESS: "namur_watchdog", "GPIB0::12::INSTR": "lakeshore336"})
    with closing(rig):
        yield rig


def connected(rig, **settings):
    clock, of = rig.world.clock, NamurWatchdog
    connection = Connection(
        "plate", ADDRESS, clock, visa_library=rig.visa_library,
        write_interval_s=of.write_interval_s, **of.connection_settings,
    )  # fmt: skip
    return NamurWatchdog(connection, **settings)


def test_a_kick_sends_the_time_and_takes_its_echo(dialogue):
    with dialogue(NamurWatchdog, [("OUT_WD1@60", "60.0"), ("OUT_WD1@60", "60")]) as watchdog:
        watchdog.kick()
        watchdog.kick()
    assert watchdog.period_s == 60


@pytest.mark.parametrize(("reply", "seconds"), [("60", 60), ("20.0", 20), ("OUT_WD1@1500", 1500)])
def test_the_echo_is_the_time(reply, seconds):
    assert echoed_s(reply) == seconds


@pytest.mark.parametrize("reply", ["", "OK", "-60", "60 s", "nan"])
def test_what_is_not_the_time_is_no_kick(dialogue, reply):
    with dialogue(NamurWatchdog, [("OUT_WD1@60", reply)]) as watchdog, pytest.raises(InstrumentError):
        watchdog.kick()


def test_another_time_is_no_kick(dialogue):
    with (
        dialogue(NamurWatchdog, [("OUT_WD1@60", "20")]) as watchdog,
        pytest.raises(InstrumentError, match="not accepted"),
    ):
        watchdog.kick()


@pytest.mark.parametrize("period_s", [0, 19, 1501, 30.5, float("nan")])
def test_a_time_that_it_does_not_accept_is_a_configuration_error(dialogue, period_s):
    with pytest.raises(ConfigurationError), dialogue(NamurWatchdog, [], period_s=period_s):
        pass


def test_preparing_it_asks_for_its_name_and_arms_nothing(rig):
    watchdog = connected(rig)
    watchdog.prepare()
    assert watchdog.identity == "RCT digital"
    rig.world.clock.sleep(3600)
    assert not rig.instruments[ADDRESS].has_cut


def test_it_cuts_the_power_once_it_is_not_kicked_in_time_and_stays_off(rig):
    watchdog, clock, device = connected(rig, period_s=20), rig.world.clock, rig.instruments[ADDRESS]
    for _ in range(10):
        watchdog.kick()
        clock.sleep(15)
        assert not device.has_cut
    clock.sleep(6)
    assert device.has_cut
    watchdog.kick()
    assert device.has_cut
