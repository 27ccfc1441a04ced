import pytest

from labctl.analysis import Estimate
from labctl.analysis.transport.haven import haven_ratio, ions_per_formula


def test_the_haven_ratio_is_the_inverse_of_the_ionicity_with_the_same_relative_uncertainty():
    ratio = haven_ratio(Estimate(0.5, 0.05), Estimate(1.0, 0.03))
    assert ratio.value == pytest.approx(2.0)
    assert ratio.relative_uncertainty == pytest.approx((0.1**2 + 0.03**2) ** 0.5)


@pytest.mark.parametrize(
    ("charges", "counts"), [((1, -1), (1, 1)), ((2, -1), (1, 2)), ((3, -2), (2, 3)), ((2, -2), (1, 1))]
)
def test_a_formula_unit_is_neutral_and_smallest(charges, counts):
    assert ions_per_formula(*charges) == counts


@pytest.mark.parametrize("charges", [(-1, -1), (1, 1), (0, -1)])
def test_two_ions_of_one_sign_are_no_salt(charges):
    with pytest.raises(ValueError, match="a positive and a negative ion"):
        ions_per_formula(*charges)
