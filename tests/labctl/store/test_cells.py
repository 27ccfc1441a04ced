"""A spectrum of a database keeps what is declared about its cell."""

import pytest

import labctl
from labctl.analysis import AccuracyRange, AnalyserAccuracy, Estimate
from labctl.derive.amending import Request, amend
from labctl.store import Database

ACCURACY = AnalyserAccuracy((AccuracyRange(0.001, None, "data sheet", (1.0, 1e5)),))


def ended(rig):
    rig.append_points(3)
    rig.store.update("spectra", rig.spectrum_id, {"status": "finished", "ended_s": 5.0})
    rig.store.flush()
    return rig


def test_a_spectrum_has_the_electrodes_and_the_geometry_of_its_sample(rig, path):
    ended(rig)
    with Database(path) as db:
        stored, cell = db.sample(db.run("last")["sample_id"]), db.spectrum(rig.spectrum_id).cell
    assert cell is not None
    assert cell.electrode_text == stored["electrodes"]
    assert cell.thickness_m == Estimate(stored["thickness_m"], stored["thickness_u_m"])
    assert cell.area_m2 == Estimate(stored["area_m2"], stored["area_u_m2"])
    assert cell.pellet_area_m2 is None
    assert cell.analyser is None


def test_a_spectrum_has_the_stated_accuracy_of_its_analyser(rig, path):
    rig.store.record_provenance(rig.run_id, {"accuracy": {"analyser": {"ranges": ACCURACY.described()}}})
    ended(rig)
    with Database(path) as db:
        assert db.spectrum(rig.spectrum_id).cell.analyser == ACCURACY


@pytest.mark.parametrize("stated", ["0.1 %", {"analyser": 3}, {"analyser": {"ranges": [{"gain": "much"}]}}])
def test_an_accuracy_that_is_not_understood_is_not_known(rig, path, stated):
    rig.store.record_provenance(rig.run_id, {"accuracy": stated})
    ended(rig)
    with Database(path) as db:
        assert db.spectrum(rig.spectrum_id).cell.analyser is None


def test_electrodes_that_differ_come_back_as_one_text(rig, path):
    with Database(path) as db:
        given = db.sample(db.run("last")["sample_id"]) | {"electrodes": "reversible/blocking"}
    del given["id"]
    sample_id = rig.store.find_or_add_sample(given)
    assert rig.store.find_or_add_sample(given) == sample_id
    with Database(path) as db:
        assert db.sample(sample_id)["electrodes"] == "reversible/blocking"
        (row,) = db.rows("SELECT electrodes, electrode_sides FROM samples WHERE id = ?", (sample_id,))
    assert row == {"electrodes": "blocking", "electrode_sides": "reversible/blocking"}


def test_a_spectrum_has_the_amended_values(rig, path):
    ended(rig)
    rig.store.close()
    values = {"electrodes": "blocking/reversible", "thickness_mm": 0.5, "pellet_diameter_mm": 30.0}
    amend(path, Request(reason="seen under the microscope", person="A", run="last", values=values, sure=True))
    with labctl.open(path) as db:
        cell = db.spectrum(rig.spectrum_id).cell
    assert cell.electrodes == ("blocking", "reversible")
    assert cell.thickness_m.value == 0.0005
    assert cell.pellet_area_m2.value == pytest.approx(7.0686e-4, rel=1e-4)
