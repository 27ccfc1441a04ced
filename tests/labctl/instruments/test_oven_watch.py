import pytest

from labctl.bench import Bench, Limits, OutputState
from labctl.clock import VirtualClock
from labctl.errors import InstrumentError, SettingLost
from labctl.instruments.oven_watch import EFFECTIVE_AFTER_S, LOOK_EVERY_S

LIMITS = Limits((250.0, 500.0), potential_v=1.0, current_a=0.1)
TARGET_K = 333.15


class MinimalOven:
    """A laboratory's own driver: what the role asks for and no more."""

    name = "oven"
    ramp_rate_k_s = 0.0

    def __init__(self):
        self.sample_k, self.shown_k, self.log, self.fault = TARGET_K, 300.0, [], None

    @property
    def temperature_k(self):
        return self.sample_k

    @property
    def setpoint_k(self):
        self.log.append("setpoint_k?")
        if self.fault:
            raise self.fault
        return self.shown_k

    @setpoint_k.setter
    def setpoint_k(self, value):
        self.log.append(f"setpoint_k {value:g}")
        self.shown_k = value

    def prepare(self):
        self.log.append("prepare")

    def make_safe(self):
        self.log.append("make_safe")


class SeenOven(MinimalOven):
    """A driver that reads its output back."""

    def __init__(self):
        super().__init__()
        self.state = OutputState(True)

    @property
    def output_state(self):
        self.log.append("state?")
        if self.fault:
            raise self.fault
        return self.state


class Reading:
    """A bench with one oven, its events, and readings at 5 s intervals."""

    def __init__(self, oven):
        self.oven, self.clock, self.told = oven, VirtualClock(), []
        self.bench = Bench(self.clock, LIMITS, {"oven": oven}, tell=self._tell)

    def _tell(self, level, kind, message, **details):
        self.told.append((self.clock.monotonic(), level, kind, message))

    def read(self, minutes, kelvin_at=None):
        begin_s = self.clock.monotonic()
        while self.clock.monotonic() - begin_s < 60 * minutes:
            if kelvin_at is not None:
                self.oven.sample_k = kelvin_at((self.clock.monotonic() - begin_s) / 60)
            self.bench.sample_temperature_k()
            self.clock.sleep(5.0)

    @property
    def kinds(self):
        return [kind for _, _, kind, _ in self.told]


@pytest.fixture
def seen():
    reading = Reading(SeenOven())
    reading.bench.oven.ramp_rate_k_s = 0.05
    reading.bench.oven.setpoint_k = TARGET_K
    reading.oven.log.clear()
    return reading


def test_the_state_is_read_beside_the_temperatures_at_most_every_half_minute(seen):
    seen.read(10)
    assert seen.oven.log.count("state?") == 600 / LOOK_EVERY_S
    assert seen.told == []


def test_before_anything_is_set_nothing_is_read_back():
    reading = Reading(SeenOven())
    reading.read(5)
    assert reading.oven.log == []


def test_an_oven_that_is_off_is_told_and_set_again_within_a_minute(seen):
    seen.read(5)
    seen.oven.state = OutputState(False)
    off_s = seen.clock.monotonic()
    seen.oven.prepare = lambda: (
        setattr(seen.oven, "state", OutputState(True)) or seen.oven.log.append("prepare")
    )
    seen.read(5)
    assert seen.kinds == ["setting lost", "set again"]
    assert seen.told[0][0] - off_s <= 60
    assert seen.told[0][3] == "oven: it is switched off at the instrument; setting it again"
    assert seen.oven.log[-12:].count("prepare") == 1
    assert f"setpoint_k {TARGET_K:g}" in seen.oven.log
    assert seen.oven.ramp_rate_k_s == 0.05


def test_an_oven_that_is_off_again_is_a_failure_with_that_reason(seen):
    seen.oven.state = OutputState(False)
    with pytest.raises(SettingLost) as lost:
        seen.read(10)
    assert str(lost.value) == "oven: it is switched off at the instrument, although it was set again"
    assert seen.clock.monotonic() <= EFFECTIVE_AFTER_S + 2 * LOOK_EVERY_S
    assert seen.kinds == ["setting lost", "set again", "setting lost"]


def test_an_oven_that_kept_its_settings_for_an_hour_is_set_again_once_more(seen):
    seen.oven.prepare = lambda: setattr(seen.oven, "state", OutputState(True))
    for _ in range(2):
        seen.oven.state = OutputState(True, restarted=True)
        seen.read(61)
    assert seen.kinds == ["setting lost", "set again"] * 2


def test_what_the_instrument_finds_wrong_is_the_reason(seen):
    seen.oven.state = OutputState(True, problem="heater open load")
    with pytest.raises(SettingLost, match="heater open load, although it was set again"):
        seen.read(10)


def test_what_comes_back_within_five_minutes_of_being_set_again_is_no_failure(seen):
    seen.oven.state = OutputState(True, problem="heater open load")
    seen.read(4)
    seen.oven.state = OutputState(True)
    seen.read(120)
    assert seen.kinds == ["setting lost", "set again"]


def test_an_oven_that_cannot_be_set_again_is_a_failure_with_both_reasons(seen):
    def refuse():
        raise InstrumentError("oven", "STATUS", "02 REMOTE STOP", "not in remote mode")

    seen.oven.prepare = refuse
    seen.oven.state = OutputState(False)
    with pytest.raises(
        SettingLost, match=r"switched off .* could not be set again: oven: not in remote mode"
    ):
        seen.read(1)


def test_setting_it_again_is_tried_three_times(seen):
    answers = [InstrumentError("oven", "*IDN?", "", "no answer")] * 2 + [None]

    def prepare():
        if failure := answers.pop(0):
            raise failure
        seen.oven.state = OutputState(True)

    seen.oven.prepare, seen.oven.state = prepare, OutputState(False)
    seen.read(5)
    assert seen.kinds == ["setting lost", "retry", "retry", "set again"]
    assert answers == []


@pytest.mark.parametrize("target_k", [TARGET_K + 0.1, 293.15])
def test_another_target_than_the_one_first_accepted_is_found(seen, target_k):
    seen.oven.state = OutputState(True, TARGET_K)
    seen.read(2)
    assert seen.told == []
    seen.oven.state = OutputState(True, target_k)
    with pytest.raises(SettingLost, match="the set point at the instrument is"):
        seen.read(10)


def test_a_controller_of_whole_degrees_may_round_its_set_point(seen):
    seen.oven.state = OutputState(True, TARGET_K + 0.4)
    seen.read(10)
    assert seen.told == []


def test_a_driver_without_the_capability_is_asked_for_its_set_point_once_it_arrived():
    reading = Reading(MinimalOven())
    reading.bench.oven.setpoint_k = TARGET_K
    for moving_k in (310.0, 320.0, TARGET_K):  # a ramp of the controller's own
        reading.oven.shown_k = moving_k
        reading.read(2)
    assert reading.told == []
    reading.oven.shown_k = 293.15
    reading.read(1)
    assert reading.kinds == ["setting lost", "set again"]
    assert reading.oven.shown_k == TARGET_K


def test_a_driver_that_shows_something_else_as_its_set_point_goes_on_working():
    reading = Reading(MinimalOven())
    reading.bench.oven.setpoint_k = TARGET_K
    reading.oven.shown_k = 60.0
    reading.read(60)
    assert reading.told == []


def test_a_driver_that_cannot_read_its_set_point_goes_on_working_and_is_not_asked_for_ever():
    reading = Reading(MinimalOven())
    reading.bench.oven.setpoint_k = TARGET_K
    reading.oven.log.clear()
    reading.oven.fault = NotImplementedError("write only")
    reading.read(60)
    assert reading.oven.log == ["setpoint_k?"]
    assert reading.kinds == ["not read back"]


def test_a_controller_that_is_silent_for_long_is_asked_rarely_and_watched_again_when_it_answers(seen):
    seen.oven.fault = InstrumentError("oven", "SETP?", "", "no answer")
    seen.read(60)
    assert seen.kinds == ["retry", "not read back"]
    assert seen.oven.log.count("state?") <= 12
    seen.oven.fault, seen.oven.state = None, OutputState(False)
    seen.oven.prepare = lambda: setattr(seen.oven, "state", OutputState(True))
    seen.read(11)
    assert seen.kinds[2:4] == ["setting lost", "set again"]


def test_a_read_back_that_fails_is_told_and_tried_again_and_ends_nothing(seen):
    seen.oven.fault = InstrumentError("oven", "SETP?", "", "no answer")
    seen.read(0.6)
    seen.oven.fault = None
    seen.oven.state = OutputState(False)
    seen.read(0.4)
    assert seen.kinds == ["retry", "setting lost", "set again"]
    assert "no answer" in seen.told[0][3]


def test_after_making_safe_nothing_is_set_again(seen):
    seen.bench.make_safe()
    seen.oven.log.clear()
    seen.oven.state = OutputState(False)
    seen.read(10)
    assert (seen.oven.log, seen.told) == ([], [])


def test_a_bench_within_other_limits_shares_what_was_set(seen):
    seen.bench.within(LIMITS).make_safe()
    seen.oven.state = OutputState(False)
    seen.read(2)
    assert seen.told == []


def falling(rate_k_min, from_k=TARGET_K):
    return lambda minute: from_k - rate_k_min * minute


def test_a_sample_that_falls_away_is_told_within_minutes_and_then_a_failure(seen):
    seen.read(10)
    with pytest.raises(SettingLost, match=r"falls away from its set point of 60\.00 degC"):
        seen.read(60, falling(0.9))
    first_s, lost_s = (time_s for time_s, _, kind, _ in seen.told if kind == "setting lost")
    assert first_s - 600 <= 600
    assert lost_s - first_s <= 1200


def test_a_slow_fall_at_full_power_is_found_as_well(seen):
    seen.oven.state = OutputState(True, TARGET_K, power_percent=100.0)
    seen.read(10)
    with pytest.raises(SettingLost, match="output 100 %"):
        seen.read(60, falling(0.3))


@pytest.mark.parametrize(
    "kelvin_at",
    [
        lambda minute: min(TARGET_K, 300.0 + 2 * minute),  # the way up
        lambda minute: 300.0 - 0.5 * min(minute, 10) + 3 * max(0.0, minute - 10),  # heat comes late
        lambda minute: max(TARGET_K, 400.0 - 3 * minute),  # the way down
        lambda minute: 400.0 - 4 * minute if minute < 17 else TARGET_K - 2.5,  # past it by 2 K
        lambda minute: TARGET_K + 1.5 * (-1) ** int(minute / 5),  # a restless oven
    ],
)
def test_a_sound_oven_on_its_way_is_left_alone(seen, kelvin_at):
    seen.oven.sample_k = kelvin_at(0.0)
    seen.bench.oven.setpoint_k = TARGET_K
    seen.read(30, kelvin_at)
    assert seen.told == []


def test_an_oven_that_is_asked_to_cool_down_does_not_fall_away(seen):
    seen.read(5)
    seen.bench.oven.setpoint_k = 303.15
    seen.read(60, lambda minute: max(303.15, TARGET_K - minute))
    assert seen.told == []
