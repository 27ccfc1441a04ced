import threading
from contextlib import closing

import pytest

from drivers.julabo import JulaboPresto
from labctl.clock import RealClock, ScaledClock, VirtualClock
from labctl.errors import InstrumentError
from labctl.instruments.connection import Connection
from labctl.instruments.kicking import kicked
from sim_instruments.rig import build

AT_LONGEST_S = 20.0


class Kicked:
    name = "bath"

    def __init__(self, period_s=0.4, fails=0):
        self.period_s, self.fails, self.kicks = period_s, fails, 0
        self.often = threading.Event()

    def kick(self):
        self.kicks += 1
        if self.kicks <= self.fails:
            raise InstrumentError("bath", "OUT_SP_00", "", "time-out")
        if self.kicks >= self.fails + 3:
            self.often.set()


def test_a_device_is_kicked_while_the_bench_is_held_and_not_afterwards():
    device, bystander = Kicked(), object()
    with kicked([device, bystander], RealClock()):
        assert device.often.wait(AT_LONGEST_S)
    after = device.kicks
    RealClock().sleep(0.5)
    assert device.kicks == after


def test_a_kick_that_fails_is_followed_by_others():
    device = Kicked(fails=3)
    with kicked([device], RealClock()):
        assert device.often.wait(AT_LONGEST_S)


def test_in_virtual_time_no_thread_kicks():
    before, device = threading.active_count(), Kicked()
    with kicked([device], VirtualClock()):
        assert threading.active_count() == before
    assert device.kicks == 0


# With a Presto, in time that runs a hundred times faster.


@pytest.fixture
def rig():
    rig = build(ScaledClock(100), instruments={"ASRL5::INSTR": "julabo_presto"})
    with closing(rig):
        yield rig


def presto(rig, **settings):
    of = JulaboPresto
    connection = Connection(
        "bath", "ASRL5::INSTR", rig.world.clock, visa_library=rig.visa_library,
        write_interval_s=of.write_interval_s, **of.connection_settings,
    )  # fmt: skip
    return JulaboPresto(connection, **settings)


def test_the_watchdog_of_a_controller_is_kicked_while_another_instrument_measures_for_long(rig):
    bath, clock = presto(rig), rig.world.clock
    bath.prepare()
    bath.setpoint_k = 320.0
    with kicked([bath], clock):
        clock.sleep(400)
        assert bath.running == 1


def test_without_kicks_the_controller_stops_by_itself(rig):
    bath, clock = presto(rig), rig.world.clock
    bath.prepare()
    bath.setpoint_k = 320.0
    clock.sleep(100)
    assert bath.running == 0


def test_kicks_do_not_mix_with_the_exchanges_of_the_measurement(rig):
    bath, clock = presto(rig, watchdog_s=30), rig.world.clock
    bath.prepare()
    bath.setpoint_k = 320.0
    with kicked([bath], clock):
        for _ in range(150):
            assert bath.setpoint_k == pytest.approx(320.0)
            assert 250 < bath.temperature_k < 400
