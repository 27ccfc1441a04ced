"""Declarations about a cell, and that a spectrum keeps them."""

import pickle
from dataclasses import replace

import numpy as np
import pytest

from labctl.analysis import Cell, Estimate, Spectrum, compensate, electrode_sides, electrode_text
from labctl.analysis.spectra.bad_points import without_bad_points
from labctl.analysis.spectra.fixture import without_declared_fixture

HZ = np.logspace(6, 0, 31)
Z = 100 + 1 / (2j * np.pi * HZ * 1e-6)
CELL = Cell.of("blocking/reversible", thickness_m=Estimate(1e-3, 1e-5), area_m2=1e-4, lead_ohm=2.0)


@pytest.mark.parametrize("text", ["blocking", "reversible", "blocking/reversible", "reversible/blocking"])
def test_electrodes_as_text_come_back_as_they_were_given(text: str) -> None:
    assert electrode_text(electrode_sides(text)) == text


def test_two_alike_sides_are_written_in_one_word() -> None:
    assert electrode_text(electrode_sides("blocking / blocking")) == "blocking"


@pytest.mark.parametrize("text", ["", "gold", "blocking/gold", "blocking/", "blocking/blocking/blocking"])
def test_other_electrodes_are_refused_with_what_is_right(text: str) -> None:
    with pytest.raises(ValueError, match="'blocking/reversible', got"):
        electrode_sides(text)


def test_nothing_declared_is_not_known() -> None:
    assert Cell() == Cell.of()
    assert Cell().electrodes is None
    assert Cell().blocks is None


def test_a_cell_that_blocks_on_one_side_blocks() -> None:
    assert CELL.blocks
    assert not replace(CELL, electrodes=("reversible", "reversible")).blocks


def test_a_length_that_is_no_length_is_refused() -> None:
    with pytest.raises(ValueError, match="thickness_m must be positive"):
        Cell.of(thickness_m=0.0)


@pytest.mark.parametrize("ohm", [-1.0, float("nan"), float("inf")])
def test_a_lead_that_is_no_resistance_is_refused(ohm: float) -> None:
    with pytest.raises(ValueError, match="lead_ohm must be finite and not negative"):
        Cell.of(lead_ohm=ohm)


@pytest.mark.parametrize("point", [(0.0, 1.0, 0.0), (10.0, float("nan"), 0.0), (10.0, 1.0)])
@pytest.mark.parametrize("name", ["fixture_short", "fixture_open"])
def test_a_point_of_a_fixture_that_is_no_reading_is_refused(name, point) -> None:
    with pytest.raises(ValueError, match=f"{name} must hold"):
        Cell.of(**{name: ((1e6, 1.0, 0.1), point)})


def test_impossible_points_of_a_kept_fixture_are_left_out() -> None:
    kept = {"fixture_short": [[1e6, 1.0, 0.1], [10.0, float("nan"), 0.0]]}
    assert Cell.of_sample(kept).fixture_short == ((1e6, 1.0, 0.1),)


def test_a_sample_of_a_foreign_file_declares_only_what_is_understood() -> None:
    cell = Cell.of_sample({"electrodes": "salt bridge", "thickness_m": None, "area_m2": 1e-4, "lead_ohm": 0})
    assert cell == Cell(area_m2=Estimate(1e-4, 0.0), lead_ohm=Estimate(0.0, 0.0))


def test_a_spectrum_keeps_its_cell_when_points_are_left_out() -> None:
    status = ["good", "overload", *["good"] * 29]
    spectrum = Spectrum(HZ, Z, status, metadata={"made": "here"}, cell=CELL)
    assert spectrum.cleaned().cell == CELL
    assert spectrum.at(HZ > 10).cell == CELL
    assert spectrum.at(HZ > 10).status == tuple(np.array(status)[HZ > 10])


def test_a_spectrum_keeps_its_cell_in_another_process() -> None:
    there = pickle.loads(pickle.dumps(Spectrum(HZ, Z, metadata={"made": "here"}, cell=CELL)))
    assert there.cell == CELL
    assert dict(there.metadata) == {"made": "here"}


def test_a_spectrum_without_its_bad_point_keeps_its_cell() -> None:
    spoilt = Z.copy()
    spoilt[15] *= 3
    kept, _, left_out = without_bad_points(Spectrum(HZ, spoilt, cell=CELL))
    assert left_out
    assert kept.cell == CELL


def test_a_fixture_that_the_cell_declares_is_taken_out_once() -> None:
    short = tuple((float(hz), 5.0, 0.0) for hz in HZ)
    spectrum = Spectrum(HZ, Z + 5, cell=replace(CELL, lead_ohm=None, fixture_short=short))
    without = without_declared_fixture(spectrum)
    assert without.z_ohm == pytest.approx(Z)
    assert without_declared_fixture(without) is without
    assert without.cell is not None
    assert without.cell.lead_ohm is not None
    assert without.cell.lead_ohm.value == 0


def test_a_correction_by_an_open_circuit_leaves_the_leads_in() -> None:
    open_circuit = Spectrum(HZ, 1 / (2j * np.pi * HZ * 1e-13))
    corrected = compensate(Spectrum(HZ, Z, cell=CELL), open_circuit=open_circuit)
    assert corrected.cell == CELL
