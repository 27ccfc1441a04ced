import math

import pytest

from labctl.analysis import Estimate, conductivity


def test_a_pellet_of_known_size_has_a_known_conductivity():
    sigma = conductivity(1000.0, 1e-3, 1e-4)
    assert sigma.value == pytest.approx(0.01)
    assert sigma.standard_uncertainty == 0


def test_relative_uncertainties_add_in_squares():
    sigma = conductivity(Estimate(1000, 20, 50), Estimate(1e-3, 3e-5), Estimate(1e-4, 6e-6))
    assert sigma.relative_uncertainty == pytest.approx(0.07)
    assert sigma.degrees_of_freedom == pytest.approx(0.07**4 / (0.02**4 / 50))


@pytest.mark.parametrize("name", ["resistance_ohm", "thickness_m", "area_m2"])
@pytest.mark.parametrize("wrong", [0.0, -1.0, math.nan, math.inf])
def test_what_cannot_be_a_size_is_refused_by_name(name, wrong):
    sound = {"resistance_ohm": 1.0, "thickness_m": 1.0, "area_m2": 1.0}
    with pytest.raises(ValueError, match=name):
        conductivity(**{**sound, name: wrong})
