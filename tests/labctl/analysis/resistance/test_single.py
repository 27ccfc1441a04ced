import numpy as np
import pytest

from labctl.analysis import Estimate, Spectrum, ionic_resistance, parse_circuit, read_spectrum

FREQUENCY_HZ = np.logspace(6, -1, 57)

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
    assert [arc.name for arc in resistance.arcs if arc.name != "electrode"] == ["bulk", "grain boundary"]
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


def test_a_weak_diffusion_is_not_left_out_of_the_interphase():
    f = np.geomspace(1e6, 0.1, 71)
    z = parse_circuit("p(R1,CPE1)-p(R2,CPE2)-W1").impedance([332.0, 2.2e-10, 0.97, 133.0, 4e-6, 0.92, 1.7], f)
    errors = []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        noise = 2e-3 * np.abs(z) * (rng.standard_normal(f.size) + 1j * rng.standard_normal(f.size))
        found = ionic_resistance(Spectrum(f, z + noise), "reversible").interphase_ohm
        assert found is not None
        errors.append((found.value - 133.0) / found.standard_uncertainty)
    assert abs(np.mean(errors)) < 3 / np.sqrt(12)
    assert np.sqrt(np.mean(np.square(errors))) < 1.4


def test_a_spectrum_without_points_gives_a_flag():
    resistance = ionic_resistance(Spectrum([], []))
    assert np.isnan(resistance.total_ohm.value)
    assert resistance.flags == ("too few usable points for a resistance",)


def test_an_unknown_kind_of_electrodes_is_refused():
    with pytest.raises(ValueError, match="electrodes"):
        ionic_resistance(Spectrum([], []), "golden")  # type: ignore[arg-type]


def blocking(r1=1e4, seed=1, noise=1e-3, frequency=FREQUENCY_HZ, capacitance=1e-10):
    truth = [r1, (capacitance * r1) ** 0.95 / r1, 0.95, 1e-6, 0.9]
    z = parse_circuit("p(R1,CPE1)-CPE2").impedance(truth, frequency)
    rng = np.random.default_rng(seed)
    return z * (1 + noise * (rng.standard_normal(frequency.size) + 1j * rng.standard_normal(frequency.size)))


def test_the_lpscl_uncertainty_covers_every_circuit_that_looks_plausible(measured):
    """Plausible circuits give 1453 to 1499 ohm."""
    found = ionic_resistance(read_spectrum(measured("spectra/PEIS_LPSCl_IonBlocking_-25C.txt")))
    low, high = found.total_ohm.interval()
    assert found.total_ohm.value == pytest.approx(1470, rel=0.01)
    assert low < 1453
    assert high > 1499
    assert any("model ambiguous" in flag for flag in found.flags)


def test_a_glitch_at_one_frequency_is_masked_and_named():
    z = blocking()
    z[20] *= 1.5
    found = ionic_resistance(Spectrum(FREQUENCY_HZ, z))
    assert found.total_ohm.value == pytest.approx(1e4, rel=0.01)
    assert any(f"{FREQUENCY_HZ[20]:.4g} Hz does not belong" in flag for flag in found.flags)


def test_points_the_instrument_refused_do_not_count():
    z, status = blocking(), ["good"] * FREQUENCY_HZ.size
    for bad in (3, 30, 31):
        z[bad], status[bad] = 1e9, "overload"
    found = ionic_resistance(Spectrum(FREQUENCY_HZ, z, status))
    assert found.total_ohm.value == pytest.approx(1e4, rel=0.01)
    assert any("3 of 57 points masked" in flag for flag in found.flags)


def test_a_sample_that_drifts_during_the_sweep_is_flagged():
    z = np.array([blocking(1e5 * (1 + 0.8 * k / 57), capacitance=1e-9)[k] for k in range(57)])
    assert any("Kramers-Kronig" in flag for flag in ionic_resistance(Spectrum(FREQUENCY_HZ, z)).flags)


def test_cables_are_seen_and_fitted():
    z = blocking(50.0) + 2j * np.pi * FREQUENCY_HZ * 2e-6
    found = ionic_resistance(Spectrum(FREQUENCY_HZ, z))
    assert any("inductive" in flag for flag in found.flags)
    assert found.total_ohm.value == pytest.approx(50.0, rel=0.02)


def test_the_plain_methods_stand_beside_the_fit():
    found = ionic_resistance(Spectrum(FREQUENCY_HZ, blocking(1e5, noise=1e-4)))
    assert found.minimum_ohm == pytest.approx(1e5, rel=0.05)
    assert found.intercept_ohm == pytest.approx(1e5, rel=0.2)


def test_an_open_cell_gives_a_lower_bound():
    z = 1 / (1 / 1e13 + 2j * np.pi * FREQUENCY_HZ * 2e-12)
    rng = np.random.default_rng(8)
    found = ionic_resistance(Spectrum(FREQUENCY_HZ, z * (1 + 1e-3 * rng.standard_normal(57))))
    assert found.bound == "lower"
    assert 1e10 <= found.total_ohm.value <= 1e13
    assert "open cell" in found.flags[-1]


@pytest.mark.parametrize("r1", [1e10, 1e11, 1e12])
def test_an_arc_that_does_not_close_gives_a_lower_bound_below_the_truth(r1):
    found = ionic_resistance(Spectrum(FREQUENCY_HZ, blocking(r1, capacitance=3e-11)))
    assert found.bound == "lower"
    assert found.total_ohm.value < r1


def test_a_resistance_above_the_instruments_range_is_only_a_lower_bound():
    found = ionic_resistance(Spectrum(FREQUENCY_HZ, blocking(1e7)), range_ohm=(1.0, 1e6))
    assert (found.bound, found.total_ohm.value) == ("lower", 1e6)


def test_a_resistance_lost_in_the_leads_is_only_an_upper_bound():
    found = ionic_resistance(Spectrum(FREQUENCY_HZ, blocking(2.0)), lead_ohm=Estimate(1.99, 0.1))
    assert found.bound == "upper"
    assert 0.01 <= found.total_ohm.value < 0.5


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("lead_ohm", {"lead_ohm": -1.0}),
        ("lead_ohm", {"lead_ohm": float("nan")}),
        ("range_ohm", {"range_ohm": (1.0, 1.0)}),
    ],
)
def test_arguments_that_make_no_sense_are_refused(name, arguments):
    with pytest.raises(ValueError, match=name):
        ionic_resistance(Spectrum(FREQUENCY_HZ, blocking()), **arguments)
