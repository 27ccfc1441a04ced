"""Full disk, read-only, deleted, locked, damaged: the cause at the next call, nothing acknowledged lost."""

import os
import sqlite3
import subprocess
import sys
import tempfile
import threading
from contextlib import closing
from pathlib import Path, PurePosixPath

import pytest

from labctl.errors import StoreError
from labctl.store import Database, SpaceRule, Store, connections
from labctl.store.places import file_system, network_kind, refuse_network_share

on_unix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit, or keeps open files")
as_root = pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0, reason="mounting a small disk needs root on Linux"
)
FEW_BYTES = SpaceRule(before_run=0, during_run=0)


def points(path):
    with Database(path) as db:
        return db.rows("SELECT count(*) AS n FROM impedance_points")[0]["n"]


def append_until_it_fails(rig):
    """Number of the row that was refused, and the error."""
    waiting = threading.Event()
    for number in range(100_000):
        try:
            rig.store.append("impedance_points", rig.point(number))
        except StoreError as error:
            return number, error
        waiting.wait(0.001)
    raise AssertionError("no error came")


@as_root
def test_a_full_disk_is_named_and_its_rows_are_kept_until_there_is_room(small_disk, start):
    path = small_disk / "lab.db"
    with Store.open(path, space=FEW_BYTES) as store:
        rig = start(store)
        ballast = small_disk / "other.bin"
        ballast.write_bytes(bytes(os.statvfs(small_disk).f_bavail * os.statvfs(small_disk).f_frsize - 65536))
        refused, error = append_until_it_fails(rig)
        assert "disk is full" in str(error)
        acknowledged = points(path)
        assert acknowledged < refused
        ballast.unlink()
        store.flush()
        assert points(path) == refused
        store.update("runs", rig.run_id, {"status": "failed", "reason": str(error), "ended_s": 1.0})
    assert integrity(path) == "ok"


@on_unix
def test_a_file_that_may_not_grow_ends_the_run_with_that_cause(path):
    program = """
import resource, sys
from labctl.errors import StoreError
from labctl.store import Store
store = Store.open(sys.argv[1])
sample = {"name": "a", "thickness_m": 1e-3, "area_m2": 1e-4, "electrodes": "blocking"}
sample = store.find_or_add_sample(sample)
run = store.insert("runs", {"sample_id": sample, "procedure": "p:C", "started_s": 0.0})
_, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, hard))
row = {"run_id": run, "time_s": 0.0, "data": {"text": "x" * 1000}}
number = 0
try:
    while True:
        store.append("records", row | {"number": number})
        number += 1
        if number % 100 == 0:
            store.flush()
except StoreError as error:
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    store.update("runs", run, {"status": "failed", "reason": str(error), "ended_s": 1.0})
    with store.read() as db:
        print(number, db.rows("SELECT count(*) AS n FROM records")[0]["n"])
"""
    done = subprocess.run([sys.executable, "-c", program, path], capture_output=True, text=True, check=True)
    emitted, stored = map(int, done.stdout.split())
    assert 100 < emitted == stored
    with Database(path) as db:
        run = db.run("last")
    assert run["status"] == "failed"
    assert "the disk refused" in run["reason"]


@pytest.fixture
def open_folder():
    """A folder accessible to all users, also when root runs the tests."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


@on_unix
def test_a_read_only_file_is_refused_for_writing_and_can_be_read(open_folder, start):
    path = open_folder / "lab.db"
    with Store.open(path) as store:
        start(store).append_points(2)
    path.chmod(0o444)
    open_folder.chmod(0o555)
    program = """
import os, sys
import pandas
from labctl.errors import StoreError
from labctl.store import Database, Store
if os.geteuid() == 0:
    os.seteuid(65534)
with Database(sys.argv[1]) as db:
    print(len(db.points(1)))
try:
    Store.open(sys.argv[1])
except StoreError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", program, path], capture_output=True, text=True, check=False)
    open_folder.chmod(0o755)
    assert done.returncode == 0, done.stderr
    count, refusal = done.stdout.splitlines()
    assert count == "2"
    assert "read-only" in refusal


READER_WITHOUT_PERMISSION = """
import os, sys
import pandas
from labctl.store import Database
if os.geteuid() == 0:
    os.seteuid(65534)
with Database(sys.argv[1]) as db:
    print(len(db.points(1)), flush=True)
    input()
    print(len(db.points(1)), flush=True)
"""


@on_unix
def test_who_may_only_read_sees_what_is_written_after_the_file_was_opened(open_folder, start):
    """Without a writer SQLite must assume that the file never changes."""
    path = open_folder / "lab.db"
    with Store.open(path) as store:
        rig = start(store)
        rig.append_points(2)
    open_folder.chmod(0o555)
    command = [sys.executable, "-c", READER_WITHOUT_PERMISSION, path]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as reader:
        assert reader.stdout.readline() == "2\n"
        open_folder.chmod(0o755)
        with Store.open(path) as store:
            for number in range(2, 5):
                store.append("impedance_points", rig.point(number))
        open_folder.chmod(0o555)
        seen, _ = reader.communicate("\n", timeout=60)
    open_folder.chmod(0o755)
    assert seen == "5\n"


def test_a_file_that_is_locked_is_not_taken_for_one_that_never_changes(path, start, monkeypatch):
    with Store.open(path) as store:
        start(store)
    monkeypatch.setattr(connections, "BUSY_TIMEOUT_S", 0.05)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode = DELETE").fetchall()
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreError, match="another program keeps it locked"):
            Database(path)


def test_a_lock_held_by_another_program_delays_rows_and_loses_none(path, start):
    with Store.open(path, busy_timeout_s=0.05) as store:
        rig = start(store)
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        refused, error = append_until_it_fails(rig)
        assert "another program keeps it locked" in str(error)
        with pytest.raises(StoreError, match="locked"):
            store.flush()
        other.execute("ROLLBACK")
        other.close()
        store.flush()
        assert points(path) == refused


def test_a_lock_that_passed_before_anybody_was_told_is_no_error(path, start):
    with Store.open(path, busy_timeout_s=0.01) as store:
        rig = start(store)
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        rig.append_points(10)
        threading.Event().wait(0.2)
        other.execute("ROLLBACK")
        other.close()
        store.update("runs", rig.run_id, {"status": "finished", "ended_s": 1.0})
        assert points(path) == 10


def test_closing_under_a_lock_says_how_many_rows_are_lost(path, start):
    store = Store.open(path, busy_timeout_s=0.01)
    rig = start(store)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    rig.append_points(7)
    with pytest.raises(StoreError, match=r"locked.*7 rows are lost"):
        store.close()
    other.close()


def test_a_damaged_page_is_named_by_reader_and_writer(path, start):
    with Store.open(path) as store:
        rig = start(store)
        rig.append_points(2000)
    with sqlite3.connect(path) as connection:
        (page,) = connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'impedance_points'"
        ).fetchone()
    connection.close()
    with path.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\xa5" * 4096)
    with Database(path) as db, pytest.raises(StoreError, match=r"damaged.*labctl db check"):
        db.points(1)
    store = Store.open(path)
    store.append("impedance_points", rig.point(3000))
    with pytest.raises(StoreError, match="damaged"):
        store.flush()
    with pytest.raises(StoreError, match="damaged"):
        store.close()


def test_a_run_does_not_begin_on_a_nearly_full_disk(path, sample_row):
    with Store.open(path, space=SpaceRule(before_run=2**60)) as store:
        sample_id = store.find_or_add_sample(sample_row)
        with pytest.raises(StoreError, match=r"MB free on this disk, a run needs"):
            store.insert("runs", {"sample_id": sample_id, "procedure": "p:C", "started_s": 0.0})


def test_a_run_is_told_once_that_the_disk_is_nearly_full_and_can_still_end(path, start):
    with Store.open(path, space=SpaceRule(before_run=0, during_run=2**60)) as store:
        sample = {"name": "a", "thickness_m": 1.0, "area_m2": 1.0, "electrodes": "blocking"}
        sample_id = store.find_or_add_sample(sample)
        with pytest.raises(StoreError, match="nearly full"):
            store.insert("runs", {"sample_id": sample_id, "procedure": "p:C", "started_s": 0.0})
        run_id = store.insert("runs", {"sample_id": sample_id, "procedure": "p:C", "started_s": 0.0})
        store.update("runs", run_id, {"status": "failed", "reason": "disk", "ended_s": 1.0})


def integrity(path):
    connection = sqlite3.connect(path)
    try:
        return connection.execute("PRAGMA integrity_check").fetchone()[0]
    finally:
        connection.close()


MOUNTS = """\
/dev/sda1 / ext4 rw 0 0
server:/export /home/lab nfs4 rw 0 0
/dev/sdb1 /home/lab/local\\040disk xfs rw 0 0
/dev/sdc1 /mnt/twice ext4 rw 0 0
/dev/sdc2 /mnt/twice btrfs rw 0 0
//nas/share /mnt/nas cifs rw 0 0
me@host:/ /mnt/far fuse.sshfs rw 0 0
"""


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/home/lab", "nfs4"),
        ("/home/laboratory", "ext4"),
        ("/home/lab/local disk/2026", "xfs"),
        ("/mnt/nas/x", "cifs"),
        ("/mnt/far", "fuse.sshfs"),
        ("/mnt/twice/x", "btrfs"),  # mounted over the other
    ],
)
def test_the_file_system_of_a_folder_is_that_of_the_nearest_mount(folder, kind):
    assert file_system(PurePosixPath(folder), MOUNTS) == kind


def test_a_network_share_is_refused_with_the_reason_unless_forced(path, monkeypatch):
    monkeypatch.setattr("labctl.store.places.network_kind", lambda _: "nfs4")
    with pytest.raises(StoreError, match=r"on another computer \(nfs4\).*locks do not hold"):
        Store.open(path)
    assert not path.exists()
    Store.open(path, on_network_share=True).close()


def test_a_local_folder_is_no_network_share(path):
    assert network_kind(path) is None
    refuse_network_share(path)
