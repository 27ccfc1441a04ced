"""Readers: frames, spectra and new rows, from a file that is being written."""

import subprocess
import sys

import numpy as np
import pytest

import labctl
from labctl.errors import StoreError


def test_importing_labctl_and_its_store_is_cheap():
    heavy = "numpy", "pandas", "scipy", "sqlite_utils", "pymeasure"
    program = f"import sys, labctl.store; print([m for m in {heavy!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_run_is_named_by_id_last_or_uuid_beginning(rig, path):
    with labctl.open(path) as db:
        run = db.run("last")
        assert db.run(run["id"]) == db.run(str(run["id"])) == db.run(run["uuid"][:13]) == run
        with pytest.raises(StoreError, match="no run 'ffff"):
            db.run("ffffffff-ffff")
        with pytest.raises(StoreError, match="no run 77"):
            db.run(77)


def test_frames_hold_what_was_written(rig, path):
    rig.append_points(5)
    rig.store.replace_derived("conductivities", {"spectrum_id": rig.spectrum_id}, [rig.conductivity()])
    with labctl.open(path) as db:
        assert db.runs()["status"].tolist() == ["running"]
        assert db.spectra(rig.run_id)["setpoint_k"].tolist() == [300.0]
        assert db.points(rig.spectrum_id)["z_real_ohm"].tolist() == [100.0, 101.0, 102.0, 103.0, 104.0]
        assert db.conductivities("last")["flags"].tolist() == [["a reservation"]]
        assert db.fits("last").empty


def insert_part(rig, job_id, status):
    """A run of a job with one spectrum, its conductivity, a fit, a reading, an event and a polarisation."""
    run = {"sample_id": rig.sample_id, "procedure": "p:P", "started_s": 1.0, "job_id": job_id}
    run_id = rig.store.insert("runs", run)
    about = {"run_id": run_id, "number": 0, "started_s": 1.0}
    spectrum_id = rig.store.insert("spectra", about)
    rig.store.insert("polarisations", about | {"potential_v": 0.01})
    sigma = rig.conductivity(spectrum_id=spectrum_id, run_id=run_id)
    rig.store.replace_derived("conductivities", {"spectrum_id": spectrum_id}, [sigma])
    reading = {"run_id": run_id, "number": 0, "time_s": 1.0, "temperature_k": 300.0}
    rig.store.append("temperature_log", reading)
    rig.store.append("records", {"run_id": run_id, "number": 0, "time_s": 1.0, "data": {"part": run_id}})
    event = {"run_id": run_id, "time_s": 1.0, "level": "info", "kind": "started", "message": ""}
    rig.store.append("events", event)
    rig.store.flush()
    rig.store.update("runs", run_id, {"status": status, "ended_s": 2.0})
    return run_id


FIT = {
    "branch": "all",
    "law": "arrhenius",
    "form": "ln_sigma",
    "preferred": True,
    "parameters": {},
    "flags": [],
    "method": "fit_arrhenius",
    "method_version": "1",
    "derived_s": 1.0,
}


def test_a_run_that_continues_a_cut_one_is_given_whole(rig, path):
    job = {"uuid": "u", "created_s": 0.0, "protocol_text": "", "position": 1, "state": "running"}
    job_id = rig.store.insert("jobs", job)
    ended = insert_part(rig, job_id, "finished")
    first, last = insert_part(rig, job_id, "interrupted"), insert_part(rig, job_id, "finished")
    with labctl.open(path) as db:
        asked = (db.spectra, db.polarisations, db.conductivities, db.temperatures, db.events)
        for ask in asked:
            assert ask(last)["run_id"].tolist() == [first, last]
            assert ask(first)["run_id"].tolist() == [first]
            assert ask(ended)["run_id"].tolist() == [ended]
        assert db.records(last)["part"].tolist() == [first, last]


def test_the_fits_of_a_continued_run_are_the_last_ones_made(rig, path):
    job = {"uuid": "u", "created_s": 0.0, "protocol_text": "", "position": 1, "state": "running"}
    job_id = rig.store.insert("jobs", job)
    runs = [insert_part(rig, job_id, "interrupted") for _ in range(3)]
    for run_id, n_points in zip(runs[:2], (3, 5), strict=True):
        rig.store.replace_derived(
            "law_fits", {"run_id": run_id}, [FIT | {"run_id": run_id, "n_points": n_points}]
        )
    with labctl.open(path) as db:
        assert [db.fits(run_id)["n_points"].tolist() for run_id in runs] == [[3], [5], [5]]


def test_a_spectrum_holds_the_good_points_alone(rig, path):
    rig.append_points(3)
    rig.store.append("impedance_points", rig.point(3, z_real_ohm=None, status="overload"))
    rig.store.flush()
    with labctl.open(path) as db:
        spectrum = db.spectrum(rig.spectrum_id)
        np.testing.assert_array_equal(spectrum.frequency_hz, [1e6, 5e5, 1e6 / 3])
        np.testing.assert_array_equal(spectrum.z_ohm, [100 - 5j, 101 - 5j, 102 - 5j])
        with pytest.raises(StoreError, match="no spectrum 5"):
            db.spectrum(5)


def test_rows_since_gives_each_new_row_once_across_spectra(rig, path):
    rig.append_points(3)
    rig.store.flush()
    with labctl.open(path) as db:
        first = db.rows_since("impedance_points", rig.run_id)
        key = (first[-1]["spectrum_id"], first[-1]["number"])
        rig.store.append("impedance_points", rig.point(3))
        spectrum = {"run_id": rig.run_id, "number": 1, "started_s": 2.0}
        second_id = rig.store.insert("spectra", spectrum)
        rig.store.append("impedance_points", rig.point(0, spectrum_id=second_id))
        rig.store.flush()
        new = db.rows_since("impedance_points", rig.run_id, key)
    assert [row["number"] for row in first] == [0, 1, 2]
    assert [(row["spectrum_id"], row["number"]) for row in new] == [(1, 3), (second_id, 0)]


def test_rows_since_follows_logs_events_and_derived_rows(rig, path):
    for number in range(3):
        row = {"run_id": rig.run_id, "number": number, "time_s": 1.0, "temperature_k": 300.0}
        rig.store.append("temperature_log", row)
    event = {"run_id": rig.run_id, "time_s": 1.0, "level": "info", "kind": "settled", "message": "steady"}
    event_id = rig.store.insert("events", event | {"details": {"band_k": 0.5}})
    with labctl.open(path) as db:
        assert [row["number"] for row in db.rows_since("temperature_log", rig.run_id, 0)] == [1, 2]
        assert db.rows_since("events", rig.run_id)[0]["details"] == {"band_k": 0.5}
        assert db.rows_since("events", rig.run_id, event_id) == []
        with pytest.raises(StoreError, match="cannot be followed"):
            db.rows_since("samples", rig.run_id)


def test_new_rows_are_found_through_an_index(rig, path):
    """The cost of a poll depends on the new rows only: no table is scanned."""
    with labctl.open(path) as db:
        plans = []
        db._connection.set_trace_callback(plans.append)
        for table in ("impedance_points", "polarisation_points"):
            db.rows_since(table, rig.run_id, (1, 1))
        for table in ("temperature_log", "records", "events", "spectra", "conductivities", "law_fits"):
            db.rows_since(table, rig.run_id, 1)
        db._connection.set_trace_callback(None)
        steps = [row["detail"] for query in plans for row in db.rows(f"EXPLAIN QUERY PLAN {query}")]
    assert len(plans) == 8
    assert not [step for step in steps if step.startswith("SCAN")]


def test_a_reader_cannot_write(rig, path):
    with labctl.open(path) as db, pytest.raises(StoreError, match=r"read-only|readonly"):
        db.rows("INSERT INTO columns VALUES ('a', 'b', 'c', 'd')")


def test_a_missing_file_is_an_error_and_is_not_made(tmp_path):
    with pytest.raises(StoreError, match="no such file"):
        labctl.open(tmp_path / "none.db")
    assert not (tmp_path / "none.db").exists()


def test_records_of_a_procedure_of_ones_own_become_columns(rig, path):
    for number in range(2):
        data = {"flow_ml_min": 1.5 * number, "label": "α"}
        rig.store.append("records", {"run_id": rig.run_id, "number": number, "time_s": 5.0, "data": data})
    rig.store.flush()
    with labctl.open(path) as db:
        assert db.records()["flow_ml_min"].tolist() == [0.0, 1.5]


def test_numbers_that_are_missing_everywhere_are_still_numbers(rig, path):
    rig.store.append("impedance_points", rig.point(0, temperature_k=None))
    rig.store.flush()
    with labctl.open(path) as db:
        assert np.isnan(db.points(rig.spectrum_id)["temperature_k"]).all()
        assert np.isnan(db.runs()["ended_s"]).all()
        assert db.conductivities()["conductivity_s_m"].dtype == float
        assert db.runs()["content_hash"].tolist() == [None]


def test_every_frame_holds_its_rows_and_nothing_of_others(rig, path):
    store, run_id = rig.store, rig.run_id
    about = {"run_id": run_id, "number": 0, "started_s": 1.0}
    holds = [store.insert("polarisations", about | {"number": n, "potential_v": 0.01 * n}) for n in (0, 1)]
    for hold in holds:
        point = {"polarisation_id": hold, "number": 0, "time_s": 1.0, "elapsed_s": 0.0, "potential_v": 0.1}
        store.append("polarisation_points", point | {"current_a": 1e-6 * hold})
    made = {"method": "m", "method_version": "1", "derived_s": 1.0, "flags": []}
    found = {"spectrum_id": rig.spectrum_id, "quantity": "total", "resistance_ohm": None, "bound": None}
    store.replace_derived("resistances", {"spectrum_id": rig.spectrum_id}, [found | made])
    number = {"polarisation_id": holds[1], "run_id": run_id, "quantity": "rho_plus", "value": 0.3} | made
    store.replace_derived("transference_numbers", {"polarisation_id": holds[1]}, [number])
    event = {"time_s": 1.0, "level": "info", "kind": "k", "message": "of the file"}
    store.append("events", event)
    store.append("events", event | {"run_id": run_id, "message": "of the run"})
    store.record_provenance(run_id, {"packages": {"numpy": "2.0"}, "operator": "Ada"})
    with labctl.open(path) as db:
        assert db.polarisation_points(holds[1])["current_a"].tolist() == [1e-6 * holds[1]]
        assert db.polarisations(run_id)["potential_v"].tolist() == [0.0, 0.01]
        resistances = db.resistances(run_id)
        assert resistances["quantity"].tolist() == ["total"]
        assert resistances["resistance_ohm"].dtype == float
        assert resistances["resistance_ohm"].isna().all()
        assert resistances["flags"].tolist() == [[]]
        assert db.transference_numbers(run_id)["value"].tolist() == [0.3]
        assert db.events(run_id)["message"].tolist() == ["of the run"]
        assert db.events(None)["message"].tolist() == ["of the file"]
        assert db.samples()["name"].tolist() == ["pellet 7"]
        assert db.sample(rig.sample_id)["composition"] == "Li7La3Zr2O12"
        assert db.provenance() == {"operator": "Ada", "packages": {"numpy": "2.0"}}
        described = db.columns().set_index(["table_name", "column_name"])["unit"]
        assert described["impedance_points", "z_real_ohm"] == "ohm"
        with pytest.raises(StoreError, match="no sample 7"):
            db.sample(7)
        with pytest.raises(StoreError, match="runs cannot be followed row by row"):
            db.rows_since("runs", run_id)


def test_a_uuid_beginning_that_fits_two_runs_is_refused_and_one_in_capitals_is_not(rig, path):
    for uuid in ("aaaa-1", "aaaa-2"):
        run = {"sample_id": rig.sample_id, "procedure": "p:P", "started_s": 1.0, "uuid": uuid}
        rig.store.insert("runs", run)
    with labctl.open(path) as db:
        with pytest.raises(StoreError, match="'aaaa' fits 2 runs; give more of the uuid"):
            db.run("aaaa")
        assert db.run("AAAA-2")["uuid"] == "aaaa-2"


def test_a_file_without_a_run_says_so(path, empty_file):
    with labctl.open(empty_file) as db, pytest.raises(StoreError, match="no run yet"):
        db.run()


@pytest.mark.parametrize("table", ["temperature_log", "records"])
def test_numbered_rows_are_followed_by_their_number(rig, path, table):
    for number in range(4):
        own = {"temperature_k": 300.0} if table == "temperature_log" else {"data": {"a": 1}}
        rig.store.append(table, {"run_id": rig.run_id, "number": number, "time_s": 1.0} | own)
    rig.store.flush()
    with labctl.open(path) as db:
        for last, left in ((None, [0, 1, 2, 3]), (0, [1, 2, 3]), (2, [3]), (3, [])):
            assert [row["number"] for row in db.rows_since(table, rig.run_id, last)] == left
        assert db.rows_since(table, rig.run_id + 1) == []
