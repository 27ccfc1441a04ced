import numpy as np
import pytest

from labctl.analysis import Spectrum, ionic_resistance_series, parse_circuit
from labctl.analysis.resistance import series

FREQUENCY_HZ = np.logspace(6, -1, 43)
TEMPERATURES_K = np.array([330.0, 300.0, 315.0, 345.0])


def spectrum(temperature_k, seed, factor=1.0):
    r1 = factor * 1e-4 * np.exp(0.6 / 8.617e-5 / temperature_k)
    z = parse_circuit("p(R1,CPE1)-CPE2").impedance(
        [r1, (1e-10 * r1) ** 0.95 / r1, 0.95, 1e-6, 0.9], FREQUENCY_HZ
    )
    noise = np.random.default_rng(seed).standard_normal((2, 43))
    return Spectrum(FREQUENCY_HZ, z * (1 + 2e-3 * (noise[0] + 1j * noise[1]))), r1


def test_a_series_keeps_its_order_and_finds_each_resistance():
    drawn = [spectrum(t, k) for k, t in enumerate(TEMPERATURES_K)]
    found = ionic_resistance_series([one for one, _ in drawn], TEMPERATURES_K)
    for resistance, (_, truth) in zip(found, drawn, strict=True):
        assert resistance.total_ohm.value == pytest.approx(truth, rel=0.01)


def test_a_resistance_its_neighbours_contradict_is_flagged():
    factors = {315.0: 8.0}
    drawn = [spectrum(t, k, factors.get(t, 1.0))[0] for k, t in enumerate(TEMPERATURES_K)]
    found = ionic_resistance_series(drawn, TEMPERATURES_K)
    assert any("out of line" in flag for flag in found[2].flags)


def test_one_bad_spectrum_does_not_spoil_the_others():
    drawn = [spectrum(t, k) for k, t in enumerate(TEMPERATURES_K)]
    spectra = [one for one, _ in drawn]
    spectra[0] = Spectrum([1.0, np.nan], [np.nan, 1.0])
    found = ionic_resistance_series(spectra, TEMPERATURES_K)
    assert np.isnan(found[0].total_ohm.value)
    assert found[1].total_ohm.value == pytest.approx(drawn[1][1], rel=0.01)


@pytest.mark.parametrize("temperatures_k", [[300.0], [300.0, -1.0], [300.0, np.nan], [[300.0, 310.0]]])
def test_temperatures_that_do_not_fit_are_refused(temperatures_k):
    with pytest.raises(ValueError, match="temperatures_k"):
        ionic_resistance_series([spectrum(300.0, 1)[0]] * 2, temperatures_k)


def test_no_spectra_give_no_resistances():
    assert ionic_resistance_series([], []) == ()


def test_a_spectrum_of_unknown_temperature_is_fitted_alone_and_is_no_neighbour():
    odd = spectrum(315.0, 2, factor=8.0)[0]
    around = [spectrum(t, k)[0] for k, t in enumerate([300.0, 330.0, 345.0])]
    told = ionic_resistance_series([around[0], odd, *around[1:]], [300.0, 315.0, 330.0, 345.0])
    assert any("out of line" in flag for flag in told[1].flags)
    silent = ionic_resistance_series([around[0], odd, *around[1:]], [300.0, None, 330.0, 345.0])
    assert not any("out of line" in flag for found in silent for flag in found.flags)
    (alone,) = ionic_resistance_series([odd], [None])
    assert silent[1].total_ohm.value == pytest.approx(alone.total_ohm.value, rel=1e-9)
    without = ionic_resistance_series(around, [300.0, 330.0, 345.0])
    for found, expected in zip((silent[0], *silent[2:]), without, strict=True):
        assert found.total_ohm.value == pytest.approx(expected.total_ohm.value, rel=1e-9)


@pytest.mark.parametrize(
    ("temperatures_k", "neighbours"), [([None] * 4, 0), ([300.0, None, 330.0, 345.0], 3)]
)
def test_solutions_are_handed_on_among_known_temperatures_alone(monkeypatch, temperatures_k, neighbours):
    hand_on, seen = series._hand_on, []

    def watched(data, fits, sources):
        seen.append((len(data), len(fits)))
        return hand_on(data, fits, sources)

    monkeypatch.setattr(series, "_hand_on", watched)
    found = ionic_resistance_series(
        [spectrum(t, k)[0] for k, t in enumerate([300.0, 315.0, 330.0, 345.0])], temperatures_k
    )
    assert set(seen) == {(neighbours, neighbours)}
    assert len(found) == 4


def few_points(temperature_k, seed):
    whole, _ = spectrum(temperature_k, seed, factor=1.0 + 0.3 * (seed % 3))
    return Spectrum(whole.frequency_hz[::4], whole.z_ohm[::4])


def test_a_long_series_fitted_in_parts_gives_what_it_gives_at_once(monkeypatch):
    temperatures_k = [300.0 + 3 * (7 * k % 13) for k in range(13)]
    temperatures_k[4] = None
    spectra = [few_points(kelvin or 310.0, seed) for seed, kelvin in enumerate(temperatures_k)]
    at_once = ionic_resistance_series(spectra, temperatures_k)
    monkeypatch.setattr(series, "AT_ONCE", 4)
    in_parts = ionic_resistance_series(spectra, temperatures_k, details=False)
    for whole, part in zip(at_once, in_parts, strict=True):
        assert (part.total_ohm, part.circuit, part.flags) == (whole.total_ohm, whole.circuit, whole.flags)
        assert part.candidates == ()
        assert part.fit is None
