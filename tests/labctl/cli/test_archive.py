"""`labctl archive`: what the commands print, and how they end."""

import json

import pytest
from typer.testing import CliRunner

import labctl
from labctl.cli import app
from labctl.derive import derive_run
from labctl.errors import InvalidRequest
from labctl.store import Store

pytest.importorskip("duckdb", reason="duckdb is not installed")


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    path = tmp_path_factory.mktemp("archive") / "lab.db"
    sample = {"name": "pellet\x1b[31m", "thickness_m": 1e-3, "area_m2": 5e-5, "electrodes": "blocking"}
    with Store.open(path) as store:
        run = {"sample_id": store.find_or_add_sample(sample), "procedure": "p:P", "started_s": 1.0}
        run_id = store.insert("runs", run)
        about = {"run_id": run_id, "number": 0, "started_s": 1.0, "setpoint_k": 300.0}
        store.insert("spectra", about)
        derive_run(store, run_id, 2.0)
        store.update("runs", run_id, {"status": "finished", "ended_s": 3.0})
    return path


@pytest.fixture
def labctl_archive(tmp_path):
    def command(*words, exit_code=0, archive=tmp_path / "archive"):
        done = CliRunner().invoke(app, list(words), env={"LABCTL_ARCHIVE": str(archive)})
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        assert done.exit_code == exit_code, done.output
        return done.stdout

    return command


def test_runs_are_added_verified_asked_for_and_brought_back(lab, labctl_archive, tmp_path):
    assert "1 run(s) added, 0 updated, 0 there already" in labctl_archive("archive", "add", str(lab))
    assert "0 run(s) added, 0 updated, 1 there already" in labctl_archive("archive", "add", str(lab))
    assert "1 run(s), 1 spectra" in labctl_archive("archive", "verify")
    table = labctl_archive("archive", "query", "SELECT count(*) AS n FROM spectra")
    assert table.split() == ["n", "-", "1"]
    back = tmp_path / "back.db"
    words = ("--from-archive", str(tmp_path / "archive"), "--into", str(back))
    assert "1 run(s) added, 0 here already" in labctl_archive("import", *words)
    with labctl.open(back) as db, labctl.open(lab) as before:
        assert db.run(1)["uuid"] == before.run(1)["uuid"]


def test_every_command_answers_programs(lab, labctl_archive, tmp_path):
    added = json.loads(labctl_archive("archive", "add", str(lab), "--json"))
    assert [one["outcome"] for one in added["series"]] == ["added"]
    verified = json.loads(labctl_archive("archive", "verify", "--json"))
    assert (verified["runs"], verified["problems"]) == (1, [])
    query = (
        "SELECT 1 AS one, 'inf'::DOUBLE AS far, NULL AS none, 'x'::BLOB AS bytes, DATE '2026-11-30' AS day"
    )
    answer = json.loads(labctl_archive("archive", "query", query, "--json"))
    assert answer["rows"] == [
        {
            "one": 1,
            "far": {"$number": "Infinity"},
            "none": None,
            "bytes": {"$base64": "eA=="},
            "day": "2026-11-30",
        }
    ]
    words = ("--from-archive", str(tmp_path / "archive"), "--into", str(tmp_path / "back.db"))
    taken = json.loads(labctl_archive("import", *words, "--json"))
    assert len(taken["archive"]["added"]) == 1


def test_a_damaged_archive_is_told_with_exit_code_1(lab, labctl_archive, tmp_path):
    labctl_archive("archive", "add", str(lab))
    (file,) = (tmp_path / "archive" / "spectra").rglob("*.parquet")
    file.unlink()
    assert "is missing" in labctl_archive("archive", "verify", exit_code=1)


def test_names_of_samples_command_no_terminal(lab, labctl_archive):
    labctl_archive("archive", "add", str(lab))
    assert "\x1b" not in labctl_archive("archive", "query", "SELECT sample FROM runs")


def test_nothing_is_written_where_no_archive_is_named_or_there(lab, labctl_archive, tmp_path):
    with pytest.raises(InvalidRequest, match="no archive is named"):
        labctl_archive("archive", "add", str(lab), archive="")
    with pytest.raises(InvalidRequest, match="no archive"):
        labctl_archive("archive", "query", "SELECT 1")
    with pytest.raises(InvalidRequest, match="name the files"):
        labctl_archive("import")
    assert list(tmp_path.iterdir()) == []
