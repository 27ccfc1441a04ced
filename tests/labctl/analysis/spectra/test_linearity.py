import numpy as np
import pytest

from labctl.analysis.spectra.linearity import linearity

HZ = np.logspace(5, 0, 26)


def spectrum(seed, k=0.0, amplitude=1.0, drift=0.0, noise=1e-3):
    """An RC arc with a slow branch whose resistance depends on the square of the amplitude."""
    chance = np.random.default_rng(seed).standard_normal((2, HZ.size))
    slow = (HZ < 30) * k * amplitude**2
    z = (1e4 / (1 + 2j * np.pi * HZ * 1e4 * 1e-9)) * (1 + slow) * (1 + drift)
    return z * (1 + noise * (chance[0] + 1j * chance[1]))


def measured(seed, k=0.0, drift=0.0):
    return linearity(
        HZ,
        spectrum(3 * seed, k),
        spectrum(3 * seed + 1, k, 2.0, drift),
        spectrum(3 * seed + 2, k, 0.5, 2 * drift),
        0.02,
    )


def test_a_linear_response_is_rarely_called_not_linear():
    assert sum(not measured(seed).is_linear for seed in range(200)) <= 7


def test_a_response_that_falls_with_the_amplitude_is_told_with_size_and_frequencies():
    found = measured(1, k=-0.02)
    assert not found.is_linear
    assert found.change.value == pytest.approx(3.375 * -0.02, rel=0.2)
    assert found.frequency_hz[1] < 60
    assert found.words.startswith("not linear from 0.01 to 0.04 V rms: Z changes by -6")


def test_a_drift_that_is_linear_in_time_is_no_nonlinearity():
    assert all(measured(seed, drift=0.02).is_linear for seed in range(20))


def test_few_points_are_not_tested_and_wrong_ones_are_refused():
    z = spectrum(1)
    assert linearity(HZ[:5], z[:5], z[:5], z[:5], 0.02) is None
    with pytest.raises(ValueError, match="z_half_ohm has 25 entries"):
        linearity(HZ, z, z, z[:-1], 0.02)
    with pytest.raises(ValueError, match="z_double_ohm holds a value"):
        linearity(HZ, z, z * np.nan, z, 0.02)
