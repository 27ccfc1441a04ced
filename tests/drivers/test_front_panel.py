"""States of the front panel left by somebody: a sample by seed, and proof that the judge can fail.

`benchmarks/front_panel.py` judges 50 states of each driver; here LABCTL_SEED chooses one.
"""

import os
import re
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from front_panel import lists
from front_panels.every_driver import PANELS, candidate_of, undeclared
from front_panels.judging import FASTER, Verdict, judge, temperatures
from front_panels.setting import Setting, State, drawn, one_of, put

from drivers.agilent4294a import Agilent4294A
from drivers.eurotherm import Eurotherm2400
from drivers.julabo import JulaboFC
from drivers.keithley2450 import Keithley2450
from drivers.keithley6514 import Keithley6514
from drivers.keithley_multimeters import Keithley2000
from drivers.lakeshore33x import LakeShore336
from drivers.lcr_meters import KeysightE4980A
from sim_instruments.stand_ins import VARIANTS

PROJECT = Path(__file__).parents[2]
SEED = int(os.environ.get("LABCTL_SEED", "1"))
RATE_DISABLED = "rate limit disabled"
ONLY_WITH_A_RAMP = (RATE_DISABLED, "rate limit per second")
CELSIUS = "degrees Celsius as the unit of the input"
UNSETTABLE = [
    (driver, setting)
    for driver, panel in PANELS.items()
    for setting in panel.unsettable
    if setting.words not in ONLY_WITH_A_RAMP
]
MOST_UNSETTABLE = 0.1


def state_of(driver, *words):
    """A state with the named settings."""
    found = [setting for setting in PANELS[driver].settings if setting.words in words]
    assert len(found) == len(words)
    return State(driver, 0, SEED, tuple(found))


def outcome(driver, state, driver_class=None):
    candidate = candidate_of(driver)
    if driver_class:
        candidate = replace(candidate, driver_class=driver_class)
    return judge(candidate, PANELS[driver], state).outcome(state)


def test_of_every_driver_it_is_declared_what_a_person_can_leave_at_its_front_panel():
    problems = undeclared()
    assert not problems, "\n".join(problems)


def test_at_most_one_state_in_ten_has_a_setting_that_can_only_be_refused():
    for driver, panel in PANELS.items():
        states = [drawn(driver, panel, number, SEED) for number in range(50)]
        assert sum(bool(state.refusals) for state in states) <= MOST_UNSETTABLE * len(states)


@pytest.mark.parametrize("driver", PANELS)
def test_a_state_left_by_somebody_gives_the_right_value_or_a_refusal_by_name(driver):
    panel = PANELS[driver]
    state = drawn(driver, panel, Random(f"{driver} {SEED}").randrange(50), SEED)
    verdict = judge(candidate_of(driver), panel, state)
    left = ", ".join(setting.words for setting in state.settings)
    assert verdict.outcome(state) in ("right", "refused"), f"{verdict.wrong or verdict.refused}, with {left}"


@pytest.mark.parametrize(("driver", "setting"), UNSETTABLE, ids=lambda of: getattr(of, "words", of))
def test_what_cannot_be_settled_is_refused_by_name(driver, setting):
    state = State(driver, 0, SEED, (setting,))
    assert outcome(driver, state) == "refused"


def test_a_disabled_rate_limit_is_refused_where_a_ramp_is_asked_for():
    driver = "drivers.eurotherm:Eurotherm2400"
    states = [replace(state_of(driver, RATE_DISABLED), number=number) for number in range(6)]
    assert {outcome(driver, state) for state in states} == {"right", "refused"}


@pytest.mark.parametrize("name", VARIANTS)
def test_another_model_of_a_family_is_mastered_as_well(name):
    driver = VARIANTS[name].driver
    state = replace(drawn(driver, PANELS[driver], SEED, SEED), settings=PANELS[driver].settled)
    verdict = judge(candidate_of(driver, name), PANELS[driver], state)
    assert verdict.outcome(state) == "right", verdict.wrong or verdict.refused


@pytest.mark.parametrize("driver", PANELS)
def test_what_is_left_after_preparing_gives_no_wrong_value(driver):
    number = Random(f"{driver} {SEED} meanwhile").randrange(50)
    state = replace(drawn(driver, PANELS[driver], number, SEED), meanwhile=True)
    verdict = judge(candidate_of(driver), PANELS[driver], state)
    left = ", ".join(setting.words for setting in state.settings)
    assert verdict.outcome(state) in ("right", "refused"), f"{verdict.wrong}, with {left}"


PLUG_IN_A_THERMOCOUPLE = Setting("thermocouple K", put("plugged", one_of("K")))
MULTIMETERS = [driver for driver in PANELS if "multimeters" in driver]


@pytest.mark.parametrize("driver", MULTIMETERS)
def test_what_is_left_at_a_multimeter_gives_the_right_value_with_a_thermocouple_as_well(driver):
    with_thermocouple = {"sensor": "K", "reference_junction_degc": 23.0}
    panel = replace(PANELS[driver], driver_settings=with_thermocouple)
    before = State(driver, 0, SEED, (PLUG_IN_A_THERMOCOUPLE, *panel.settled))
    verdict = judge(candidate_of(driver), panel, before)
    assert verdict.outcome(before) == "right", verdict.wrong or verdict.refused
    for setting in panel.settings:
        since = replace(before, settings=(PLUG_IN_A_THERMOCOUPLE, setting), meanwhile=True)
        verdict = judge(candidate_of(driver), panel, since)
        assert not verdict.wrong, f"{verdict.wrong}, with {setting.words}"


@pytest.mark.parametrize(
    "driver",
    [
        "drivers.lakeshore33x:LakeShore336",
        "drivers.eurotherm:Eurotherm2400",
        "drivers.eurotherm:Eurotherm3216",
        "drivers.nanodac:Nanodac",
        "drivers.omron_e5c:OmronE5C",
        "drivers.modbus_oven:ModbusOven",
    ],
)
def test_a_ramp_begins_at_the_temperature_although_the_target_was_left_in_the_set_point(driver):
    candidate = candidate_of(driver)
    settings = {**candidate.settings, **PANELS[driver].driver_settings}
    with replace(candidate, settings=settings).connected() as trial:
        (model,) = trial.rig.instruments.values()
        model.set_at_panel(60.0)
        model.switch_off_at_panel()
        trial.driver.prepare()
        found = {quantity: seen for quantity, seen, *_ in temperatures(trial, 333.15, ramps=True)}
        assert found[FASTER] == 0.0


# The judge can fail.


class LeavesTheRange(KeysightE4980A):
    """Prepares nothing and chooses no range."""

    def prepare(self):
        self.make_safe()

    def _set_up(self, amplitude_v, integration_s, bias_v):
        wanted = self.tell
        self.tell = lambda *messages: wanted(*(m for m in messages if "RANG" not in m and "DEV" not in m))
        super()._set_up(amplitude_v, integration_s, bias_v)


class LeavesTheFilter(Keithley2450):
    """Resets nothing, and switches no filter, relative reading or mathematics off."""

    def reset_keeping(self, kept, *off):
        pass

    def _reading_settings(self, function):
        return (":SENS:COUN 1",)


class LeavesTheUnit(LakeShore336):
    """Does not see that the input is in degrees Celsius."""

    def _unit_offset_k(self):
        return 0.0


class LeavesTheMaster(Eurotherm2400):
    """Believes the target, whatever rules."""

    def _refuse_other_masters(self):
        pass

    def _confirm_working_setpoint(self, target_degc):
        pass


class LeavesTheSource(JulaboFC):
    """Does not choose where the set point comes from."""

    @property
    def _choices(self):
        return {}


@pytest.mark.parametrize(
    ("driver_class", "driver", "words", "expected"),
    [
        (LeavesTheRange, "drivers.lcr_meters:KeysightE4980A", "deviation of the first value", "wrong"),
        (LeavesTheFilter, "drivers.keithley2450:Keithley2450", "mathematics", "wrong"),
        (LeavesTheFilter, "drivers.keithley2450:Keithley2450", "relative readings", "wrong"),
        (LeavesTheMaster, "drivers.eurotherm:Eurotherm2400", "remote set point selected", "not named"),
        (LeavesTheSource, "drivers.julabo:JulaboFC", "set point from the programmer input", "not listed"),
        (LeavesTheUnit, "drivers.lakeshore33x:LakeShore336", CELSIUS, "not listed"),
    ],
    ids=lambda of: getattr(of, "__name__", of),
)
def test_a_driver_that_leaves_something_as_it_was_is_found_out(driver_class, driver, words, expected):
    state = state_of(driver, words)
    found = {outcome(driver, replace(state, number=number), driver_class) for number in range(4)}
    assert expected in found, found


class LeavesTheCompensations(Agilent4294A):
    """Does not switch the compensations."""

    def _switch_compensations(self):
        pass


class BelievesTheReading(Keithley2000):
    """Reads no setting back."""

    def confirm_settings(self, *settings):
        return []


class BelievesTheAmmeter(Keithley6514):
    """Reads no setting back."""

    def confirm_settings(self, *settings):
        return []


@pytest.mark.parametrize(
    ("driver_class", "driver", "words"),
    [
        (LeavesTheCompensations, "drivers.agilent4294a:Agilent4294A", "open compensation of another fixture"),
        (
            LeavesTheCompensations,
            "drivers.agilent4294a:Agilent4294A",
            "short compensation of another fixture",
        ),
        (BelievesTheReading, "drivers.keithley_multimeters:Keithley2000", "formula"),
        (BelievesTheReading, "drivers.keithley_multimeters:Keithley2000", "relative readings"),
        (BelievesTheReading, "drivers.keithley_multimeters:Keithley2000", "reading held"),
    ],
    ids=lambda of: getattr(of, "__name__", of),
)
def test_a_driver_that_does_not_look_again_after_preparing_is_found_out(driver_class, driver, words):
    state = replace(state_of(driver, words), meanwhile=True)
    assert outcome(driver, state, driver_class) == "wrong"
    assert outcome(driver, state) in ("right", "refused")


@pytest.mark.parametrize("words", ["6514: mathematics", "6514: zero correction"])
def test_an_ammeter_that_does_not_look_again_after_preparing_is_found_out(words):
    driver = "drivers.keithley6514:Keithley2400With6514"
    candidate, state = candidate_of(driver), replace(state_of(driver, words), meanwhile=True)
    blind = replace(candidate, partner=replace(candidate.partner, driver_class=BelievesTheAmmeter))
    verdict = judge(blind, PANELS[driver], state)
    assert verdict.wrong or "the 2400 reads" in verdict.refused
    assert not judge(candidate, PANELS[driver], state).wrong


def test_an_error_that_does_not_name_the_state_is_no_refusal_by_name():
    state = state_of("drivers.huber:Huber", "process sensor controls")
    assert Verdict(refused="InstrumentError: Huber: time-out").outcome(state) == "not named"
    assert Verdict(refused="InstrumentError: the process sensor controls").outcome(state) == "refused"
    assert Verdict(refused="the process sensor controls", wrong="oven K").outcome(state) == "wrong"


def test_the_reference_lists_what_is_unsettable_hidden_and_kept():
    text = (PROJECT / "docs" / "reference" / "front-panel.md").read_text(encoding="utf-8")
    missing = [line for line in lists().splitlines() if line not in text]
    assert not missing, "run python benchmarks/front_panel.py --lists\n" + "\n".join(missing)


def test_the_table_of_the_reference_names_every_driver_and_breaks_no_promise():
    text = (PROJECT / "docs" / "reference" / "front-panel.md").read_text(encoding="utf-8")
    rows = re.findall(r"\| `(\w+)` \| \d+ \| \d+ \| 50 \| (\d+) \| (\d+) \| 0 \| 0 \| 0 \|", text)
    assert {name for name, *_ in rows} == {driver.rpartition(":")[2] for driver in PANELS}
    assert all(int(right) + int(refused) == 50 for _, right, refused in rows)
