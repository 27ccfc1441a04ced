"""Whether a spectrum shows that its electrodes pass an ion, and what a number near 0 is without it."""

import numpy as np
import pytest

from labctl.analysis import bruce_vincent
from labctl.analysis.transport.electrodes_pass import shows_passing_electrodes

HZ = np.geomspace(1e4, 0.1, 40)
S = 2j * np.pi * HZ


@pytest.mark.parametrize("exponent", [0.75, 0.9, 1.0])
def test_a_capacitive_spike_does_not_show_it(exponent):
    assert shows_passing_electrodes(HZ, 1000 + 1 / (1e-5 * S**exponent)) is False


@pytest.mark.parametrize("tau_s", [1.0, 1000.0])
def test_diffusion_and_a_closed_arc_show_it(tau_s):
    root = np.sqrt(S * tau_s)
    assert shows_passing_electrodes(HZ, 1000 + 1e6 * np.tanh(root) / root) is True
    assert shows_passing_electrodes(HZ, 1000 + 500 / (1 + S * 500 * 1e-6)) is True


def test_two_points_do_not_say():
    assert shows_passing_electrodes(HZ[-2:], np.array([1 - 1j, 1 - 2j])) is None
    assert shows_passing_electrodes([], []) is None


NEAR_ZERO = (0.01, 3.57e-6, 3.57e-10, 800.0, 800.0)


def test_a_number_near_zero_is_refused_unless_the_electrodes_are_shown_to_pass_the_cation():
    for passes in (None, False):
        with pytest.raises(ValueError, match="near 0, and neither the spectrum nor the other polarity"):
            bruce_vincent(*NEAR_ZERO, electrodes_pass=passes)
    assert bruce_vincent(*NEAR_ZERO, electrodes_pass=True).value.value < 1e-3
