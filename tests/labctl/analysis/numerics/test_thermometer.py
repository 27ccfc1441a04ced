"""Errors of a thermometer that all points of a run share."""

import datetime
import math

import numpy as np
import pytest

from labctl.analysis.numerics.thermometer import sensor_to_sample, thermometer_components

KELVIN = np.array([50.0, 80.0, 110.0]) + 273.15
HOT_K = np.array([300.0, 450.0, 600.0]) + 273.15
EA_EV = 0.84


def of_class(name: str, kelvin=KELVIN):
    return thermometer_components({"class": name, "instrument": "oven"}, kelvin)


def total_u_k(errors) -> np.ndarray:
    return np.sqrt(sum(error.change_k**2 for error in errors))


def energy_u_ev(errors, kelvin) -> float:
    """Standard uncertainty of the slope of ln(sigma T) against 1/T, one refit for each error."""
    changes = []
    for error in errors:
        true_k = kelvin - error.change_k
        ln_sigma_t = -EA_EV / 8.617333e-5 / true_k
        changes.append(-8.617333e-5 * np.polyfit(1 / kelvin, ln_sigma_t, 1)[0] - EA_EV)
    return math.hypot(*changes)


def test_a_class_is_an_offset_and_a_gain_with_a_name_for_each():
    errors, not_stated = of_class("PT100 B wire")
    assert [error.cause for error in errors] == ["thermometer oven offset", "thermometer oven gain"]
    assert not_stated == ()
    assert errors[0].change_k == pytest.approx(0.30 / math.sqrt(3))
    assert errors[1].change_k == pytest.approx(0.005 * np.array([50.0, 80.0, 110.0]) / math.sqrt(3))


@pytest.mark.parametrize(
    ("name", "milli_ev"),
    [("PT100 A wire", 0.68), ("PT100 B wire", 1.6), ("type K class 1", 4.1), ("type K class 2", 6.9)],
)
def test_the_activation_energy_is_known_as_the_notes_say(name, milli_ev):
    kelvin = np.linspace(50, 110, 7) + 273.15
    errors, _ = of_class(name, kelvin)
    assert 1e3 * energy_u_ev(errors, kelvin) == pytest.approx(milli_ev, rel=0.12)


@pytest.mark.parametrize("name", ["type K class 1", "type T class 2", "PT100 A film", "type S class 2"])
def test_no_point_is_known_better_than_the_limit_of_its_class_says(name):
    from labctl.accuracy import CLASSES

    kelvin = np.linspace(0, 200, 21) + 273.15
    errors, _ = of_class(name, kelvin)
    limit_k = np.array([CLASSES[name].limit_k(one) for one in kelvin])
    if CLASSES[name].adds:  # an offset and a gain that are independent; their limits add up
        assert sum(error.change_k for error in errors) == pytest.approx(limit_k / math.sqrt(3))
    else:
        assert (total_u_k(errors) >= limit_k / math.sqrt(3) * (1 - 1e-12)).all()
        assert (total_u_k(errors) <= 1.415 * limit_k / math.sqrt(3)).all()


def test_a_gain_changes_its_sign_at_zero_degrees():
    errors, _ = of_class("PT100 B wire", np.array([-50.0, 50.0]) + 273.15)
    assert errors[1].change_k[0] == pytest.approx(-errors[1].change_k[1])


def test_a_temperature_outside_the_range_of_its_class_is_not_stated():
    errors, not_stated = of_class("PT100 A film", HOT_K)
    assert errors == []
    assert not_stated == ("thermometer (outside -30 to 300 degC of PT100 A film)",)


@pytest.mark.parametrize("statement", [None, {}, {"class": "of a newer labctl"}])
def test_a_thermometer_without_a_known_statement_is_not_stated(statement):
    assert thermometer_components(statement, KELVIN) == ([], ("thermometer",))


def test_a_calibration_is_an_offset_and_a_gain():
    errors, not_stated = thermometer_components({"offset_u_k": 0.05, "gain_u": 0.001}, KELVIN)
    assert errors[0].change_k == pytest.approx(0.05)
    assert errors[1].change_k == pytest.approx(1e-3 * (KELVIN - 273.15))
    assert not_stated == ()


def test_a_thermocouple_of_type_k_drifts_in_a_run_above_two_hundred_degrees():
    errors, not_stated = of_class("type K class 1", HOT_K)
    assert errors[-1].cause == "thermometer oven drift"
    assert errors[-1].change_k == pytest.approx(0.017 * (HOT_K - 273.15) / math.sqrt(3))
    assert not_stated == ()
    assert not any("drift" in error.cause for error in of_class("type K class 1")[0])


def test_a_drift_without_a_published_figure_is_not_stated():
    errors, not_stated = of_class("type N class 1", HOT_K)
    assert len(errors) == 2
    assert not_stated == ("thermometer (drift of type N above 200 degC)",)


def test_a_thermocouple_that_was_calibrated_in_place_does_not_drift():
    moved = {"offset_u_k": 0.5, "couple": "K", "in_place": False}
    assert len(thermometer_components(moved, HOT_K)[0]) == 2
    assert len(thermometer_components(moved | {"in_place": True}, HOT_K)[0]) == 1


def test_a_certificate_that_had_ended_before_the_run_is_told():
    about = {"offset_u_k": 0.05, "valid_until": "2026-01-01"}
    before, after = datetime.date(2025, 12, 31), datetime.date(2026, 1, 2)
    assert thermometer_components(about, KELVIN, before)[1] == ()
    assert thermometer_components(about, KELVIN, after)[1] == (
        "thermometer (its certificate was valid until 2026-01-01)",
    )


def test_a_difference_between_sensor_and_sample_is_one_error_of_all_temperatures():
    errors, not_stated = sensor_to_sample({"offset_k": -0.4, "uncertainty_k": 0.1}, KELVIN)
    assert [(error.source, error.cause) for error in errors] == [("sensor to sample", "sensor to sample")]
    assert errors[0].change_k == pytest.approx(0.1)
    assert not_stated == ()
    assert sensor_to_sample(None, KELVIN) == ([], ("sensor to sample",))
