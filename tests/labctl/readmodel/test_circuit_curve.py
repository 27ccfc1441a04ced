"""The circuit of a spectrum is drawn from stored parameters; only those of an earlier labctl are fitted."""

import numpy as np
import pandas as pd
import pytest

from labctl.analysis import parse_circuit
from labctl.derive.conductivities import derive_conductivities
from labctl.readmodel import circuit_curve
from labctl.readmodel.circuit_curve import with_fitted_circuit, with_stored_circuit
from labctl.readmodel.whole_run import whole_run
from labctl.store import Database, Store

FREQUENCY_HZ = np.logspace(6, 1, 31)
SAMPLE = {"name": "pellet", "thickness_m": 1e-3, "area_m2": 5e-5, "electrodes": "blocking"}
Z_OHM = parse_circuit("p(R1,CPE1)-CPE2").impedance([5e4, 1e-10, 0.95, 1e-6, 0.9], FREQUENCY_HZ)
SHORT = parse_circuit("L1-R1").impedance([8e-7, 2000.0], FREQUENCY_HZ)
STRAY = parse_circuit("C1").impedance([3e-12], FREQUENCY_HZ)
FIXTURE = {
    "fixture_short": [[f, z.real, z.imag] for f, z in zip(FREQUENCY_HZ, SHORT, strict=True)],
    "fixture_open": [[f, z.real, z.imag] for f, z in zip(FREQUENCY_HZ, SHORT + STRAY, strict=True)],
}


@pytest.fixture
def measure(tmp_path):
    def measure(sample=SAMPLE, z_ohm=Z_OHM, bad=()):
        with Store.open(tmp_path / "lab.db") as store:
            about = {"sample_id": store.find_or_add_sample(sample), "procedure": "p:P", "started_s": 1.0}
            run_id = store.insert("runs", about)
            spectrum_id = store.insert("spectra", {"run_id": run_id, "number": 0, "started_s": 1.0})
            noise = np.random.default_rng(3).standard_normal((2, z_ohm.size))
            z = z_ohm * (1 + 1e-3 * (noise[0] + 1j * noise[1]))
            for i, (f, value) in enumerate(zip(FREQUENCY_HZ, z, strict=True)):
                point = {"spectrum_id": spectrum_id, "number": i, "time_s": 1.0 + i, "frequency_hz": float(f)}
                point |= {"z_real_ohm": float(value.real), "z_imag_ohm": float(value.imag)}
                point |= {"temperature_k": 300.0, "status": "overload" if i in bad else "ok"}
                store.append("impedance_points", point)
            store.update("spectra", spectrum_id, {"status": "finished", "ended_s": 2.0})
            derive_conductivities(store, run_id, 4.0)
        return tmp_path / "lab.db"

    return measure


@pytest.fixture
def no_fit(monkeypatch):
    def refuse(*_arguments, **_options):
        raise AssertionError("a circuit was fitted for drawing")

    monkeypatch.setattr(circuit_curve, "fit_circuit", refuse)


def spectrum_of(path):
    with Database(path) as db:
        return whole_run(db).spectra[0], whole_run(db).sample


def test_a_total_keeps_the_parameters_of_its_circuit_with_their_units(measure):
    with Database(measure()) as db:
        rows = db.resistances().to_dict("records")
    (total,) = (row for row in rows if row["quantity"] == "total")
    kept = total["circuit_fit"]
    assert list(kept["parameters"]) == list(parse_circuit(total["circuit"]).names)
    resistor = kept["parameters"]["R1"]
    assert resistor["unit"] == "ohm"
    assert resistor["value"] == pytest.approx(5e4, rel=0.01)
    assert 0 < resistor["standard_uncertainty"] < 500
    assert (kept["frequency_min_hz"], kept["n_points"]) == (pytest.approx(10.0), 31)
    assert kept["rms"] == pytest.approx(1e-3, rel=0.3)
    assert all(pd.isna(row["circuit_fit"]) for row in rows if row["quantity"] != "total")


def test_a_run_is_drawn_without_a_fit(measure, no_fit):
    curve, _ = spectrum_of(measure())
    stored = curve.resistance["circuit_fit"]["parameters"]
    circuit = parse_circuit(curve.resistance["circuit"])
    expected = circuit.impedance([one["value"] for one in stored.values()], FREQUENCY_HZ)
    np.testing.assert_array_equal(curve.fit_frequency_hz, FREQUENCY_HZ)
    np.testing.assert_allclose(curve.fit_z_ohm, expected, rtol=1e-12)


def test_stored_and_fitted_circuits_agree(measure):
    curve, _ = spectrum_of(measure())
    again = with_fitted_circuit(curve)
    np.testing.assert_allclose(curve.fit_z_ohm, again.fit_z_ohm, rtol=1e-4)


def test_the_fixture_is_put_back_so_that_the_curve_meets_the_points(measure, no_fit):
    measured = SHORT + Z_OHM * STRAY / (Z_OHM + STRAY)
    curve, _ = spectrum_of(measure(SAMPLE | FIXTURE, measured))
    np.testing.assert_allclose(curve.fit_z_ohm, curve.z_ohm, rtol=0.01)
    plain = with_stored_circuit(curve, SAMPLE)
    assert np.max(np.abs(plain.fit_z_ohm / curve.z_ohm - 1)) > 0.02


def test_the_curve_ends_where_the_fit_ended(measure, no_fit):
    curve, sample = spectrum_of(measure())
    kept = curve.resistance["circuit_fit"] | {"frequency_min_hz": 100.0, "frequency_max_hz": 1e5}
    row = dict(curve.resistance) | {"circuit_fit": kept}
    drawn = with_stored_circuit(circuit_curve.replace(curve, resistance=row), sample)
    assert (drawn.fit_frequency_hz.min(), drawn.fit_frequency_hz.max()) == pytest.approx((100.0, 1e5))


def test_a_row_of_an_earlier_labctl_is_fitted(measure):
    curve, sample = spectrum_of(measure())
    plain = circuit_curve.replace(curve, resistance=dict(curve.resistance) | {"circuit_fit": None})
    assert with_stored_circuit(plain, sample) is None
    assert with_fitted_circuit(plain).fit_z_ohm.size == FREQUENCY_HZ.size


@pytest.mark.parametrize(
    "damaged",
    [{}, "text", [1], {"parameters": {}}, {"parameters": {"R1": {"value": "much"}}}, {"parameters": None}],
)
def test_parameters_that_another_program_wrote_wrong_are_not_drawn(measure, damaged):
    curve, sample = spectrum_of(measure())
    row = dict(curve.resistance) | {"circuit_fit": damaged}
    assert with_stored_circuit(circuit_curve.replace(curve, resistance=row), sample) is None


def test_a_run_whose_rows_lack_parameters_is_fitted_by_the_follower(measure):
    path = measure()
    with Store.open(path) as store, store.read() as db:
        rows = db.rows("SELECT * FROM resistances")
        bare = [
            {k: v for k, v in row.items() if k not in ("id", "analysis_id", "circuit_fit")} for row in rows
        ]
        store.replace_derived("resistances", {"spectrum_id": rows[0]["spectrum_id"]}, bare)
    curve, _ = spectrum_of(path)
    assert curve.resistance["circuit_fit"] is None
    assert curve.fit_z_ohm.size == FREQUENCY_HZ.size
