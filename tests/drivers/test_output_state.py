"""What a controller says of its own output, against the truth of its simulated instrument."""

import pytest

from labctl.testing.trial import find_candidate
from sim_instruments.stand_ins import DRIVERS

OVENS = sorted(
    reference
    for reference, _ in DRIVERS.values()
    if reference.rpartition(":")[2]
    in (
        "LakeShore336",
        "Eurotherm2400",
        "Huber",
        "JulaboCF",
        "LinkamT95",
        "OxfordITC503",
        "OxfordMercuryITC",
        "TemptronicATS",
        "ThermotronOven",
    )
)
TARGET_K = 320.0


def strike(trial, kind, **details):
    trial.rig.faults.add(kind, after_s=trial.rig.world.now(), **details)
    trial.clock.sleep(2.0)


@pytest.fixture(params=OVENS)
def heating(request):
    """A trial of one driver, which has begun to control at TARGET_K."""
    with find_candidate(request.param).connected() as trial:
        trial.driver.prepare()
        trial.driver.setpoint_k = TARGET_K
        trial.clock.sleep(5.0)
        yield trial


def test_nine_shipped_controllers_are_tried_here():
    assert len(OVENS) == 9


def test_a_controller_that_was_set_says_that_it_is_on_and_where_to(heating):
    state = heating.driver.output_state
    assert (state.is_on, state.problem, state.restarted) == (True, "", False)
    assert state.target_k is None or state.target_k == pytest.approx(TARGET_K, abs=0.06)


def test_a_controller_that_was_switched_off_at_its_panel_says_so(heating):
    strike(heating, "switched_off")
    assert not heating.driver.output_state.is_on


def test_reading_the_state_switches_nothing(heating):
    for _ in range(3):
        _ = heating.driver.output_state
    assert heating.energised
    heating.driver.make_safe()
    assert not heating.driver.output_state.is_on
    assert not heating.energised


@pytest.mark.parametrize("reference", [o for o in OVENS if o.endswith(("336", "2400", "Huber"))])
def test_a_set_point_set_at_the_panel_is_the_one_that_is_read(reference):
    with find_candidate(reference).connected() as trial:
        trial.driver.prepare()
        trial.driver.setpoint_k = TARGET_K
        strike(trial, "set_at_panel", value=35.0)
        assert trial.driver.output_state.target_k == pytest.approx(35.0 + 273.15, abs=0.06)


def test_a_lake_shore_tells_once_that_it_was_restarted_and_its_heater_is_off():
    with find_candidate("drivers.lakeshore33x:LakeShore336").connected() as trial:
        trial.driver.prepare()
        trial.driver.setpoint_k = TARGET_K
        strike(trial, "restarted")
        state = trial.driver.output_state
        assert (state.is_on, state.restarted) == (False, True)
        assert not trial.driver.output_state.restarted


def test_a_lake_shore_restarted_before_a_setting_still_tells_it():
    with find_candidate("drivers.lakeshore33x:LakeShore336").connected() as trial:
        trial.driver.prepare()
        strike(trial, "restarted")
        trial.driver.setpoint_k = TARGET_K  # reads and so clears the power-on bit
        assert trial.driver.output_state.restarted


def test_a_lake_shore_tells_an_open_heater_and_another_heater_range():
    with find_candidate("drivers.lakeshore33x:LakeShore336").connected() as trial:
        trial.driver.prepare()
        trial.driver.setpoint_k = TARGET_K
        trial.driver.write("RANGE 1,1")
        assert trial.driver.output_state.problem == "the heater range is 1 instead of 3"
        strike(trial, "heater_dead")
        assert trial.driver.output_state.problem == "heater open load"


def test_a_lake_shore_names_no_target_during_a_ramp():
    with find_candidate("drivers.lakeshore33x:LakeShore336").connected() as trial:
        trial.driver.prepare()
        trial.driver.ramp_rate_k_s = 1 / 60
        trial.driver.setpoint_k = TARGET_K
        trial.clock.sleep(60)
        assert trial.driver.output_state.target_k is None


def test_a_eurotherm_in_standby_is_found():
    with find_candidate("drivers.eurotherm:Eurotherm2400").connected() as trial:
        trial.driver.prepare()
        trial.driver.setpoint_k = TARGET_K
        (model,) = trial.rig.instruments.values()
        model.mode = 1
        assert trial.driver.output_state.problem == "it is in standby or in configuration"


def test_a_eurotherm_under_another_set_point_is_found():
    with find_candidate("drivers.eurotherm:Eurotherm2400").connected() as trial:
        trial.driver.prepare()
        trial.driver.setpoint_k = TARGET_K
        trial.clock.sleep(5)
        (model,) = trial.rig.instruments.values()
        model._move_setpoint = lambda step_s: None  # by a way that no register tells
        model.working_c = 90.0
        assert (
            trial.driver.output_state.problem == "another set point rules, 90 degC: remote, or of a program"
        )
