"""Uncertainty by source of derived rows."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest

import labctl
from labctl.analysis import Estimate, fit_arrhenius
from labctl.analysis.numerics.budget import Component, combined, estimate_of
from labctl.analysis.resistance.analyser_share import AnalyserShare
from labctl.derive import conductivities, derive_conductivities, derive_fits
from labctl.derive.budgets import CONDUCTIVITY, as_kept, components_in, listed, not_stated_in
from labctl.derive.point_errors import (
    errors_of_points,
    flagged_in_words,
    lag_in_words,
    left_out_arcs_in_words,
    own_relative_u,
    times_of_flagged,
)
from labctl.derive.sample_changes import NOT_LOOKED_FOR, is_looked_for
from labctl.store import Store

AREA = Component("area", 0.02, "B", True, "area")
NOISE = Component("fit and noise", 0.01, degrees_of_freedom=4.0)
MADE = {"method": "m", "method_version": "1", "derived_s": 1.0}
STATED = {"accuracy": {"thermometer": {"instrument": "oven", "class": "PT100 B wire", "source": "IEC"}}}


def point(kelvin=350.0, sigma=1.0, parts=(NOISE, AREA), **more):
    estimate = estimate_of(sigma, [one.scaled(sigma) for one in parts])
    row = {"temperature_k": kelvin, "conductivity_s_m": sigma, "total_resistance_ohm": 20 / sigma}
    row |= {"relative_uncertainty_resistance": 0.01, "relative_uncertainty_analyser": None, "flags": []}
    return row | {"budget": as_kept({CONDUCTIVITY: estimate}, ["leads"])} | more


def test_a_kept_budget_is_the_same_after_json():
    kept = json.loads(json.dumps(point()["budget"]))
    assert components_in(kept, CONDUCTIVITY) == (NOISE, AREA)
    assert not_stated_in(kept) == ["leads"]
    assert [entry["source"] for entry in listed(kept, CONDUCTIVITY)] == ["area", "fit and noise"]


@pytest.mark.parametrize("kept", [None, {}, [], {"components": {"conductivity": [{"source": "?"}]}}, "text"])
def test_a_budget_that_cannot_be_read_has_no_components(kept):
    assert components_in(kept, CONDUCTIVITY) == ()
    assert listed(kept, CONDUCTIVITY) == []


def test_a_row_without_a_budget_says_that_none_was_kept():
    assert not_stated_in(None) == ["budget: not kept by the version that derived it"]


def test_a_point_weighs_by_what_it_does_not_share():
    assert own_relative_u(point()) == pytest.approx(0.01)
    older = point(budget=None, relative_uncertainty_resistance=0.05, relative_uncertainty_analyser=0.03)
    assert own_relative_u(older) == pytest.approx(0.04)


def test_what_points_share_is_an_error_of_them_all():
    errors, not_stated = errors_of_points([point(), point(360.0)], {})
    assert [(one.source, one.ln_sigma.tolist()) for one in errors] == [("area", [[0.02, 0.02]])]
    assert not_stated == ["thermometer", "sensor to sample", "leads"]


def test_what_is_not_stated_of_some_points_says_of_how_many():
    _, not_stated = errors_of_points([point(), point(360.0, budget=None)], {})
    assert "leads (1 of 2 points)" in not_stated


def test_a_thermometer_outside_its_class_is_not_stated():
    stated = {"thermometer": {"class": "PT100 B wire"}}
    errors, not_stated = errors_of_points([point(), point(1200.0)], stated)
    assert [one.source for one in errors] == ["area"]
    assert not_stated[0] == "thermometer (outside -196 to 600 degC of PT100 B wire)"


def test_a_point_whose_circuit_does_not_describe_it_counts_a_ninth():
    flagged = point(flags=["poor fit: residuals 5.0%"])
    assert times_of_flagged([point(), flagged]).tolist() == [1.0, 3.0]
    assert times_of_flagged([flagged, flagged]).tolist() == [1.0, 1.0]
    assert times_of_flagged([flagged, flagged, point(bound="upper")]).tolist() == [1.0, 1.0, 1.0]


@pytest.mark.parametrize(
    ("flagged", "stated", "said"),
    [
        (0, True, []),
        (1, True, ["1 of 2 points flagged as poor fit or circuit incomplete: 1/9 weight"]),
        (1, False, ["1 of 2 points are flagged as poor fit or circuit incomplete: all count alike"]),
        (2, True, ["every point is flagged as poor fit or circuit incomplete: all count alike"]),
    ],
)
def test_a_law_says_how_flagged_points_count(flagged, stated, said):
    points = [point(flags=["circuit incomplete: residuals 1 %"] * (number < flagged)) for number in range(2)]
    assert flagged_in_words(points, stated) == said


def test_a_law_says_that_an_arc_with_an_energy_of_its_own_was_left_out_of_points():
    convicted = point(flags=["the ambiguous arc's activation energy is +0.20 eV off: taken as electrode"])
    (said,) = left_out_arcs_in_words([point(), convicted])
    assert said.startswith("1 of 2 points leave out an arc with an activation energy of its own")
    assert "bulk and grain boundary have activation energies of their own" in said
    assert left_out_arcs_in_words([point()]) == []


def test_a_law_says_that_a_lag_of_moving_points_was_taken_off():
    moving = {"setpoint_k": 380.0, "band_k": None, "temperature_min_k": 348.0, "temperature_max_k": 352.0}
    (said,) = lag_in_words([point(), point(**moving, lag_k=0.9), point(**moving, lag_k=1.3)])
    assert said.startswith(
        "2 of 3 points were measured while the temperature moved: a lag of the sample of up"
    )
    assert "1.3 K" in said
    assert lag_in_words([point()]) == []


def test_a_change_of_the_sample_is_not_stated_where_no_temperature_was_measured_twice(law):
    assert NOT_LOOKED_FOR in kept_of(law([NOISE]))["not_stated"]


@pytest.mark.parametrize(
    ("again", "looked_for"),
    [
        ({}, False),
        ({"branch": "cooling"}, True),
        ({"temperature_k": 350.2}, True),
        ({"temperature_k": 350.2, "excluded": "x"}, False),
    ],
)
def test_a_change_is_looked_for_by_a_second_measurement_or_the_way_back(again, looked_for):
    usual = {"branch": "heating", "repeated": False, "excluded": "", "bound": None}
    points = [point(350.0) | usual, point(370.0) | usual | again]
    assert is_looked_for(points) is looked_for


@pytest.fixture
def law(notebook):
    """Derive the laws of points with given components; return the preferred row and its database rows."""

    def derive(parts, provenance=None, flags=lambda number: (), factor=lambda number: 1.0):
        book = notebook()
        book.store.record_provenance(book.run_id, provenance or {})
        for number in range(7):
            kelvin = 323.15 + 10 * number
            spectrum = book.spectrum()
            sigma = factor(number) * 1e8 / kelvin * math.exp(-0.84 / (8.617333262e-5 * kelvin))
            row = point(kelvin, sigma, parts, flags=list(flags(number)))
            row |= {"temperature_u_k": 0.001, "run_id": book.run_id, "spectrum_id": spectrum}
            book.store.replace_derived("conductivities", {"spectrum_id": spectrum}, [row | MADE])
        derive_fits(book.store, book.run_id, 3.0)
        return next(row for row in book.rows("law_fits") if row["preferred"] and row["branch"] == "all")

    return derive


def kept_of(row):
    return json.loads(row["budget"]) if isinstance(row["budget"], str) else row["budget"]


def parts_of(row, name):
    return {one["source"]: one["standard_uncertainty"] for one in listed(kept_of(row), name)}


def test_the_geometry_is_in_a_and_in_the_conductivity_at_25_degc_but_not_in_the_energy(law):
    row = law([NOISE, AREA])
    for name in ("pre_exponential", "conductivity_at_25_degc"):
        value = row["parameters"][name]["value"]
        assert parts_of(row, name)["area"] == pytest.approx(0.02 * value, rel=1e-6)
        assert row["parameters"][name]["standard_uncertainty"] > 0.02 * value
    assert "area" not in parts_of(row, "activation_energy")


def test_the_thermometer_that_a_run_states_is_in_the_energy(law):
    row = law([NOISE, AREA], STATED)
    assert parts_of(row, "activation_energy")["thermometer"] == pytest.approx(1.6e-3, rel=0.05)
    assert row["standard_uncertainty_ev"] > 1.5e-3
    assert kept_of(row)["not_stated"] == ["sensor to sample", "leads", NOT_LOOKED_FOR]


def test_without_a_statement_the_law_says_that_the_thermometer_is_not_stated(law):
    silent = ["thermometer", "sensor to sample", "leads", NOT_LOOKED_FOR]
    assert kept_of(law([NOISE]))["not_stated"] == silent


def test_the_parts_of_each_parameter_add_up_to_its_uncertainty(law):
    row = law([NOISE, AREA, Component("analyser", 0.005, "B", True, "analyser")], STATED)
    assert {"pre_exponential", "activation_energy"} < set(kept_of(row)["components"])
    for name in kept_of(row)["components"]:
        whole = combined(components_in(kept_of(row), name))
        assert whole == pytest.approx(row["parameters"][name]["standard_uncertainty"], rel=1e-6), name


def test_a_flagged_point_moves_the_law_less_and_the_law_says_so(law):
    def jump(number):
        return 1.05 if number == 6 else 1.0

    def flag(number):
        return ["circuit incomplete: residuals 1 %, a consistent spectrum allows 0.1 %"] * (number == 6)

    plain, told = law([NOISE], factor=jump), law([NOISE], factor=jump, flags=flag)
    assert abs(told["activation_energy_ev"] - 0.84) < 0.5 * abs(plain["activation_energy_ev"] - 0.84)
    remark = "1 of 7 points flagged as poor fit or circuit incomplete: 1/9 weight"
    assert remark in told["flags"]
    assert remark not in plain["flags"]


@pytest.fixture
def series(monkeypatch):
    """Answers of the series analysis, in turn."""
    found = []
    monkeypatch.setattr(conductivities, "ionic_resistance_series", lambda *_, **__: tuple(found))
    return found


def test_a_conductivity_keeps_what_its_resistance_and_geometry_leave(notebook, series, resistance):
    book = notebook(area_u_m2=0.0)
    book.spectrum()
    share = AnalyserShare(10.0, 0.0, True, ("data sheet",))
    ohm = share.added_to(Estimate(2000.0, 4.0, 30).widened(5.0, "circuit"))
    series.append(replace(resistance(2000.0), total_ohm=ohm, analyser=share))
    (row,) = derive_conductivities(book.store, book.run_id, 1.0)
    assert row is not None
    parts = {one["source"]: one["standard_uncertainty"] for one in listed(row["budget"], CONDUCTIVITY)}
    sigma = row["conductivity_s_m"]
    expected = {"fit and noise": 4 / 2000, "circuit": 3 / 2000, "analyser": 10 / 2000, "thickness": 0.01}
    assert parts == {source: pytest.approx(part * sigma) for source, part in expected.items()}
    assert row["budget"]["not_stated"] == ["area", "leads"]


def test_a_conductivity_of_a_sample_without_uncertainties_says_what_is_not_stated(
    notebook, series, resistance
):
    book = notebook(thickness_u_m=0.0, area_u_m2=0.0)
    book.spectrum()
    series.append(resistance(2000.0))
    (row,) = derive_conductivities(book.store, book.run_id, 1.0)
    assert row is not None
    assert row["budget"]["not_stated"] == ["geometry", "analyser", "leads"]


class Notebook:
    """One run with conductivities of a stated budget."""

    def __init__(self, store):
        self.store, self.number = store, 0
        sample = {"name": "pellet", "thickness_m": 1e-3, "area_m2": 5e-5, "electrodes": "blocking"}
        run = {"sample_id": store.find_or_add_sample(sample), "procedure": "p:P", "started_s": 1.0}
        self.run_id = store.insert("runs", run)

    def point(self, kelvin, sigma, **more):
        about = {"run_id": self.run_id, "number": self.number, "started_s": 1.0, "setpoint_k": kelvin}
        self.number += 1
        spectrum = self.store.insert("spectra", about)
        self.store.update("spectra", spectrum, {"status": "finished", "ended_s": 2.0})
        row = point(kelvin, sigma, **more) | MADE
        row |= {"temperature_u_k": 0.001, "run_id": self.run_id, "spectrum_id": spectrum}
        self.store.replace_derived("conductivities", {"spectrum_id": spectrum}, [row])


def test_the_obvious_refit_of_a_frame_gives_the_stated_interval(tmp_path):
    with Store.open(tmp_path / "lab.db") as store:
        book = Notebook(store)
        chance = np.random.default_rng(20)
        for number in range(4):  # too few for another law, whose spread no fit of one law shows
            kelvin = 323.15 + 20 * number
            noisy = 1 + 0.005 * chance.standard_normal()
            book.point(kelvin, noisy * 1e8 / kelvin * math.exp(-0.84 / (8.617333262e-5 * kelvin)))
        derive_fits(store, book.run_id, 3.0)
    with labctl.open(tmp_path / "lab.db") as db:
        frame, fits = db.conductivities("last"), db.fits("last")
    stated = fits[(fits["law"] == "arrhenius") & (fits["form"] == "ln_sigma_t")].iloc[0]
    assert (frame["relative_uncertainty_common"] - 0.02).abs().max() < 1e-9
    sigma = frame["conductivity_s_m"]
    refit = fit_arrhenius(
        frame["temperature_k"],
        sigma,
        standard_uncertainty_s_m=frame["relative_uncertainty_independent"] * sigma,
        temperature_u_k=frame["temperature_u_k"],
    )
    energy = stated["parameters"]["activation_energy"]
    assert refit.activation_energy_ev.interval() == pytest.approx((energy["low_95"], energy["high_95"]))


def test_a_frame_of_rows_without_a_budget_knows_no_parts(tmp_path):
    with Store.open(tmp_path / "lab.db") as store:
        Notebook(store).point(350.0, 1.0, budget=None)
    with labctl.open(tmp_path / "lab.db") as db:
        frame = db.conductivities("last")
    assert frame["relative_uncertainty_independent"].isna().all()
    assert frame["relative_uncertainty_common"].isna().all()


def test_the_energy_of_an_undecided_law_has_a_part_of_the_law(law):
    """Curved within the noise: VTF stays possible beside Arrhenius."""
    noise = [0.01, -0.012, 0.004, 0.011, -0.008, -0.01, 0.009]
    row = law([NOISE], factor=lambda number: 1 + noise[number])
    assert row["law"] == "arrhenius"
    assert parts_of(row, "activation_energy")["law"] > 0
    whole = row["parameters"]["activation_energy"]["standard_uncertainty"]
    assert row["standard_uncertainty_ev"] == whole
