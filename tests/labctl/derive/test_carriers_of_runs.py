"""Carriers of a sample from runs that were derived: single steps, curves, and numbers that cannot be said."""

import math

import pytest

import labctl.derive.transference as derivation
from labctl.analysis import Estimate
from labctl.derive import derive_polarisation
from labctl.readmodel.carriers import carriers_of

KELVIN = 600.0
UNIT_V = 8.617333262e-5 * KELVIN
R_OHM = 1000.0


@pytest.fixture
def measured(notebook, resistance, monkeypatch):
    """Hold steady currents at potentials, and gather what they say of the carriers."""
    monkeypatch.setattr(
        derivation,
        "ionic_resistance_series",
        lambda spectra, *_: [resistance(R_OHM, 1.0, Estimate(100.0, 1.0)) for _ in spectra],
    )

    def measure(current_a, potentials_v, electrodes="blocking/reversible"):
        book = notebook(electrodes=electrodes)
        for volt in potentials_v:
            spectrum = book.spectrum((KELVIN, KELVIN))
            samples = [(float(t), volt, current_a(volt) * (1 + 1e-3 * (-1) ** t)) for t in range(101)]
            row = {"rest_potential_v": 0.0, "potential_v": volt, "initial_spectrum_id": spectrum}
            if electrodes == "reversible":
                row["steady_spectrum_id"] = book.spectrum((KELVIN, KELVIN))
            number = book.polarisation(samples, temperatures_k=[KELVIN] * 101, **row)
            derive_polarisation(book.store, number, 7.0)
        with book.store.read() as db:
            return carriers_of(db, "pellet")

    return measure


def curve(share, leak=0.0):
    """Wagner's current of electrons only, beside a path proportional to the potential."""
    return lambda v: (share * UNIT_V * -math.expm1(-v / UNIT_V) + leak * v) / R_OHM


STEPS_V = [-2 * UNIT_V, -UNIT_V, UNIT_V, 2 * UNIT_V, 4 * UNIT_V]


def line_of(found, words):
    (line,) = [one for one in found.lines if words in one.text]
    return line


def test_a_curve_of_several_steps_gives_the_share_of_the_electrons(measured):
    found = measured(curve(0.2), STEPS_V)
    (evidence,) = line_of(found, "Hebb-Wagner curve of 5 steps").evidence
    assert evidence.value == pytest.approx(0.2, rel=0.01)
    assert evidence.low <= 0.2 <= evidence.high
    ((kelvin, verdict),) = found.verdicts
    assert kelvin == pytest.approx(KELVIN)
    assert verdict.carries == ("ions",)
    assert verdict.contradictions == ()


def test_a_step_far_beyond_the_thermal_voltage_limits_the_electrons_by_their_curvature(measured):
    """One step of 4 RT/F on the plateau shows a quarter of the conductance: no limit of 0.2 may follow."""
    found = measured(curve(0.8), [4 * UNIT_V])
    (evidence,) = line_of(found, "t_el").evidence
    assert evidence.value == pytest.approx(0.2, rel=0.05)
    assert evidence.high >= 0.8
    assert "ions" not in found.verdicts[0][1].carries


def test_ions_that_pass_the_blocking_electrode_break_the_presumption(measured):
    verdict = measured(curve(0.05, leak=0.3), STEPS_V).verdicts[0][1]
    assert any("proportional to the potential" in why for why in verdict.broken)


def test_cells_that_block_on_both_sides_have_single_steps_only(measured):
    found = measured(lambda v: 1e-3 * v / R_OHM, [0.02, 0.03, 0.04], "blocking")
    assert [line.text.startswith("t_el (blocking electrodes)") for line in found.lines] == [True] * 3
    assert found.verdicts[0][1].carries == ("ions",)


def test_reversible_cells_without_a_number_cannot_be_said(measured):
    found = measured(lambda v: 1e-9, [0.01], "reversible")
    (line,) = found.lines
    assert ": cannot be said: rho+ = 0.0001 is near 0, and neither" in line.text
    (evidence,) = line.evidence
    assert (evidence.low, evidence.high, evidence.value) == (0.0, 1.0, None)
    assert evidence.broken == (
        "no steady current of ions was seen: the electrodes do not pass the cation, or a lead is open",
    )
    assert line.flags
    assert found.verdicts[0][1].carries == ()
