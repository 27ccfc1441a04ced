"""The next step is the one that teaches most per hour; its spectrum covers the arc and no empty decade."""

import math
from types import SimpleNamespace

import numpy as np
import pytest

from labctl.bench import ImpedancePoint
from labctl.config.protocol import parse_protocol
from labctl.errors import ConfigurationError
from procedures.least_hours import (
    EVERYTHING,
    TYPICAL_UNCERTAINTY,
    KnownPoint,
    Seen,
    Window,
    conductance_at_s,
    corners_hz,
    expected_point,
    gain_for_both,
    half_width_ev,
    narrowing_per_hour,
    planned,
    window_at,
    window_beside,
)
from procedures.temperature_stepped_eis import TemperatureSteppedEIS

BOLTZMANN_EV_K = 8.617333262e-5


def point(kelvin, relative_u=0.01):
    return KnownPoint(kelvin, math.exp(-0.8 / (BOLTZMANN_EV_K * kelvin)) / kelvin, relative_u)


def spectrum(resistance_ohm, high_hz=1e6, low_hz=1.0):
    frequencies_hz = np.geomspace(high_hz, low_hz, 61)
    omega = 2j * np.pi * frequencies_hz
    z_ohm = resistance_ohm / (1 + omega * resistance_ohm * 1e-11) + 1 / (omega * 1e-6)
    return [ImpedancePoint(f, z.real, z.imag, 0.0) for f, z in zip(frequencies_hz, z_ohm, strict=True)]


def test_the_expected_interval_is_that_of_a_straight_line_through_the_points():
    points = [point(kelvin) for kelvin in (320, 340, 360, 380)]
    x = np.array([1 / (BOLTZMANN_EV_K * p.temperature_k) for p in points])
    by_least_squares_ev = 1.96 * 0.01 / math.sqrt(((x - x.mean()) ** 2).sum())
    assert half_width_ev(points) == pytest.approx(by_least_squares_ev, rel=1e-3)
    assert half_width_ev(points[:3], like(380, points[:3])) == pytest.approx(half_width_ev(points), rel=1e-9)


def test_a_temperature_far_from_those_measured_teaches_more_than_one_beside_them():
    points = [point(kelvin) for kelvin in (320, 325)]
    assert (
        half_width_ev(points, like(380, points))
        < half_width_ev(points, like(330, points))
        < half_width_ev(points)
    )
    assert gain_for_both(points, like(380, points)) > gain_for_both(points, like(330, points)) > 0


def test_the_conductance_of_a_line_is_met_and_unknown_below_two_temperatures():
    points = [point(kelvin) for kelvin in (320, 360)]
    assert conductance_at_s(points, 340) == pytest.approx(point(340).conductance_s, rel=1e-9)
    assert math.isnan(conductance_at_s(points[:1], 340))


def test_the_corners_of_a_spectrum_are_those_of_its_arc_and_its_spike():
    low_hz, high_hz = corners_hz(spectrum(1e5))
    assert low_hz == pytest.approx(1 / (2 * math.pi * 1e5 * 1e-6), rel=0.3)
    assert high_hz == pytest.approx(1 / (2 * math.pi * 1e5 * 1e-11), rel=0.3)


def test_a_corner_that_a_spectrum_does_not_reach_stays_open():
    assert corners_hz(spectrum(1e5, high_hz=1e4))[1] == math.inf
    assert corners_hz(spectrum(1e5, low_hz=100.0))[0] == 0.0
    assert all(map(math.isnan, corners_hz(spectrum(1e-3))))


def test_the_window_follows_the_conductance_and_holds_the_corners_of_the_next_spectrum():
    low_hz, high_hz = corners_hz(spectrum(1e5))
    window = window_at([Seen(low_hz, high_hz, 1e-5)], conductance_s=1e-4)
    next_low_hz, next_high_hz = corners_hz(spectrum(1e4, high_hz=1e9, low_hz=1.0))
    assert window.low_hz < next_low_hz < next_high_hz < window.high_hz
    assert window.high_hz / next_high_hz < 10
    assert next_low_hz / window.low_hz < 10


def test_without_a_known_conductance_the_whole_window_is_measured():
    assert window_at([Seen(1.0, 1e5, 1e-5)], math.nan) == EVERYTHING
    assert window_at([], 1e-5) == EVERYTHING
    frequencies_hz = [1e6, 1e5, 1e4]
    assert window_at([Seen(1.0, 2.0, 1e-5)], 1e-5).of(frequencies_hz) == frequencies_hz


SAMPLE = """
[sample]
name = "pellet"
thickness_mm = 1.0
diameter_mm = 10
"""
SERIES = """
[[procedure]]
use = "procedures.temperature_stepped_eis:TemperatureSteppedEIS"
temperatures_degc = "45:108:7"
frequency_min_hz = 1
points_per_decade = 4
dwell_min = 10
least_hours = true
refine = "activation_energy_ev"
refine_half_width = 0.02
"""


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('refine = "off"', "least_hours needs refine"),
        ('refine = "activation_energy_ev"\nreturn_down = true', "return_down and least_hours"),
        ('refine = "activation_energy_ev"\nrepeat_first = true', "repeat_first and least_hours"),
    ],
)
def test_what_contradicts_a_chosen_order_is_refused(line, words):
    text = SERIES.replace('refine = "activation_energy_ev"', line)
    with pytest.raises(ConfigurationError, match=words):
        parse_protocol(SAMPLE + text, "night.toml")


def like(kelvin, points):
    return expected_point(points, [], kelvin)


def test_the_plan_of_further_temperatures_is_the_widest_lever():
    points = [KnownPoint(320.0, 1e-5, 0.01)]
    left = [like(kelvin, points) for kelvin in (330.0, 340.0, 350.0, 360.0, 380.0)]
    assert [one.temperature_k for one in planned(points, left, 2)] == [380.0, 330.0]
    assert planned(points, left, 0) == []


def test_a_cheap_repetition_narrows_more_per_hour_than_another_temperature():
    points = [KnownPoint(kelvin, 1e-5, 0.02) for kelvin in (320.0, 350.0, 380.0)]
    now_ev, hot = half_width_ev(points), like(380.0, points)
    again = narrowing_per_hour(now_ev, half_width_ev(points, hot), 0.03)
    assert again > narrowing_per_hour(now_ev, half_width_ev(points, like(310.0, points)), 0.8) > 0
    assert half_width_ev(points, hot, hot) < half_width_ev(points, hot) < now_ev


def test_after_one_spectrum_the_arc_of_a_hotter_sample_is_looked_for_at_higher_frequencies_only():
    seen = Seen(1e3, 1e5, 1e-6)
    frequencies_hz = [10 ** (n / 2) for n in range(15)]
    assert window_beside(seen, is_hotter=True).of(frequencies_hz)[0] == pytest.approx(10**2.5)
    assert window_beside(seen, is_hotter=True).of(frequencies_hz)[-1] == frequencies_hz[-1]
    assert window_beside(seen, is_hotter=False).of(frequencies_hz)[-1] == pytest.approx(10**5.5)


def test_a_temperature_beside_one_that_gave_no_resistance_is_expected_to_teach_little():
    points = [KnownPoint(346.0, 1e-6, 0.005), KnownPoint(381.0, 1e-5, 0.003)]
    assert expected_point(points, [318.0], 318.0).relative_u == pytest.approx(1.0)
    assert 0.01 < expected_point(points, [318.0], 332.0).relative_u < 0.2
    assert expected_point(points, [318.0], 360.0).relative_u < 0.005
    assert expected_point(points, [346.0], 346.0).relative_u == pytest.approx(0.005)
    assert expected_point([], [318.0], 330.0).relative_u == TYPICAL_UNCERTAINTY


@pytest.mark.parametrize(("in_doubt", "windows"), [(False, 2), (True, 1)])
def test_a_spectrum_in_doubt_is_not_taken_once_more_over_all_frequencies(in_doubt, windows):
    taken, narrow = [], Window(1e3, 1e5)
    procedure = SimpleNamespace(
        steps=lambda: [(350.0, "heating")],
        series=SimpleNamespace(points=[]),
        bench=SimpleNamespace(tell=lambda *words, **details: None),
        emit=lambda *given: None,
        bring_to=lambda kelvin: None,
        _measured=set(),
        _window=lambda kelvin: narrow,
        should_leave=lambda: False,
        is_in_doubt=lambda: in_doubt,
    )
    procedure.measure_at = lambda *given: taken.append(procedure.window)
    TemperatureSteppedEIS._measure_chosen(procedure, SimpleNamespace(step=0, reason="chosen"))
    assert taken == [narrow, EVERYTHING][:windows]
