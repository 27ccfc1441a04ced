"""What a shorted channel has in series with a sample is a component of its resistance, or a bound."""

import math

import pytest

from labctl.derive import derive_run
from labctl.derive.budgets import CONDUCTIVITY, components_in
from labctl.derive.series_resistance import series_ohm_of_run, with_series
from labctl.derive.whole_runs import reproduced
from labctl.store import Store
from labctl.store.queries import analyses

CHECK = {
    "station": "rig",
    "cell": "A",
    "instrument": "fra",
    "channels": ["101"],
    "simulated": 0,
    "kind": "short",
}
CHECK |= {"amplitude_v": 0.02, "outcome": "measured", "points": [], "labctl_version": "0.1"}


@pytest.fixture
def in_cell(run):
    """A finished run of two spectra in cell A, from 10 s to 20 s."""
    run.store.close()
    run.store = Store.open(run.path)
    about = {"sample_id": 1, "procedure": "p:P", "started_s": 10.0, "station": "rig", "cell": "A"}
    run.run_id = run.store.insert("runs", about)
    for kelvin in (320.0, 340.0):
        run.spectrum(kelvin, readings_k=[kelvin] * 43)
    run.store.update("runs", run.run_id, {"status": "finished", "ended_s": 20.0})
    return run


def check(run, ohm, time_s=1.0, **about):
    run.store.insert("isolation_checks", CHECK | {"resistance_ohm": ohm, "time_s": time_s} | about)


def derived(run):
    derive_run(run.store, run.run_id, 30.0)
    return run.conductivities()[0]


def test_leads_and_contacts_are_a_component_of_the_resistance(in_cell):
    ohm = derived(in_cell)["total_resistance_ohm"]
    check(in_cell, ohm / 20)
    row = derived(in_cell)
    parts = components_in(row["budget"], CONDUCTIVITY)
    assert row["total_resistance_ohm"] == pytest.approx(ohm)  # nothing is subtracted
    sizes = [one.standard_uncertainty / row["conductivity_s_m"] for one in parts if one.source == "leads"]
    assert sizes == [pytest.approx(1 / 20 / math.sqrt(3), rel=1e-3)]
    assert any("up to 5 % of the resistance are leads and contacts" in flag for flag in row["flags"])


def test_a_resistance_of_the_order_of_the_short_is_only_a_bound(in_cell):
    check(in_cell, 0.6 * derived(in_cell)["total_resistance_ohm"])
    row = derived(in_cell)
    assert (row["bound"], row["standard_uncertainty_s_m"]) == ("lower", None)
    assert any(flag.startswith("only a bound: the shorted channel has") for flag in row["flags"])


@pytest.mark.parametrize("sample", [{"lead_ohm": 1.0}, {"fixture_short": [(1.0, 1.0, 0.0)]}])
def test_leads_that_are_subtracted_leave_no_component(resistance, sample):
    found = resistance(1000.0, 1.0)
    assert with_series(found, 100.0, sample) is found
    assert with_series(found, 100.0, {}).total_ohm.standard_uncertainty > 50.0


def test_an_open_cell_is_no_short(in_cell):
    check(in_cell, 1e6, kind="open")
    with in_cell.store.read() as db:
        assert series_ohm_of_run(db, in_cell.run_id) is None


def test_an_analysis_is_reproduced_after_another_short_was_measured(in_cell):
    check(in_cell, 1.0)
    derived(in_cell)
    check(in_cell, 50.0, time_s=9.0)
    with in_cell.store.read() as db:
        (kept,) = analyses.current(db, (in_cell.run_id,))
        assert reproduced(db, in_cell.run_id, kept).differences == ()
