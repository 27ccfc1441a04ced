"""A request to make safe accepts only a confirmation of its own station."""

from pathlib import Path

import pytest

from labctl.measure.events import PointMeasured
from labctl.queue import asking_safe
from labctl.queue.making_safe import SafeRequest


@pytest.mark.parametrize(
    ("station", "kind", "safe"),
    [("another", "person", False), ("rig", "job cancelled", False), ("rig", "person", True)],
)
def test_only_an_answer_of_this_station_confirms(night, monkeypatch, station, kind, safe):
    monkeypatch.setattr(asking_safe, "CONFIRMED_WITHIN_S", 0.1)
    monkeypatch.setattr(asking_safe, "newest_event_id", lambda connection: 0)
    monkeypatch.setattr(asking_safe, "_lives", lambda *anything: True)
    row = {"time_s": 0.0, "level": "warning", "kind": kind, "station": station}
    with night.connection.transaction() as connection:
        connection.insert("events", row | {"message": "every instrument was made safe"})
    request = SafeRequest(Path("station.toml"), "rig", night.path, "ann", 3.0)
    report = asking_safe._asked(night.connection, request)
    assert report is not None
    assert report.safe == safe


def test_what_a_page_asks_for_switches_the_true_heater_and_generator_off(night, rig, run_night):
    """Asked over the web at a point of a spectrum, by a second connection, as `labctl web` does it."""
    from labctl.web.make_safe import ask

    night.add(temperatures=(40, 50))
    asked, seen = [], []

    def watch(event):
        if isinstance(event, PointMeasured) and not asked:
            seen.append((rig.heater_is_on, rig.cell_is_excited))
            asked.append(ask(night.path, rig.station.name, "Ada", "10.0.0.9"))
        elif isinstance(event, PointMeasured):
            seen.append("another point")

    run_night(on_event=watch)
    assert seen == [(True, True)]
    assert not rig.heater_is_on
    assert not rig.cell_is_excited
    pause = night.pauses.in_force()
    assert pause is not None
    assert "Ada, over the web from 10.0.0.9" in pause.reason
