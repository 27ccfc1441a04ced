"""The accuracy of an analyser by frequency and impedance."""

import json
import math

import numpy as np
import pytest

from labctl.analysis import AccuracyRange, AnalyserAccuracy

MIDDLE = AccuracyRange(0.001, math.radians(0.1), "data sheet", (1.0, 1e5), (10.0, 1e6))
REST = AccuracyRange(0.01, None, "data sheet", impedance_ohm=(1.0, math.inf))
ACCURACY = AnalyserAccuracy((MIDDLE, REST))


def test_a_limit_is_a_rectangle_of_that_half_width() -> None:
    gain, phase = ACCURACY.relative_uncertainty(np.array([1e3]), np.array([1000j]))
    assert gain == pytest.approx([0.001 / math.sqrt(3)])
    assert phase == pytest.approx([math.radians(0.1) / math.sqrt(3)])


def test_the_first_range_that_holds_a_point_counts() -> None:
    found = ACCURACY.range_of(np.array([1e3, 1e6, 1e3]), np.array([1e3, 1e3, 0.1]))
    assert found.tolist() == [0, 1, -1]


def test_what_is_not_stated_is_not_zero() -> None:
    gain, phase = ACCURACY.relative_uncertainty(np.array([1e6, 1e3]), np.array([1e3, 0.1]))
    assert gain[0] > 0
    assert math.isnan(phase[0])
    assert math.isnan(gain[1])


def test_an_accuracy_comes_back_from_the_text_of_a_run() -> None:
    assert AnalyserAccuracy.of(json.loads(json.dumps(ACCURACY.described()))) == ACCURACY


@pytest.mark.parametrize("gain", [0.0, -0.1, 1.0, math.nan])
def test_a_gain_of_zero_is_no_accuracy(gain: float) -> None:
    with pytest.raises(ValueError, match="relative error between 0 and 1"):
        AccuracyRange(gain, None, "nobody")


def test_no_range_is_refused() -> None:
    with pytest.raises(ValueError, match="not stated"):
        AnalyserAccuracy(())
