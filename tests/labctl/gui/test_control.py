"""The control bar: what is not read back off is shown, and SAFE does not stand against it."""

from dataclasses import replace

import pytest

from labctl.clock import RealClock
from labctl.queue.heartbeat import Heartbeat
from labctl.queue.making_safe import SafeReport
from labctl.queue.requests import Pause
from labctl.readmodel.station_view import StationView

pytest.importorskip("qtpy.QtWidgets", reason="no Qt here", exc_type=ImportError)

NOW_S = RealClock().time()
SEEN_S = NOW_S + 3600
NOTHING = dict.fromkeys(
    ("due_s", "job_id", "run_id", "temperature_k", "setpoint_k", "expected_end_s", "last_event_id")
)
RUNNER = Heartbeat(
    "runner", "rig", 7, "", "here", "", "alive", NOW_S - 60, NOW_S, doing="waiting", unsafe="", **NOTHING
)
WATCHED = StationView(
    SEEN_S, RUNNER, "running", "running", Pause("job", "make safe, asked for by Mara", "Mara", NOW_S), (), {}
)
LEFT_ON = replace(RUNNER, unsafe="oven: no answer")


@pytest.fixture
def bar(app, station, db):
    """The bar of a station on real instruments; its attempts to make safe succeed."""
    from labctl.gui.asking import Asker
    from labctl.gui.control import ControlBar

    asker = Asker(db)
    bar = ControlBar(replace(station, simulation=None), 3.0, db, asker, lambda: "Mara")
    bar.stop._make_safe = lambda person: SafeReport(True, "all made safe")
    bar.show_station(WATCHED)
    yield bar
    bar.deleteLater()


def make_safe(bar, wait):
    bar.make_safe()
    wait(lambda: bar.stop.state not in ("", "making"), "the result")
    return bar.outcome.text()


def test_safe_stands_while_a_supervisor_watches_and_nothing_is_left_on(bar, wait):
    assert make_safe(bar, wait).startswith("SAFE since")
    bar.show_station(WATCHED)
    assert bar.outcome.text().startswith("SAFE since")
    assert bar.outcome.property("outcome") == "safe"
    assert bar.property("station") == "well"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"runner": LEFT_ON}, "NOT SAFE, not read back off: oven: no answer."),
        ({"runner": LEFT_ON, "runner_state": "unsafe"}, "NOT SAFE, not read back off: oven: no answer."),
        ({"runner_state": "dead"}, "NOT SAFE, not read back off: the outputs were not read back."),
        ({"runner": LEFT_ON, "runner_state": "dismissed"}, "but a person has seen to it: oven: no answer."),
        ({"runner_state": "frozen"}, "THE RUNNER DOES NOT RESPOND"),
        ({"supervisor_state": "dead"}, "Since then the station was without a supervisor."),
        ({"supervisor_state": "frozen"}, "Since then the station was without a supervisor."),
        ({"runner_state": "ended", "supervisor_state": "ended"}, "without a supervisor."),
        ({"runner": None, "runner_state": "none", "supervisor_state": "none"}, "without a supervisor"),
    ],
)
def test_safe_is_taken_back_when_something_is_left_on_or_no_supervisor_watches(bar, wait, changes, words):
    make_safe(bar, wait)
    bar.show_station(replace(WATCHED, **changes))
    assert words in bar.outcome.text()
    assert "ade safe at" in bar.outcome.text()
    assert bar.outcome.property("outcome") == "past"
    bar.show_station(WATCHED)
    assert bar.outcome.property("outcome") == "past"
    assert bar.outcome.text().startswith("Made safe at")


def test_what_is_known_to_be_on_is_shown_also_after_a_mere_doubt(bar, wait):
    make_safe(bar, wait)
    bar.show_station(replace(WATCHED, supervisor_state="dead"))
    bar.show_station(replace(WATCHED, runner=LEFT_ON, runner_state="unsafe"))
    assert bar.outcome.text().startswith("NOT SAFE, not read back off: oven: no answer.")


def test_safe_is_not_shown_at_all_where_no_supervisor_watches(bar, wait):
    bar.show_station(replace(WATCHED, supervisor_state="dead"))
    shown = []
    bar.stop.changed.connect(lambda state, words: shown.append(bar.outcome.property("outcome")))
    assert make_safe(bar, wait).startswith("Made safe at")
    assert "safe" not in shown


def test_a_runner_without_supervisor_is_not_shown_as_well(bar):
    bar.show_station(replace(WATCHED, supervisor_state="dead"))
    assert bar.property("station") == "idle"
    assert "no supervisor watches the station" in bar.details.text()


def test_a_rig_that_is_simulated_in_the_process_of_its_runner_needs_no_supervisor(app, bar, station, wait):
    bar._station = station
    bar.show_station(replace(WATCHED, supervisor_state="none"))
    assert make_safe(bar, wait).startswith("SAFE since")
    bar.show_station(replace(WATCHED, supervisor_state="none"))
    assert bar.outcome.text().startswith("SAFE since")
