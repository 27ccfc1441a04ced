import json
import math
from dataclasses import replace

import numpy as np
import pytest
from typer.testing import CliRunner

import labctl
from labctl.analysis import Estimate
from labctl.cli import app
from labctl.derive import derive_run
from labctl.derive.transference import _with_drift, _with_growth
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
    assert row["value"] == pytest.approx(row["watanabe"], rel=3e-3)  # beside it: the linear range
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
        derive_run(store, 1, 2.0)
    changed = {key for key in first if first[key] != again[key]}
    assert changed == {"id", "derived_s", "analysis_id"}
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
    from labctl.measure.run import StopRequest

    stop, held = StopRequest(), []

    def watch(event):
        held.extend([1] if event.topic == "results" and event.get("phase") == "hold" else [])
        if len(held) == 30:
            stop.request("enough")

    measured = measure_cell(cell_station(), BRIEF, on_event=watch, stop=stop)
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


def test_a_bulk_that_changed_leaves_its_resistance_in_doubt():
    before = Estimate(400.0, 1.0, 100.0)
    widened = _with_drift(before, Estimate(380.0, 1.0, 100.0))
    assert widened.value == 400.0
    assert widened.standard_uncertainty == pytest.approx(math.hypot(1.0, 20 / math.sqrt(3)))
    assert _with_drift(before, Estimate(397.0, 1.0, 100.0)) == before


def warms_up(by_k):
    """The room warms up after ten current readings."""
    rig, held = {}, []

    def before(bench, built):
        rig["rig"] = built
        return bench

    def watch(event):
        held.extend([1] if event.topic == "results" and event.get("phase") == "hold" else [])
        if len(held) == 10:
            rig["rig"].world.oven.ambient_k += by_k
            held.append(1)

    return {"before": before, "on_event": watch}


def test_a_temperature_that_moves_while_held_is_told_and_carried(cell_station, measure_cell):
    station = cell_station(transference_number=0.3, time_constant_s=100.0)
    row = number(measure_cell(station, BRIEF + "hold_min_min = 59\nhold_max_min = 60", **warms_up(3.0)))
    assert row["value"] > 0.31
    assert row["low_95"] <= 0.3
    assert any("the temperature moved by +" in flag for flag in row["flags"])
    assert any("the bulk resistance changed by -" in flag for flag in row["flags"])


def test_the_share_of_the_electrons_carries_a_temperature_that_moved(cell_station, measure_cell):
    station = cell_station(electrodes="blocking", electronic_share=0.01)
    measured = measure_cell(
        station,
        BRIEF + "potentials_v = [0.05]\nfrequency_min_hz = 10.0\nhold_min_min = 59\nhold_max_min = [60]",
        procedure="procedures.dc_polarisation:DCPolarisation",
        electrodes="blocking",
        **warms_up(3.0),
    )
    row = number(measured)
    assert row["value"] > 0.0105
    assert row["low_95"] <= 0.01
    assert any("the temperature moved by +" in flag for flag in row["flags"])


def test_electrodes_that_do_not_block_are_asked_about(cell_station, measure_cell):
    measured = measure_cell(
        cell_station(transference_number=0.3, time_constant_s=100.0),
        BRIEF + "potentials_v = [0.01]\nhold_max_min = [30]",
        procedure="procedures.dc_polarisation:DCPolarisation",
        electrodes="blocking",
    )
    (flag, *_) = number(measured)["flags"]
    assert flag.startswith("t_el = 0.268")  # R of the bulk's arc, 2000 ohm, over 2000 ohm / t+ + 800 ohm
    assert flag.endswith("is large: a mixed conductor, or electrodes that let ions pass")


def test_where_no_current_is_left_its_relative_change_says_nothing(cell_station, measure_cell):
    measured = measure_cell(
        cell_station(electrodes="blocking"),
        BRIEF + "potentials_v = [0.05]\nfrequency_min_hz = 10.0\nhold_max_min = [30]",
        procedure="procedures.dc_polarisation:DCPolarisation",
        electrodes="blocking",
    )
    flags = number(measured)["flags"]
    assert flags[0].startswith("no electronic current beyond its uncertainty: t_el <")
    assert not any("not steady" in flag for flag in flags)


def reads(**factors):
    """The potentiostat returns its readings multiplied by a factor."""

    def before(bench, _):
        potentiostat = bench.roles["potentiostat"]
        read = potentiostat._reading

        def falsified():
            taken_s, reading = read()
            return taken_s, reading._replace(**{k: f * getattr(reading, k) for k, f in factors.items()})

        potentiostat._reading = falsified
        return bench

    return before


@pytest.mark.parametrize(
    ("factors", "words"),
    [
        ({"potential_v": 1.2}, "the potential read back is 12 mV above the rest, 10 mV were set"),
        ({"potential_v": 0.8}, "the potential read back is 8 mV above the rest, 10 mV were set"),
        ({"current_a": 1.2}, "initial currents disagree"),
    ],
)
def test_a_wrong_scale_is_told_and_carried(cell_station, measure_cell, factors, words):
    station = cell_station(transference_number=0.3, time_constant_s=100.0)
    row = number(measure_cell(station, BRIEF, before=reads(**factors)))
    assert any(words in flag for flag in row["flags"])
    assert abs(row["value"] / 0.3 - 1) > 0.1
    assert row["low_95"] <= 0.3 <= row["high_95"]


def test_a_current_of_the_wrong_sign_gives_no_number(cell_station, measure_cell):
    row = number(measure_cell(cell_station(time_constant_s=100.0), BRIEF, before=reads(current_a=-1.0)))
    assert row["value"] is None
    assert row["flags"] == ["no number: current_a and delta_v_v have opposite signs"]


@pytest.mark.parametrize("electrodes", ["reversible", "blocking"])
def test_a_bound_of_the_resistance_gives_no_number(cell_station, measure_cell, monkeypatch, electrodes):
    import labctl.derive.transference as derivation

    read = derivation.ionic_resistance_series

    def bounds(*spectra):
        return [replace(found, bound="lower") for found in read(*spectra)]

    monkeypatch.setattr(derivation, "ionic_resistance_series", bounds)
    quick = BRIEF + "frequency_min_hz = 10.0\n"
    if electrodes == "blocking":
        procedure, quick = "procedures.dc_polarisation:DCPolarisation", quick + "hold_max_min = [3]"
    else:
        procedure, quick = "procedures.bruce_vincent:BruceVincent", quick + "hold_max_min = 3"
    station = cell_station(electrodes=electrodes, electronic_share=0.01, time_constant_s=100.0)
    row = number(measure_cell(station, quick, procedure=procedure, electrodes=electrodes))
    assert row["value"] is None
    assert "no number: of the spectrum before only a bound is known, R > " in row["flags"][0]


@pytest.mark.slow
def test_the_stated_interval_covers_the_truth_as_often_as_it_says(cell_station, measure_cell):
    """A small sample of the study in benchmarks/transference.py: 6 cells, at least 5 inside."""
    chance = np.random.default_rng(5)
    inside = 0
    for seed in range(6):
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
    assert inside >= 5
