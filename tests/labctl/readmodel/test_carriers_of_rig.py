"""Simulated samples, measured by the procedures and weighed: the numbers against the truth of the cell."""

import pytest

from labctl.analysis import Estimate
from labctl.analysis.transport.carriers import CONDUCTORS
from labctl.derive.facts import Fact, keep_fact
from labctl.readmodel.carrier_runs import _off_by_s, _with_tail
from labctl.readmodel.carriers import carriers_of
from labctl.store import Database
from sim_instruments.world.electrolysis import mass_changes_kg

EMF = "procedures.electromotive_force:ElectromotiveForce"
ELECTROLYSIS = "procedures.electrolysis:Electrolysis"
HEBB_WAGNER = "procedures.hebb_wagner:HebbWagner"
DC = "procedures.dc_polarisation:DCPolarisation"
WATCH = "window_min = 1.0\nwait_max_min = 5.0\ninterval_s = 5.0\nvoltmeter_u_v = 1e-4\n"
PASS = "rest_min = 0.2\npotential_v = 0.1\ncharge_c = 0.2\nparts = 1\nhold_max_min = 200\n"
PASS += "gain_u_percent = 0.2\nlongest_interval_s = 200\n"
STEPS = """\
frequency_min_hz = 10.0
points_per_decade = 6
rest_min = 0.1
hold_min_min = 1
hold_max_min = [2]
longest_interval_s = 3.0
samples_per_decade = 20
zero_current_min = 0.0
"""
SILVER_BROMIDE = {
    "ions": {
        "Ag+": {"share": 0.7, "molar_mass_kg_mol": 0.10787},
        "Br-": {"share": 0.2, "charge": -1, "molar_mass_kg_mol": 0.0799},
    },
    "electrons": 0.1,
}


def fact(path, kind, value, u=None, at=None, ion=""):
    keep_fact(path, "film", Fact(kind, value, "notebook 1", uncertainty=u, temperature_degc=at, ion=ion))


def carriers(path):
    with Database(path) as db:
        return carriers_of(db, "film")


def line_of(found, words):
    (line,) = [one for one in found.lines if words in one.text]
    return line


def silver_cell(share=0.8, **more):
    silver = {"share": share, "activity_ratio": 0.1}
    return {"ions": {"Ag+": silver}, "electrons": 1 - share, **more}


def test_the_emf_of_a_run_gives_the_share_of_the_ions(cell_station, measure_cell):
    measured = measure_cell(cell_station(carriers=silver_cell()), WATCH, EMF, cation="Ag+")
    fact(measured.path, "activity-ratio", 10.0, 0.01, at=30.0, ion="Ag+")
    found = carriers(measured.path)
    (evidence,) = line_of(found, "share of the ions by emf, run 1").evidence
    assert evidence.value == pytest.approx(0.8, abs=0.01)
    assert 0.75 < evidence.low < 0.8
    ((kelvin, verdict),) = found.verdicts
    assert kelvin == pytest.approx(303.15, abs=0.5)
    assert verdict.carries == ("ions",)
    assert CONDUCTORS["protons"] in verdict.not_excluded


def test_an_emf_without_a_theory_or_an_accuracy_bounds_nothing(cell_station, measure_cell):
    unstated = WATCH.replace("voltmeter_u_v = 1e-4\n", "")
    measured = measure_cell(cell_station(carriers=silver_cell()), unstated, EMF, cation="Ag+")
    line = line_of(carriers(measured.path), "run 1")
    assert "no theory of Ag+" in line.text
    fact(measured.path, "activity-ratio", 10.0, 0.01, at=30.0, ion="Ag+")
    line = line_of(carriers(measured.path), "run 1")
    assert "uncertainty not known: bounds nothing" in line.text
    assert line.evidence == ()


def test_an_offset_that_raises_the_emf_beyond_the_theory_is_named(cell_station, measure_cell):
    station = cell_station(carriers=silver_cell(1.0, offset_v=5e-3))
    measured = measure_cell(station, WATCH, EMF, cation="Ag+")
    fact(measured.path, "activity-ratio", 10.0, 0.01, at=30.0, ion="Ag+")
    ((_, verdict),) = carriers(measured.path).verdicts
    assert any("exceeds the theoretical one" in why for why in verdict.broken)
    assert verdict.carries == ()


def weigh_stack(measured, u_mg=1e-5, lost_mg=0.0):
    """Keep the masses before and after as facts, from what the cell truly passed."""
    cell = measured.rig.world.cell.electrochemistry
    passed = measured.rig.world.terminals.charges_c(measured.rig.world.time_s)
    changes = mass_changes_kg(passed, cell.ions, "Ag+")
    for place, change_kg in changes.items():
        name, ion = place.replace(" ", "-"), "Ag+" if place.endswith("metal") else ""
        fact(measured.path, f"{name}-before", 1000.0, u_mg, ion=ion)
        after = 1000.0 + 1e6 * change_kg - (lost_mg if place == "anode side" else 0.0)
        fact(measured.path, f"{name}-after", after, u_mg, ion=ion)
    fact(measured.path, "molar-mass", 107.87, 0.0, ion="Ag+")
    fact(measured.path, "molar-mass", 79.9, 0.0, ion="Br-")


def test_the_charge_of_a_run_and_the_masses_give_the_share_of_each_ion(cell_station, measure_cell):
    measured = measure_cell(cell_station(carriers=SILVER_BROMIDE), PASS, ELECTROLYSIS, cation="Ag+")
    assert measured.outcome.status == "finished"
    weigh_stack(measured)
    found = carriers(measured.path)
    line = line_of(found, "share of Ag+ by Tubandt")
    assert line.runs == (1,)
    (evidence,) = line.evidence
    assert evidence.low <= 0.7 <= evidence.high
    assert evidence.high - evidence.low < 0.1
    assert line_of(found, "share of Br- by Tubandt").evidence[0].value == pytest.approx(0.2, abs=0.02)
    ((_, verdict),) = found.verdicts
    assert set(verdict.carries) == {"ions", "cation"}
    assert verdict.broken == ()


def test_mass_that_was_lost_is_named_and_the_masses_count_for_nothing(cell_station, measure_cell):
    measured = measure_cell(cell_station(carriers=SILVER_BROMIDE), PASS, ELECTROLYSIS, cation="Ag+")
    weigh_stack(measured, lost_mg=0.05)
    ((_, verdict),) = carriers(measured.path).verdicts
    assert any("contradict each other" in why for why in verdict.broken)
    assert "cation" not in verdict.carries


def test_a_charge_without_a_stated_ammeter_gives_no_share(cell_station, measure_cell):
    unstated = PASS.replace("gain_u_percent = 0.2\n", "").replace("charge_c = 0.2", "charge_c = 0.01")
    measured = measure_cell(cell_station(carriers=SILVER_BROMIDE), unstated, ELECTROLYSIS, cation="Ag+")
    weigh_stack(measured)
    line = line_of(carriers(measured.path), "shares by Tubandt")
    assert "the accuracy of the ammeter is not stated" in line.text
    assert "0.01" in line.text
    assert line.evidence == ()


@pytest.mark.parametrize("passes", ["counter", "working"])
def test_a_wagner_curve_of_the_rig_gives_the_share_of_electrons_and_holes(cell_station, measure_cell, passes):
    """A true exponential curve, with the reversible electrode on either side."""
    ions = {"Ag+": {"share": 0.97, "passes": passes}}
    station = cell_station(carriers={"ions": ions, "electrons": 0.025, "holes": 0.005})
    electrodes = "blocking/reversible" if passes == "counter" else "reversible/blocking"
    steps = STEPS + "potentials_v = [-0.03, 0.03, 0.1]\n"
    measured = measure_cell(station, steps, HEBB_WAGNER, electrodes=electrodes, cation="Ag+")
    assert measured.outcome.status == "finished"
    (evidence,) = line_of(carriers(measured.path), "Hebb-Wagner curve of 3 steps").evidence
    assert evidence.value == pytest.approx(0.03, rel=0.1)
    assert evidence.low <= 0.03 <= evidence.high
    total_s_m = 1e-4 / (2000.0 * 1e-4)  # thickness over resistance and area of the cell
    truth = (
        {"electrons": 0.025, "holes": 0.005} if passes == "counter" else {"electrons": 0.005, "holes": 0.025}
    )
    line = line_of(carriers(measured.path), "Hebb-Wagner curve of 3 steps")
    for name, share in truth.items():
        low, high = line.conductivities_s_m[name].interval()
        assert low <= share * total_s_m <= high


def test_the_charge_of_a_run_that_was_killed_is_not_known_until_another_run_begins(
    cell_station, measure_cell
):
    quick = PASS.replace("charge_c = 0.2", "charge_c = 0.01")
    measured = measure_cell(cell_station(carriers=SILVER_BROMIDE), quick, ELECTROLYSIS, cation="Ag+")
    with Database(measured.path) as db:
        (row,) = db.rows("SELECT * FROM polarisations")
        last = {"time_s": row["ended_s"] - 1.0, "current_a": 1e-4}
    killed = row | {"status": "interrupted"}
    assert _off_by_s(row, last, []) == row["ended_s"]
    assert _off_by_s(killed, last, [row["started_s"]]) is None
    assert _off_by_s(killed, last, [row["started_s"], last["time_s"] + 60.0]) == last["time_s"] + 60.0
    charge = _with_tail(Estimate(1.0, 0.0), last["time_s"] + 60.0, last)
    assert charge.value == pytest.approx(1.0 + 3e-3)
    assert charge.standard_uncertainty == pytest.approx(6e-3 / 12**0.5)
