"""Classes of thermometers and limits of error."""

import math

import pytest

from labctl.accuracy import CLASSES, CurrentRange, PotentiostatAccuracy, ThermometerCalibration

ZERO_K = 273.15


@pytest.mark.parametrize(
    ("name", "degc", "limit_k"),
    [
        ("PT100 A wire", 0, 0.15),
        ("PT100 A film", 300, 0.75),
        ("PT100 B wire", 400, 2.3),
        ("PT100 B film", -50, 0.55),
        ("type K class 1", 100, 1.5),
        ("type K class 1", 1000, 4.0),
        ("type K class 2", 600, 4.5),
        ("type N class 2", 333, 2.5),
        ("type T class 1", 100, 0.5),
        ("type T class 2", 350, 2.625),
        ("type S class 1", 1100, 1.0),
        ("type S class 1", 1600, 2.5),
        ("type S class 2", 1000, 2.5),
    ],
)
def test_limits_are_those_of_the_standards(name, degc, limit_k):
    assert CLASSES[name].limit_k(degc + ZERO_K) == pytest.approx(limit_k)


@pytest.mark.parametrize(
    ("name", "degc"),
    [("PT100 A film", 301), ("PT100 A wire", 451), ("PT100 B wire", 601), ("type T class 1", 351)],
)
def test_a_class_states_nothing_outside_its_range(name, degc):
    assert CLASSES[name].limit_k(degc + ZERO_K) is None


def test_a_gain_of_a_calibration_counts_with_the_distance_from_zero_degrees():
    calibration = ThermometerCalibration(0.03, 0.001)
    assert calibration.standard_uncertainty_k(ZERO_K) == pytest.approx(0.03)
    assert calibration.standard_uncertainty_k(ZERO_K + 40) == pytest.approx(0.05)


def test_the_smallest_range_that_holds_a_current_counts():
    ranges = (CurrentRange(1e-6, 1e-3, 1e-10), CurrentRange(1e-3, 2e-4, 6e-8))
    accuracy = PotentiostatAccuracy(None, None, ranges, "data sheet")
    assert accuracy.of_current(-5e-7) == ranges[0]
    assert accuracy.of_current(2e-6) == ranges[1]
    assert accuracy.of_current(math.inf) is None
