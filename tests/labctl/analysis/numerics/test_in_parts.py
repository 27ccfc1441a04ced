"""Scans in parts give what they give at once, and hold a bounded number of numbers."""

import tracemalloc

import numpy as np
import pytest

from labctl.analysis import fit_temperature_law
from labctl.analysis.laws.law_fit import BOLTZMANN_EV_K
from labctl.analysis.numerics import in_parts as module
from labctl.analysis.numerics.in_parts import in_parts


@pytest.mark.parametrize("points", [1, 7, 100_000, 10_000_000])
def test_nodes_come_back_in_their_order_however_many_are_held_at_once(points):
    nodes, sizes = np.linspace(0, 1, 50), []

    def squared(some):
        sizes.append(len(some))
        return some**2, np.stack([some, -some], axis=1)

    one, two = in_parts(squared, nodes, points)
    assert one == pytest.approx(nodes**2)
    assert two == pytest.approx(np.stack([nodes, -nodes], axis=1))
    assert max(sizes) * points <= module.NUMBERS_AT_ONCE or max(sizes) == 1


def test_no_nodes_give_empty_arrays():
    assert [found.shape for found in in_parts(lambda some: (some, some), np.zeros(0), 5)] == [(0,), (0,)]


def series(points):
    rng = np.random.default_rng(1)
    kelvin = 300 + 100 * rng.random(points)
    return kelvin, np.exp(-0.5 / (BOLTZMANN_EV_K * kelvin) + 0.01 * rng.standard_normal(points)) / kelvin


def test_a_law_in_parts_is_the_law_at_once(monkeypatch):
    at_once = fit_temperature_law(*series(60))
    monkeypatch.setattr(module, "NUMBERS_AT_ONCE", 500)
    in_pieces = fit_temperature_law(*series(60))
    assert in_pieces.law == at_once.law
    for law, fit in at_once.candidates.items():
        assert in_pieces.candidates[law].solution.parameters == pytest.approx(fit.solution.parameters)


@pytest.mark.slow
def test_the_memory_of_a_law_of_five_thousand_points_is_bounded():
    """Before, its scans held 35 kB for each point at once."""
    data = series(5_000)
    tracemalloc.start()
    fit_temperature_law(*data)
    peak_mb = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    assert peak_mb < 60
