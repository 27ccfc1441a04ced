"""Attempts to make safe: none is lost, and only a confirmed one is shown as safe."""

import threading

import pytest

pytest.importorskip("qtpy.QtWidgets", reason="no Qt here", exc_type=ImportError)

from labctl.clock import VirtualClock
from labctl.gui.emergency_stop import IDLE, MAKING, NOT_SAFE, PAST, SAFE, EmergencyStop
from labctl.queue.making_safe import SafeReport

CONFIRMED = SafeReport(True, "every instrument was made safe")
REFUSED = SafeReport(False, "NOT SAFE: oven: no answer. Switch the instruments off by hand.")


class Rig:
    """Attempts that end when the test lets them, with the reports that it gives."""

    def __init__(self, *reports):
        self.reports, self.people, self.go = list(reports), [], threading.Semaphore(0)

    def make_safe(self, person):
        self.people.append(person)
        self.go.acquire(timeout=30)
        report = self.reports.pop(0)
        if isinstance(report, Exception):
            raise report
        return report


@pytest.fixture
def stop_of(app):
    """An emergency stop of a rig, and all that it has said."""

    def make(rig, **options):
        stop = EmergencyStop(rig.make_safe, "heater off", **options)
        stop.said = []
        stop.changed.connect(lambda state, words: stop.said.append((state, words)))
        return stop

    return make


def test_safe_is_shown_only_when_the_report_confirms_it(stop_of, wait):
    rig = Rig(CONFIRMED)
    stop = stop_of(rig)
    assert stop.state == IDLE
    stop.press("Ada")
    assert stop.state == MAKING
    assert stop.words.startswith("Making safe since ")
    assert stop.made_safe_s is None
    rig.go.release()
    wait(lambda: stop.state == SAFE, "the report")
    assert stop.words.startswith("SAFE since ")
    assert stop.words.endswith(", heater off, read back")
    assert rig.people == ["Ada"]


def test_a_clock_that_is_set_does_not_change_for_how_long_it_is_tried(stop_of, wait):
    rig, clock = Rig(CONFIRMED, CONFIRMED), VirtualClock()
    stop = stop_of(rig, clock=clock)
    stop.press("Ada")
    clock.sleep(3.0)
    clock.jump(3600.0)
    stop.press("Ada")
    assert " … 3 s" in stop.words
    rig.go.release(2)
    wait(lambda: stop.state == SAFE, "the second report")


def test_an_attempt_that_is_not_confirmed_names_the_instrument_until_one_is(stop_of, wait):
    rig = Rig(REFUSED, CONFIRMED)
    stop = stop_of(rig)
    stop.press("Ada")
    rig.go.release()
    wait(lambda: stop.state == NOT_SAFE, "the report")
    assert stop.words.startswith("NOT SAFE: oven: no answer")
    stop.doubt("The queue was resumed since.")
    assert stop.state == NOT_SAFE
    stop.press("Ada")
    assert stop.state == MAKING
    rig.go.release()
    wait(lambda: stop.state == SAFE, "the second report")


def test_a_second_press_during_an_attempt_starts_another_one_and_says_so(stop_of, wait):
    rig = Rig(REFUSED, CONFIRMED)
    stop = stop_of(rig)
    stop.press("Ada")
    stop.press("Ben")
    assert "Pressed again at" in stop.words
    assert "another attempt follows" in stop.words
    rig.go.release()
    wait(lambda: len(rig.people) == 2, "the second attempt")
    wait(lambda: "attempt 2" in stop.words, "its progress")
    assert "Attempt 1: NOT SAFE: oven" in stop.words
    assert NOT_SAFE not in [state for state, _ in stop.said]
    rig.go.release()
    wait(lambda: stop.state == SAFE, "the second report")
    assert rig.people == ["Ada", "Ben"]


def test_a_fault_of_the_attempt_itself_is_not_safe(stop_of, wait):
    rig = Rig(ZeroDivisionError("a fault"))
    stop = stop_of(rig)
    stop.press("Ada")
    rig.go.release()
    wait(lambda: stop.state == NOT_SAFE, "the report")
    assert "ZeroDivisionError" in stop.words


def test_what_was_safe_is_in_the_past_once_something_may_have_heated(stop_of, wait):
    rig = Rig(CONFIRMED)
    stop = stop_of(rig)
    stop.press("Ada")
    rig.go.release()
    wait(lambda: stop.state == SAFE, "the report")
    stop.doubt("The queue was resumed since.")
    assert stop.state == PAST
    assert stop.words.startswith("Made safe at ")
    assert stop.words.endswith("The queue was resumed since.")
    assert stop.made_safe_s is not None
    stop.contradict("oven: no answer")
    assert stop.is_contradicted
    assert stop.words.startswith("NOT SAFE, not read back off: oven: no answer.")
