"""Errors of a thermometer that are common to the points of a run."""

import math

import numpy as np
import pytest

from labctl.analysis.numerics.thermometer import thermometer_components

DEGC = 273.15 + np.array([0.0, 50.0, 100.0])


def test_a_class_whose_limits_add_has_an_offset_and_a_gain():
    errors, not_stated = thermometer_components({"class": "PT100 B wire", "instrument": "oven"}, DEGC)
    assert not not_stated
    assert [error.cause for error in errors] == ["thermometer oven offset", "thermometer oven gain"]
    assert errors[0].change_k == pytest.approx(np.full(3, 0.3 / math.sqrt(3)))
    assert errors[1].change_k == pytest.approx(np.array([0.0, 0.25, 0.5]) / math.sqrt(3))


def test_a_class_with_the_larger_of_two_limits_is_one_error():
    errors, _ = thermometer_components({"class": "type K class 1"}, DEGC)
    assert [error.change_k == pytest.approx(np.full(3, 1.5 / math.sqrt(3))) for error in errors] == [True]


def test_a_calibration_states_standard_uncertainties():
    errors, _ = thermometer_components({"offset_u_k": 0.02, "gain_u": 0.001}, DEGC)
    assert [error.change_k[-1] for error in errors] == [pytest.approx(0.02), pytest.approx(0.1)]


@pytest.mark.parametrize("statement", [None, {}, {"class": "of a newer labctl"}])
def test_without_a_known_statement_the_thermometer_is_not_stated(statement):
    assert thermometer_components(statement, DEGC) == ([], ("thermometer",))


def test_outside_the_range_of_its_class_a_thermometer_is_not_stated():
    errors, not_stated = thermometer_components({"class": "PT100 A film"}, DEGC + 400)
    assert (errors, not_stated) == ([], ("thermometer (outside -30 to 300 degC of PT100 A film)",))
