"""Uncertainty by source."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labctl.analysis import Estimate
from labctl.analysis.numerics.budget import (
    Component,
    combined,
    effective_degrees_of_freedom,
    estimate_of,
    joined,
    named,
    propagated,
    scaled,
)
from labctl.analysis.numerics.interval_estimates import LogEstimate, ProfileEstimate

NOISE = Component("fit and noise", 0.3, degrees_of_freedom=5)
AREA = Component("area", -0.4, "B", common=True, cause="pellet 1 area")
parts = st.builds(
    Component,
    source=st.sampled_from(["area", "thermometer", "fit and noise"]),
    change=st.floats(-10, 10),
    kind=st.sampled_from(["A", "B"]),
    common=st.booleans(),
    cause=st.sampled_from(["", "one", "other"]),
    degrees_of_freedom=st.one_of(st.just(math.inf), st.floats(1, 50)),
)


def test_parts_of_different_causes_add_in_quadrature():
    assert estimate_of(2.0, [NOISE, AREA]).standard_uncertainty == pytest.approx(0.5)


def test_parts_of_one_cause_add_with_their_signs():
    offset = Component("thermometer", 0.4, "B", True, "thermometer 1 offset")
    against = Component("sensor to sample", -0.3, "B", True, "thermometer 1 offset")
    assert combined([offset, against]) == pytest.approx(0.1)


def test_what_is_common_to_two_values_cancels_in_their_ratio():
    first, second = (Estimate(0.0, 0.0).with_component(AREA, NOISE) for _ in range(2))
    difference = propagated(0.0, [(1.0, second), (-1.0, first)])
    assert difference.standard_uncertainty == pytest.approx(0.3 * math.sqrt(2))
    assert [one.source for one in difference.components] == ["fit and noise"]


def test_what_is_common_to_two_values_stays_in_their_mean():
    first, second = (Estimate(1.0, 0.0).with_component(AREA, NOISE) for _ in range(2))
    mean = propagated(1.0, [(0.5, second), (0.5, first)])
    assert mean.standard_uncertainty == pytest.approx(math.hypot(0.4, 0.3 / math.sqrt(2)))


def test_an_uncertainty_without_components_is_one_of_fit_and_noise():
    only = propagated(4.0, [(2.0, Estimate(2.0, 0.1, 7))])
    assert only.budget() == [
        {"source": "fit and noise", "standard_uncertainty": pytest.approx(0.2), "type": "A", "common": False}
    ]
    assert only.degrees_of_freedom == pytest.approx(7)


def test_the_budget_begins_with_the_largest_part():
    assert [entry["source"] for entry in estimate_of(1.0, [NOISE, AREA]).budget()] == [
        "area",
        "fit and noise",
    ]


def test_two_causes_of_one_source_are_one_line_of_the_budget():
    offset = Component("thermometer", 3.0, "B", True, "thermometer offset")
    gain = Component("thermometer", 4.0, "B", True, "thermometer gain")
    assert [entry["standard_uncertainty"] for entry in estimate_of(1.0, [offset, gain]).budget()] == [5.0]


def test_degrees_of_freedom_follow_welch_and_satterthwaite():
    expected = 0.5**4 / (0.3**4 / 5)
    assert effective_degrees_of_freedom([NOISE, AREA]) == pytest.approx(expected)


def test_the_causes_of_a_value_survive_a_factor():
    twice = scaled(estimate_of(1.0, [AREA]), -2.0)
    assert (twice.value, twice.components[0].change, twice.components[0].cause) == (
        -2.0,
        pytest.approx(0.8),
        "pellet 1 area",
    )


def test_components_that_add_up_to_another_uncertainty_are_refused():
    with pytest.raises(ValueError, match="components add up to"):
        Estimate(1.0, 0.5, components=(AREA,))


@pytest.mark.parametrize(
    "wrong",
    [
        {"source": "the weather"},
        {"kind": "C"},
        {"change": math.nan},
        {"degrees_of_freedom": 0.0},
    ],
)
def test_what_is_no_component_is_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Component(**{"source": "area", "change": 1.0} | wrong)


def test_an_estimate_in_the_logarithm_keeps_its_flags_and_its_interval():
    wider = LogEstimate(1.0, 0.3, 5, ("extrapolated",)).with_component(AREA)
    assert wider.flags == ("extrapolated",)
    assert wider.interval()[0] * wider.interval()[1] == pytest.approx(1.0)


def test_a_profile_interval_grows_on_both_sides_by_what_is_added():
    profiled = ProfileEstimate(1.0, 0.1, profile=lambda level: (0.8, 1.3))
    low, high = profiled.with_component(AREA).interval()
    added = 1.959964 * 0.4
    assert (low, high) == (
        pytest.approx(1 - math.hypot(0.2, added), rel=1e-6),
        pytest.approx(1 + math.hypot(0.3, added), rel=1e-6),
    )


def test_a_source_names_the_whole_uncertainty():
    thickness = named(Estimate(1e-3, 1e-5), "thickness", "B", common=True, cause="pellet 1 thickness")
    assert thickness.components == (Component("thickness", 1e-5, "B", True, "pellet 1 thickness"),)
    assert named(Estimate(1e-3, 0.0), "thickness").components == ()


@given(parts)
def test_a_component_is_the_same_after_json(one):
    assert Component.from_dict(json.loads(json.dumps(one.as_dict()))) == one


@pytest.mark.parametrize("wrong", [{}, {"source": "area"}, {"change": "much"}])
def test_json_that_is_no_component_is_refused(wrong):
    with pytest.raises(ValueError, match="does not describe a component"):
        Component.from_dict(wrong)


@given(st.lists(parts, max_size=8))
def test_joining_components_changes_neither_uncertainty_nor_sum_by_cause(components):
    assert combined(joined(components)) == pytest.approx(combined(components), rel=1e-9, abs=1e-9)


def test_linear_propagation_agrees_with_drawn_errors():
    rng = np.random.default_rng(20)
    shared, own_x, own_y = rng.normal(size=(3, 200_000))
    x = 2.0 + 0.01 * shared + 0.02 * own_x
    y = 3.0 - 0.03 * shared + 0.01 * own_y
    cause = {"kind": "B", "common": True, "cause": "shared"}
    of_x = estimate_of(2.0, [Component("thermometer", 0.01, **cause), Component("fit and noise", 0.02)])
    of_y = estimate_of(3.0, [Component("thermometer", -0.03, **cause), Component("fit and noise", 0.01)])
    product = propagated(6.0, [(3.0, of_x), (2.0, of_y)])
    assert product.standard_uncertainty == pytest.approx(np.std(x * y), rel=0.01)
