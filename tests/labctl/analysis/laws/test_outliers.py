import math

import numpy as np
import pytest
from scipy.stats import norm
from scipy.stats import t as student

from labctl.analysis import fit_arrhenius
from labctl.analysis.laws.contenders import contenders
from labctl.analysis.laws.outliers import _chi_square_without, downweighted, ln_deviation, outliers
from labctl.analysis.laws.temperature_series import temperature_series

KB = 8.617333262e-5
SCATTER = np.array([0.5, -1.0, 1.2, -0.4, 0.3, -1.1, 0.9, 0.2, -0.8, 0.6, -0.5, 0.4])


def a_series(n=8, noise=0.02, off=0.0, at=3, spacing_k=10.0, stated=None):
    kelvin = 300.0 + spacing_k * np.arange(n)
    ln_sigma = 10.0 - 0.5 / (KB * kelvin) + noise * SCATTER[:n]
    ln_sigma[at] += off
    sigma = np.exp(ln_sigma)
    u = None if stated is None else stated * sigma
    return temperature_series(kelvin, sigma, distinct=2, standard_uncertainty_s_m=u)


def law(series, name="arrhenius"):
    return next(one for one in contenders(series, "ln_sigma", -0.5) if one.law == name)


def line_without(series, place):
    """Line through the others, and what it says of the point left out: deviation and own variance."""
    keep = np.arange(len(series)) != place
    x, y = 1 / (KB * series.temperature_k), series.ln_sigma()
    slope, intercept = np.polyfit(x[keep], y[keep], 1)
    left = y[keep] - slope * x[keep] - intercept
    spread = np.sum((x[keep] - x[keep].mean()) ** 2)
    own = 1 / keep.sum() + (x[place] - x[keep].mean()) ** 2 / spread
    return y[place] - slope * x[place] - intercept, own, float(np.sum(left**2))


@pytest.mark.parametrize("stated", [None, 0.01 * np.linspace(1.0, 3.0, 12)])
@pytest.mark.parametrize("name", ["arrhenius", "vtf", "two_segments"])
def test_leaving_a_point_out_everywhere_in_a_scan_is_what_fitting_the_others_gives(name, stated):
    series = a_series(12, stated=stated)
    one = law(series, name)
    found = _chi_square_without(series, one)
    u = np.ones(12) if stated is None else stated
    designs = one.designs(series.temperature_k, slice(None)) / u[:, None]
    y = (series.ln_sigma() + one.prefactor(series.temperature_k)) / u
    for place in range(12):
        keep = np.arange(12) != place
        sums = [
            np.sum((y[keep] - d[keep] @ np.linalg.lstsq(d[keep], y[keep], rcond=None)[0]) ** 2)
            for d in designs
        ]
        assert found[place] == pytest.approx(min(sums), rel=1e-4, abs=1e-10)


@pytest.mark.parametrize("sign", [-1, 1])
@pytest.mark.parametrize("n", [6, 10])
def test_a_point_is_an_outlier_from_one_chance_in_a_hundred_among_all_points_on(n, sign):
    """Externally studentised residual; one point of knowledge about the usual scatter of 2 % is added."""

    def expected(off):
        deviation, own, chi_square = line_without(a_series(n, off=sign * off), 3)
        scale = (chi_square + 0.02**2) / (n - 1 - 2 + 1)
        t = abs(deviation) / math.sqrt(scale * (1 + own))
        return 2 * student.sf(t, n - 1 - 2 + 1) * n < 0.01

    offs = np.linspace(0.02, 0.4, 77)
    calls = [expected(off) for off in offs]
    first = calls.index(True)
    assert 0 < first < 76
    for place in (first - 1, first):
        series = a_series(n, off=sign * offs[place])
        mask = outliers(series, law(series))
        assert mask.tolist() == [place == first and point == 3 for point in range(n)]


@pytest.mark.parametrize("factor", [0.97, 1.03])
def test_stated_uncertainties_judge_a_point_without_any_other_knowledge(factor):
    """Scatter below what was stated: normal quantile for one chance in a hundred among eight points."""
    z = norm.isf(0.01 / 8 / 2)
    own = line_without(a_series(8, noise=1e-4), 3)[1]
    off = factor * z * 0.03 * math.sqrt(1 + own)
    series = a_series(8, noise=1e-4, off=off, stated=0.03)
    assert outliers(series, law(series)).sum() == (factor > 1)


def test_a_fifth_of_the_points_at_most_is_called_outliers():
    kelvin = 300.0 + 10.0 * np.arange(12)
    ln_sigma = 10.0 - 0.5 / (KB * kelvin) + 1e-4 * SCATTER
    ln_sigma[[2, 5, 9]] += [2.0, -4.0, 6.0]
    series = temperature_series(kelvin, np.exp(ln_sigma), distinct=2)
    mask = outliers(series, law(series))
    assert mask.sum() <= 2
    assert np.flatnonzero(mask).tolist() in ([], [9], [5, 9])


def test_three_points_convict_none_and_four_convict_one():
    three, four = (a_series(n, off=3.0, at=1, noise=1e-3) for n in (3, 4))
    assert outliers(three, law(three)).sum() == 0
    assert outliers(four, law(four)).tolist() == [False, True, False, False]


def test_the_deviation_is_the_logarithm_of_measured_over_law():
    series = a_series(8, noise=0.0, off=math.log(1.5))
    clean = fit_arrhenius(
        np.delete(series.temperature_k, 3), np.delete(series.conductivity_s_m, 3), "ln_sigma"
    )
    expected = [math.log(1.5) if place == 3 else 0.0 for place in range(8)]
    assert ln_deviation(series, clean) == pytest.approx(expected, abs=1e-9)


def test_an_outlier_keeps_the_weight_of_its_distance():
    series = a_series(8, off=0.5)
    mask = np.arange(8) == 3
    clean = law(series).fit(series.select(~mask))
    weight = downweighted(series, mask, clean).weight
    deviation, _, chi_square = line_without(series, 3)
    variance = (chi_square + 0.02**2) / (7 - 2 + 1)
    assert weight[3] == pytest.approx(variance / deviation**2, rel=1e-6)
    assert np.delete(weight, 3).tolist() == [1.0] * 7
    close = downweighted(a_series(8, noise=0.02), np.arange(8) == 7, clean).weight
    assert 0.1 < close[7] <= 0.99
