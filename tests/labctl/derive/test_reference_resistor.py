"""A run between two checks with a resistor carries what they say about the analyser."""

import math
from types import SimpleNamespace

import pytest

from labctl.analysis.numerics.budget import combined
from labctl.derive import derive_run
from labctl.derive.budgets import CONDUCTIVITY, components_in
from labctl.derive.reference_resistor import reference_u_of_run, with_reference
from labctl.derive.whole_runs import reproduced
from labctl.store.queries import analyses

CHECK = {"station": "rig", "instrument": "analyser", "simulated": 0, "driver": "d:D", "standard": "resistor"}
CHECK |= {"resistance_ohm": 1e4, "resistance_u_ohm": 2.0, "capacitance_f": 0.0, "capacitance_u_f": 0.0}
CHECK |= {"source": "certificate 77", "amplitude_v": 0.02, "points": [], "labctl_version": "0.1"}
CHECK |= {"outcome": "measured", "ratio_u": 3e-4}


@pytest.fixture
def measured(run):
    """A finished run of the analyser, started at 1 s and ended at 10 s."""
    for kelvin in (320.0, 340.0):
        run.spectrum(kelvin, readings_k=[kelvin] * 43)
    instrument = {"run_id": run.run_id, "role": "fra", "name": "analyser", "driver": "d:D"}
    run.store.insert("run_instruments", instrument | {"address": "GPIB0::4::INSTR"})
    run.store.update("runs", run.run_id, {"status": "finished", "ended_s": 10.0})
    return run


def check(run, time_s, ratio, **about):
    run.store.insert("analyser_checks", CHECK | {"time_s": time_s, "ratio": ratio} | about)


def component(run):
    derive_run(run.store, run.run_id, 20.0)
    row = run.conductivities()[0]
    parts = components_in(row["budget"], CONDUCTIVITY)
    assert combined(parts) == pytest.approx(row["standard_uncertainty_s_m"], rel=1e-6)
    found = [one for one in parts if one.source == "reference resistor"]
    return found[0].standard_uncertainty / row["conductivity_s_m"] if found else None


@pytest.fixture
def at_the_rig(run):
    """The run with the name of a station."""
    run.store.close()
    from labctl.store import Store

    run.store = Store.open(run.path)
    run_row = {"sample_id": 1, "procedure": "p:P", "started_s": 1.0, "station": "rig"}
    run.run_id = run.store.insert("runs", run_row)
    return run


def test_a_run_between_two_checks_gets_the_larger_deviation(at_the_rig, measured):
    check(measured, 0.5, 1.002)
    check(measured, 11.0, 0.995)
    with measured.store.read() as db:
        assert reference_u_of_run(db, measured.run_id) == pytest.approx(math.hypot(5e-3, 3e-4))
    assert component(measured) == pytest.approx(math.hypot(5e-3, 3e-4), rel=1e-3)


@pytest.mark.parametrize("times", [(0.5,), (11.0,), (0.2, 0.5), (11.0, 12.0)])
def test_a_run_that_is_not_between_two_checks_gets_none(at_the_rig, measured, times):
    for time_s in times:
        check(measured, time_s, 1.01)
    assert component(measured) is None


@pytest.mark.parametrize(
    "about", [{"outcome": "failed"}, {"station": "another"}, {"instrument": "other"}, {"standard": "cell"}]
)
def test_checks_of_something_else_do_not_count(at_the_rig, measured, about):
    check(measured, 0.5, 1.002)
    check(measured, 11.0, 0.995, **about)
    assert component(measured) is None


def test_an_analysis_is_reproduced_after_more_checks_were_made(at_the_rig, measured):
    check(measured, 0.5, 1.002)
    check(measured, 11.0, 0.995)
    derive_run(measured.store, measured.run_id, 20.0)
    check(measured, 10.5, 1.02)
    with measured.store.read() as db:
        (kept,) = analyses.current(db, (measured.run_id,))
        assert reproduced(db, measured.run_id, kept).differences == ()


def test_a_stated_accuracy_counts_once_with_the_checks(resistance):
    found = resistance(1000.0, 1.0)
    stated = SimpleNamespace(standard_uncertainty_ohm=4.0)
    with_both = with_reference(_with(found, stated), 5e-3).total_ohm
    assert with_both.standard_uncertainty == pytest.approx(math.hypot(1.0, 3.0))
    assert with_reference(_with(found, stated), 2e-3).total_ohm == found.total_ohm
    assert with_reference(found, None) is found


def _with(found, analyser):
    from dataclasses import replace

    return replace(found, analyser=analyser)
