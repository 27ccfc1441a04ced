"""Files and folders are written whole or not at all, also on a full disk."""

import pytest

from labctl.errors import InvalidRequest
from labctl.report.whole_files import whole_file, whole_folder

FULL = OSError(28, "No space left on device")


def fill_until_full(writing, name=""):
    with writing as part:
        (part / name if name else part).write_text("new")
        raise FULL


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_folder_has_all_of_its_files(tmp_path):
    with whole_folder(tmp_path / "out", ["a", "b"]) as folder:
        (folder / "a").write_text("1")
        (folder / "sub").mkdir()
        (folder / "sub" / "b").write_text("2")
    assert names(tmp_path) == ["out"]
    assert names(tmp_path / "out") == ["a", "sub"]


def test_a_full_disk_leaves_no_folder_with_some_of_the_files(tmp_path):
    with pytest.raises(OSError, match="No space"):
        fill_until_full(whole_folder(tmp_path / "out", ["a", "b"]), "a")
    assert names(tmp_path) == []


def test_a_full_disk_leaves_an_older_export_as_it_was(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a").write_text("old")
    with pytest.raises(OSError, match="No space"):
        fill_until_full(whole_folder(tmp_path / "out", ["a", "b"]), "a")
    assert (tmp_path / "out" / "a").read_text() == "old"
    assert names(tmp_path) == ["out"]


def test_what_an_earlier_attempt_left_behind_does_not_come_along(tmp_path):
    (tmp_path / ".part-out").mkdir()
    (tmp_path / ".part-out" / "stale").write_text("x")
    with whole_folder(tmp_path / "out", ["a"]) as folder:
        (folder / "a").write_text("1")
    assert names(tmp_path / "out") == ["a"]


def test_a_folder_with_other_files_is_refused(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").write_text("x")
    with pytest.raises(InvalidRequest, match="holds mine already"), whole_folder(tmp_path / "out", ["a"]):
        pass
    assert names(tmp_path / "out") == ["mine"]


def test_a_full_disk_leaves_an_older_file_as_it_was(tmp_path):
    (tmp_path / "a").write_text("old")
    with pytest.raises(OSError, match="No space"):
        fill_until_full(whole_file(tmp_path / "a"))
    assert (tmp_path / "a").read_text() == "old"
    assert names(tmp_path) == ["a"]
