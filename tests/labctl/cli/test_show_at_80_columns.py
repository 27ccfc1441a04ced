"""`labctl show` in a terminal of 80 columns: the headline is whole, and what a reader must know is there."""

import pytest
from typer.testing import CliRunner

from labctl.cli import app
from labctl.store import Store

SAMPLE = {"name": "Mg3(BH4)4(NH2)2 pellet, simulated", "thickness_m": 1e-3, "area_m2": 5e-5}
PROCEDURE = "procedures.temperature_stepped_eis:TemperatureSteppedEIS"
LAW = {"branch": "all", "law": "arrhenius", "form": "ln_sigma_t", "preferred": 1, "n_points": 4}
LAW |= {"activation_energy_ev": 0.5, "standard_uncertainty_ev": 0.01, "method": "m", "method_version": "1"}
WEIGHT = {"value": 0.99, "standard_uncertainty": None, "unit": "1"}
ENERGY = {"value": 0.5, "standard_uncertainty": 0.01, "unit": "eV", "low_95": 0.48, "high_95": 0.52}


@pytest.fixture
def show(tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")

    def show(**about):
        path = tmp_path / "lab.db"
        with Store.open(path) as store:
            sample_id = store.find_or_add_sample(SAMPLE | {"electrodes": "blocking"})
            run = {"sample_id": sample_id, "procedure": PROCEDURE, "started_s": 1.0}
            fill(store, store.insert("runs", run | about))
        result = CliRunner().invoke(app, ["show", "last", "--db", str(path)])
        assert result.exit_code == 0, result.output
        return result.output

    return show


def fill(store, run_id):
    for number, status in enumerate(("finished", "aborted")):
        about = {"run_id": run_id, "number": number, "started_s": 1.0, "setpoint_k": 323.15}
        spectrum_id = store.insert("spectra", about)
        for place in range(2):
            point = {"spectrum_id": spectrum_id, "number": place, "time_s": 1.0, "frequency_hz": 1e3 + place}
            store.append("impedance_points", point | {"z_real_ohm": 1.0, "z_imag_ohm": -1.0})
        store.flush()
        store.update("spectra", spectrum_id, {"status": status, "ended_s": 2.0})
        if status == "finished":
            conductivity(store, run_id, spectrum_id)
    law = LAW | {"run_id": run_id, "parameters": {"activation_energy": ENERGY, "weight": WEIGHT}}
    store.replace_derived("law_fits", {"run_id": run_id}, [law | {"flags": [], "derived_s": 2.0}])
    store.update("runs", run_id, {"status": "aborted", "reason": "interrupted", "ended_s": 3.0})


def conductivity(store, run_id, spectrum_id):
    row = {"spectrum_id": spectrum_id, "run_id": run_id, "temperature_k": 323.15, "total_resistance_ohm": 2e3}
    row |= {"conductivity_s_m": 0.01, "standard_uncertainty_s_m": 1e-4, "method": "m", "method_version": "1"}
    row |= {"flags": [], "derived_s": 2.0}
    store.replace_derived("conductivities", {"spectrum_id": spectrum_id}, [row])


def test_no_line_is_longer_and_no_word_of_the_headline_is_cut(show):
    lines = show().splitlines()
    assert max(map(len, lines)) <= 80
    headline = " ".join(line.strip() for line in lines[:5])
    assert f"{PROCEDURE}: aborted (interrupted)" in headline
    assert "Mg3(BH4)4(NH2)2 pellet, simulated: thickness 1 mm" in headline


def test_it_names_the_law_for_the_thesis(show):
    assert "for the thesis: Arrhenius, ln(σT), the only law fitted" in show()


def test_a_spectrum_that_was_aborted_is_named_with_its_points(show):
    assert "spectrum 1 at 50.00 °C: aborted after 2 points, not evaluated" in show()


def test_it_says_that_the_geometry_is_not_stated(show):
    assert "geometry: not stated" in show()


def test_many_spectra_that_were_cut_short_are_counted(tmp_path):
    with Store.open(tmp_path / "lab.db") as store:
        sample_id = store.find_or_add_sample(SAMPLE | {"electrodes": "blocking"})
        run_id = store.insert("runs", {"sample_id": sample_id, "procedure": PROCEDURE, "started_s": 1.0})
        for number in range(8):
            about = {"run_id": run_id, "number": number, "started_s": 1.0}
            store.update("spectra", store.insert("spectra", about), {"status": "failed", "ended_s": 2.0})
    result = CliRunner().invoke(app, ["show", "last", "--db", str(tmp_path / "lab.db")])
    assert "spectrum 4: failed after 0 points, not evaluated" in result.output
    assert "and 3 more spectra that were cut short; --json has all" in result.output
