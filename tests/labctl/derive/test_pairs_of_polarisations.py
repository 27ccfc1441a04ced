"""Polarisations of one cell at one temperature: the other polarity and another height of the step."""

import pytest

import labctl.derive.transference as derivation
from labctl.analysis import Estimate
from labctl.analysis.transport.relaxation import relaxation_current_a
from labctl.derive import derive_polarisation

R0_OHM, BULK_OHM, RHO_PLUS, VOLT = 800.0, 2000.0, 0.3, 0.01
SECONDS = [0.05 * n for n in range(1, 99)] + [5.0 * n for n in range(1, 161)]


@pytest.fixture
def cell(notebook, monkeypatch, resistance):
    """Write holds of one cell into one run; derive the last."""

    def series(spectra, temperatures_k, electrodes):
        one = resistance(BULK_OHM, 1.0, interphase_ohm=Estimate(R0_OHM, 1.0))
        return tuple(one for _ in spectra)

    monkeypatch.setattr(derivation, "ionic_resistance_series", series)
    book = notebook(electrodes="reversible")

    def hold(step_v, off_a=0.0, low_by=0.0, setpoint_step=0):
        initial_a = VOLT / (BULK_OHM + R0_OHM)
        steady_a = VOLT / (BULK_OHM / RHO_PLUS + R0_OHM) * (1 - low_by)
        currents_a = relaxation_current_a(SECONDS, initial_a, steady_a, 100.0) * step_v / VOLT
        samples = [
            (s, step_v, a * (1 + 1e-5 * (-1) ** n) + off_a)
            for n, (s, a) in enumerate(zip(SECONDS, currents_a, strict=True))
        ]
        row = {"potential_v": step_v, "rest_potential_v": 0.0, "step": setpoint_step}
        row |= {"initial_spectrum_id": book.spectrum()}
        made = book.polarisation(samples, {"steady_spectrum_id": book.spectrum()}, **row)
        return derive_polarisation(book.store, made, 7.0)

    return hold


def test_the_other_polarity_cancels_an_offset_that_one_polarity_carries(cell):
    off_a = 0.01 * VOLT / (BULK_OHM + R0_OHM)
    first, second = cell(VOLT, off_a), cell(-VOLT, off_a)
    assert first["value"] > 1.02 * RHO_PLUS
    assert second["value"] == pytest.approx(RHO_PLUS, rel=4e-3)
    assert second["low_95"] <= RHO_PLUS <= second["high_95"]
    assert second["standard_uncertainty"] < first["standard_uncertainty"] / 3
    assert any("mean of both polarities" in flag for flag in second["flags"])


def test_polarities_of_other_temperatures_are_no_pair(cell):
    cell(VOLT, setpoint_step=0)
    assert not any("both polarities" in flag for flag in cell(-VOLT, setpoint_step=1)["flags"])


def test_a_repeat_of_the_same_step_is_no_pair_and_no_comparison(cell):
    cell(VOLT)
    assert cell(VOLT)["flags"] == []


def test_the_larger_of_two_steps_that_disagree_is_refused_and_the_smaller_says_so(cell):
    cell(VOLT)
    larger = cell(2.5 * VOLT, low_by=0.1)
    assert "value" not in larger
    assert larger["flags"][0].startswith("no number: steps of 25 and 10 mV disagree")
    smaller = cell(VOLT)
    assert smaller["value"] == pytest.approx(RHO_PLUS, rel=4e-3)
    assert any("is not proportional to the step" in flag for flag in smaller["flags"])
    assert "linear range" in {part["source"] for part in smaller["budget"]["components"]["rho_plus"]}


def test_two_steps_that_agree_stay_as_they_are(cell):
    cell(VOLT)
    assert not any("proportional" in flag for flag in cell(1.5 * VOLT)["flags"])
