import numpy as np
import pytest

from labctl.analysis import Spectrum, kramers_kronig, parse_circuit, read_spectrum

FREQUENCY_HZ = np.logspace(6, -1, 57)


def noisy(z, sigma, seed):
    rng = np.random.default_rng(seed)
    return z + sigma * np.abs(z) * (rng.standard_normal(z.shape) + 1j * rng.standard_normal(z.shape))


def blocking(arc_ohm=1e5):
    return parse_circuit("p(R1,CPE1)-CPE2").impedance([arc_ohm, 1e-10, 0.92, 1e-6, 0.88], FREQUENCY_HZ)


def test_the_published_example_has_its_published_m_and_mu(measured):
    """impedance.py and Schoenleber's own tool, Circuit3, real part, c = 0.69."""
    result = kramers_kronig(read_spectrum(measured("spectra/Circuit3_EIS_1.z")), c=0.69, fit="real")
    assert result.m == 10
    assert result.mu == pytest.approx(0.68438211, abs=1e-8)


@pytest.mark.parametrize("fit", ["complex", "real", "imaginary"])
def test_a_sound_spectrum_passes_whichever_part_is_fitted(fit):
    z = parse_circuit("L0-R0-p(R1,C1)-p(R2,C2)").impedance([1e-7, 50, 1e3, 1e-8, 3e3, 1e-6], FREQUENCY_HZ)
    result = kramers_kronig(Spectrum(FREQUENCY_HZ, noisy(z, 2e-3, 1)), fit=fit)
    assert result.passed
    assert result.rms < 6e-3


@pytest.mark.parametrize("sigma", [1e-3, 1e-2])
def test_a_blocking_spectrum_leaves_only_its_noise(sigma):
    result = kramers_kronig(Spectrum(FREQUENCY_HZ, noisy(blocking(), sigma, 2)))
    assert result.passed
    assert result.rms == pytest.approx(sigma, rel=0.6)
    assert result.noise == pytest.approx(sigma, rel=0.5)


def test_without_the_series_capacitor_a_blocking_spectrum_is_further_off():
    spectrum = Spectrum(FREQUENCY_HZ, noisy(blocking(), 1e-3, 3))
    assert kramers_kronig(spectrum, series_capacitor=False).rms > 3 * kramers_kronig(spectrum).rms


def test_a_sample_that_drifts_during_the_sweep_fails():
    drifting = np.array([blocking(1e5 * (1 + 0.6 * k / 57))[k] for k in range(57)])
    result = kramers_kronig(Spectrum(FREQUENCY_HZ, noisy(drifting, 5e-4, 4)))
    assert not result.passed
    assert "Kramers-Kronig test failed" in result.flags[0]


def test_an_imaginary_part_of_the_wrong_sign_fails():
    assert not kramers_kronig(Spectrum(FREQUENCY_HZ, blocking().conj())).passed


def test_a_measured_pellet_passes(measured):
    result = kramers_kronig(read_spectrum(measured("oxide_pellet_eis/s04147-160deg.txt")))
    assert result.passed
    assert result.rms < 0.003


@pytest.mark.parametrize(
    ("name", "arguments"), [("c", {"c": 1.0}), ("fit", {"fit": "both"}), ("max_m", {"max_m": 0})]
)
def test_an_argument_out_of_range_is_named(name, arguments):
    with pytest.raises(ValueError, match=name):
        kramers_kronig(Spectrum(FREQUENCY_HZ, blocking()), **arguments)


def test_too_few_points_are_refused():
    with pytest.raises(ValueError, match="spectrum"):
        kramers_kronig(Spectrum([1.0, 10.0], [1.0, 2.0]))
