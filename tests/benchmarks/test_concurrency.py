"""One percent of the five minutes in which everybody uses one results file at once."""

import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def concurrency(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    monkeypatch.delitem(sys.modules, "concurrency", raising=False)
    import concurrency

    return concurrency


def test_nobody_is_locked_out_and_no_job_is_lost_while_a_night_runs(concurrency, tmp_path):
    told, wrong = concurrency.Concurrency(tmp_path, seed=1, hands=2).run(3.0)
    assert wrong == []
    assert sum((one.done for one in told), start=concurrency.Counter()).total() > 0


def test_a_job_that_came_back_from_its_end_is_found(concurrency, tmp_path):
    trial = concurrency.Concurrency(tmp_path, seed=1, hands=1)
    told = concurrency.Told(jobs=[1, 2])
    with concurrency.WriteConnection(trial.db) as connection:
        jobs = concurrency.Jobs(connection)
        text = concurrency.PROTOCOL.format(number=0, temperatures=[30])
        job = jobs.add(concurrency.parse_protocol(text, str(tmp_path / "p.toml")))
        with connection.transaction():
            for state in ("running", "finished", "running"):
                jobs._changes.come_to(job, state, "by force")
    assert trial.judge([told]) == ["job 2 is lost", "job 1 came from finished to running"]
