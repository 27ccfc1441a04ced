"""Small files that each show a kind of table seen in public data: read right, warned or refused in words."""

import numpy as np
import pytest

from labctl.analysis import read_spectra, read_spectrum

POINTS = 13
FIRST = 123.582 - 776.492j
LAST = 19960.3 - 94455.7j


@pytest.fixture
def case(measured):
    return lambda name: measured(f"eis_cases/{name}")


@pytest.mark.parametrize(
    "name",
    [
        "01_units_row_in_brackets.csv",
        "17_count_below_heading.P00",
        "18_eclab_more_headings_than_cells.mpt",
        "19_tabs_doubled_in_heading.txt",
        "21_relaxis.txt",
        "23_impedance_real_imag.csv",
    ],
)
def test_every_point_is_read_with_its_unit_and_sign(case, name):
    spectrum = read_spectrum(case(name))
    assert len(spectrum) == POINTS
    np.testing.assert_allclose(spectrum.frequency_hz[[0, -1]], [1e6, 1])
    np.testing.assert_allclose(spectrum.z_ohm[[0, -1]], [FIRST, LAST], rtol=2e-5)


def test_a_sweep_down_and_up_again_is_two_spectra(case):
    down, up = read_spectra(case("04_down_then_up.csv"))
    assert (len(down), len(up)) == (31, 31)
    assert (down.frequency_hz[0], down.frequency_hz[-1]) == (1e6, 1)
    assert (up.frequency_hz[0], up.frequency_hz[-1]) == (1, 1e6)
    assert (down.z_ohm[-1], up.z_ohm[0]) == (19829.7 - 94383.7j, 20066.8 - 94443.7j)
    assert "2 sweeps" in " ".join(down.warnings)
    assert (down.metadata["sweep"], up.metadata["sweep"]) == ("1 of 2", "2 of 2")


@pytest.mark.parametrize(
    ("name", "points"), [("06_electrode_arc_then_spike.csv", 49), ("08_leaking_blocking_electrode.csv", 57)]
)
def test_plain_tables_are_read_without_a_warning(case, name, points):
    spectrum = read_spectrum(case(name))
    assert (len(spectrum), spectrum.warnings) == (points, ())


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("09_touchstone.s1p", "Touchstone.*S11"),
        ("10_time_current_voltage.csv", "look like a time series"),
        ("13_headerless_modulus_phase.txt", "look like modulus and phase in degrees"),
        ("25_thousands_separators.csv", "thousands separator or decimal sign"),
        ("27_celsius_above_200.csv", "no line names the columns"),
    ],
)
def test_what_is_no_spectrum_is_refused_with_what_it_looks_like(case, name, problem):
    with pytest.raises(ValueError, match=problem):
        read_spectrum(case(name))


def test_a_heading_with_a_minus_over_true_signs_is_suspected(case):
    spectrum = read_spectrum(case("15_minus_heading_with_true_sign.csv"))
    assert len(spectrum) == POINTS
    assert "heading with a minus over numbers that already have their true sign" in spectrum.warnings[0]
