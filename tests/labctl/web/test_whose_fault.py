"""A question that makes no sense is refused as such; a damaged or locked file is a fault that is logged."""

import sqlite3

import pytest

pytest.importorskip("datasette", reason="datasette is not installed")

from labctl.web.plugin import _status_of


@pytest.mark.parametrize(
    "fault",
    [
        sqlite3.OperationalError("no such column: x"),
        sqlite3.DatabaseError("not authorized"),
        ValueError("invalid literal for int()"),
    ],
)
def test_a_question_that_makes_no_sense_cannot_be_asked(fault):
    assert _status_of(fault, "/raw/spectra") == 400
    assert _status_of(fault, "/runs") == 500


@pytest.mark.parametrize(
    "fault",
    [
        sqlite3.DatabaseError("database disk image is malformed"),
        sqlite3.OperationalError("database is locked"),
        sqlite3.OperationalError("disk I/O error"),
    ],
)
def test_a_fault_of_the_file_is_none_of_the_question(fault):
    assert _status_of(fault, "/raw/spectra") == 500
