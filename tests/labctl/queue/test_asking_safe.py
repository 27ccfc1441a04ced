"""A request to make safe accepts only a confirmation of its own station."""

from pathlib import Path

import pytest

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
