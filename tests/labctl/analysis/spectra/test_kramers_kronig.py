import numpy as np
import pytest

from labctl.analysis import Spectrum, kramers_kronig, parse_circuit, read_spectrum
from labctl.analysis.spectra.kramers_kronig import kramers_kronig_all

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


def sweep(lowest_hz):
    """Frequencies from 1 MHz down, ten a decade, and the time (share of the sweep) of each."""
    f = np.logspace(6, np.log10(lowest_hz), round(10 * (6 - np.log10(lowest_hz))) + 1)
    seconds = np.cumsum(1 + np.maximum(1, 1 / f))
    return f, seconds / seconds[-1]


class Cell:
    """Cells with random parameters; resistances of the electrolyte are `growth` (n,) times as large."""

    def __init__(self, seed, frequency_hz, growth=1.0):
        self.rng = np.random.default_rng(seed)
        self.s = 2j * np.pi * frequency_hz
        self.growth = growth
        self.ohm = self.between(1e2, 1e6)
        self.tau_s = self.between(1e-7, 1e-3)

    def between(self, low, high):
        return float(np.exp(self.rng.uniform(np.log(low), np.log(high))))

    def arc(self, ohm, tau_s, exponent, skew=1.0):
        """Havriliak-Negami; the capacitance does not change while the resistance grows."""
        return ohm * self.growth / (1 + self.growth * (self.s * tau_s) ** exponent) ** skew

    def arcs(self, count, skew=1.0):
        z, tau_s = 0.02 * self.ohm, self.tau_s
        for _ in range(count):
            z = z + self.arc(self.ohm * self.between(0.3, 3), tau_s, self.rng.uniform(0.75, 1), skew)
            tau_s *= self.between(30, 3000)
        return z

    def cpe(self):
        return 1 / (self.between(1e-7, 1e-5) * self.s ** self.rng.uniform(0.75, 0.98))

    def diffusion(self):
        return np.sqrt(self.s * self.between(1e-2, 1e3)), self.ohm * self.between(0.1, 3)


def reversible(cell, count):
    return cell.arcs(count)


def with_constant_phase(cell, count):
    return cell.arcs(count) + cell.cpe()


def leaking(cell, count):
    return cell.arcs(count) + 1 / (1 / cell.cpe() + 1 / (cell.ohm * cell.between(1, 100)))


def branched(cell, count):
    side = cell.ohm * cell.between(1, 100) + cell.cpe()
    return cell.arcs(count) + 1 / (1 / cell.cpe() + 1 / side)


def mixed_conductor(cell, count):
    ions = cell.arcs(count) + cell.cpe()
    return 1 / (1 / ions + 1 / (cell.ohm * cell.between(0.5, 50)))


def transmission_line(cell, count):
    root, ohm = np.sqrt(cell.s ** cell.rng.uniform(0.85, 1) * cell.between(1e-4, 1e2)), cell.ohm
    return cell.arcs(count) + ohm * cell.between(0.1, 2) / np.tanh(root) / root


def finite_space_warburg(cell, count):
    root, ohm = cell.diffusion()
    return cell.arcs(count) + ohm / np.tanh(root) / root


def finite_length_warburg(cell, count):
    root, ohm = cell.diffusion()
    return cell.arcs(count) + ohm * np.tanh(root) / root


def contact_layer(cell, count):
    layer = cell.ohm * cell.between(0.1, 2) / (1 + cell.s * cell.between(1e-4, 1e-1))
    return cell.arcs(count) + layer + cell.cpe()


def havriliak_negami(cell, count):
    return cell.arcs(count, cell.rng.uniform(0.5, 1)) + cell.cpe()


KINDS = (
    reversible, with_constant_phase, leaking, branched, mixed_conductor, transmission_line,
    finite_space_warburg, finite_length_warburg, contact_layer, havriliak_negami,
)  # fmt: skip


def failures(kind, count, drift=0.0):
    """Number of spectra of a kind that fail: one and two arcs, two windows, noise of 0.05 to 1 %."""
    failed = 0
    for seed in range(count):
        f, share = sweep((0.1, 0.001)[seed % 2])
        z = kind(Cell(seed, f, 1 + drift * share), 1 + seed // 2 % 2)
        spectrum = Spectrum(f, noisy(z, (5e-4, 2e-3, 1e-2)[seed % 3], seed))
        failed += not kramers_kronig(spectrum).passed
    return failed


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_consistent_spectra_of_every_kind_pass(kind):
    """At most 2 of 100; with 15 second chances 3 to 30 of 100 failed of six of these kinds."""
    assert failures(kind, 50) <= 1


@pytest.mark.parametrize("kind", [reversible, finite_length_warburg], ids=lambda kind: kind.__name__)
def test_a_resistance_that_doubles_during_the_sweep_still_fails(kind):
    assert failures(kind, 30, drift=1.0) >= 20


@pytest.mark.parametrize("kind", [reversible, finite_length_warburg], ids=lambda kind: kind.__name__)
def test_half_of_the_cells_that_conduct_fail_with_a_drift_of_30_percent(kind):
    """With an accepted residual of 1 % these were 7 of 30."""
    assert failures(kind, 30, drift=0.3) >= 15


def test_drift_with_blocking_electrodes_often_passes():
    """Why check points are measured: a drift of 10 % is not seen in any of these."""
    assert failures(with_constant_phase, 30, drift=0.1) == 0


def test_spectra_tested_together_are_judged_as_alone():
    drifting = blocking() * np.linspace(1.0, 1.3, FREQUENCY_HZ.size)
    shorter = slice(0, 45)
    spectra = [
        Spectrum(FREQUENCY_HZ, noisy(blocking(), 2e-3, 3)),
        Spectrum(FREQUENCY_HZ[shorter], noisy(blocking(3e4), 1e-3, 4)[shorter]),
        Spectrum(FREQUENCY_HZ * 1.5, noisy(blocking(2e4), 5e-3, 5)),
        Spectrum(FREQUENCY_HZ, noisy(drifting, 1e-3, 6)),
    ]
    for one, alone in zip(kramers_kronig_all(spectra), map(kramers_kronig, spectra), strict=True):
        assert one.m == alone.m
        assert one.mu == pytest.approx(alone.mu, abs=1e-9)
        assert one.rms == pytest.approx(alone.rms, rel=1e-9)
        assert (one.passed, one.flags) == (alone.passed, alone.flags)
        assert np.allclose(one.z_ohm, alone.z_ohm, rtol=1e-9)
