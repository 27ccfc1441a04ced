"""The tables of the ledger: migration, merge, and the rules that hold for every program."""

import sqlite3
from contextlib import closing

import pytest

from labctl.errors import InvalidRequest, StoreError
from labctl.store import Database, SpaceRule, Store, migrations
from labctl.store.analyses import Maker
from labctl.store.care import check, verify
from labctl.store.merging import merge
from labctl.store.queries import analyses

NAMES = [name for name, _ in migrations.named_steps()]
BEFORE = NAMES[: NAMES.index("0012_analyses")]


def finish(rig):
    rig.append_points(2)
    rig.store.update("spectra", rig.spectrum_id, {"status": "finished", "ended_s": 5.0})
    rig.store.update("runs", rig.run_id, {"status": "finished", "ended_s": 9.0})


def entries(path, run="last"):
    with Database(path) as db:
        return analyses.of_run(db, db.run(run)["id"])


def sigma(path, run="last"):
    with Database(path) as db:
        return list(db.conductivities(run)["conductivity_s_m"])


@pytest.fixture
def older(path, start, monkeypatch, insert_as_before):
    """Make a file of an older schema: one finished run with a conductivity, one without, one that was cut."""

    def made(newest):
        steps = {name: step for name, step in migrations.named_steps() if name <= newest}
        with monkeypatch.context() as patch:
            patch.setattr(migrations, "_MIGRATIONS", steps)
            with Store.open(path) as store:
                rig = start(store)
                finish(rig)
                finish(start(store))
                cut = start(store)
                store.update("runs", cut.run_id, {"status": "interrupted", "ended_s": 9.0})
        for one in (rig, cut):
            insert_as_before(path, "conductivities", one.conductivity())
            row = {"spectrum_id": one.spectrum_id, "quantity": "total", "resistance_ohm": 2000.0}
            row |= {"method": "m", "method_version": "1", "derived_s": 1000.0}
            insert_as_before(path, "resistances", row)
        return path

    return made


@pytest.mark.parametrize("newest", [BEFORE[0], BEFORE[2], BEFORE[-1]])
def test_what_an_older_file_holds_is_the_first_analysis_of_its_runs_read_and_migrated_alike(older, newest):
    path = older(newest)
    unmigrated = [(entries(path, run), sigma(path, run)) for run in (1, 2, 3)]
    uuid = {run["id"]: run["uuid"] for run in Database(path).rows("SELECT id, uuid FROM runs")}
    Store.open(path).close()
    assert [(entries(path, run), sigma(path, run)) for run in (1, 2, 3)] == unmigrated
    (first,) = entries(path, 1)
    assert (first["id"], first["uuid"], first["origin"]) == (1, uuid[1], "earlier")
    assert (first["created_s"], first["closed_s"], first["is_current"]) == (2000.0, 2000.0, 1)
    assert first["content_hash"] == verify(path)[0].recorded_hash
    assert entries(path, 2) == []
    with Database(path) as db:
        assert [row["analysis_id"] for row in db.rows("SELECT * FROM resistances ORDER BY id")] == [1, 3]
    assert check(path).problems == ()


def test_a_view_of_a_laboratory_reads_the_current_analysis_after_the_migration(older):
    path = older(BEFORE[-1])
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("CREATE VIEW own AS SELECT conductivity_s_m FROM conductivities WHERE run_id = 1")
    with Store.open(path) as store:
        row = {"spectrum_id": 1, "run_id": 1, "conductivity_s_m": 7.0, "total_resistance_ohm": 1.0}
        row |= {"method": "m", "method_version": "1", "derived_s": 1.0}
        store.record_analysis(1, Maker(1.0), {"conductivities": [row]})
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT * FROM own").fetchall() == [(7.0,)]


@pytest.fixture
def twice(rig, path):
    """A finished run with two closed analyses, the second named and current."""
    rig.store.replace_derived("conductivities", {"run_id": rig.run_id}, [rig.conductivity()])
    finish(rig)
    again = {"conductivities": [rig.conductivity(conductivity_s_m=0.02)]}
    rig.store.record_analysis(rig.run_id, Maker(10.0, "Ada", options={"form": "ln_sigma"}), again, "thesis")
    return path


def test_merge_brings_every_analysis_and_the_one_that_is_current(twice, tmp_path):
    other = tmp_path / "other.db"
    Store.open(other).close()
    assert len(merge(other, twice).added) == 1
    for one, same in zip(entries(twice), entries(other), strict=True):
        assert {**one, "id": 0, "run_id": 0} == {**same, "id": 0, "run_id": 0}
    assert sigma(other) == [0.02]
    with Database(other) as db:
        assert [row["person"] for row in analyses.choices(db, 1)] == ["Ada"]
    assert check(other).problems == ()


def test_merge_brings_the_analyses_that_a_known_run_lacks_and_chooses_none(twice, tmp_path, rig):
    other = tmp_path / "other.db"
    Store.open(other).close()
    merge(other, twice)
    more = {"conductivities": [rig.conductivity(conductivity_s_m=0.03)]}
    rig.store.record_analysis(rig.run_id, Maker(11.0), more, "later")
    found = merge(other, twice)
    assert (found.added, len(found.known), found.refused) == ((), 1, ())
    assert [(one["name"], one["is_current"]) for one in entries(other)] == [
        ("", 0),
        ("thesis", 1),
        ("later", 0),
    ]
    assert sigma(other) == [0.02]
    assert len(merge(other, twice).known) == 1
    assert len(entries(other)) == 3


def thickness_amendment(uuid, thickness_m, **target):
    row = {"uuid": uuid, "field": "thickness", "time_s": 1.0, "reason": "measured again", "old_value": {}}
    return row | {"new_value": {"thickness_m": thickness_m, "thickness_u_m": 1e-5}} | target


def uuids_of_amendments(path, analysis):
    """Of the amendments that an analysis of this file stands on."""
    with Database(path) as db:
        known = {row["id"]: row["uuid"] for row in db.rows("SELECT id, uuid FROM amendments")}
    return [known[one] for one in analysis["amendments"]]


def test_merge_leads_an_analysis_to_the_same_amendments_in_files_that_were_amended_apart(
    twice, tmp_path, rig
):
    other = tmp_path / "other.db"
    Store.open(other).close()
    merge(other, twice)
    with Store.open(other) as store:
        for uuid in ("x", "y"):
            store.insert("amendments", thickness_amendment(uuid, 1.2e-3, run_id=1))
    made = rig.store.insert("amendments", thickness_amendment("a", 1.1e-3, run_id=rig.run_id))
    amended = {"conductivities": [rig.conductivity(conductivity_s_m=0.03)]}
    rig.store.record_analysis(rig.run_id, Maker(12.0, amendments=(made,)), amended, "amended")
    assert merge(other, twice).outdated == (1,)
    (copied,) = [one for one in entries(other) if one["name"] == "amended"]
    assert copied["amendments"] == [3]
    assert uuids_of_amendments(other, copied) == ["a"]
    fresh = tmp_path / "fresh.db"
    Store.open(fresh).close()
    merge(fresh, other)
    (again,) = [one for one in entries(fresh) if one["name"] == "amended"]
    assert uuids_of_amendments(fresh, again) == ["a"]


def test_merge_of_an_older_file_brings_its_rows_as_the_first_analysis(older, tmp_path):
    theirs = older(BEFORE[-1])
    ours = tmp_path / "ours.db"
    Store.open(ours).close()
    merge(ours, theirs)
    with Database(ours) as db:
        found = db.rows("SELECT uuid, origin, is_current FROM analyses ORDER BY id")
        uuids = [row["uuid"] for row in db.rows("SELECT uuid FROM runs WHERE id <> 2 ORDER BY id")]
    assert [one["origin"] for one in found] == ["earlier"] * len(found)
    assert {one["uuid"] for one in found} <= set(uuids)
    assert sigma(ours, 1) == [0.01]


def test_of_two_fits_at_once_both_are_kept_and_the_last_is_current(twice, rig):
    with Store.open(twice) as one, Store.open(twice) as other:
        for store, value in ((one, 0.04), (other, 0.05)):
            rows = {"conductivities": [rig.conductivity(conductivity_s_m=value)]}
            store.record_analysis(1, Maker(12.0), rows)
    assert [entry["is_current"] for entry in entries(twice)] == [0, 0, 0, 1]
    assert sigma(twice) == [0.05]


def test_a_row_that_does_not_fit_leaves_no_analysis(twice, rig):
    rows = {"conductivities": [rig.conductivity(), rig.conductivity(conductivity_s_m=-1.0)]}
    with pytest.raises(StoreError, match="conductivity_s_m"):
        rig.store.record_analysis(1, Maker(12.0), rows)
    assert len(entries(twice)) == 2


def test_a_full_disk_leaves_the_analyses_as_they_were(small_disk, start):
    path = small_disk / "lab.db"
    with Store.open(path, space=SpaceRule(before_run=0, during_run=0)) as store:
        rig = start(store)
        store.replace_derived("conductivities", {"run_id": 1}, [rig.conductivity()])
        finish(rig)
        rows = {"conductivities": [rig.conductivity(flags=["x" * 3000]) for _ in range(1000)]}
        with pytest.raises(StoreError, match=r"full|space"):
            store.record_analysis(1, Maker(12.0), rows)
    assert [entry["is_current"] for entry in entries(path)] == [1]
    assert sigma(path) == [0.01]


def test_an_analysis_of_a_growing_run_cannot_be_chosen(rig):
    rig.store.replace_derived("conductivities", {"run_id": 1}, [rig.conductivity()])
    with pytest.raises(InvalidRequest, match="is being measured"):
        rig.store.choose_analysis(1, 1, 1.0)
