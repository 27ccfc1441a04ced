import numpy as np
import pytest

from labctl.analysis import Spectrum, drt, parse_circuit, read_spectrum

FREQUENCY_HZ = np.logspace(6, -2, 65)
OMEGA = 2 * np.pi * FREQUENCY_HZ


def disturbed(z, noise=2e-3, seed=3):
    rng = np.random.default_rng(seed)
    error = rng.standard_normal(z.size) + 1j * rng.standard_normal(z.size)
    return Spectrum(FREQUENCY_HZ, z + noise * np.abs(z) * error)


def two_arcs(seed=3):
    circuit = parse_circuit("R0-p(R1,C1)-p(R2,C2)-C3")
    return disturbed(circuit.impedance([100, 1e3, 1e-8, 3e3, 1e-6, 1e-3], FREQUENCY_HZ), seed=seed)


def zarc(exponent, tau_s=1e-4, ohm=1e4):
    return ohm / (1 + (1j * OMEGA * tau_s) ** exponent)


def gamma_of_zarc(tau_s, exponent, centre_s=1e-4, ohm=1e4):
    """Cole & Cole, J. Chem. Phys. 9 (1941) 341, 10.1063/1.1750906."""
    x, turn = np.log(tau_s / centre_s), (1 - exponent) * np.pi
    return ohm / (2 * np.pi) * np.sin(turn) / (np.cosh(exponent * x) - np.cos(turn))


def spike(corner_hz, exponent, ohm=1e4):
    return ohm * (1j * FREQUENCY_HZ / corner_hz) ** -exponent


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


def test_the_resistances_of_two_peaks_lie_in_their_intervals():
    inside = 0
    for seed in range(12):
        peaks = drt(two_arcs(seed)).peaks
        assert len(peaks) == 2
        for peak, truth_ohm in zip(peaks, (1e3, 3e3), strict=True):
            low, high = peak.resistance_ohm.interval()
            assert high - low < 0.5 * truth_ohm
            assert peak.fastest_s < peak.time_s < peak.slowest_s
            inside += low <= truth_ohm <= high
    assert inside >= 22


def test_waves_of_the_regularisation_are_no_separate_peaks():
    inside = 0
    for seed in range(6):
        (peak,) = drt(disturbed(20 + zarc(0.85) + spike(1.0, 0.85), 5e-3, seed)).peaks
        assert np.log10(peak.time_s) == pytest.approx(-4, abs=0.15)
        low, high = peak.resistance_ohm.interval()
        assert high - low < 2e3
        inside += low <= 1e4 <= high
    assert inside >= 5


@pytest.mark.parametrize("electrode", ["blocking", "none"])
def test_the_band_holds_the_published_distribution_of_a_depressed_arc(electrode):
    inside, total = 0, 0
    for seed, exponent in enumerate((0.7, 0.75, 0.8, 0.85)):
        z = 20 + zarc(exponent) + (spike(1.0, 0.85) if electrode == "blocking" else 0)
        result = drt(disturbed(z, 5e-3, seed))
        truth = gamma_of_zarc(result.tau_s, exponent)
        judged = (result.tau_s > 1 / OMEGA.max()) & (truth > 0.05 * truth.max())
        held = (result.gamma_low_ohm <= truth) & (truth <= result.gamma_high_ohm)
        inside, total = inside + (held & judged).sum(), total + judged.sum()
        width_ohm = (result.gamma_high_ohm - result.gamma_low_ohm)[judged]
        assert width_ohm.mean() < 0.5 * truth.max()
    assert inside >= 0.9 * total


def test_the_band_holds_the_distribution_drawn_and_is_never_negative():
    result = drt(two_arcs())
    assert (result.gamma_low_ohm <= result.gamma_ohm).all()
    assert (result.gamma_ohm <= result.gamma_high_ohm).all()
    assert (result.gamma_low_ohm >= 0).all()


def test_a_blocking_constant_phase_element_is_no_relaxation():
    result = drt(disturbed(50 + zarc(0.9) + spike(3.0, 0.8)))
    step = np.log(result.tau_s[1] / result.tau_s[0])
    assert result.exponent == pytest.approx(0.8, abs=0.01)
    assert result.series_ohm + result.gamma_ohm.sum() * step == pytest.approx(10050, rel=0.02)
    assert result.flags == ()


def test_a_cell_that_does_not_block_has_no_electrode():
    result = drt(disturbed(50 + zarc(0.9), 1e-4))
    assert result.flags == ()
    assert result.capacitance_f > 1.0


def test_a_spectrum_without_a_valley_is_told():
    merged = 50 + zarc(0.9, 1e-2) + spike(1e3, 0.45)
    assert any("no valley" in flag for flag in drt(disturbed(merged)).flags)


def test_cables_are_told():
    assert any("inductive" in flag for flag in drt(disturbed(50 + zarc(0.9) + 1j * OMEGA * 1e-4)).flags)


def test_the_same_spectrum_gives_the_same_numbers():
    one, other = drt(two_arcs()), drt(two_arcs())
    np.testing.assert_array_equal(one.gamma_high_ohm, other.gamma_high_ohm)
    assert one.peaks == other.peaks


def test_what_cannot_be_is_refused():
    with pytest.raises(ValueError, match="strength"):
        drt(two_arcs(), strength=0.0)
    with pytest.raises(ValueError, match="spectrum"):
        drt(Spectrum([1.0], [1.0]))
