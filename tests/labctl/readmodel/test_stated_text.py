"""Statements behind the numbers of a run as text."""

import pytest

from labctl.readmodel.following import RunFollower
from labctl.readmodel.stated_text import not_stated, not_stated_in_words, stated_lines, stated_of_run
from labctl.store import Database, Store

SAMPLE = {"thickness_m": 1e-3, "thickness_u_m": 0.0, "area_m2": 5e-5, "area_u_m2": 0.0}


def test_a_run_without_any_certificate_says_so_for_each_instrument_and_the_geometry():
    lines = stated_lines({}, {"oven", "fra"}, SAMPLE)
    assert not_stated(lines) == ["thermometer", "sensor to sample", "analyser", "geometry"]
    assert not_stated_in_words(lines) == (
        "not stated, and in no interval: thermometer, sensor to sample, analyser, geometry"
    )


def test_imported_spectra_had_an_analyser_and_a_thermometer_that_are_not_stated():
    assert "analyser" in not_stated(stated_lines({}, (), SAMPLE))
    assert "thermometer" in not_stated(stated_lines({}, (), SAMPLE))


def test_a_run_with_everything_stated_says_nothing_is_missing():
    accuracy = {
        "thermometer": {"class": "PT100 A wire", "source": "a standard"},
        "sample_temperature": {"offset_k": 0.1, "uncertainty_k": 0.1, "source": "second sensor"},
        "analyser": {"ranges": [], "source": "data sheet"},
    }
    known = SAMPLE | {"thickness_u_m": 1e-5, "area_u_m2": 1e-7}
    assert not_stated_in_words(stated_lines(accuracy, {"oven", "fra"}, known)) == ""


def test_a_thickness_measured_after_the_run_states_its_uncertainty_and_a_change_is_told():
    changed = SAMPLE | {"thickness_after_m": 0.9e-3, "thickness_after_u_m": 1e-5}
    lines = stated_lines({}, {"fra"}, changed)
    assert not_stated(lines) == ["analyser", "area"]
    assert "thickness changed: 1 mm before and 0.9 mm after the run; the interval holds both" in lines


@pytest.fixture
def path(tmp_path):
    """A file with a run with analyser and potentiostat, of which nothing is stated."""
    with Store.open(tmp_path / "lab.db") as store:
        sample_id = store.find_or_add_sample(SAMPLE | {"name": "pellet", "electrodes": "blocking"})
        run_id = store.insert("runs", {"sample_id": sample_id, "procedure": "p:P", "started_s": 1.0})
        for role in ("fra", "potentiostat"):
            store.insert(
                "run_instruments",
                {"run_id": run_id, "role": role, "driver": "d:D", "address": "a", "identity": role},
            )
    return tmp_path / "lab.db"


def hold_a_potential(path):
    with Store.open(path) as store:
        store.insert("polarisations", {"run_id": 1, "number": 0, "started_s": 2.0, "potential_v": 0.01})


def test_the_potentiostat_of_a_run_of_spectra_alone_is_not_missed(path):
    def stated():
        with Database(path) as database:
            return not_stated(stated_of_run(database, 1, SAMPLE))

    assert "potentiostat" not in stated()
    hold_a_potential(path)
    assert "potentiostat" in stated()


def test_a_growing_run_names_the_potentiostat_when_it_holds_a_potential(path):
    with Database(path) as database:
        follower = RunFollower(database, 1)
        assert "potentiostat" not in not_stated(follower.poll().stated)
        hold_a_potential(path)
        assert "potentiostat" in not_stated(follower.poll().stated)
