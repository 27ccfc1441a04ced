import json

import numpy as np
import pytest
from typer.testing import CliRunner

import labctl
from labctl.cli import app
from labctl.derive import derive_fits
from labctl.store import Store

SAMPLE = {"name": "pellet", "thickness_m": 1e-3, "area_m2": 5e-5, "electrodes": "blocking"}
MADE = {"method": "m", "method_version": "1", "derived_s": 1.0}


def arrhenius(temperature_k):
    return float(1e8 / temperature_k * np.exp(-0.5 / 8.617333262e-5 / temperature_k))


class Series:
    """Spectra of one run, each with its conductivity; the laws are derived at the end."""

    def __init__(self, path):
        self.path, self.number, self.chance = path, 0, np.random.default_rng(3)
        self.store = Store.open(path)
        run = {"sample_id": self.store.find_or_add_sample(SAMPLE), "procedure": "p:P", "started_s": 1.0}
        self.run_id = self.store.insert("runs", run)

    def spectrum(self, temperature_k, factor=1.0, *, bound=None, repeat_of=None, number=True, **own):
        about = {"run_id": self.run_id, "number": self.number, "started_s": 1.0, "branch": "heating"}
        about |= {"setpoint_k": temperature_k, "repeat_of": repeat_of}
        spectrum_id = self.store.insert("spectra", about)
        self.store.update("spectra", spectrum_id, {"status": "finished", "ended_s": 2.0})
        self.number += 1
        where = {"spectrum_id": spectrum_id}
        noisy = 1 + 0.002 * self.chance.standard_normal()
        row = where | MADE | {"run_id": self.run_id, "temperature_k": temperature_k, "temperature_u_k": 0.01}
        row |= {"conductivity_s_m": factor * noisy * arrhenius(temperature_k), "bound": bound, "flags": []}
        row |= {"total_resistance_ohm": 20 / row["conductivity_s_m"]}
        row |= {"relative_uncertainty_resistance": None if bound else 0.003} | own
        self.store.replace_derived("conductivities", where, [row] if number else [])
        if not number:
            silent = where | MADE | {"quantity": "total", "resistance_ohm": None, "flags": ["too few points"]}
            self.store.replace_derived("resistances", where, [silent])
        return spectrum_id

    def laws(self):
        derive_fits(self.store, self.run_id, 3.0)
        self.store.close()
        with labctl.open(self.path) as db:
            rows = db.rows("SELECT * FROM law_fits WHERE branch = 'all' ORDER BY id")
        return next(row for row in rows if row["preferred"]), rows


@pytest.fixture
def series(tmp_path):
    made = Series(tmp_path / "lab.db")
    for temperature_k in range(310, 390, 10):
        made.spectrum(float(temperature_k))
    yield made
    made.store.close()


def test_a_law_that_stands_on_every_spectrum_has_no_remark(series):
    preferred, rows = series.laws()
    assert (preferred["n_points"], preferred["flags"]) == (8, [])
    assert not any("left out" in flag for row in rows for flag in row["flags"])


def test_every_law_names_the_spectra_that_it_does_not_stand_on(series):
    series.spectrum(300.0, bound="upper", factor=3.0)
    series.spectrum(390.0, bound="lower", factor=0.3)
    series.spectrum(400.0, number=False)
    series.spectrum(380.0, repeat_of=8)
    preferred, rows = series.laws()
    assert preferred["n_points"] == 8
    for row in rows:
        assert row["flags"][0] == (
            "8 of 12 points used; left out: 106.85 degC (measured again), 26.85 degC (only a bound), "
            "116.85 degC (only a bound), 126.85 degC (no number)"
        )
        assert sum("left out" in flag for flag in row["flags"]) == 1


def test_a_lower_bound_is_no_number_and_hides_no_outlier(series):
    series.spectrum(390.0, bound="lower", factor=0.3)
    series.spectrum(345.0, factor=1.5)
    preferred, _ = series.laws()
    assert preferred["n_points"] == 9
    assert any(flag.startswith("outlier at 345.00 K: 1.5") for flag in preferred["flags"])
    assert preferred["activation_energy_ev"] == pytest.approx(0.5, abs=0.06)


def test_a_thermometer_that_does_not_move_by_its_last_digit_costs_no_law(tmp_path):
    still = Series(tmp_path / "lab.db")
    for temperature_k in range(310, 390, 10):
        still.spectrum(float(temperature_k), temperature_u_k=0.0)
    preferred, _ = still.laws()
    assert preferred["activation_energy_ev"] == pytest.approx(0.5, abs=0.005)


def test_show_says_which_spectra_gave_no_number_and_why(series):
    series.spectrum(400.0, number=False)
    series.laws()
    arguments = ["show", "last", "--db", str(series.path)]
    shown = CliRunner().invoke(app, arguments, env={"COLUMNS": "150"}).stdout
    assert "no number from spectrum 8 at 126.85 °C: too few points" in shown
    assert "8 of 9 points used; left out: 126.85 degC (no number)" in shown
    content = json.loads(CliRunner().invoke(app, [*arguments, "--json"]).stdout)
    assert content["without_number"] == [{"spectrum": 8, "setpoint_k": 400.0, "flags": ["too few points"]}]
