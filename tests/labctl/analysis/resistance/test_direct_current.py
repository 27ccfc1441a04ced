import numpy as np
import pytest

from labctl.analysis import Estimate
from labctl.analysis.resistance.direct_current import conductance_bound_s

TIME_S = np.arange(1.0, 301.0)


def test_the_bound_lies_above_the_truth_and_close_to_it():
    chance = np.random.default_rng(1)
    below = 0
    for _ in range(200):
        current_a = 2e-11 * (np.exp(-TIME_S / 5) + 1) + 5e-14 * chance.standard_normal(TIME_S.size)
        bound_s = conductance_bound_s(TIME_S, current_a, Estimate(0.5, 1e-6))
        below += bound_s < 4e-11
        assert bound_s < 4.1e-11
    assert below <= 10


def test_a_step_down_gives_the_same_bound():
    current_a = 1e-11 + 1e-14 * np.random.default_rng(2).standard_normal(TIME_S.size)
    up = conductance_bound_s(TIME_S, current_a, 0.5)
    assert conductance_bound_s(TIME_S, -current_a, -0.5) == pytest.approx(up, rel=1e-12)


def test_blocking_electrodes_that_charge_do_not_lower_the_bound():
    current_a = 1e-11 * np.exp(-TIME_S / 1000)
    assert conductance_bound_s(TIME_S, current_a, 1.0) >= 1e-11 * np.exp(-0.2 * 300 / 1000)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"current_a": np.zeros(3)}, "current_a"),
        ({"delta_v_v": 0.0}, "delta_v_v"),
        ({"elapsed_s": TIME_S[:4], "current_a": np.ones(4)}, "elapsed_s"),
        ({"current_a": np.full(300, np.nan)}, "finite"),
        ({"elapsed_s": np.array([]), "current_a": np.array([])}, "elapsed_s"),
    ],
)
def test_what_makes_no_sense_is_named(change, word):
    arguments = {"elapsed_s": TIME_S, "current_a": np.ones(300), "delta_v_v": 1.0} | change
    with pytest.raises(ValueError, match=word):
        conductance_bound_s(**arguments)
