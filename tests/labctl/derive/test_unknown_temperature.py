"""A temperature that was not read stays unknown: no number in its place, a flag, and no point of a law."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

import labctl
from labctl.cli import app
from labctl.derive import derive_run, derive_spectrum
from labctl.store import Store
from labctl.store.queries import derivations

NO_SET_POINT = "no temperature reading: the temperature is not known"
SET_POINT = "no temperature reading: the set point of 60.00 degC is not the temperature"


@pytest.mark.parametrize(("setpoint_k", "flag"), [(None, NO_SET_POINT), (333.15, SET_POINT)])
def test_a_spectrum_without_a_reading_gives_a_resistance_and_a_conductivity_at_no_temperature(
    run, setpoint_k, flag
):
    spectrum_id = run.spectrum(330.0, setpoint_k=setpoint_k)
    row = derive_spectrum(run.store, spectrum_id, 2.0)
    assert (row["temperature_k"], row["temperature_u_k"]) == (None, None)
    (stored,) = run.conductivities()
    assert (stored["temperature_k"], stored["temperature_u_k"]) == (None, None)
    assert stored["total_resistance_ohm"] == pytest.approx(1e-4 * np.exp(0.6 / 8.617e-5 / 330), rel=0.02)
    assert flag in stored["flags"]
    (total,) = run.rows("SELECT * FROM resistances WHERE quantity = 'total'")
    assert total["resistance_ohm"] == stored["total_resistance_ohm"]
    assert flag in total["flags"]


def test_the_spread_of_one_reading_is_not_known(run):
    run.spectrum(330.0, readings_k=[330.2])
    run.spectrum(340.0, readings_k=[340.0, 340.2])
    run.spectrum(350.0, readings_k=[350.0, 350.0])
    run.derive()
    assert [row["temperature_k"] for row in run.conductivities()] == pytest.approx([330.2, 340.1, 350.0])
    spreads_k = [row["temperature_u_k"] for row in run.conductivities()]
    assert spreads_k == [None, pytest.approx(0.2 / np.sqrt(2)), 0.0]


def test_a_law_leaves_a_spectrum_without_temperature_out_and_names_it(run):
    for kelvin in (320.0, 330.0, 340.0):
        run.spectrum(kelvin, readings_k=[kelvin, kelvin + 0.01])
    run.spectrum(350.0, setpoint_k=333.15)
    run.spectrum(350.0)
    run.derive()
    laws = run.rows("SELECT * FROM law_fits")
    assert laws
    for law in laws:
        assert (law["n_points"], law["spectra"]) == (3, [1, 2, 3])
        assert law["flags"][0] == (
            "3 of 5 points used; left out: spectrum 3, set point 60.00 degC (no temperature), "
            "spectrum 4 (no temperature)"
        )
    assert laws[0]["activation_energy_ev"] == pytest.approx(0.6 + 8.617e-5 * 330, abs=0.02)


def test_without_any_temperature_there_is_no_law(run):
    for kelvin in (320.0, 330.0, 340.0):
        run.spectrum(kelvin, setpoint_k=kelvin)
    run.derive()
    assert len(run.conductivities()) == 3
    assert run.rows("SELECT * FROM law_fits") == []


def test_a_repetition_without_temperature_does_not_take_the_place_of_what_it_repeats(run):
    for kelvin in (320.0, 330.0, 340.0):
        run.spectrum(kelvin, readings_k=[kelvin, kelvin + 0.01])
    run.spectrum(340.0, repeat_of=3)
    run.derive()
    assert run.rows("SELECT spectra FROM law_fits")[0]["spectra"] == [1, 2, 3]


def test_an_unknown_spread_states_nothing_and_the_scatter_of_the_points_decides(run):
    for kelvin in (320.0, 330.0, 340.0, 350.0):
        run.spectrum(kelvin, readings_k=[kelvin, kelvin + 0.01] if kelvin > 320 else [kelvin])
    run.derive()
    law = run.rows("SELECT * FROM law_fits WHERE preferred")[0]
    assert any(
        flag.startswith("the spread of the temperature is not known for 1 of 4") for flag in law["flags"]
    )
    unstated = labctl.analysis.fit_arrhenius(
        [row["temperature_k"] for row in run.conductivities()],
        [row["conductivity_s_m"] for row in run.conductivities()],
    )
    assert law["standard_uncertainty_ev"] == pytest.approx(
        unstated.activation_energy_ev.standard_uncertainty, rel=1e-9
    )


def test_frames_views_and_show_say_that_the_temperature_is_not_known(run):
    run.spectrum(330.0, setpoint_k=333.15)
    run.derive()
    run.store.update("runs", run.run_id, {"status": "finished", "ended_s": 3.0})
    with labctl.open(run.path) as db:
        assert np.isnan(db.conductivities()["temperature_k"][0])
    (shown,) = run.rows("SELECT * FROM conductivities_lab_units")
    assert shown["conductivity_s_cm"] > 0
    assert [shown[name] for name in ("temperature_degc", "inverse_temperature_1000_k")] == [None, None]
    arguments = ["show", "last", "--db", str(run.path)]
    printed = CliRunner().invoke(app, arguments, env={"COLUMNS": "150"})
    assert printed.exit_code == 0
    line = next(line for line in printed.stdout.splitlines() if "e-0" in line)
    assert [cell.strip() for cell in line.split("│")[2:4]] == ["", ""]
    assert SET_POINT in printed.stdout
    (point,) = json.loads(CliRunner().invoke(app, [*arguments, "--json"]).stdout)["conductivities"]
    assert point["temperature_k"] is None


@pytest.fixture
def held(cell_station, measure_cell):
    """A polarisation measured by the whole stack, with a thermometer."""
    return measure_cell(cell_station(time_constant_s=100.0), "rest_min = 0.5\nlongest_interval_s = 15\n")


def without_reading(points):
    return [point | {"temperature_k": None} for point in points]


def transference_again(held, monkeypatch, *, hold=True, spectra=True, **row):
    """Derive the number again as if hold or spectra had no temperature reading; `row` replaces columns."""
    points, one = derivations.good_polarisation_points, derivations.polarisation_row
    with monkeypatch.context() as patch:
        if not hold:
            patch.setattr(
                derivations, "good_polarisation_points", lambda *about: without_reading(points(*about))
            )
        if not spectra:
            patch.setattr(derivations, "spectrum_temperatures_k", lambda *_: [])
        patch.setattr(derivations, "polarisation_row", lambda *about: one(*about) | row)
        with Store.open(held.path) as store:
            derive_run(store, 1, 2.0)
    (found,) = held.rows("SELECT * FROM transference_numbers")
    return found


def test_a_polarisation_without_a_reading_has_no_temperature_and_the_same_number(held, monkeypatch):
    (before,) = held.rows("SELECT * FROM transference_numbers")
    (hold,) = held.rows("SELECT * FROM polarisations")
    after = transference_again(held, monkeypatch, hold=False, spectra=False)
    assert before["temperature_k"] == pytest.approx(hold["setpoint_k"], abs=0.5)
    assert after["temperature_k"] is None
    assert after["value"] == pytest.approx(before["value"], rel=0.01)
    set_degc = hold["setpoint_k"] - 273.15
    assert after["flags"][0] == (
        f"no temperature reading: the set point of {set_degc:.2f} degC is not the temperature"
    )


def test_a_polarisation_without_a_set_point_either_says_so(held, monkeypatch):
    after = transference_again(held, monkeypatch, hold=False, spectra=False, setpoint_k=None)
    assert after["temperature_k"] is None
    assert NO_SET_POINT in after["flags"]


def test_a_spectrum_before_without_a_reading_leaves_unknown_whether_the_temperature_moved(held, monkeypatch):
    after = transference_again(held, monkeypatch, spectra=False)
    assert after["temperature_k"] is not None
    assert [flag for flag in after["flags"] if "temperature" in flag] == [
        "the spectrum before has no temperature reading: whether it moved since is not known"
    ]


def test_a_rest_that_was_not_measured_is_named(held, monkeypatch):
    assert not any("at rest" in flag for flag in transference_again(held, monkeypatch)["flags"])
    after = transference_again(held, monkeypatch, rest_potential_v=None, rest_drift_v_s=None)
    assert after["flags"] == ["the potential at rest was not measured: taken as 0 V"]
