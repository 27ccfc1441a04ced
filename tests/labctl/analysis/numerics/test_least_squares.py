"""Several starts of one problem: Levenberg-Marquardt on a curve with two minima."""

import numpy as np
import pytest

from labctl.analysis.numerics.least_squares import Minimum, minimise

LOWER, UPPER = np.array([[-5.0]]), np.array([[5.0]])


def two_valleys(calls):
    """Residuals x^2 - 1 and 0.3 (x - 1): the lower minimum is at 1, another near -0.9."""

    def model(x, index):
        calls.append(len(x))
        residuals = np.stack([x[:, 0] ** 2 - 1, 0.3 * (x[:, 0] - 1)], axis=1)
        derivatives = np.stack([2 * x[:, 0], np.full(len(x), 0.3)], axis=1)
        return np.stack([derivatives, residuals], axis=1)

    return model


def from_starts(starts, known=None):
    calls = []
    x = np.array(starts)[:, None]
    given = None if known is None else np.full_like(x, known)
    return minimise(two_valleys(calls), x, LOWER, UPPER, known=given), sum(calls)


def test_a_start_that_comes_near_a_known_minimum_is_given_up():
    alone, evaluations = from_starts([3.0, 2.5])
    assert alone.converged.all()
    given_up, fewer = from_starts([3.0, 2.5], known=1.0)
    assert not given_up.converged.any()
    assert fewer < evaluations


def test_a_start_in_another_valley_is_followed_to_its_end():
    found, _ = from_starts([-3.0], known=1.0)
    assert found.converged.all()
    assert found.x[0, 0] == pytest.approx(from_starts([-3.0, -3.1])[0].x[0, 0], abs=1e-3)


def minimum(costs):
    costs = np.array(costs)
    return Minimum(costs[:, None], costs[:, None, None] * np.ones((2, 3)), costs, np.ones(len(costs), bool))


def test_the_lowest_of_all_starts_is_kept_for_each_problem():
    first, others = minimum([3.0, 1.0, np.nan]), minimum([2.0, 1.5, 2.5, 4.0, np.nan])
    kept = first.replaced_where_better(np.array([0, 0, 1, 2, 2]), others)
    assert kept.cost.tolist() == [1.5, 1.0, 4.0]
    assert kept.x[:, 0].tolist() == [1.5, 1.0, 4.0]
