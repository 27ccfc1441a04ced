"""Temperatures of a ramp: those of the sample where the run tells its lag, and a word where it does not."""

import math

import numpy as np
import pytest

import labctl
from labctl.derive import derive_fits
from labctl.derive.lag import is_moving, without_lag

TAU_S, K_S, SPECTRUM_S = 120.0, 1.0 / 60, 60.0
START_K, SPAN_K = 330.0, 12.0
MADE = {"method": "m", "method_version": "1", "derived_s": 1.0}


def ohm(kelvin):
    return 1e-6 * kelvin * math.exp(0.84 / 8.617333e-5 / kelvin)


class RampRun:
    """A run at rest, on a ramp and at rest again, whose sample follows to first order."""

    def __init__(self, book, rests=True):
        self.book, self.rows, self.true_k, self.now_s, self.sample_k = book, [], [], 0.0, START_K
        self._log = 0
        way_s = SPAN_K / K_S
        self.begin_s, self.end_s = (600.0, 600.0 + way_s)
        if rests:
            self.spectrum(START_K, band_k=1.0)
        self.wait_until(self.begin_s + (0 if rests else 300))
        while self.now_s < self.end_s - (0 if rests else SPECTRUM_S):
            self.spectrum(START_K + SPAN_K)
        if rests:
            self.wait_until(self.end_s + 1800)
            self.spectrum(START_K + SPAN_K, band_k=1.0)

    def sensor_k(self):
        return START_K + min(max(self.now_s - self.begin_s, 0) * K_S, SPAN_K)

    def step(self, seconds):
        for _ in range(round(10 * seconds)):
            self.sample_k += (self.sensor_k() - self.sample_k) / TAU_S * 0.1
            self.now_s += 0.1

    def wait_until(self, time_s):
        while self.now_s < time_s:
            row = {"run_id": self.book.run_id, "number": self._log, "time_s": self.now_s}
            row |= {"temperature_k": self.sensor_k()}
            self.book.store.append("temperature_log", row)
            self._log += 1
            self.step(10)

    def spectrum(self, setpoint_k, band_k=None):
        number = len(self.rows)
        about = {"run_id": self.book.run_id, "number": number, "started_s": self.now_s, "branch": "heating"}
        about |= {"setpoint_k": setpoint_k, "band_k": band_k}
        spectrum_id = self.book.store.insert("spectra", about)
        sensor_k, sample_k, seen = [], [], []
        for place, times in enumerate((0.03, 0.3, 1.0, 1.0, 3.0, 30.0)):
            z_ohm = ohm(self.sample_k) * times
            point = {"spectrum_id": spectrum_id, "number": place, "time_s": self.now_s, "status": "ok"}
            point |= {"frequency_hz": 10.0 ** (6 - place), "z_real_ohm": z_ohm, "z_imag_ohm": 0.0}
            self.book.store.append("impedance_points", point | {"temperature_k": self.sensor_k()})
            sensor_k.append(self.sensor_k())
            if times == 1.0:
                seen.append(self.sample_k)
            self.step(SPECTRUM_S / 6)
        self.book.store.flush()
        self.book.store.update("spectra", spectrum_id, {"status": "finished", "ended_s": self.now_s})
        sample_k = float(np.mean(seen))
        resistance_ohm = ohm(sample_k) * (1 + 1e-3 * (-1) ** number)
        row = {"spectrum_id": spectrum_id, "run_id": self.book.run_id, "total_resistance_ohm": resistance_ohm}
        row |= {"conductivity_s_m": 20 / resistance_ohm, "relative_uncertainty_resistance": 1e-3}
        row |= {"relative_uncertainty_analyser": None, "bound": None, "flags": [], "lag_k": None}
        row |= {"temperature_k": float(np.mean(sensor_k)), "temperature_u_k": float(np.std(sensor_k))}
        row |= {"temperature_min_k": min(sensor_k), "temperature_max_k": max(sensor_k), "lag_u_k": None}
        self.rows.append(row | {"temperature_rate_k_s": K_S if max(sensor_k) > min(sensor_k) else 0.0})
        self.true_k.append(sample_k)

    def corrected(self, correction_k=0.0):
        with labctl.open(self.book.store.path) as db:
            return without_lag(db, self.book.run_id, self.rows, correction_k)

    def laws(self, rows):
        for row in rows:
            where = {"spectrum_id": row["spectrum_id"]}
            self.book.store.replace_derived("conductivities", where, [row | MADE])
        return derive_fits(self.book.store, self.book.run_id, 2.0)


@pytest.fixture
def run(notebook):
    return lambda **about: RampRun(notebook(), **about)


def preferred(laws):
    return next(row for row in laws if row["law"] == "arrhenius" and row["form"] == "ln_sigma_t")


def test_a_moving_spectrum_stands_at_the_temperature_of_the_sample(run):
    ramp = run()
    before_k = np.array([row["temperature_k"] for row in ramp.rows])
    rows = ramp.corrected()
    after_k = np.array([row["temperature_k"] for row in rows])
    moving = slice(4, -1)
    assert (before_k - ramp.true_k)[moving].min() > 1.0
    assert np.abs(after_k - ramp.true_k).max() < 0.1
    u_k = np.array([row["lag_u_k"] for row in rows[moving]])
    assert (np.abs(after_k - ramp.true_k)[moving] < 3 * u_k + 0.02).all()


def test_a_corrected_row_says_by_how_much_and_how_fast_the_temperature_moved(run):
    row = run().corrected()[6]
    assert row["lag_k"] == pytest.approx(2.0, abs=0.3)
    assert "the temperature moved at 1 K/min" in row["flags"][-1]
    assert "measured in this run" in row["flags"][-1]


def test_spectra_at_rest_keep_their_temperature(run):
    ramp = run()
    rows = ramp.corrected()
    for place in (0, -1):
        assert rows[place] == ramp.rows[place]


def test_a_correction_of_the_thermometer_is_kept(run):
    ramp = run()
    plain, corrected = ramp.corrected()[6], ramp.corrected(0.4)[6]
    assert corrected["temperature_k"] - plain["temperature_k"] == pytest.approx(0.4, abs=0.01)


def test_the_energy_of_a_ramp_holds_the_truth_and_names_the_lag_in_its_budget(run):
    ramp = run()
    law = preferred(ramp.laws(ramp.corrected()))
    energy = law["parameters"]["activation_energy"]
    assert energy["low_95"] <= 0.84 <= energy["high_95"]
    kinds = {one["source"]: one["type"] for one in law["budget"]["components"]["activation_energy"]}
    assert kinds["sensor to sample"] == "A"
    assert not any("lag" in name for name in law["budget"]["not_stated"])


def test_a_ramp_without_rest_says_that_the_lag_is_not_known(run):
    ramp = run(rests=False)
    rows = ramp.corrected()
    assert rows == ramp.rows
    law = preferred(ramp.laws(rows))
    assert any("sample lagged its sensor is not known" in flag for flag in law["flags"])
    assert "sensor to sample (lag of a moving temperature)" in law["budget"]["not_stated"]


@pytest.mark.parametrize(
    ("changes", "moves"),
    [
        ({}, False),
        ({"temperature_k": 310.0}, True),
        ({"temperature_k": 310.0, "temperature_rate_k_s": 0.01 / 60}, False),
        ({"temperature_k": 310.0, "temperature_rate_k_s": None}, False),
        ({"temperature_max_k": 300.9}, True),
        ({"temperature_k": 310.0, "band_k": 0.5}, False),
        ({"temperature_k": 310.0, "setpoint_k": None}, False),
        ({"temperature_k": None}, False),
        ({"temperature_min_k": None}, False),
    ],
)
def test_a_spectrum_moves_where_it_has_no_band_and_is_away_from_its_set_point(changes, moves):
    point = {"temperature_k": 300.0, "setpoint_k": 300.0, "band_k": None}
    point |= {"temperature_min_k": 299.9, "temperature_max_k": 300.1, "temperature_rate_k_s": -0.2 / 60}
    assert is_moving(point | changes) is moves
