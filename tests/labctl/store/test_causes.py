import shutil
import sqlite3
from pathlib import Path
from types import SimpleNamespace

import pytest

from labctl.errors import StoreError
from labctl.store.causes import explained, explaining

EXTENDED = 3 << 8  # SQLite adds details above the low byte: 778 is a failed write


@pytest.fixture(autouse=True)
def five_megabytes_free(monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=5_040_000))


def failure(code):
    error = sqlite3.OperationalError("boom")
    if code is not None:
        error.sqlite_errorcode = code
    return str(explained(Path("lab.db"), error))


@pytest.mark.parametrize("details", [0, EXTENDED])
@pytest.mark.parametrize(
    ("code", "cause"),
    [
        (sqlite3.SQLITE_FULL, "the disk is full, 5.0 MB free"),
        (sqlite3.SQLITE_IOERR, "the disk refused (full, over quota, or failing), 5.0 MB free"),
        (sqlite3.SQLITE_READONLY, "the file is read-only, or was replaced while open"),
        (sqlite3.SQLITE_BUSY, "another program keeps it locked"),
        (sqlite3.SQLITE_CANTOPEN, "the file or its folder cannot be opened"),
    ],
)
def test_a_failure_names_its_cause_and_the_room_left_where_that_matters(code, cause, details):
    assert failure(code | details) == f"lab.db: {cause} (boom)"


@pytest.mark.parametrize("code", [None, sqlite3.SQLITE_ERROR, sqlite3.SQLITE_ERROR | EXTENDED])
def test_a_failure_of_no_known_cause_is_told_in_its_own_words(code):
    assert failure(code) == "lab.db: boom"


def test_a_disk_that_does_not_answer_is_left_out(monkeypatch):
    def refuse(_):
        raise OSError

    monkeypatch.setattr(shutil, "disk_usage", refuse)
    assert failure(sqlite3.SQLITE_FULL) == "lab.db: the disk is full (boom)"


def test_only_errors_of_sqlite_are_explained():
    with pytest.raises(StoreError, match=r"lab\.db: boom"), explaining(Path("lab.db")):
        raise sqlite3.OperationalError("boom")
    with pytest.raises(KeyError), explaining(Path("lab.db")):
        raise KeyError
