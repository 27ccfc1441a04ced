import numpy as np
import pytest

from labctl.analysis import Spectrum, ionic_resistance, parse_circuit

# Published: bulk and grain boundary in ohm, doi 10.1039/d3ta06237f (EISFitpython).
OXIDE = {140: (146200, 2.012e6), 160: (79490, 6.673e5), 180: (39840, 2.430e5), 200: (22460, 9.502e4)}
# Published: ohm at -20 to 60 degC, doi 10.1038/s41597-023-01936-3 (MADAP).
CARBONATE = (3061.9, 2404.3, 1959.0, 1645.2, 1392.2, 1284.4, 1157.6, 1007.8, 893.35)


@pytest.mark.parametrize("degc", OXIDE)
def test_an_oxide_pellet_has_its_published_resistances(measured, degc):
    table = np.loadtxt(measured(f"oxide_pellet_eis/s04147-{degc}deg.txt"), skiprows=3)
    resistance = ionic_resistance(Spectrum(table[:, 0], table[:, 1] + 1j * table[:, 2]))
    bulk, grain_boundary = OXIDE[degc]
    assert resistance.total_ohm.value == pytest.approx(bulk + grain_boundary, rel=0.02)
    assert [arc.name for arc in resistance.arcs] == ["bulk", "grain boundary"]
    assert resistance.arcs[0].resistance_ohm.value == pytest.approx(bulk, rel=0.1)


@pytest.mark.parametrize(("degc", "published_ohm"), list(zip(range(-20, 61, 10), CARBONATE, strict=True)))
def test_a_liquid_whose_arc_has_left_the_window_has_its_published_resistance(measured, degc, published_ohm):
    table = np.loadtxt(measured("carbonate_eis/PYA_25082021_BM169_1_spectra.csv"), skiprows=1, delimiter=",")
    rows = table[table[:, 0] == degc]
    resistance = ionic_resistance(Spectrum(rows[:, 1], rows[:, 2] + 1j * rows[:, 3]))
    assert resistance.total_ohm.value == pytest.approx(published_ohm, rel=0.02)
    assert any("arc not resolved" in flag for flag in resistance.flags)


def test_reversible_electrodes_keep_the_interphase_apart():
    f = np.logspace(6, -3, 73)
    rng = np.random.default_rng(11)
    truth = [20e3, 1e-10, 0.97, 60e3, 3e-6, 0.85, 30e3, 200.0]
    z = parse_circuit("p(R1,CPE1)-p(R2,CPE2)-Ws1").impedance(truth, f)
    z = z + 2e-3 * np.abs(z) * (rng.standard_normal(f.size) + 1j * rng.standard_normal(f.size))
    resistance = ionic_resistance(Spectrum(f, z), "reversible")
    assert resistance.total_ohm.value == pytest.approx(20e3, rel=0.01)
    assert resistance.interphase_ohm is not None
    assert resistance.interphase_ohm.value == pytest.approx(60e3, rel=0.05)


def test_a_spectrum_without_points_gives_a_flag():
    resistance = ionic_resistance(Spectrum([], []))
    assert np.isnan(resistance.total_ohm.value)
    assert resistance.flags == ("too few usable points for a resistance",)


def test_an_unknown_kind_of_electrodes_is_refused():
    with pytest.raises(ValueError, match="electrodes"):
        ionic_resistance(Spectrum([], []), "golden")  # type: ignore[arg-type]
