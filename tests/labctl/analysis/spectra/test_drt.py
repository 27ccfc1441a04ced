import numpy as np
import pytest

from labctl.analysis import Spectrum, drt, parse_circuit, read_spectrum

FREQUENCY_HZ = np.logspace(6, -2, 65)


def two_arcs():
    z = parse_circuit("R0-p(R1,C1)-p(R2,C2)-C3").impedance([100, 1e3, 1e-8, 3e3, 1e-6, 1e-3], FREQUENCY_HZ)
    rng = np.random.default_rng(3)
    return Spectrum(
        FREQUENCY_HZ, z + 2e-3 * np.abs(z) * (rng.standard_normal(65) + 1j * rng.standard_normal(65))
    )


def test_two_arcs_are_two_peaks_at_their_time_constants():
    result = drt(two_arcs())
    np.testing.assert_allclose(np.log10(result.peaks_s), np.log10([1e-5, 3e-3]), atol=0.1)


def test_the_area_is_the_resistance_and_the_spike_a_capacitor():
    result = drt(two_arcs(), strength=1e-3)
    step = np.log(result.tau_s[1] / result.tau_s[0])
    assert result.gamma_ohm.sum() * step == pytest.approx(4000, rel=0.02)
    assert result.series_ohm == pytest.approx(100, rel=0.1)
    assert result.capacitance_f == pytest.approx(1e-3, rel=0.02)
    assert (result.gamma_ohm >= 0).all()


def test_a_stronger_regularisation_is_smoother_and_fits_less():
    weak, strong = drt(two_arcs(), 1e-4), drt(two_arcs(), 10.0)
    assert strong.rms > weak.rms
    assert np.abs(np.diff(strong.gamma_ohm)).sum() < np.abs(np.diff(weak.gamma_ohm)).sum()


def test_a_measured_pellet_shows_bulk_and_grain_boundary(measured):
    peaks_hz = 1 / (2 * np.pi * drt(read_spectrum(measured("oxide_pellet_eis/s04147-140deg.txt"))).peaks_s)
    assert np.abs(np.log10(peaks_hz / 4.5e3)).min() < 0.2


def test_what_cannot_be_is_refused():
    with pytest.raises(ValueError, match="strength"):
        drt(two_arcs(), strength=0.0)
    with pytest.raises(ValueError, match="spectrum"):
        drt(Spectrum([1.0], [1.0]))
