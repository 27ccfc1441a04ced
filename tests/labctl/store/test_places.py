import shutil
from collections import namedtuple
from pathlib import Path

import pytest

from labctl.errors import StoreError
from labctl.store.care import _require_space
from labctl.store.places import SpaceRule, network_kind

Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def disk(monkeypatch):
    def has(free):
        monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**12, 0, free))

    return has


def test_a_run_begins_with_256_mebibytes_and_ends_below_32():
    assert SpaceRule() == SpaceRule(before_run=268_435_456, during_run=33_554_432)


def test_a_run_begins_where_there_is_just_enough_room(disk):
    rule = SpaceRule(before_run=300_000_000)
    disk(300_000_000)
    rule.check_before_run(Path("lab.db"))
    disk(299_000_000)
    with pytest.raises(StoreError, match=r"lab.db: 299 MB free on this disk, a run needs 300 MB"):
        rule.check_before_run(Path("lab.db"))


def test_a_run_is_told_of_less_room_than_it_needs_to_end(disk):
    rule = SpaceRule(during_run=30_000_000)
    disk(30_000_000)
    assert rule.shortage(Path("lab.db")) is None
    disk(29_940_000)
    assert str(rule.shortage(Path("lab.db"))) == (
        "lab.db: the disk is nearly full, 29.9 MB free: the run must end now"
    )


def test_a_disk_that_does_not_say_how_full_it_is_ends_no_run(monkeypatch):
    def refuse(_):
        raise OSError

    monkeypatch.setattr(shutil, "disk_usage", refuse)
    assert SpaceRule().shortage(Path("lab.db")) is None


def test_a_copy_needs_its_whole_size(disk, tmp_path):
    disk(5_000_000)
    _require_space(tmp_path / "copy.db", 5_000_000)
    with pytest.raises(StoreError, match=r": 5 MB free, 6 MB needed"):
        _require_space(tmp_path / "copy.db", 6_000_000)
    with pytest.raises(StoreError, match="nowhere: no such folder"):
        _require_space(tmp_path / "nowhere" / "copy.db", 1)


@pytest.mark.parametrize(
    ("kind", "network"), [("nfs4", "nfs4"), ("ext4", None), ("fuse.sshfs", "fuse.sshfs")]
)
def test_a_folder_is_judged_by_the_mounts_of_this_process(monkeypatch, kind, network):
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr(
        Path, "read_text", lambda _: f"something /anywhere ext4 rw 0 0\nserver:/x / {kind} rw 0 0\n"
    )
    assert network_kind(Path("/data/lab.db")) == network


def test_a_system_without_a_list_of_mounts_is_taken_for_local(monkeypatch):
    def refuse(_):
        raise OSError

    monkeypatch.setattr("sys.platform", "darwin")
    monkeypatch.setattr(Path, "read_text", refuse)
    assert network_kind(Path("/data/lab.db")) is None
