from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.lakeshore33x import LakeShore336
from drivers.relay_watchdog import RelayWatchdog, relay_command
from labctl.clock import VirtualClock
from labctl.errors import ConfigurationError
from labctl.instruments.connection import Connection
from sim_instruments.rig import build

ADDRESS, OVEN = "ASRL9::INSTR", "GPIB0::12::INSTR"


@pytest.fixture
def rig():
    rig = build(VirtualClock(), instruments={ADDRESS: "relay_watchdog", OVEN: "lakeshore336"})
    with closing(rig):
        yield rig


def connected(rig, driver_class, address, **settings):
    connection = Connection(
        driver_class.__name__, address, rig.world.clock, visa_library=rig.visa_library,
        write_interval_s=driver_class.write_interval_s, **driver_class.connection_settings,
    )  # fmt: skip
    return driver_class(connection, **settings)


def test_the_literal_bytes_of_the_first_relay():
    assert relay_command(1, True) == bytes.fromhex("A0 01 01 A2")
    assert relay_command(1, False) == bytes.fromhex("A0 01 00 A1")


@given(st.integers(1, 8), st.booleans())
def test_the_last_byte_is_the_sum_of_the_others(relay, on):
    *body, check = relay_command(relay, on)
    assert check == sum(body) % 256


def test_every_kick_changes_the_state_of_the_relay(dialogue):
    pairs = [(bytes.fromhex(frame), None) for frame in ("A00201A3", "A00200A2", "A00201A3")]
    with dialogue(RelayWatchdog, pairs, period_s=30, relay=2) as watchdog:
        watchdog.prepare()
        for _ in range(3):
            watchdog.kick()


@pytest.mark.parametrize(
    "settings", [{"period_s": 1}, {"period_s": float("nan")}, {"period_s": 30, "relay": 9}]
)
def test_what_cannot_be_is_a_configuration_error(dialogue, settings):
    with pytest.raises(ConfigurationError), dialogue(RelayWatchdog, [], **settings):
        pass


def test_the_heater_has_power_while_it_is_kicked_and_none_afterwards(rig):
    clock, oven = rig.world.clock, connected(rig, LakeShore336, OVEN)
    watchdog = connected(rig, RelayWatchdog, ADDRESS, period_s=30)
    watchdog.kick()
    oven.prepare()
    oven.setpoint_k = 350.0
    for _ in range(12):
        clock.sleep(25)
        watchdog.kick()
    assert rig.world.oven.heater_power_w > 0
    assert oven.temperature_k > 300
    clock.sleep(32)
    assert rig.instruments[ADDRESS].has_cut
    assert rig.world.oven.heater_power_w == 0
    clock.sleep(3 * 3600)
    assert oven.loop.heater_range == 3
    assert oven.temperature_k < 300


def test_not_even_a_stuck_heater_has_power_afterwards(rig):
    clock = rig.world.clock
    connected(rig, RelayWatchdog, ADDRESS, period_s=30).kick()
    rig.faults.add("heater_stuck_on", value=100.0)
    clock.sleep(20)
    assert not rig.instruments[ADDRESS].has_cut
    assert rig.world.oven.heater_power_w == 100
    clock.sleep(15)
    assert rig.instruments[ADDRESS].has_cut
    assert rig.world.oven.heater_power_w == 0


def test_the_timer_gives_the_power_back_at_the_next_kick(rig):
    watchdog = connected(rig, RelayWatchdog, ADDRESS, period_s=30)
    watchdog.kick()
    rig.world.clock.sleep(40)
    assert rig.instruments[ADDRESS].has_cut
    watchdog.kick()
    assert not rig.instruments[ADDRESS].has_cut


def test_a_relay_that_does_not_change_does_not_hold_the_timer(rig):
    watchdog, clock = connected(rig, RelayWatchdog, ADDRESS, period_s=30), rig.world.clock
    watchdog.kick()
    for _ in range(5):
        clock.sleep(10)
        watchdog.write_bytes(relay_command(1, True))
    assert rig.instruments[ADDRESS].has_cut
