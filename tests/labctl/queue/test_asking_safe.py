"""A request to make safe accepts only a confirmation of its own station."""

from pathlib import Path

import pytest

from labctl.queue import asking_safe
from labctl.queue.making_safe import SafeRequest


@pytest.mark.parametrize(("station", "safe"), [("another", False), ("rig", True)])
def test_a_confirmation_of_another_station_of_the_file_confirms_nothing(night, monkeypatch, station, safe):
    monkeypatch.setattr(asking_safe, "CONFIRMED_WITHIN_S", 0.1)
    monkeypatch.setattr(asking_safe, "newest_event_id", lambda connection: 0)
    monkeypatch.setattr(asking_safe, "_lives", lambda *anything: True)
    row = {"time_s": 0.0, "level": "warning", "kind": "person", "station": station}
    with night.connection.transaction() as connection:
        connection.insert("events", row | {"message": "every instrument was made safe"})
    request = SafeRequest(Path("station.toml"), "rig", night.path, "ann", 3.0)
    report = asking_safe._asked(night.connection, request)
    assert report is not None
    assert report.safe == safe
