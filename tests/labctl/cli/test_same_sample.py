"""A person at a terminal is asked what a name with another thickness means; a program is not."""

import pytest
from typer.testing import CliRunner

from labctl.cli import app, same_sample
from labctl.store import Database, Store


@pytest.fixture
def queue_add(station, protocol_file, tmp_path):
    """Queue the protocol, whose pellet has 1 mm, on a file with a run of a pellet of 0.9 mm."""
    db = tmp_path / "lab.db"
    with Store.open(db) as store:
        row = {"name": "pellet", "thickness_m": 0.9e-3, "area_m2": 7.853981633974483e-05}
        sample_id = store.find_or_add_sample(row | {"electrodes": "blocking"})
        run_id = store.insert("runs", {"sample_id": sample_id, "procedure": "p:P", "started_s": 1.0})
        store.assign_to_mount(run_id)
        store.update("runs", run_id, {"status": "finished", "ended_s": 2.0})

    def add(*options, typed=""):
        words = ["queue", "add", str(protocol_file), "--station", str(station.source), "--db", str(db)]
        return CliRunner().invoke(app, [*words, *options], input=typed)

    add.db = db
    return add


def mounts(db):
    with Database(db) as database:
        return [
            (row["origin"], row["number"], row["job_id"]) for row in database.rows("SELECT * FROM mounts")
        ]


def test_a_person_is_asked_until_the_answer_is_one_of_three(queue_add, monkeypatch):
    monkeypatch.setattr(same_sample, "is_at_terminal", lambda: True)
    done = queue_add(typed="yes\nmount\n")
    assert done.exit_code == 0
    assert "1 run(s) before have 0.9 mm and 0.785398 cm2, this has 1 mm" in done.output
    assert done.output.count("mounted anew (mount)") == 2
    assert mounts(queue_add.db) == [("first", 1, None), ("mount", 2, 1)]


def test_nothing_is_queued_where_the_person_breaks_off(queue_add, monkeypatch):
    monkeypatch.setattr(same_sample, "is_at_terminal", lambda: True)
    assert queue_add(typed="").exit_code == 1
    with Database(queue_add.db) as db:
        assert db.rows("SELECT * FROM jobs") == []


def test_the_option_answers_and_a_script_without_it_goes_on_with_a_warning(queue_add):
    done = queue_add()
    assert done.exit_code == 0
    assert "taken as another sample" in done.output
    done = queue_add("--same-sample", "other")
    assert "another sample of this name" in done.output
    assert mounts(queue_add.db) == [("first", 1, None), ("other", 1, 2)]
