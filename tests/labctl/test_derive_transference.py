import json
import math

import numpy as np
import pytest
from typer.testing import CliRunner

import labctl
from labctl.analysis import Estimate
from labctl.cli import app
from labctl.derive import derive_polarisations, derive_run
from labctl.derive.transference import _with_growth
from labctl.store import Store

BRIEF = "rest_min = 0.5\nlongest_interval_s = 15\n"


def number(measured):
    (row,) = measured.rows("SELECT * FROM transference_numbers")
    return row


def test_the_stack_finds_the_transference_number_of_the_cell(cell_station, measure_cell):
    measured = measure_cell(cell_station(transference_number=0.3, time_constant_s=200.0), BRIEF)
    row = number(measured)
    assert row["quantity"] == "rho_plus"
    assert row["value"] == pytest.approx(0.3, rel=0.01)
    assert row["value"] == pytest.approx(row["watanabe"])
    assert row["naive"] > 0.35
    assert 0 < row["standard_uncertainty"] < 0.005
    inputs = ("delta_v_v", "initial_current_a", "steady_current_a")
    assert row["delta_v_v"] == pytest.approx(0.01, rel=1e-3)
    assert row["initial_resistance_ohm"] == pytest.approx(800, rel=0.01)
    assert row["steady_resistance_ohm"] == pytest.approx(800, rel=0.01)
    assert row["bulk_resistance_ohm"] == pytest.approx(2000, rel=0.01)
    assert row["initial_current_a"] == pytest.approx(0.01 / 2800, rel=0.01)
    for name in inputs:
        assert row[name[:-2] + "_u" + name[-2:]] > 0
    assert row["relaxation"]["time_constant_s"]["value"] == pytest.approx(200, rel=0.05)
    assert row["relaxation"]["steady"]
    assert row["flags"] == []


def test_the_same_number_is_derived_again_later(cell_station, measure_cell):
    measured = measure_cell(cell_station(time_constant_s=100.0), BRIEF)
    first = number(measured)
    with Store.open(measured.path) as store:
        derive_run(store, 1, 1.0)
        again = number(measured)
        derive_polarisations(store, 1, 2.0)
    changed = {key for key in first if first[key] != again[key]}
    assert changed == {"id", "derived_s"}
    assert len(measured.rows("SELECT * FROM transference_numbers")) == 1


def test_show_prints_the_number_with_its_label_its_rivals_and_its_flags(cell_station, measure_cell):
    measured = measure_cell(
        cell_station(time_constant_s=200.0),
        BRIEF + "early_stop = true\nearly_stop_percent = 1.0",
        cation="Mg2+",
    )
    runner = CliRunner()
    result = runner.invoke(app, ["show", "last", "--db", str(measured.path)], env={"COLUMNS": "120"})
    assert result.exit_code == 0
    for words in ("rho+ (Bruce-Vincent)", "Watanabe", "naive", "R0 / ohm", "multivalent salts associate"):
        assert words in result.stdout, words
    content = json.loads(runner.invoke(app, ["show", "last", "--json", "--db", str(measured.path)]).stdout)
    (shown,) = content["transference_numbers"]
    assert shown["value"] == number(measured)["value"]
    assert any("multivalent" in flag for flag in shown["flags"])


def test_stopping_early_saves_time_says_how_much_and_gives_the_same_number(cell_station, measure_cell):
    station = cell_station(transference_number=0.3, time_constant_s=800.0)
    early = measure_cell(station, BRIEF + "early_stop = true")
    row = number(early)
    (hold,) = early.rows("SELECT ended_by, saved_s FROM polarisations")
    (last,) = early.rows("SELECT max(elapsed_s) AS s FROM polarisation_points")
    assert hold["ended_by"] == "extrapolated"
    assert hold["saved_s"] > 0.2 * last["s"]
    assert any("stopped early" in flag for flag in row["flags"])
    assert abs(row["value"] - 0.3) < 3 * row["standard_uncertainty"]
    assert row["steady_current_a"] == pytest.approx(0.01 / (2000 / 0.3 + 800), rel=0.01)


def test_a_growing_interphase_is_reported_and_carried(cell_station, measure_cell):
    interphase = {"share": 0.4, "growth_share": 0.3, "growth_time_s": 1500.0}
    measured = measure_cell(
        cell_station(transference_number=0.3, time_constant_s=400.0, interphase=interphase), BRIEF
    )
    row = number(measured)
    assert row["steady_resistance_ohm"] > 1.05 * row["initial_resistance_ohm"]
    assert any("the interphases grew" in flag for flag in row["flags"])
    assert abs(row["value"] - 0.3) < max(0.01, 2.5 * row["standard_uncertainty"])


def test_a_number_that_cannot_be_is_refused_in_words(cell_station, measure_cell, monkeypatch):
    import labctl.derive.transference as derivation

    def refuse(*_, **__):
        raise ValueError("initial_current_a times initial_resistance_ohm is 0.011 V, not below delta_v_v")

    monkeypatch.setattr(derivation, "bruce_vincent", refuse)
    row = number(measure_cell(cell_station(time_constant_s=100.0), BRIEF))
    assert row["value"] is None
    assert row["flags"] == [
        "no number: initial_current_a times initial_resistance_ohm is 0.011 V, not below delta_v_v"
    ]


def test_a_cut_polarisation_gives_no_number(cell_station, measure_cell):
    from labctl.run import StopRequest

    stop, held = StopRequest(), []

    def watch(topic, record):
        held.extend([1] if topic == "results" and record.get("phase") == "hold" else [])
        if len(held) == 30:
            stop.request("enough")

    measured = measure_cell(cell_station(), BRIEF, on_row=watch, stop=stop)
    assert measured.rows("SELECT * FROM transference_numbers") == []
    with labctl.open(measured.path) as db:
        assert len(db.polarisation_points(1)) == 30
        assert math.isfinite(db.polarisations("last")["rest_potential_v"][0])


def test_an_interphase_that_changed_leaves_its_resistance_in_doubt():
    before, after = Estimate(400.0, 1.0, 100.0), Estimate(440.0, 1.0, 100.0)
    widened = _with_growth(before, after)
    assert widened.value == 440.0
    assert widened.standard_uncertainty == pytest.approx(math.hypot(1.0, 40 / math.sqrt(12)))
    assert _with_growth(after, before).standard_uncertainty == widened.standard_uncertainty
    assert _with_growth(before, Estimate(403.0, 1.0, 100.0)) == Estimate(403.0, 1.0, 100.0)


@pytest.mark.slow
def test_the_stated_interval_covers_the_truth_as_often_as_it_says(cell_station, measure_cell):
    """A small sample of the study in benchmarks/transference.py: 12 cells, at least 9 inside."""
    chance = np.random.default_rng(5)
    inside = 0
    for seed in range(12):
        truth = float(chance.uniform(0.1, 0.95))
        steady_a = float(chance.choice([2e-6, 2e-5]))  # noise of 0.2 or 0.02 %
        station = cell_station(
            ionic_ohm=0.01 / steady_a / (1 / truth + 0.4),
            transference_number=truth,
            time_constant_s=200.0,
            seed=seed,
        )
        measured = measure_cell(station, BRIEF, database=f"{seed}.db")
        row = number(measured)
        inside += row["low_95"] <= truth <= row["high_95"]
        assert row["value"] == pytest.approx(truth, rel=0.02)
    assert inside >= 9
