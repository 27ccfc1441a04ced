import pytest

from labctl.queue.progress import progress_of
from labctl.store import Store
from labctl.store.transactions import WriteConnection

SAMPLE = {"name": "x", "thickness_m": 1e-3, "area_m2": 1e-4, "electrodes": "blocking"}


@pytest.fixture
def measured(tmp_path):
    """A job with an open run with the given spectra (step, status)."""

    def write(*spectra, rows=()):
        path = tmp_path / "lab.db"
        with Store.open(path) as store:
            job = store.insert(
                "jobs", {"uuid": "j", "protocol_text": "", "state": "running", "created_s": 0.0}
            )
            run = store.insert(
                "runs",
                {
                    "job_id": job,
                    "sample_id": store.find_or_add_sample(SAMPLE),
                    "procedure": "a:b",
                    "started_s": 0.0,
                },
            )
            for number, (step, status) in enumerate(spectra):
                row = {"run_id": run, "number": number, "step": step, "started_s": 0.0}
                spectrum = store.insert("spectra", row)
                if status != "running":
                    store.update("spectra", spectrum, {"status": status, "ended_s": 1.0})
            for number, data in enumerate(rows):
                store.append("records", {"run_id": run, "number": number, "time_s": 0.0, "data": data})
            store.update("runs", run, {"status": "interrupted", "reason": "", "ended_s": 2.0})
        return WriteConnection(path), job

    return write


def test_a_step_with_fewer_rows_than_it_needs_is_not_finished(measured):
    connection, job = measured((0, "finished"), (0, "finished"), (1, "finished"))
    assert progress_of(connection, job, rows_per_step=2).finished_steps == {0}


def test_a_step_is_finished_once_a_later_one_has_begun(measured):
    connection, job = measured((0, "finished"), (1, "interrupted"))
    progress = progress_of(connection, job, rows_per_step=12)
    assert progress.finished_steps == {0}
    assert set(progress.cut) == {1}


def test_a_row_that_ends_a_step_finishes_it_where_steps_end_with_records(measured):
    phases = [(0, "settling"), (0, "end of step"), (1, "counted"), (2, "not settled")]
    connection, job = measured(rows=[{"step": step, "phase": phase} for step, phase in phases])
    assert progress_of(connection, job, "records").finished_steps == {0, 2}


def test_one_row_is_enough_for_a_plain_series(measured):
    connection, job = measured((0, "finished"), (1, "finished"))
    assert progress_of(connection, job).finished_steps == {0, 1}
