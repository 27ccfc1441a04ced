"""Readings of monitors beside the temperatures of a run."""

import math

import pytest

from labctl.clock import VirtualClock
from labctl.errors import InstrumentError
from labctl.measure.events import PointMeasured, StepStarted, TemperatureRead
from labctl.measure.monitoring import Monitoring


class Hygrometer:
    """A monitor that answers with `found`, or raises it."""

    def __init__(self, found):
        self.found, self.asked = found, 0

    @property
    def readings(self):
        self.asked += 1
        if isinstance(self.found, Exception):
            raise self.found
        return self.found


@pytest.fixture
def clock():
    return VirtualClock()


@pytest.fixture
def watch(clock):
    """Make the monitoring of one hygrometer; what it tells is in `told`."""

    def make(found):
        hygrometer, told = Hygrometer(found), []
        monitoring = Monitoring({"room": hygrometer}, clock, lambda *words: told.append(words))
        return (
            hygrometer,
            told,
            lambda: list(monitoring.beside(TemperatureRead(time_s=1.0, temperature_k=300))),
        )

    return make


def test_every_quantity_is_a_reading_with_its_time(watch, clock):
    _, told, read = watch({"relative_humidity_percent": 31.0, "temperature_k": 295.0})
    readings = read()
    assert [(r.quantity, r.value, r.status) for r in readings] == [
        ("relative_humidity_percent", 31.0, "ok"),
        ("temperature_k", 295.0, "ok"),
    ]
    assert {r.time_s for r in readings} == {clock.time()}
    assert told == []


def test_a_monitor_that_does_not_answer_is_a_reading_without_a_value_and_is_told_once(watch, clock):
    hygrometer, told, read = watch(InstrumentError("room", "RH?", "", "timed out"))
    (reading,) = read()
    assert (reading.quantity, reading.value) == ("", None)
    assert "timed out" in reading.status
    clock.sleep(31)
    read()
    assert [kind for _, kind, _ in told] == ["monitor"]
    hygrometer.found = {"relative_humidity_percent": 30.0}
    clock.sleep(31)
    assert read()[0].value == 30.0
    assert told[-1] == ("info", "monitor", "the monitor room answers again after 62 s")


def test_a_monitor_that_does_not_answer_is_asked_again_only_after_half_a_minute(watch, clock):
    hygrometer, _, read = watch(InstrumentError("room", "RH?", "", "timed out"))
    for _ in range(6):
        read()
        clock.sleep(5)
    assert hygrometer.asked == 1
    clock.sleep(1)
    read()
    assert hygrometer.asked == 2


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ({"relative_humidity_percent": math.nan}, "none of its readings is a number"),
        ({"relative_humidity_percent": "wet"}, "none of its readings is a number"),
        ({"relative_humidity_percent": True}, "none of its readings is a number"),
        ({}, "not names and numbers"),
        ("31.0", "not names and numbers"),
        (None, "not names and numbers"),
        ({"": 3.0}, "names a reading"),
        (TypeError("cannot unpack"), "TypeError: cannot unpack"),
    ],
)
def test_what_is_no_set_of_numbers_is_no_reading(watch, found, words):
    _, told, read = watch(found)
    (reading,) = read()
    assert (reading.value, reading.quantity) == (None, "")
    assert words in reading.status
    assert words in told[0][2]


def test_one_quantity_without_a_number_leaves_the_others(watch):
    _, _, read = watch({"relative_humidity_percent": math.inf, "temperature_k": 295.0})
    humidity, temperature = read()
    assert (humidity.value, humidity.status) == (None, "inf is no number")
    assert temperature.value == 295.0


def test_beside_the_points_of_a_spectrum_it_is_read_every_ten_seconds_at_most(clock):
    hygrometer = Hygrometer({"relative_humidity_percent": 31.0})
    monitoring = Monitoring({"room": hygrometer}, clock, lambda *_: None)
    point = PointMeasured(time_s=1.0, temperature_k=300.0, frequency_hz=1e3, z_real_ohm=1.0, z_imag_ohm=0.0)
    for _ in range(20):
        list(monitoring.beside(point))
        clock.sleep(1)
    assert hygrometer.asked == 2


def test_nothing_is_read_beside_what_has_no_temperature(clock):
    hygrometer = Hygrometer({"relative_humidity_percent": 31.0})
    monitoring = Monitoring({"room": hygrometer}, clock, lambda *_: None)
    point = PointMeasured(time_s=1.0, frequency_hz=1e3, z_real_ohm=1.0, z_imag_ohm=0.0)
    for event in (StepStarted(step=0, of=1), point):
        list(monitoring.beside(event))
    assert hygrometer.asked == 0
