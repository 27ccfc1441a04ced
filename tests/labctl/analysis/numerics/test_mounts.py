import math

import pytest

from labctl.analysis import Estimate
from labctl.analysis.numerics.budget import Component
from labctl.analysis.numerics.mounts import over_mounts


def test_the_scatter_between_mounts_decides_where_it_is_larger_than_what_the_runs_state():
    found = over_mounts([[Estimate(1.0, 0.01)], [Estimate(1.2, 0.01)], [Estimate(1.4, 0.01)]])
    assert (found.mean.value, found.mounts) == (pytest.approx(1.2), 3)
    assert found.scatter == pytest.approx(0.2)
    assert found.mean.standard_uncertainty == pytest.approx(0.2 / math.sqrt(3))
    assert found.mean.degrees_of_freedom == 2


def test_repeated_runs_of_one_mount_do_not_count_as_mounts():
    once = over_mounts([[Estimate(1.0, 0.0)], [Estimate(1.2, 0.0)]])
    often = over_mounts([[Estimate(1.0, 0.0)] * 9, [Estimate(1.2, 0.0)]])
    assert often == once


def test_mounts_that_agree_keep_what_the_runs_state_and_one_mount_has_no_scatter():
    found = over_mounts([[Estimate(1.0, 0.1)], [Estimate(1.0, 0.1)]])
    assert found.mean.standard_uncertainty == pytest.approx(0.1 / math.sqrt(2))
    assert over_mounts([[Estimate(1.0, 0.1)]]).scatter is None


@pytest.mark.parametrize("values", [[], [[]], [[Estimate(math.nan, 0.1)]]])
def test_nothing_and_no_number_are_refused(values):
    with pytest.raises(ValueError, match="values must"):
        over_mounts(values)


THERMOMETER = Component("thermometer", 0.3, "B", True, "thermometer oven offset of station a")


def of_run(value, u, mount):
    """A run with its noise, the thickness of its mount, and the one thermometer."""
    thickness = Component("thickness", 0.2, "B", True, f"thickness of {mount}")
    return Estimate(value, u).with_component(thickness, THERMOMETER)


def test_a_thermometer_that_measured_every_mount_counts_once_in_their_mean():
    mean = over_mounts([[of_run(5.0, 0.1, "a")], [of_run(5.0, 0.1, "b")]]).mean
    own = math.hypot(0.1, 0.2) / math.sqrt(2)
    assert mean.standard_uncertainty == pytest.approx(math.hypot(own, 0.3))


def test_the_thickness_of_one_mount_counts_once_over_its_runs():
    mean = over_mounts([[of_run(5.0, 0.1, "a"), of_run(5.0, 0.1, "a")]]).mean
    assert mean.standard_uncertainty == pytest.approx(math.hypot(0.1 / math.sqrt(2), 0.2, 0.3))


def test_a_scatter_between_mounts_stands_beside_what_they_share():
    mean = over_mounts([[of_run(4.0, 0.1, "a")], [of_run(6.0, 0.1, "b")]]).mean
    assert {entry["source"]: entry["standard_uncertainty"] for entry in mean.budget()} == {
        "between mounts": pytest.approx(1.0),
        "thermometer": pytest.approx(0.3),
    }
    assert mean.degrees_of_freedom == pytest.approx(math.hypot(1.0, 0.3) ** 4)
