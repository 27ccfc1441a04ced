"""Imported runs: in one transaction with their files, each content once."""

import sqlite3
import zlib
from contextlib import closing

import pytest

from labctl.errors import StoreError
from labctl.store import Database, Store, migrations
from labctl.store.care import check, verify
from labctl.store.importing import AlreadyImported, ImportedRun
from labctl.store.merging import merge
from labctl.store.queries import imported_files

CONTENT = b"freq/Hz,Re(Z)/Ohm,Im(Z)/Ohm\n1000,1.5,-2.25\n"


@pytest.fixture
def db(tmp_path):
    return tmp_path / "lab.db"


def imported_run(sha256="a" * 64, name="a.csv", point=1.5):
    sample = {"name": "P7", "thickness_m": 1e-3, "area_m2": 1e-4, "electrodes": "blocking"}
    points = [
        {"time_s": 5.0, "frequency_hz": 10.0 / n, "z_real_ohm": point, "z_imag_ohm": -1.0, "status": "ok"}
        for n in (1, 2)
    ]
    file = {"name": name, "sha256": sha256, "bytes": len(CONTENT), "content": zlib.compress(CONTENT)}
    file |= {"first_spectrum": 0, "n_spectra": 1, "remarks": ["a gap"]}
    event = {"time_s": 5.0, "level": "info", "kind": "imported", "message": "imported from a.csv"}
    return ImportedRun(
        {"procedure": "import", "started_s": 5.0},
        sample,
        {"operator": "A"},
        [({"started_s": 5.0}, points)],
        [file],
        [event],
    )


def test_a_run_is_written_whole_ended_and_sealed(db):
    with Store.open(db) as store:
        assert store.import_run(imported_run()) == 1
    (run,) = verify(db)
    assert (run.status, run.intact) == ("finished", True)
    assert check(db).problems == ()
    with Database(db) as database:
        (file,) = imported_files.of_run(database, 1)
        assert file["remarks"] == ["a gap"]
        assert imported_files.content(database, file["id"]) == CONTENT
        assert len(database.points(1)) == 2
        assert database.rows("SELECT mount_id FROM run_mounts WHERE run_id = 1")


@pytest.mark.parametrize(
    "bad", [imported_run(point=float("inf")), imported_run(sha256="short")], ids=["a point", "a file"]
)
def test_a_row_that_does_not_fit_leaves_no_trace(db, bad):
    with Store.open(db) as store:
        with pytest.raises(StoreError):
            store.import_run(bad)
        with store.read() as database:
            for table in ("samples", "runs", "run_provenance", "spectra", "events", "imported_files"):
                assert database.rows(f"SELECT count(*) AS n FROM {table}")[0]["n"] == 0, table
        assert store.import_run(imported_run()) == 1


def test_the_content_of_an_earlier_file_is_not_written_again(db):
    with Store.open(db) as store:
        store.import_run(imported_run())
        again = store.import_run(imported_run(name="b.csv"))
        assert again == AlreadyImported("b.csv", "a" * 64, 1)
        with store.read() as database:
            assert imported_files.with_hash(database, "a" * 64) == {
                "name": "a.csv",
                "run_id": 1,
                "sample": "P7",
            }
            assert imported_files.with_hash(database, "b" * 64) is None


def test_a_run_without_an_analysis_is_found(db):
    with Store.open(db) as store:
        store.import_run(imported_run())
        with store.read() as database:
            assert imported_files.not_derived(database) == [1]


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM imported_files",
        "UPDATE imported_files SET name = 'b.csv'",
        "INSERT OR REPLACE INTO imported_files SELECT * FROM imported_files",
        "INSERT INTO imported_files SELECT id + 1, run_id, number + 1, name, sha256, bytes, content, format, "
        "acquired, first_spectrum, n_spectra, temperatures_from, remarks FROM imported_files",
    ],
)
def test_no_program_changes_what_was_imported(db, statement):
    with Store.open(db) as store:
        store.import_run(imported_run())
    with closing(sqlite3.connect(db)) as stranger, pytest.raises(sqlite3.IntegrityError):
        stranger.execute(statement)


def test_an_imported_run_goes_into_another_file_once_with_its_file(db, tmp_path):
    other = tmp_path / "other.db"
    with Store.open(db) as store:
        store.import_run(imported_run())
    Store.open(other).close()
    assert len(merge(other, db).added) == 1
    assert len(merge(other, db).known) == 1
    with Database(other) as database:
        assert imported_files.content(database, 1) == CONTENT


def test_a_file_of_an_older_labctl_has_no_imported_files_and_merges(rig, path, tmp_path):
    rig.store.update("runs", rig.run_id, {"status": "finished", "ended_s": 9.0})
    rig.store.close()
    old, new = tmp_path / "old.db", tmp_path / "new.db"
    with (
        closing(sqlite3.connect(path)) as source,
        closing(sqlite3.connect(old, isolation_level=None)) as target,
    ):
        source.backup(target)
        target.execute("DROP TABLE imported_files")
        target.execute("DELETE FROM columns WHERE table_name = 'imported_files'")
        target.execute(f"DELETE FROM {migrations.LEDGER} WHERE name = '0017_imported_files'")
    with Database(old) as database:
        assert imported_files.of_run(database, rig.run_id) == []
        assert imported_files.not_derived(database) == []
    Store.open(new).close()
    merged = merge(new, old)
    assert (len(merged.added), merged.refused) == (1, ())
