"""What the stated accuracy of a potentiostat leaves of current and step."""

import math

import pytest

from labctl.derive.potentiostat_doubts import Potentiostat

STATED = {
    "potential_gain": 0.001,
    "currents": [
        {"up_to_a": 1e-5, "gain": 0.01, "zero_a": 2e-9},
        {"up_to_a": None, "gain": 0.002, "zero_a": 1e-7},
    ],
}


def test_limits_become_standard_uncertainties_of_the_range_that_holds_the_current():
    gain, zero, potential = Potentiostat.of(STATED).doubts(-1e-6, -0.01, zero_known=False)
    assert gain.change == pytest.approx(-1e-6 * 0.01 / math.sqrt(3))
    assert zero.change == pytest.approx(2e-9 / math.sqrt(3))
    assert potential.change == pytest.approx(-0.01 * 0.001 / math.sqrt(3))
    assert all(
        (one.source, one.kind, one.common) == ("potentiostat", "B", True) for one in (gain, zero, potential)
    )
    assert len({one.cause for one in (gain, zero, potential)}) == 3


def test_a_measured_zero_takes_the_place_of_the_stated_one():
    causes = [one.cause for one in Potentiostat.of(STATED).doubts(1e-3, 0.01, zero_known=True)]
    assert causes == ["potentiostat, gain of the current", "potentiostat, gain of the potential"]


@pytest.mark.parametrize("stated", [None, "no", {}, {"potential_gain": None, "currents": [{}]}])
def test_what_is_not_stated_is_no_doubt_and_not_zero(stated):
    silent = Potentiostat.of(stated)
    assert silent.doubts(1e-6, 0.01, zero_known=False) == []
    assert not silent.is_stated
