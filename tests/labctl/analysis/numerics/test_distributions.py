import math

import pytest
from scipy import stats

from labctl.analysis.numerics.distributions import chi_square_tail, f_tail, student_quantile, student_tail

FREEDOM = (1.0, 2.5, 8.0, 113.7, 1e6, math.inf)


@pytest.mark.parametrize("freedom", FREEDOM)
@pytest.mark.parametrize("probability", [0.025, 0.5, 0.84, 0.975, 0.9999999])
def test_the_quantiles_of_student_are_the_known_ones(freedom, probability):
    expected = stats.t.ppf(probability, freedom)
    assert student_quantile(probability, freedom) == pytest.approx(expected, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("freedom", FREEDOM)
@pytest.mark.parametrize("t", [-2.0, 0.0, 0.3, 1.96, 8.0])
def test_the_tails_of_student_are_the_known_ones(freedom, t):
    assert student_tail(t, freedom) == pytest.approx(stats.t.sf(t, freedom), rel=1e-9)


@pytest.mark.parametrize("value", [-1.0, 0.0, 0.7, 12.0, 80.0])
def test_the_tails_of_chi_square_and_f_are_the_known_ones(value):
    assert chi_square_tail(value, 3) == pytest.approx(stats.chi2.sf(value, 3), rel=1e-9)
    assert f_tail(value, 2, 17) == pytest.approx(stats.f.sf(value, 2, 17), rel=1e-9)
