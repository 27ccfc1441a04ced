"""Temperatures measured again: a change of the sample is told, and law parameters carry it."""

import shutil

import numpy as np
import pytest

import labctl
from labctl.derive import derive_fits
from labctl.store import Store

SAMPLE = {"name": "pellet", "thickness_m": 1e-3, "area_m2": 5e-5, "electrodes": "blocking"}
MADE = {"method": "m", "method_version": "1", "derived_s": 1.0}
UP_DEGC = (30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 90.0)
TRUE_EV = 0.5
HOUR_S = 3600.0


def arrhenius(temperature_k):
    return float(1e8 / temperature_k * np.exp(-TRUE_EV / 8.617333262e-5 / temperature_k))


class Night:
    """One run with a spectrum an hour, of a sample whose conductivity is multiplied by `factor(hours)`."""

    def __init__(self, path, factor=lambda hours: 1.0, seed=5, **parameters):
        self.path, self.factor, self.number = path, factor, 0
        self.chance = np.random.default_rng(seed)
        self.store = Store.open(path)
        run = {"sample_id": self.store.find_or_add_sample(SAMPLE), "procedure": "p:P", "started_s": 1.0}
        self.run_id = self.store.insert("runs", run | {"parameters": parameters})

    def spectrum(self, degc, relative_u=0.003, offset_k=0.0, number=True):
        kelvin, started_s = degc + 273.15, 1.0 + HOUR_S * self.number
        about = {"run_id": self.run_id, "number": self.number, "step": self.number, "setpoint_k": kelvin}
        spectrum_id = self.store.insert("spectra", about | {"started_s": started_s, "branch": "heating"})
        self.store.update("spectra", spectrum_id, {"status": "finished", "ended_s": started_s + 60})
        noisy = self.factor(self.number) * (1 + relative_u * self.chance.standard_normal())
        self.number += 1
        row = {"spectrum_id": spectrum_id, "run_id": self.run_id, "temperature_k": kelvin + offset_k} | MADE
        row |= {"temperature_u_k": 0.001, "conductivity_s_m": noisy * arrhenius(kelvin + offset_k)}
        row |= {"flags": [], "relative_uncertainty_resistance": relative_u, "total_resistance_ohm": 1e3}
        self.store.replace_derived("conductivities", {"spectrum_id": spectrum_id}, [row] if number else [])
        return spectrum_id

    def law(self):
        derive_fits(self.store, self.run_id, 3.0)
        self.store.close()
        with labctl.open(self.path) as db:
            rows = db.rows("SELECT * FROM law_fits WHERE branch = 'all' AND preferred")
        return rows[0]


@pytest.fixture
def night(tmp_path, empty_file):
    made = []

    def make(*args, degc=UP_DEGC, **options):
        path = tmp_path / f"{len(made)}.db"
        shutil.copy(empty_file, path)
        made.append(Night(path, *args, **options))
        for one in degc:
            made[-1].spectrum(one)
        return made[-1]

    yield make
    for one in made:
        one.store.close()


def losing(percent_per_hour):
    return lambda hours: (1 - percent_per_hour / 100) ** hours


def energy(law):
    return law["parameters"]["activation_energy"]


def holds_truth(law):
    return energy(law)["low_95"] <= TRUE_EV <= energy(law)["high_95"]


def changed(law):
    return [flag for flag in law["flags"] if "changed" in flag]


def test_a_sample_that_loses_one_percent_an_hour_is_told_with_factor_and_time(night):
    law = night(losing(1.0), degc=(*UP_DEGC, 30.0), repeat_first=True).law()
    (flag,) = changed(law)
    assert flag.startswith(
        "the sample changed, or its temperature did: at 30.00 degC the conductivity is 0.93"
    )
    assert "after 7 h" in flag
    assert "ageing, drying, recrystallisation and a sample that lags its sensor are not told apart" in flag


def test_the_activation_energy_of_a_changing_sample_carries_the_change_and_holds_the_truth(night):
    held = 0
    for seed in range(4):
        law = night(losing(1.0), degc=(*UP_DEGC, 30.0), seed=seed, repeat_first=True).law()
        held += holds_truth(law)
        assert law["standard_uncertainty_ev"] == energy(law)["standard_uncertainty"]
    assert held == 4
    one_way = [holds_truth(night(losing(1.0), seed=seed).law()) for seed in range(4)]
    assert sum(one_way) <= 1  # without the repetition nothing shows it


def test_a_change_that_comes_at_once_in_the_hot_half_is_covered_too(night):
    def step(hours):
        return 1.0 if hours < 4 else 0.93

    laws = [night(step, degc=(*UP_DEGC, 30.0), seed=seed, repeat_first=True).law() for seed in range(3)]
    assert all(map(holds_truth, laws))


def test_the_repetition_of_a_steady_sample_is_stated_without_a_flag_and_is_not_in_the_law(night):
    law = night(degc=(*UP_DEGC, 30.0), repeat_first=True).law()
    assert not changed(law)
    assert law["n_points"] == len(UP_DEGC)
    again = law["parameters"]["change_of_the_sample"]
    assert again["low_95"] < 1 < again["high_95"]
    assert again["elapsed_s"] == 7 * HOUR_S
    assert not [flag for flag in law["flags"] if "left out" in flag]


def test_a_steady_sample_is_rarely_called_changed(night):
    laws = [night(degc=(*UP_DEGC, 30.0), seed=seed, repeat_first=True).law() for seed in range(6)]
    assert sum(bool(changed(law)) for law in laws) <= 1  # 1 % expected


def test_the_law_is_the_one_of_a_night_without_the_key(night):
    with_key = night(degc=(*UP_DEGC, 30.0), repeat_first=True).law()
    without = night().law()
    assert energy(with_key) == energy(without)


def test_the_same_list_typed_by_hand_enters_the_law_as_before(night):
    assert night(degc=(*UP_DEGC, 30.0)).law()["n_points"] == len(UP_DEGC) + 1


def test_a_small_difference_of_the_two_temperatures_is_no_change(night):
    measured = night(repeat_first=True)
    measured.spectrum(30.0, offset_k=0.4)
    assert not changed(measured.law())


def test_a_run_that_ended_before_its_repetition_is_not_compared(night):
    law = night(repeat_first=True).law()
    assert law["n_points"] == len(UP_DEGC)
    assert "change_of_the_sample" not in law["parameters"]


def test_a_repetition_without_a_number_says_that_no_change_was_looked_for(night):
    measured = night(repeat_first=True)
    measured.spectrum(30.0, number=False)
    (flag,) = [flag for flag in measured.law()["flags"] if "not looked for" in flag]
    assert flag.startswith("a change of the sample was not looked for")


def test_two_spectra_at_one_hot_hold_give_a_rate(night):
    law = night(losing(3.0), degc=(*UP_DEGC, 90.0)).law()
    (flag,) = changed(law)
    assert flag.startswith("the conductivity changed while held: at 90.00 degC")
    assert "% per hour" in flag
    assert "-3" in flag or "-2" in flag
