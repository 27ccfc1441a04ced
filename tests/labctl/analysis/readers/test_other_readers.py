"""Readers that other people wrote give the same numbers; skipped by name where they are not installed."""

import numpy as np
import pytest

from labctl.analysis import read_spectra

KINDS = {  # file of a maker's program: its name in impedance.py
    "exampleDataAutolab.txt": "autolab",
    "exampleDataBioLogic.mpt": "biologic",
    "exampleDataCHInstruments.txt": "chinstruments",
    "exampleDataGamry.DTA": "gamry",
    "exampleDataParstat.txt": "parstat",
    "exampleDataPowersuite.txt": "powersuite",
    "exampleDataVersaStudio.par": "versastudio",
    "exampleDataZPlot.z": "zplot",
}


@pytest.fixture
def vendor_file(measured):
    return lambda name: measured(f"vendor_files/{name}")


@pytest.mark.parametrize("name", KINDS)
def test_impedance_py_reads_the_same_points(vendor_file, name):
    other = pytest.importorskip("impedance.preprocessing", reason="impedance.py is not installed")
    frequency_hz, z_ohm = other.readFile(str(vendor_file(name)), instrument=KINDS[name])
    (ours,) = read_spectra(vendor_file(name))
    np.testing.assert_allclose(ours.frequency_hz, frequency_hz, rtol=1e-12)
    np.testing.assert_allclose(ours.z_ohm, z_ohm, rtol=1e-12)


def test_gamry_parser_reads_the_same_points(vendor_file):
    other = pytest.importorskip("gamry_parser", reason="gamry-parser is not installed")
    parser = other.Impedance()
    parser.load(str(vendor_file("exampleDataGamry.DTA")))
    theirs = parser.get_curve_data()
    (ours,) = read_spectra(vendor_file("exampleDataGamry.DTA"))
    np.testing.assert_allclose(ours.frequency_hz, theirs["Freq"], rtol=1e-12)
    np.testing.assert_allclose(ours.z_ohm, theirs["Zreal"] + 1j * theirs["Zimag"], rtol=1e-12)
