"""Watch over an oven: its settings are read back while temperatures are read.

1. At most every `LOOK_EVERY_S` the settings in force are read: `output_state` of a driver that offers it
   (`labctl.bench.SeenOutput`), else the set point alone, once it was seen at the requested value.
2. A controller that is off, restarted, or has another set point, and a sample that falls away from a set
   point although it should be heated, are reported. The settings are set again once, after `prepare()`. If
   the oven is found so again before it has kept its settings for `TRUSTED_AFTER_S`, `SettingLost` is raised,
   but not in the first `EFFECTIVE_AFTER_S`: a loose contact has time to come back.
3. A failed read-back is reported and repeated at the next look, after `OFTEN` failures more rarely. It
   ends no measurement. If a driver cannot read its set point, it is not asked again.
4. After `make_safe()` or `switch_off()` nothing is expected and nothing is set again.
"""

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from labctl.clock import Clock
from labctl.errors import InstrumentError, SettingLost
from labctl.instruments.roles import OutputState
from labctl.units import ZERO_CELSIUS_K

Tell = Callable[..., None]
"""Called as `tell(level, kind, message, **details)`."""

LOOK_EVERY_S = 30.0
FIRST_LOOK_AFTER_S = 10.0  # a controller may need some control cycles until a new set point rules
EFFECTIVE_AFTER_S = 300.0
TRUSTED_AFTER_S = 3600.0
OFTEN, RARELY_S = 5, 600.0
TRIES, TRY_AFTER_S = 3, 5.0
ACCEPTED_K = 0.51  # a controller that shows whole degrees rounds a set point by up to 0.5 K
CHANGED_K = 0.02
ARRIVED_K = 2.0
BELOW_K = 1.0
FULL_POWER_PERCENT = 90.0
FALLEN_AT_FULL_POWER_K, FALLEN_K = 1.0, 3.0
STILL_FALLING_K = 0.5
FALLING_S, STILL_FALLING_S = 300.0, 900.0  # the second: after the settings were set again
CANNOT_TELL = (AttributeError, NotImplementedError, TypeError, ValueError)
"""Errors of a laboratory's own driver that can write its set point but not read it."""


def untold(level: str, kind: str, message: str, **details: Any) -> None:
    """Report nothing; the default of a bench."""


def without_retries(device: Any) -> Any:
    """Return the driver itself, where `device` is a wrapper that tries again."""
    return device.without_retries if hasattr(type(device), "without_retries") else device


@dataclass
class OvenWatch:
    """The settings requested of the oven of one bench, and whether they are still in force.

    Attributes
    ----------
    asked : dict
        `ramp_rate_k_s` and `setpoint_k` as last set through the bench, in the order set.
    """

    asked: dict[str, float] = field(default_factory=dict)
    _confirmed_k: float | None = None
    _looked_s: float | None = None
    _failed_looks: int = 0
    _cannot_tell: bool = False
    _set_again_s: float = -math.inf
    _readings: deque[tuple[float, float]] = field(default_factory=deque)
    _begun_at_k: float = math.nan
    _highest_k: float = -math.inf
    _arrived: bool = False
    _power_percent: float | None = None

    def take(self, name: str, value: float) -> None:
        """Remember a setting that was made; a new set point may again be set again once."""
        self.asked.pop(name, None)
        self.asked[name] = value
        if name == "setpoint_k":
            self._set_again_s = -math.inf
            self._expect_anew()

    def forget(self) -> None:
        """Expect nothing: the oven is, or is being, switched off."""
        self.asked.clear()
        self._expect_anew()

    def look(self, oven: Any, clock: Clock, temperature_k: float, tell: Tell) -> None:
        """Judge the oven beside one reading of the sample's temperature.

        Raises
        ------
        SettingLost
            The oven lost its settings again, or they could not be set again.
        """
        if "setpoint_k" not in self.asked:
            return
        now_s = clock.monotonic()
        problem = ""
        if self._looked_s is None:
            self._looked_s = now_s - LOOK_EVERY_S + FIRST_LOOK_AFTER_S
        if now_s - self._looked_s >= (LOOK_EVERY_S if self._failed_looks < OFTEN else RARELY_S):
            self._looked_s = now_s
            problem = self._problem_at(oven, tell)
        problem = problem or self._falls(now_s, temperature_k)
        if problem and self.asked:
            self._set_again(oven, clock, problem, tell)

    def _expect_anew(self) -> None:
        self._confirmed_k = self._looked_s = None
        self._readings.clear()
        self._begun_at_k, self._highest_k = math.nan, -math.inf
        self._arrived, self._power_percent = False, None

    def _problem_at(self, oven: Any, tell: Tell) -> str:
        """Read the controller back; return the problem found, `""` for none or if it is not known."""
        if self._cannot_tell:
            return ""
        problem = ""
        try:
            problem = self._problem_read(without_retries(oven))
            self._failed_looks = 0
        except InstrumentError as error:
            self._failed_looks += 1
            self._tell_unread(error, tell)
        except CANNOT_TELL as error:
            self._cannot_tell = True
            words = f"{oven.name}: its set point cannot be read, only the temperature is watched: {error!r}"
            tell("warning", "not read back", words)
        return problem

    def _tell_unread(self, error: InstrumentError, tell: Tell) -> None:
        if self._failed_looks == 1:
            tell("warning", "retry", f"the settings could not be read back: {error}; asking again later")
        elif self._failed_looks == OFTEN:
            what = "the settings cannot be read back, only the temperature is watched"
            tell("warning", "not read back", f"{what}: {error}")

    def _problem_read(self, driver: Any) -> str:
        if not hasattr(type(driver), "output_state"):
            return self._problem_with_setpoint(driver.setpoint_k, says_target=False)
        state: OutputState = driver.output_state
        self._power_percent = state.power_percent
        if state.restarted:
            return "it was restarted"
        if state.problem:
            return state.problem
        if not state.is_on:
            return "it is switched off at the instrument"
        return "" if state.target_k is None else self._problem_with_setpoint(state.target_k, says_target=True)

    def _problem_with_setpoint(self, found_k: float, says_target: bool) -> str:
        """Compare a set point with the one first accepted for the one asked for.

        A set point that may move during a ramp (`says_target` false) counts once it has arrived.
        """
        asked_k = self.asked["setpoint_k"]
        if self._confirmed_k is None and abs(found_k - asked_k) <= ACCEPTED_K:
            self._confirmed_k = found_k
        expected_k = self._confirmed_k
        if expected_k is None:
            expected_k = asked_k if says_target else found_k
        if not abs(found_k - expected_k) > CHANGED_K:
            return ""
        found_degc, asked_degc = found_k - ZERO_CELSIUS_K, asked_k - ZERO_CELSIUS_K
        return f"the set point at the instrument is {found_degc:.2f} degC instead of {asked_degc:.2f} degC"

    def _falls(self, now_s: float, temperature_k: float) -> str:
        """Return that the sample falls away from its set point, `""` where it does not."""
        if not math.isfinite(temperature_k):
            return ""
        target_k, over_s = self.asked["setpoint_k"], self._falling_over_s(now_s)
        self._keep_reading(now_s, temperature_k, over_s)
        first_s, first_k = self._readings[0]
        began_near = self._arrived and first_k <= target_k + BELOW_K  # not on the way down to a lower one
        is_below = began_near and temperature_k < target_k - BELOW_K
        goes_on = now_s - first_s >= over_s and first_k - temperature_k >= STILL_FALLING_K
        fallen_k = min(self._highest_k, target_k) - temperature_k
        if not (is_below and goes_on and fallen_k >= self._fallen_k()):
            return ""
        at, set_at = (f"{kelvin - ZERO_CELSIUS_K:.2f} degC" for kelvin in (temperature_k, target_k))
        fallen = f"{first_k - temperature_k:.1f} K in {(now_s - first_s) / 60:.0f} min"
        output = f", output {self._power_percent:.0f} %" if self._power_percent is not None else ""
        return f"the sample falls away from its set point of {set_at}: {at}, {fallen}{output}"

    def _keep_reading(self, now_s: float, temperature_k: float, over_s: float) -> None:
        if math.isnan(self._begun_at_k):
            self._begun_at_k = temperature_k
        near_k = min(self.asked["setpoint_k"] - ARRIVED_K, self._begun_at_k + ARRIVED_K)
        self._arrived = self._arrived or temperature_k >= near_k
        self._highest_k = max(self._highest_k, temperature_k)
        self._readings.append((now_s, temperature_k))
        while len(self._readings) > 2 and now_s - self._readings[1][0] >= over_s:
            self._readings.popleft()

    def _falling_over_s(self, now_s: float) -> float:
        return STILL_FALLING_S if self._was_set_again(now_s) else FALLING_S

    def _fallen_k(self) -> float:
        full = self._power_percent is not None and self._power_percent >= FULL_POWER_PERCENT
        return FALLEN_AT_FULL_POWER_K if full else FALLEN_K

    def _was_set_again(self, now_s: float) -> bool:
        return now_s - self._set_again_s < TRUSTED_AFTER_S

    def _set_again(self, oven: Any, clock: Clock, problem: str, tell: Tell) -> None:
        """Set everything again, once; reported before and after."""
        now_s = clock.monotonic()
        if now_s - self._set_again_s < EFFECTIVE_AFTER_S:
            return
        if self._was_set_again(now_s):
            tell("error", "setting lost", f"{oven.name}: {problem}, although it was set again")
            raise SettingLost(oven.name, problem)
        tell("warning", "setting lost", f"{oven.name}: {problem}; setting it again")
        for left in range(TRIES - 1, -1, -1):
            try:
                self._prepare_and_set(oven)
                break
            except InstrumentError as error:
                if not left:
                    raise SettingLost(
                        oven.name, problem, f"and it could not be set again: {error}"
                    ) from error
                tell("warning", "retry", f"{error}; setting it again, {left} more time(s)")
                clock.sleep(TRY_AFTER_S)
        self._expect_anew_after_setting(clock.monotonic())
        tell("info", "set again", f"{oven.name}: its settings were set again")

    def _prepare_and_set(self, oven: Any) -> None:
        driver = without_retries(oven)
        if hasattr(driver, "prepare"):
            driver.prepare()
        for name, value in self.asked.items():
            setattr(oven, name, value)

    def _expect_anew_after_setting(self, now_s: float) -> None:
        known = self._confirmed_k, self._arrived, self._begun_at_k, self._highest_k
        self._expect_anew()
        self._confirmed_k, self._arrived, self._begun_at_k, self._highest_k = known
        self._set_again_s = self._looked_s = now_s
