"""Points of laws in columns: what is known stays as it was, what is unknown stays unknown."""

import math
import tracemalloc

import pytest

from labctl.analysis.numerics.budget import Component, estimate_of
from labctl.derive.budgets import CONDUCTIVITY, as_kept
from labctl.derive.law_points import NAMES, in_columns, parts_of

NOISE = Component("fit and noise", 0.01, degrees_of_freedom=4.0)
AREA = Component("area", 0.02, "B", True, "area")
GAIN = Component("analyser", -0.003, "B", True, "analyser", distribution="rectangular")


def row(number=0, sigma=2.0, **more):
    estimate = estimate_of(sigma, [one.scaled(sigma) for one in (NOISE, AREA, GAIN)])
    known = {"spectrum_id": number + 7, "part_id": 3, "number": number, "repeat_of": None, "bound": None}
    known |= {"branch": "heating", "status": "finished", "temperature_k": 350.0, "conductivity_s_m": sigma}
    known |= {"relative_uncertainty_resistance": 0.01, "relative_uncertainty_analyser": None}
    known |= {"flags": ["poor fit: residuals 5 %"], "budget": as_kept({CONDUCTIVITY: estimate}, ["leads"])}
    return known | more


def test_a_point_says_what_its_row_says():
    told = row(repeat_of=0, bound="upper")
    (point,) = in_columns([told])
    assert {name: point[name] for name in told if name not in ("budget", "flags")} == {
        name: value for name, value in told.items() if name not in ("budget", "flags")
    }
    assert list(point["flags"]) == told["flags"]
    assert set(point) == set(NAMES)


@pytest.mark.parametrize("value", [None, "twelve", math.nan, b"\x00"])
def test_what_is_no_number_is_unknown(value):
    (point,) = in_columns([row(lag_k=value, repeat_of=None)])
    assert point["lag_k"] is None
    assert point["repeat_of"] is None
    assert point["temperature_u_k"] is None


def test_what_is_decided_of_a_point_is_kept_in_it():
    first, second = in_columns([row(), row(1)])
    second["left_out"], second["correction_k"] = "measured again", -0.25
    assert (first["left_out"], first["correction_k"]) == (None, 0.0)
    assert (second["left_out"], second["correction_k"]) == ("measured again", -0.25)


def test_the_budget_of_a_point_is_that_of_its_row():
    told = row()
    (point,) = in_columns([told])
    for parts in (parts_of(point), parts_of(told)):
        assert parts.own_relative_u == pytest.approx(0.01)
        shared = parts.shared()
        assert {cause: (one.source, one.kind, one.change) for cause, one in shared.items()} == {
            "area": ("area", "B", pytest.approx(0.02)),
            "analyser": ("analyser", "B", pytest.approx(-0.003)),
        }
        assert parts.not_stated == ("leads",)
        assert {one.cause: one.distribution for one in shared.values()} == {
            "area": "normal",
            "analyser": "rectangular",
        }


def test_a_spectrum_without_a_number_shares_nothing():
    (point,) = in_columns([row(sigma=1.0, conductivity_s_m=None, relative_uncertainty_resistance=None)])
    assert parts_of(point).own_relative_u is None
    assert parts_of(point).shared() == {}


def test_many_points_take_some_hundred_bytes_each():
    in_columns([row()])
    tracemalloc.start()
    try:
        points = in_columns(row(number) for number in range(2000))
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept / len(points) < 700
