"""Imported runs: in one transaction with their files, each content once."""

import sqlite3
import zlib
from contextlib import closing
from dataclasses import replace

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
        "acquired, first_spectrum, n_spectra, temperatures_from, remarks, polarisation FROM imported_files",
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
        target.execute(f"DELETE FROM {migrations.LEDGER} WHERE name LIKE '%_imported_%'")
    with Database(old) as database:
        assert imported_files.of_run(database, rig.run_id) == []
        assert imported_files.not_derived(database) == []
    Store.open(new).close()
    merged = merge(new, old)
    assert (len(merged.added), merged.refused) == (1, ())


def run_with_a_polarisation():
    """Return the rows of a hold with a spectrum before and one after."""
    new = imported_run()
    (spectrum,) = new.spectra
    points = [
        {"time_s": 5.0 + s, "elapsed_s": s, "potential_v": 0.01, "current_a": 1e-6, "status": "ok"}
        for s in (0.0, 1.0)
    ]
    hold = {"potential_v": 0.01, "started_s": 5.0, "ended_by": "not known: imported"}
    hold |= {"initial_spectrum": 0, "steady_spectrum": 1}
    file = {**new.files[0], "name": "hold.csv", "sha256": "c" * 64, "n_spectra": 0, "polarisation": 0}
    return replace(
        new,
        spectra=[spectrum, spectrum],
        files=[{**new.files[0], "n_spectra": 2}, file],
        polarisations=[(hold, points)],
        ended_s=6.0,
    )


def test_a_polarisation_is_kept_with_its_spectra_and_arrives_in_another_file(db, tmp_path):
    with Store.open(db) as store:
        store.import_run(imported_run("d" * 64))  # so that numbers and ids of spectra differ
        run_id = store.import_run(run_with_a_polarisation())
    assert isinstance(run_id, int)
    assert all(run.intact for run in verify(db))
    other = tmp_path / "other.db"
    Store.open(other).close()
    assert len(merge(other, db).added) == 2
    for path in (db, other):
        with Database(path) as database:
            (hold,) = database.rows("SELECT * FROM polarisations")
            numbers = database.rows(
                "SELECT number FROM spectra WHERE run_id = ? AND id IN (?, ?) ORDER BY id",
                (run_id, hold["initial_spectrum_id"], hold["steady_spectrum_id"]),
            )
            assert [row["number"] for row in numbers] == [0, 1]
            assert (hold["status"], hold["ended_s"]) == ("finished", 6.0)
            assert [row["polarisation"] for row in imported_files.of_run(database, run_id)] == [None, 0]


def test_a_file_with_neither_spectra_nor_a_polarisation_is_refused(db):
    new = imported_run()
    nothing = replace(new, files=[{**new.files[0], "n_spectra": 0}])
    with Store.open(db) as store, pytest.raises(StoreError, match="CHECK"):
        store.import_run(nothing)


def test_files_imported_by_an_earlier_labctl_stay_and_stay_protected(db):
    with closing(sqlite3.connect(db, isolation_level=None)) as older:
        steps = {name: step for name, step in migrations.named_steps() if name < "0019"}
        for step in steps.values():
            step(older)
        made = {**imported_run().files[0], "remarks": "[]", "run_id": 1, "number": 0, "id": 7}
        older.execute("PRAGMA foreign_keys = OFF")
        older.execute("PRAGMA ignore_check_constraints = OFF")
        names = ", ".join(made)
        marks = ", ".join("?" * len(made))
        older.execute(f"INSERT INTO imported_files ({names}) VALUES ({marks})", tuple(made.values()))
        dict(migrations.named_steps())["0019_imported_polarisations"](older)
        (row,) = older.execute("SELECT id, content, n_spectra, polarisation FROM imported_files").fetchall()
        assert row == (7, made["content"], 1, None)
        for statement in ("DELETE FROM imported_files", "UPDATE imported_files SET name = 'b'"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                older.execute(statement)
        described = older.execute("SELECT count(*) FROM columns WHERE table_name = 'imported_files'")
        assert described.fetchone() == (14,)
