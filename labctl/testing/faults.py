"""A short measurement with every fault of the simulated rig at each of its exchanges.

The outcome is a correct value, a flagged value or a named error; never a wrong value. The instrument ends
safe. The number of tried cases is printed at the end of the run.
"""

from functools import cache
from itertools import count
from typing import Any

import pytest

from labctl.testing.measurement import Outcome, attempt, readings, spoil
from labctl.testing.trial import Candidate

ON_THE_WIRE: dict[str, dict[str, Any]] = {
    "timeout": {},
    "late": {"delay_s": 3.0},
    "too late": {"kind": "late", "delay_s": 40.0},
    "garble": {},
    "truncate": {},
    "fields": {},
    "value": {},
    "empty": {"kind": "value", "value": ""},
    "refuse": {},
    "lost": {"duration_s": 20.0},
    "reboot": {"duration_s": 5.0},
}
OVEN, CELL = ("oven",), ("fra", "potentiostat")
IN_THE_WORLD = {
    "sensor_fault": OVEN,
    "heater_stuck_on": OVEN,
    "heater_dead": OVEN,
    "never_settles": OVEN,
    "overload": CELL,
    "cell_open": CELL,
    "cell_short": CELL,
    "clock_jump": OVEN + CELL,
}
SEEN_BY_THE_INSTRUMENT = ("sensor_fault", "overload")
SPOILT = {
    "garbled": {"kind": "garble"},
    "cut": {"kind": "truncate"},
    "empty": {"kind": "value", "value": ""},
    "a text": {"kind": "value", "value": "HELLO"},
    "not a number": {"kind": "value", "value": "NaN"},
    "late": {"kind": "late", "delay_s": 40.0},
    "absent": {"kind": "timeout"},
}
UNASKED = ("stream", "script")  # lines sent without a query: one more or less has no effect
ANY_COMMAND = "."


@cache
def undisturbed(candidate: Candidate) -> Outcome:
    """Return the measurement without a fault."""
    outcome = attempt(candidate)
    assert outcome.error is None, f"without any fault: {outcome.error}"
    assert outcome.values
    assert not outcome.made_safe_wrongly
    return outcome


@pytest.mark.parametrize("fault", SPOILT)
def test_a_reply_that_is_no_measurement_is_an_error_and_never_a_number(
    candidate: Candidate, fault: str, record_property: Any
) -> None:
    """Rule 3, at each exchange of each reading. A driver that repeats the query may return the value."""
    for name, reading in readings(candidate).items():
        usual = spoil(candidate, reading)
        for skip in count():
            outcome = spoil(candidate, reading, skip=skip, **SPOILT[fault])  # type: ignore[arg-type]
            if not outcome.struck:
                record_property("labctl_cases", skip)
                break
            asked_again = len(outcome.messages) > len(usual.messages)
            is_unsolicited = outcome.struck[0] in UNASKED
            right = (asked_again or is_unsolicited) and not outcome.contradicts(usual)
            assert outcome.error or outcome.is_doubted or right, (
                f"{name}: the answer to {outcome.struck[0]!r} was {fault}, yet it gave {outcome.values}"
            )


@pytest.mark.parametrize("fault", ON_THE_WIRE)
def test_no_fault_on_the_wire_makes_a_wrong_value_that_looks_right(
    candidate: Candidate, fault: str, record_property: Any
) -> None:
    """Rule 3 for a fault at any exchange, and rule 2 afterwards."""
    details = {"kind": fault, **ON_THE_WIRE[fault]}
    cases = study(candidate, fault, details, truth_stays=True)
    record_property("labctl_cases", cases)
    assert cases


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(fault, marks=pytest.mark.labctl_role(*roles), id=fault)
        for fault, roles in IN_THE_WORLD.items()
    ],
)
def test_no_fault_in_the_world_makes_a_wrong_value_that_looks_right(
    candidate: Candidate, fault: str, record_property: Any
) -> None:
    """Rule 3 if the instrument can detect the fault, rule 2 in any case."""
    details = {"kind": fault, "command": ANY_COMMAND}
    cases = study(candidate, fault, details, truth_stays=fault in SEEN_BY_THE_INSTRUMENT)
    record_property("labctl_cases", cases)


def study(candidate: Candidate, fault: str, details: dict[str, Any], truth_stays: bool) -> int:
    """Inject the fault at each exchange in turn; return the number of exchanges."""
    truth = undisturbed(candidate)
    for skip in count():
        outcome = attempt(candidate, skip=skip, **details)
        if not outcome.struck:
            return skip
        where = f"{fault} at exchange {skip}, {outcome.struck[0]!r}"
        assert not outcome.made_safe_wrongly, f"{where}: make_safe() returned, and it is on"
        assert not outcome.energised_after, f"{where}: it is on at the end"
        wrong = truth_stays and not outcome.is_within_a_message and outcome.contradicts(truth)
        assert not wrong, f"{where}: {outcome.values} instead of {truth.values}"
    raise AssertionError("a measurement has an end")
