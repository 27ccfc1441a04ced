"""Rules for the declarations of a driver, as tests: they run with the contract of `labctl.testing.contract`.

A driver without declarations (`messages` is empty) is skipped by name.
"""

from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from typing import Any

import pytest

from labctl.command_table import bench_checks_of, messages_of, undeclared, unsent
from labctl.testing.measurement import TARGET_K, energise, measure, readings
from labctl.testing.trial import Candidate, Trial

SLOW_RAMP_K_S = 1 / 60


@cache
def sent_by(candidate: Candidate) -> list[str]:
    """Return every message of a measurement, of each reading and of a ramp, spelt as declared."""
    with candidate.connected() as trial:
        list(measure(trial))
        use(trial, candidate)
        trial.driver.make_safe()
        return spelt(candidate, trial.sent)


def use(trial: Trial, candidate: Candidate) -> None:
    """Make each reading of a driver once; set a ramp where it can ramp."""
    driver = trial.driver
    energise(trial)()
    if hasattr(driver, "ramp_rate_k_s"):
        with suppress(ValueError):  # it cannot ramp
            driver.ramp_rate_k_s = SLOW_RAMP_K_S
            driver.setpoint_k = TARGET_K
            _ = driver.ramp_rate_k_s
            driver.ramp_rate_k_s = 0.0
    for reading in readings(candidate).values():
        reading(driver)
    for name in ("condition", "amplitude_now_v"):
        if hasattr(candidate.driver_class, name):
            getattr(driver, name)


def spelt(candidate: Candidate, sent: Iterable[str]) -> list[str]:
    """Return messages on the wire as the driver declares them, without the messages of its partner."""
    of: Any = candidate.driver_class
    texts = [text for message in sent for text in of.declared_texts(message)]
    if candidate.partner is None:
        return texts
    of_partner = set(texts) - set(undeclared(candidate.partner.driver_class, texts))
    own = set(texts) - set(undeclared(of, texts))
    return [text for text in texts if text in own or text not in of_partner]


@pytest.fixture
def declaring(candidate: Candidate) -> Candidate:
    """The driver under test; skipped where it declares no messages."""
    if not messages_of(candidate.driver_class):
        pytest.skip(f"{candidate.driver_class.__name__} declares no messages")
    return candidate


def test_every_message_that_is_sent_is_declared(declaring: Candidate) -> None:
    """Rule: its table of messages is complete."""
    missing = undeclared(declaring.driver_class, sent_by(declaring))
    assert not missing, f"add to `messages`: {', '.join(missing)}"


def test_every_declared_message_is_sent_or_says_when(declaring: Candidate) -> None:
    """Rule: its table of messages has no more than it sends."""
    idle = [message.command for message in unsent(declaring.driver_class, sent_by(declaring))]
    assert not idle, f"never sent; remove them or give `when`: {', '.join(idle)}"


def test_declared_messages_and_bench_checks_can_be_shown_in_a_table(declaring: Candidate) -> None:
    """Rule: a row has one line, a command one meaning, and a bench check a name of its own."""
    messages, checks = messages_of(declaring.driver_class), bench_checks_of(declaring.driver_class)
    cells = [text for m in messages for text in (m.command, m.meaning, m.unit, m.source, m.when)]
    cells += [text for check in checks for text in (check.name, check.do, check.expect)]
    assert all(cell == " ".join(cell.split()) for cell in cells)
    assert all(message.meaning for message in messages)
    assert len({message.command for message in messages}) == len(messages)
    assert len({check.name for check in checks}) == len(checks)


def test_what_a_bench_check_reads_is_there_and_it_is_judged_in_one_way(declaring: Candidate) -> None:
    """Rule: `reads` names an attribute, and only readings can be compared."""
    for check in bench_checks_of(declaring.driver_class):
        assert not check.reads or hasattr(declaring.driver_class, check.reads), check.name
        assert not (check.reads and check.asks), check.name
        assert not (check.answer and check.within), check.name
        assert check.reads or check.asks or not (check.answer or check.within), check.name
