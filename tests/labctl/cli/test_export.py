"""`labctl export`: which runs, where to, and what a wrong request is told."""

import pytest
from typer.testing import CliRunner

from labctl.cli import app
from labctl.errors import InvalidRequest
from labctl.store import Store


@pytest.fixture
def labctl(tmp_path):
    with Store.open(tmp_path / "lab.db") as store:
        for name in ("one", "two", "one"):
            sample = {"name": name, "thickness_m": 1e-3, "area_m2": 5e-5, "electrodes": "blocking"}
            about = {"sample_id": store.find_or_add_sample(sample), "procedure": "p:P", "started_s": 1.0}
            store.insert("runs", about)

    def labctl(*words):
        environment = {"LABCTL_DB": str(tmp_path / "lab.db")}
        done = CliRunner().invoke(app, ["export", *words], env=environment)
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        assert done.exit_code == 0, done.output
        return done.stdout

    return labctl


def runs_of(folder):
    lines = (folder / "runs.csv").read_text(encoding="utf-8").splitlines()
    return [int(line.split(",")[0]) for line in lines[1:]]


@pytest.mark.parametrize(
    ("words", "runs"),
    [(("last",), [3]), (("1", "2", "1"), [1, 2]), (("--sample", "one"), [1, 3]), (("--all",), [1, 2, 3])],
)
def test_runs_are_chosen_by_number_sample_or_all(labctl, tmp_path, words, runs):
    assert "written" in labctl(*words, "--output", str(tmp_path / "out"))
    assert runs_of(tmp_path / "out") == runs


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("last",), "--output is missing"),
        (("-o", "out"), "give runs, --sample or --all: one of them"),
        (("1", "--all", "-o", "out"), "one of them"),
        (("--sample", "three", "-o", "out"), "no run of a sample 'three'"),
        (("9", "-o", "out"), "no run '9'"),
        (("1", "-f", "matlab", "-o", "out"), "'matlab' is not one of csv"),
    ],
)
def test_a_request_that_is_wrong_writes_nothing(labctl, tmp_path, monkeypatch, words, problem):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InvalidRequest, match=problem):
        labctl(*words)
    assert not (tmp_path / "out").exists()
