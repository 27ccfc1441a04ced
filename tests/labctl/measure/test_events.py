import dataclasses
import math
import sys
import traceback
from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labctl.errors import EventError
from labctl.measure.events import (
    AnyEvent,
    CurrentMeasured,
    PointMeasured,
    PolarisationStarted,
    SpectrumEnded,
    SpectrumStarted,
    StepStarted,
    TemperatureRead,
)

POINT = {"time_s": 1.0, "frequency_hz": 1e3, "z_real_ohm": 10.0, "z_imag_ohm": -2.0}
CURRENT = {"time_s": 1.0, "elapsed_s": 0.5, "potential_v": 0.01, "current_a": 1e-6}


def refusal(kind, **fields):
    with pytest.raises(EventError) as caught:
        kind(**fields)
    return caught.value


def test_a_misspelt_field_is_named_with_the_one_meant_at_the_line_that_made_the_event():
    with pytest.raises(EventError) as caught:
        SpectrumStarted(amplitude_V=0.02)
    line = sys._getframe().f_lineno - 1
    error = caught.value
    assert (error.event, error.field) == ("SpectrumStarted", "amplitude_V")
    assert str(error) == ("SpectrumStarted: 'amplitude_V' is not a field of it; did you mean 'amplitude_v'?")
    assert traceback.extract_tb(error.__traceback__)[0].lineno == line


@pytest.mark.parametrize("missing", POINT)
def test_a_missing_field_of_a_point_is_named(missing):
    error = refusal(PointMeasured, **{name: value for name, value in POINT.items() if name != missing})
    assert str(error) == f"PointMeasured: {missing!r} is missing"


@pytest.mark.parametrize(
    ("kind", "fields", "words"),
    [
        (PointMeasured, {**POINT, "frequency_hz": "1e3"}, "'frequency_hz' is '1e3', not a number"),
        (PointMeasured, {**POINT, "frequency_hz": 0.0}, "'frequency_hz' is 0.0, which is not above 0"),
        (PointMeasured, {**POINT, "frequency_hz": math.inf}, "'frequency_hz' is inf, not a finite number"),
        (PointMeasured, {**POINT, "time_s": True}, "'time_s' is True, not a number"),
        (PointMeasured, {**POINT, "temperature_k": -1.0}, "'temperature_k' is -1.0, which is below 0"),
        (PointMeasured, {**POINT, "status": ""}, "'status' is empty"),
        (PointMeasured, {**POINT, "z_real_ohm": None}, "'z_real_ohm' has no value although the status is ok"),
        (PointMeasured, {**POINT, "z_imag_ohm": math.inf}, "'z_imag_ohm' is inf, not a finite number"),
        (CurrentMeasured, {**CURRENT, "current_a": math.nan}, "'current_a' has no value although"),
        (SpectrumStarted, {"step": 1.5}, "'step' is 1.5, not a whole number"),
        (SpectrumStarted, {"branch": "up"}, "'branch' is 'up', not one of heating, cooling, isothermal"),
        (SpectrumStarted, {"amplitude_v": -0.01}, "'amplitude_v' is -0.01, which is below 0"),
        (SpectrumStarted, {"state": "started"}, "'state' is not a field of it"),
        (SpectrumEnded, {"state": "started"}, "'state' is 'started', not one of finished, aborted"),
        (PolarisationStarted, {"potential_v": None}, "'potential_v' is None, not a number"),
    ],
)
def test_an_impossible_value_is_refused_by_name(kind, fields, words):
    assert str(refusal(kind, **fields)).startswith(f"{kind.__name__}: {words}")


def test_a_value_that_does_not_exist_may_stand_in_a_point_that_the_instrument_doubts():
    point = PointMeasured(**{**POINT, "z_real_ohm": math.nan, "z_imag_ohm": math.inf}, status="overload")
    assert (point.z_real_ohm, point.z_imag_ohm) == (None, math.inf)


@pytest.mark.parametrize("unknown", [None, math.nan, np.float64("nan"), np.float32("nan")])
def test_an_unknown_temperature_stays_unknown(unknown):
    point = PointMeasured(**POINT, temperature_k=unknown)
    reading = TemperatureRead(time_s=1.0, temperature_k=unknown)
    assert point.temperature_k is None
    assert reading.temperature_k is None
    assert "temperature_k" not in point


@given(st.floats(min_value=0, allow_infinity=False) | st.integers(0, 2**60))
def test_a_temperature_is_taken_as_it_is(given_k):
    assert PointMeasured(**POINT, temperature_k=given_k).temperature_k == given_k


@given(
    st.floats(max_value=-1e-300)
    | st.integers(max_value=-1)
    | st.integers(2**1024)
    | st.text()
    | st.booleans()
)
def test_what_is_no_temperature_is_refused(given_k):
    assert refusal(PointMeasured, **POINT, temperature_k=given_k).field == "temperature_k"


def test_numbers_of_numpy_become_plain_numbers():
    point = PointMeasured(**{**POINT, "frequency_hz": np.float32(0.5)}, temperature_k=np.int64(300))
    assert (type(point.frequency_hz), point.frequency_hz) == (float, 0.5)
    assert (type(point.temperature_k), point.temperature_k) == (int, 300)
    assert type(StepStarted(step=np.int32(1), of=np.int64(3)).step) is int


def test_an_event_reads_as_a_mapping_of_what_is_known():
    point = PointMeasured(**POINT, temperature_k=math.nan, step=2, extra={"humidity_percent": 31.5})
    assert dict(point) == {**POINT, "step": 2, "status": "ok", "humidity_percent": 31.5}
    assert point["humidity_percent"] == 31.5
    assert point.get("temperature_k", "none") == "none"
    assert len(point) == len(dict(point))
    assert dict(SpectrumStarted(amplitude_v=0.02)) == {
        "state": "started",
        "amplitude_v": 0.02,
        "repeats": False,
    }


@pytest.mark.parametrize("kind", get_args(AnyEvent), ids=lambda kind: kind.__name__)
def test_every_event_is_frozen_has_keyword_fields_and_a_docstring(kind):
    assert dataclasses.is_dataclass(kind)
    assert kind.__dataclass_params__.frozen
    assert all(field.kw_only for field in dataclasses.fields(kind))
    assert kind.__doc__
    assert not kind.__doc__.startswith(f"{kind.__name__}(")
    with pytest.raises(EventError, match=f"{kind.__name__}: takes its fields by name"):
        kind(1)
