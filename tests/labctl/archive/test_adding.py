"""Runs come into an archive once, with what became known later, through kills and beside other writers."""

import itertools
import shutil
import sqlite3

import pytest

import labctl
from labctl.archive.adding import add_files
from labctl.archive.entries import all_heads
from labctl.archive.opened import Archive
from labctl.archive.place import UNFINISHED, place_of
from labctl.archive.taking_back import import_runs
from labctl.archive.verifying import verify
from labctl.errors import InvalidRequest
from labctl.store import Store


def outcomes(added):
    return [one.outcome for one in added]


def contents(place):
    """Every file of an archive with its bytes."""
    return {name: place.read(name) for name in place.names("")}


def require_sound(place, runs=3):
    found = verify(place)
    assert found.problems == ()
    assert found.runs == runs


def test_ended_runs_come_once_and_a_running_one_not(lab, place):
    assert outcomes(add_files([lab], place)) == ["added", "added"]
    before = contents(place)
    assert outcomes(add_files([lab, lab], place)) == ["known"] * 4
    assert contents(place) == before
    require_sound(place)


def test_a_run_and_the_run_that_continues_it_are_one_series(lab, place):
    add_files([lab], place)
    assert sorted(len(head.runs) for head in all_heads(place)) == [1, 2]


def test_only_the_runs_named_come(lab, place):
    with labctl.open(lab) as db:
        uuid = db.run(3)["uuid"]
    added = add_files([lab], place, only_runs=[uuid])
    assert [len(one.runs) for one in added] == [2]


def test_a_file_that_is_not_there_is_refused_before_anything_is_written(lab, place, tmp_path):
    with pytest.raises(InvalidRequest, match="no such file"):
        add_files([lab, tmp_path / "none.db"], place)
    assert contents(place) == {}


def test_an_amendment_and_its_numbers_follow(lab, place, thicker):
    add_files([lab], place)
    thicker(lab, 1, 1.1)
    assert outcomes(add_files([lab], place)) == ["updated", "known"]
    require_sound(place)
    with labctl.open(lab) as db, Archive.at(place) as archive:
        here = list(db.conductivities(1)["conductivity_s_m"])
        query = "SELECT conductivity_s_m FROM conductivities WHERE sample = 'one' ORDER BY spectrum_id"
        assert [value for (value,) in archive.query(query).rows] == here
        assert archive.query("SELECT count(*) FROM earlier_conductivities").rows == [(2,)]
        assert archive.query("SELECT field, person FROM amendments").rows == [("thickness", "Ada")]


def test_no_file_of_a_replaced_version_stays(lab, place, thicker):
    add_files([lab], place)
    thicker(lab, 1, 1.1)
    add_files([lab], place)
    assert verify(place).left_over == ()


def test_what_two_copies_of_a_run_learned_apart_is_united(lab, place, thicker, tmp_path):
    other = tmp_path / "other.db"
    other.write_bytes(lab.read_bytes())
    thicker(lab, 1, 1.1)
    with labctl.open(other, write=True) as db:
        db.note(1, "a remark", person="Bob")
    add_files([lab], place)
    add_files([other], place)
    with Archive.at(place) as archive:
        people = archive.query("SELECT person FROM amendments ORDER BY person").rows
    assert people == [("Ada",), ("Bob",)]
    assert outcomes(add_files([lab, other], place)) == ["known"] * 4
    require_sound(place)


def test_a_run_that_was_changed_is_refused_and_the_others_come(lab, place):
    with sqlite3.connect(lab) as connection:
        connection.execute("DROP TRIGGER runs_end_once")
        connection.execute("UPDATE runs SET reason = 'forged' WHERE id = 1")
    connection.close()
    added = add_files([lab], place)
    assert outcomes(added) == ["refused", "added"]
    assert "not what it was at its end" in added[0].reason


def test_runs_come_back_as_they_were(lab, place, thicker, tmp_path):
    thicker(lab, 1, 1.1)
    add_files([lab], place)
    taken = import_runs(place, tmp_path / "back.db")
    assert len(taken.added) == 3
    assert import_runs(place, tmp_path / "back.db").added == ()
    with labctl.open(lab) as db, labctl.open(tmp_path / "back.db") as back:
        for run in (db.run(run_id) for run_id in (1, 2, 3)):
            same = back.run(run["uuid"])
            assert same["content_hash"] == run["content_hash"]
            for rows in ("conductivities", "fits", "amendments"):
                ours, theirs = getattr(db, rows)(run["id"]), getattr(back, rows)(same["id"])
                wanted = [
                    name for name in ("conductivity_s_m", "activation_energy_ev", "person") if name in ours
                ]
                assert wanted
                assert ours[wanted].equals(theirs[wanted])


def test_the_runs_of_one_sample_come_back_alone(lab, place, tmp_path):
    add_files([lab], place)
    assert len(import_runs(place, tmp_path / "back.db", sample="two").added) == 2
    with pytest.raises(InvalidRequest, match="no run of a sample"):
        import_runs(place, tmp_path / "back.db", sample="three")
    with pytest.raises(InvalidRequest, match="no run 'ffff"):
        import_runs(place, tmp_path / "back.db", runs=["ffffffff-x"])


def kill_at(place, steps, lab, interrupted_at, killed):
    """Kill `archive add` before each of these steps, each time in a fresh copy; yield each copy."""
    for step in steps:
        copy = place_of(f"{place.root} {step}")
        shutil.copytree(place.root, copy.root)
        try:
            add_files([lab], interrupted_at(copy, step))
        except killed:
            yield copy
        else:
            return


@pytest.mark.parametrize("first", [1, 6, 12])
def test_a_kill_at_any_step_leaves_what_was_there_and_the_next_call_completes_it(
    lab, place, thicker, interrupted_at, killed, first
):
    add_files([lab], place, only_runs=[uuid_of(lab, 1)])
    thicker(lab, 1, 1.1)
    lab_uuid, kills = uuid_of(lab, 1), 0
    for copy in kill_at(place, range(first, 100, 16), lab, interrupted_at, killed):
        found = verify(copy, rows=False)
        assert found.problems == ()
        assert lab_uuid in {run for head in all_heads(copy) for run in head.runs}
        add_files([lab], copy)
        require_sound(copy)
        kills += 1
    assert kills >= 2


def uuid_of(path, run_id):
    with labctl.open(path) as db:
        return db.run(run_id)["uuid"]


def test_a_new_archive_survives_kills_one_after_the_other(lab, place, interrupted_at, killed):
    kills = 0
    for step in itertools.count(1, 5):
        try:
            add_files([lab], interrupted_at(place, step))
        except killed:
            kills += 1
        else:
            break
    assert kills >= 3
    require_sound(place)
    assert all(name.startswith(f"{UNFINISHED}/") for name in verify(place).left_over)


@pytest.mark.parametrize("step", [1, 17, 18, 25])
def test_two_writers_of_one_series_lose_and_double_nothing(lab, place, thicker, tmp_path, beside, step):
    other = tmp_path / "other.db"
    other.write_bytes(lab.read_bytes())
    add_files([lab], place)
    thicker(lab, 1, 1.1)
    with labctl.open(other, write=True) as db:
        db.note(1, "a remark", person="Bob")
    seconds = []
    add_files([lab], beside(place, step, lambda: seconds.extend(add_files([other], place))))
    assert outcomes(seconds) == ["updated", "known"]
    require_sound(place)
    with Archive.at(place) as archive:
        people = archive.query("SELECT person FROM amendments ORDER BY person").rows
        assert people == [("Ada",), ("Bob",)]
        assert archive.query("SELECT count(*) FROM runs").rows == [(3,)]


def test_an_archive_at_any_address_of_fsspec_takes_runs(lab):
    place = place_of("memory://archive-test")
    assert outcomes(add_files([lab], place)) == ["added", "added"]
    require_sound(place)
    with labctl.open_archive("memory://archive-test") as archive:
        assert archive.query("SELECT count(*) AS n FROM spectra").rows == [(5,)]


def test_a_file_that_a_runner_uses_is_only_read(lab, place):
    with Store.open(lab) as store:
        add_files([lab], place)
        store.flush()
    require_sound(place)
