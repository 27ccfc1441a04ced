import sys
import traceback

import numpy as np
import pytest

from labctl.bench import CurrentPoint, ImpedancePoint, TemperatureReading
from labctl.errors import EventError
from labctl.measure.emitted import event_of
from labctl.measure.events import (
    CurrentMeasured,
    OwnTopic,
    PointMeasured,
    PolarisationEnded,
    PolarisationStarted,
    ProgressMade,
    RowMeasured,
    SpectrumEnded,
    SpectrumStarted,
    StepStarted,
    TemperatureRead,
)

POINT = ImpedancePoint(1e3, 10.0, -2.0, 5.0)._asdict()
CURRENT = CurrentPoint(5.0, 0.5, 0.01, 1e-6)._asdict()
BOTH = (PointMeasured, CurrentMeasured)


@pytest.mark.parametrize(
    ("topic", "record", "event"),
    [
        (
            "spectrum",
            {"state": "started", "repeats": True, "spectrum": 3, "step": 1, "amplitude_v": 0.02},
            SpectrumStarted(repeats=True, spectrum=3, step=1, amplitude_v=0.02),
        ),
        ("spectrum", {"state": "finished", "step": 1}, SpectrumEnded(state="finished", step=1)),
        (
            "spectrum",
            {"state": "aborted", "amplitude_v": 0.02, "step": 1},
            SpectrumEnded(state="aborted", step=1),
        ),
        (
            "polarisation",
            {"state": "started", "polarisation": (0, 1), "potential_v": 0.01},
            PolarisationStarted(polarisation=(0, 1), potential_v=0.01),
        ),
        (
            "polarisation",
            {"state": "finished", "ended_by": "steady", "potential_v": 0.01},
            PolarisationEnded(state="finished", ended_by="steady"),
        ),
        (
            "temperature",
            TemperatureReading(1.0, float("nan"), 300.0, "approach")._asdict(),
            TemperatureRead(time_s=1.0, temperature_k=None, setpoint_k=300.0, phase="approach"),
        ),
        ("step", {"step": 1, "of": 2}, StepStarted(step=1, of=2)),
        ("progress", 50, ProgressMade(percent=50.0)),
        ("progress", float("nan"), ProgressMade(percent=None)),
        ("weather", {"rain": True}, OwnTopic(own_topic="weather", record={"rain": True})),
        ("weather", 5, OwnTopic(own_topic="weather", record=5)),
    ],
)
def test_a_plain_record_becomes_the_event_of_its_topic(topic, record, event):
    assert event_of(topic, record) == event


@pytest.mark.parametrize(
    ("topic", "record", "field", "words"),
    [
        ("spectrum", {"state": "started", "amplitude_V": 0.02}, "amplitude_V", "did you mean 'amplitude_v'?"),
        ("spectrum", {"step": 1}, "state", "is missing"),
        ("spectrum", {"state": "over"}, "state", "not one of finished, aborted"),
        ("spectrum", {"state": "started", "step": "one"}, "step", "not a whole number"),
        ("polarisation", {"state": "started", "step": 1}, "potential_v", "is missing"),
        ("polarisation", {"state": "finished", "endedby": "steady"}, "endedby", "did you mean 'ended_by'?"),
        ("temperature", {"time_s": 1.0, "temperature_K": 300.0}, "temperature_K", "'temperature_k'?"),
        ("temperature", 300.0, "", "takes a mapping of field to value, got a float"),
        ("step", {"step": 1}, "of", "is missing"),
    ],
)
def test_a_wrong_field_of_a_plain_record_is_named_with_its_topic(topic, record, field, words):
    with pytest.raises(EventError) as caught:
        event_of(topic, record)
    assert (caught.value.event, caught.value.field) == (topic, field)
    assert words in str(caught.value)
    assert str(caught.value).startswith(f"{topic}: ")


def test_the_error_leads_to_the_line_that_emitted():
    with pytest.raises(EventError) as caught:
        event_of("spectrum", {"state": "started", "amplitude_V": 0.02})
    line = sys._getframe().f_lineno - 1
    assert traceback.extract_tb(caught.value.__traceback__)[0].lineno == line


def test_an_event_on_another_topic_is_refused():
    with pytest.raises(EventError, match="SpectrumEnded: belongs to the topic 'spectrum', not to 'results'"):
        event_of("results", SpectrumEnded(state="finished"))
    event = SpectrumEnded(state="finished")
    assert event_of("spectrum", event) is event


def test_a_row_is_a_point_of_what_is_under_way_only():
    assert event_of("results", POINT, BOTH) == PointMeasured(**POINT)
    assert event_of("results", CURRENT, BOTH) == CurrentMeasured(**CURRENT)
    assert event_of("results", POINT) == RowMeasured(values_by_column=POINT)
    assert event_of("results", POINT, [CurrentMeasured]) == RowMeasured(values_by_column=POINT)
    assert event_of("results", {"Voltage (V)": 1.0}, BOTH) == RowMeasured(
        values_by_column={"Voltage (V)": 1.0}
    )


def test_columns_of_its_own_stay_with_the_point():
    columns = {"humidity_percent": 31.5, "extra": "x", "values": np.arange(2)}
    point = event_of("results", {**POINT, "phase": 12.5, **columns}, BOTH)
    assert isinstance(point, PointMeasured)
    assert dict(point.extra) == columns
    assert point.phase == 12.5


def test_a_point_without_its_impedance_is_refused_by_the_name_of_the_column():
    with pytest.raises(EventError, match="results: 'z_real_ohm' is missing"):
        event_of("results", {"frequency_hz": 1e3, "z_real_Ohm": 1.0, "z_imag_ohm": 0.0, "time_s": 1.0}, BOTH)
