"""Two percent of the kills of two writers, and a check that finds a spectrum which is there twice."""

import json
import sys
from pathlib import Path

import pytest

from labctl.archive.adding import add_files
from labctl.archive.entries import all_heads
from labctl.archive.place import place_of
from labctl.store import Store

pytest.importorskip("duckdb", reason="duckdb is not installed")
pytest.importorskip("psutil", reason="psutil is not installed")
BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def benchmark(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    monkeypatch.delitem(sys.modules, "archive", raising=False)
    import archive

    return archive


@pytest.fixture
def lab(tmp_path):
    path = tmp_path / "lab.db"
    sample = {"name": "a", "thickness_m": 1e-3, "area_m2": 5e-5, "electrodes": "blocking"}
    with Store.open(path) as store:
        for _ in range(2):
            about = {"sample_id": store.find_or_add_sample(sample), "procedure": "p:P", "started_s": 1.0}
            run_id = store.insert("runs", about)
            about = {"run_id": run_id, "number": 0, "started_s": 1.0, "setpoint_k": 300.0}
            spectrum_id = store.insert("spectra", about)
            store.update("spectra", spectrum_id, {"status": "finished", "ended_s": 2.0})
            store.update("runs", run_id, {"status": "finished", "ended_s": 3.0})
    return path


@pytest.mark.slow
def test_two_writers_and_a_kill_leave_every_run_once(benchmark, lab, tmp_path):
    archive = tmp_path / "archive"
    benchmark.killed_writers(lab, archive, kills=1, seed=1)
    found = json.loads(benchmark.run("archive", "verify", "--json", "--archive", archive))
    assert (found["runs"], found["problems"]) == (2, [])


def test_a_spectrum_that_lost_its_conductivity_is_found(benchmark, lab, tmp_path):
    place = place_of(tmp_path / "archive")
    add_files([lab], place)
    assert len(all_heads(place)) == 2
    assert benchmark.conductivities(tmp_path / "archive") == 0
    with pytest.raises(SystemExit, match="0 spectra have a conductivity, 2 had"):
        benchmark.require_once(tmp_path / "archive", 2)
