"""Warnings that a spectrum is not the only one of its file."""

import numpy as np
import pytest

from labctl.analysis import read_spectra
from labctl.analysis.readers.companions import companion_warnings


def two_sweeps(path):
    frequency_hz = np.logspace(5, 0, 21)
    rows = [f"{hz},{ohm + 1e5 / (1 + hz)},{-1e6 / hz}" for ohm in (50, 70) for hz in frequency_hz]
    path.write_text("\n".join(["freq/Hz,Re(Z)/Ohm,Im(Z)/Ohm", *rows]) + "\n", encoding="utf-8")
    return path


def test_the_warning_of_a_sweep_is_the_one_that_its_metadata_give(tmp_path):
    first, _ = read_spectra(two_sweeps(tmp_path / "a.csv"))
    (companion,) = companion_warnings(first.metadata)
    assert companion == "the file holds 2 sweeps: this is one of them"
    assert companion in first.warnings


def test_a_spectrum_alone_has_none():
    assert companion_warnings({"format": "table"}) == ()


@pytest.mark.parametrize("place", [0, 1])
def test_the_warning_of_a_table_of_a_session_is_the_one_that_its_metadata_give(measured, place):
    spectrum = read_spectra(measured("eclab_binary/data.pssession"))[place]
    (companion,) = companion_warnings(spectrum.metadata)
    assert companion in spectrum.warnings
