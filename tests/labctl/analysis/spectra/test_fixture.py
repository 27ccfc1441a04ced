import numpy as np
import pytest

from labctl.analysis import Cell, Spectrum, compensate, ionic_resistance, lead_resistance, parse_circuit
from labctl.analysis.spectra.fixture import through_declared_fixture, without_declared_fixture

FREQUENCY_HZ = np.logspace(6, 0, 49)
SAMPLE = parse_circuit("p(R1,CPE1)-CPE2").impedance([5e4, 1e-10, 0.95, 1e-6, 0.9], FREQUENCY_HZ)
SHORT = parse_circuit("L1-R1").impedance([8e-7, 2.5], FREQUENCY_HZ)
STRAY = parse_circuit("C1").impedance([3e-12], FREQUENCY_HZ)


def spectrum(z):
    return Spectrum(FREQUENCY_HZ, z)


def in_fixture(z):
    return SHORT + z * STRAY / (z + STRAY)


def test_open_and_short_together_give_the_sample_back():
    found = compensate(spectrum(in_fixture(SAMPLE)), spectrum(SHORT), spectrum(SHORT + STRAY))
    np.testing.assert_allclose(found.z_ohm, SAMPLE, rtol=1e-9)
    assert found.status == ("",) * 49


def test_a_short_alone_takes_the_leads_off():
    np.testing.assert_allclose(compensate(spectrum(SAMPLE + SHORT), spectrum(SHORT)).z_ohm, SAMPLE, rtol=1e-9)


def test_a_fixture_measured_on_a_coarser_grid_serves():
    coarse = np.logspace(6.1, -0.1, 12)
    short = Spectrum(coarse, parse_circuit("R1").impedance([2.5], coarse) + 0j)
    stray = Spectrum(coarse, 2.5 + parse_circuit("C1").impedance([3e-12], coarse))
    measured = spectrum(2.5 + SAMPLE * STRAY / (SAMPLE + STRAY))
    np.testing.assert_allclose(compensate(measured, short, stray).z_ohm, SAMPLE, rtol=1e-4)


def test_points_outside_the_fixtures_frequencies_are_marked_and_left():
    inner = slice(10, None)
    short = Spectrum(FREQUENCY_HZ[inner], SHORT[inner])
    found = compensate(spectrum(SAMPLE + SHORT), short)
    assert found.status is not None
    assert set(found.status[:10]) == {"not compensated"}
    assert int(found.usable.sum()) == 39
    assert "10 points lie outside" in found.warnings[0]


def test_a_fixture_that_dominates_is_mentioned():
    found = compensate(spectrum(in_fixture(1e7 * np.ones(49))), spectrum(SHORT), spectrum(SHORT + STRAY))
    assert any("open is more than 10 %" in warning for warning in found.warnings)


def test_the_lead_comes_from_the_short_with_its_scatter():
    rng = np.random.default_rng(2)
    lead = lead_resistance(spectrum(SHORT + 0.05 * rng.standard_normal(49)))
    low, high = lead.interval(0.999)
    assert low < 2.5 < high
    assert 0 < lead.standard_uncertainty < 0.02


def test_the_lead_is_taken_off_the_total_with_its_uncertainty():
    rng = np.random.default_rng(5)
    noise = 1 + 1e-3 * (rng.standard_normal(49) + 1j * rng.standard_normal(49))
    z = spectrum((SAMPLE / 1e3 + 2.5) * noise)
    lead = lead_resistance(spectrum(SHORT + 0.05 * rng.standard_normal(49)))
    with_lead, without = ionic_resistance(z), ionic_resistance(z, lead_ohm=lead)
    assert without.total_ohm.value == pytest.approx(with_lead.total_ohm.value - lead.value)
    assert without.total_ohm.standard_uncertainty > with_lead.total_ohm.standard_uncertainty
    low, high = without.total_ohm.interval(0.999)
    assert low < 50.0 < high


def test_nothing_to_compensate_with_is_refused():
    with pytest.raises(ValueError, match="short or open_circuit"):
        compensate(spectrum(SAMPLE))
    with pytest.raises(ValueError, match="short"):
        compensate(spectrum(SAMPLE), Spectrum([1.0], [1.0]))
    with pytest.raises(ValueError, match="short"):
        lead_resistance(Spectrum([1.0], [1.0]))


def test_what_is_taken_out_of_a_spectrum_is_put_back():
    points = [(f, z.real, z.imag) for f, z in zip(FREQUENCY_HZ, SHORT, strict=True)]
    opened = [(f, z.real, z.imag) for f, z in zip(FREQUENCY_HZ, SHORT + STRAY, strict=True)]
    for declared in ({"fixture_short": points}, {"fixture_open": opened},
                     {"fixture_short": points, "fixture_open": opened}):  # fmt: skip
        cell = Cell(**declared)
        measured = Spectrum(FREQUENCY_HZ, in_fixture(SAMPLE), cell=cell)
        back = through_declared_fixture(FREQUENCY_HZ, without_declared_fixture(measured).z_ohm, cell)
        np.testing.assert_allclose(back, measured.z_ohm, rtol=1e-9)


def test_nothing_is_put_back_where_no_fixture_is_declared_or_known():
    np.testing.assert_array_equal(through_declared_fixture(FREQUENCY_HZ, SAMPLE, None), SAMPLE)
    inner = [(f, 1.0, 0.0) for f in (100.0, 1000.0)]
    found = through_declared_fixture(FREQUENCY_HZ, SAMPLE, Cell(fixture_short=inner))
    np.testing.assert_array_equal(np.isfinite(found), (FREQUENCY_HZ >= 99) & (FREQUENCY_HZ <= 1001))
