import pytest

from labctl.clock import VirtualClock
from sim_instruments.rig import build


@pytest.fixture
def rig():
    return build(VirtualClock())


def stuck_w_at(rig, *times_s):
    seen = []
    for time_s in times_s:
        rig.world.clock.sleep(time_s - rig.world.now())
        rig.world.now()
        seen.append(rig.world.oven.heater_stuck_w)
    return seen


def test_faults_of_one_kind_that_overlap_leave_the_world_as_it_was(rig):
    sound = rig.world.oven.heater_stuck_w
    rig.faults.add("heater_stuck_on", after_s=10, duration_s=20, value=50)
    rig.faults.add("heater_stuck_on", after_s=20, duration_s=20, value=80)
    assert stuck_w_at(rig, 15, 25, 35, 45) == [50, 80, 80, sound]


def test_of_two_that_overlap_the_longer_stays_when_the_shorter_has_passed(rig):
    sound = rig.world.oven.heater_stuck_w
    rig.faults.add("heater_stuck_on", after_s=10, duration_s=40, value=50)
    rig.faults.add("heater_stuck_on", after_s=20, duration_s=10, value=80)
    assert stuck_w_at(rig, 25, 35, 55) == [80, 50, sound]


def test_a_fault_that_comes_again_passes_again(rig):
    rig.faults.add("cell_open", after_s=10, duration_s=10)
    rig.faults.add("cell_open", after_s=30, duration_s=10)
    states = []
    for _ in range(4):
        rig.world.clock.sleep(10)
        rig.world.now()
        rig.world.clock.sleep(0.5)
        rig.world.now()
        states.append(rig.world.cell.open)
    assert states == [True, False, True, False]


def test_each_instrument_has_its_own(rig):
    rig.faults.add("overload", instrument="GPIB0::4::INSTR", after_s=1, duration_s=10)
    rig.faults.add("overload", after_s=5, duration_s=20)
    rig.world.clock.sleep(3)
    rig.world.now()
    assert [rig.instruments[a].overload for a in ("GPIB0::4::INSTR", "GPIB0::6::INSTR")] == [True, False]
    rig.world.clock.sleep(15)
    rig.world.now()
    assert all(rig.instruments[a].overload for a in ("GPIB0::4::INSTR", "GPIB0::6::INSTR"))
    rig.world.clock.sleep(15)
    rig.world.now()
    assert not any(rig.instruments[a].overload for a in ("GPIB0::4::INSTR", "GPIB0::6::INSTR"))
