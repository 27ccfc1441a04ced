"""`verify` names what was changed, what is missing and what killed processes left."""

import os

import pytest

from labctl.archive.adding import add_files
from labctl.archive.entries import all_heads
from labctl.archive.packing import empty_file, packed, unpack
from labctl.archive.place import LEFT_BEHIND_S
from labctl.archive.tables import as_parquet, from_parquet
from labctl.archive.verifying import delete_left_over, verify


@pytest.fixture
def filled(lab, place):
    add_files([lab], place)
    return place


def head_of_one(place):
    return next(head for head in all_heads(place) if len(head.runs) == 1)


def test_a_sound_archive_has_no_problem(filled):
    found = verify(filled)
    assert (found.series, found.runs, found.spectra, found.problems) == (2, 3, 5, ())


@pytest.mark.parametrize("table", ["impedance_points", "conductivities", "runs"])
def test_a_changed_byte_is_found(filled, table):
    name = head_of_one(filled).tables[table].file
    content = bytearray(filled.read(name))
    content[len(content) // 2] ^= 1
    filled.write(name, bytes(content))
    (problem,) = verify(filled).problems
    assert name in problem
    assert "was changed" in problem


def test_a_missing_file_is_found(filled):
    name = head_of_one(filled).tables["spectra"].file
    filled.delete(name)
    (problem,) = verify(filled).problems
    assert f"{name} is missing" in problem


def test_a_forged_entry_is_found(filled):
    head = head_of_one(filled)
    filled.write(head.file, head.text.replace(head.runs[0], head.runs[0][::-1], 1).encode())
    (problem,) = verify(filled).problems
    assert f"Entry {head.file} was changed" in problem


def test_a_run_whose_rows_were_changed_with_their_entry_is_found(filled):
    """Whoever changes a file and its entry together still cannot make the content hash of the run."""
    head = head_of_one(filled)
    table = from_parquet("impedance_points", filled.read(head.tables["impedance_points"].file))
    table.columns["z_real_ohm"][0] += 1.0
    with empty_file() as path:
        unpack(filled, head, path)
        version = packed(path, [head])
    files = {
        name: as_parquet(table) if "impedance_points/" in name else content
        for name, content in version.files.items()
    }
    forged = forged_entry(version.entry, files)
    for name, content in files.items():
        filled.write(name.replace(version.entry.version, forged.version), content)
    filled.write(forged.file, forged.text.encode())
    assert verify(filled, rows=False).problems == ()
    (problem,) = verify(filled).problems
    assert f"Run {head.runs[0]} is not what it was" in problem


def forged_entry(entry, files):
    from labctl.archive.entries import entry_of

    contents = {name: (stored.rows, files[stored.file]) for name, stored in entry.tables.items()}
    about = (entry.series, entry.year, entry.runs, entry.known, entry.newest_s, entry.supersedes)
    return entry_of(*about, contents)


def test_left_over_files_are_told_and_old_ones_deleted(filled):
    left = ["spectra/year=2020/none.0.parquet", "_labctl/unfinished/abc"]
    for name in left:
        filled.write(name, b"...")
    found = verify(filled)
    assert sorted(found.left_over) == sorted(left)
    assert found.problems == ()
    assert delete_left_over(filled, found.left_over) == []
    past_s = os.stat(filled.path(left[0])).st_mtime - LEFT_BEHIND_S - 60
    for name in left:
        os.utime(filled.path(name), (past_s, past_s))
    assert sorted(delete_left_over(filled, found.left_over)) == sorted(left)
    assert verify(filled).left_over == ()
