"""What may leak past a sample is a component of its resistance, or makes it a bound."""

import math

import pytest

from labctl.analysis.numerics.budget import combined
from labctl.derive import derive_run
from labctl.derive.budgets import CONDUCTIVITY, components_in
from labctl.derive.isolation import Isolation, isolation_of_run, with_isolation
from labctl.derive.whole_runs import reproduced
from labctl.store import Store
from labctl.store.queries import analyses

CHECK = {
    "station": "rig",
    "cell": "A",
    "instrument": "fra",
    "channels": ["101"],
    "simulated": 0,
    "kind": "open",
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


def resistance_ohm(run):
    return derived(run)["total_resistance_ohm"]


def test_a_leak_is_a_component_of_the_resistance_it_may_take(in_cell):
    ohm = resistance_ohm(in_cell)
    check(in_cell, 20 * ohm)
    row = derived(in_cell)
    parts = components_in(row["budget"], CONDUCTIVITY)
    (leak,) = [one for one in parts if one.source == "isolation"]
    assert leak.standard_uncertainty / row["conductivity_s_m"] == pytest.approx(
        1 / 19 / math.sqrt(3), rel=1e-3
    )
    assert combined(parts) == pytest.approx(row["standard_uncertainty_s_m"], rel=1e-6)
    assert row["total_resistance_ohm"] == pytest.approx(ohm)
    assert any("up to 5 % of the current may bypass the sample" in flag for flag in row["flags"])


def test_a_resistance_of_the_order_of_the_isolation_is_only_a_bound(in_cell):
    ohm = resistance_ohm(in_cell)
    check(in_cell, 1.5 * ohm)
    row = derived(in_cell)
    assert (row["bound"], row["standard_uncertainty_s_m"]) == ("upper", None)
    assert any(flag.startswith("only a bound: the isolation of the channel") for flag in row["flags"])


def test_a_good_isolation_leaves_a_small_component_and_no_flag(in_cell):
    ohm = resistance_ohm(in_cell)
    check(in_cell, 1e5 * ohm)
    row = derived(in_cell)
    assert [one.source for one in components_in(row["budget"], CONDUCTIVITY)].count("isolation") == 1
    assert not any("isolation" in flag for flag in row["flags"])


@pytest.mark.parametrize(
    "about", [{"cell": "B"}, {"kind": "short"}, {"station": "other"}, {"outcome": "failed"}]
)
def test_checks_of_something_else_do_not_count(in_cell, about):
    check(in_cell, 1e6, **about)
    with in_cell.store.read() as db:
        assert isolation_of_run(db, in_cell.run_id, {}) is None


def test_the_last_check_before_the_run_counts_and_else_the_first_after_it(in_cell):
    check(in_cell, 3e6, time_s=40.0)
    with in_cell.store.read() as db:
        assert isolation_of_run(db, in_cell.run_id, {}) == Isolation(3e6)
        check(in_cell, 1e6, time_s=2.0)
        check(in_cell, 2e6, time_s=5.0)
    with in_cell.store.read() as db:
        assert isolation_of_run(db, in_cell.run_id, {}) == Isolation(2e6)


def test_an_open_cell_that_is_subtracted_leaves_no_component_but_bounds_what_is_larger(in_cell, resistance):
    sample = {"fixture_open": [(1.0, 3e6, -4e6), (1e3, 0.0, -1e4)]}
    with in_cell.store.read() as db:
        isolation = isolation_of_run(db, in_cell.run_id, sample)
    assert isolation == Isolation(5e6, is_corrected=True)
    found = resistance(1000.0, 1.0)
    assert with_isolation(found, Isolation(1100.0, True)).bound is None
    assert with_isolation(found, Isolation(1100.0, True)).total_ohm == found.total_ohm
    assert with_isolation(found, Isolation(900.0, True)).bound == "lower"


def test_without_a_check_the_resistance_stays_as_it_is(resistance):
    found = resistance(1000.0, 1.0)
    assert with_isolation(found, None) is found


def test_an_analysis_is_reproduced_after_another_check_was_made(in_cell):
    check(in_cell, 1e8)
    derived(in_cell)
    check(in_cell, 1e5, time_s=9.0)
    with in_cell.store.read() as db:
        (kept,) = analyses.current(db, (in_cell.run_id,))
        assert reproduced(db, in_cell.run_id, kept).differences == ()
