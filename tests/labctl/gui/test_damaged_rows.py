"""A window on a file with damaged rows shows the other rows, and says which it cannot show."""

import re
import sqlite3
from contextlib import closing

import pytest

from labctl.errors import StoreError
from labctl.store import Store


@pytest.fixture
def damaged(db):
    """A file with a good run, one with a time that is text, and one whose sample is missing."""
    with Store.open(db) as store:
        for name in ("good", "timeless", "lost"):
            row = {"name": name, "thickness_m": 1e-3, "area_m2": 5e-5, "electrodes": "blocking"}
            run = {"sample_id": store.find_or_add_sample(row), "procedure": "procedures.eis:EIS"}
            run_id = store.insert("runs", run | {"started_s": 1e9})
            spectrum = store.insert("spectra", {"run_id": run_id, "number": 0, "started_s": 1e9})
            for number in range(3):
                point = {
                    "spectrum_id": spectrum,
                    "number": number,
                    "time_s": 1e9,
                    "frequency_hz": 10.0**number,
                }
                store.append(
                    "impedance_points", point | {"z_real_ohm": 1e3, "z_imag_ohm": -5.0, "status": "ok"}
                )
            store.update("runs", run_id, {"status": "finished", "ended_s": 1e9 + 60})
    with closing(sqlite3.connect(db, isolation_level=None)) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute("PRAGMA writable_schema = ON")
        (sql,) = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'runs'").fetchone()
        loose = re.sub(r"(?<! IS) NOT NULL", "", sql.replace(") STRICT", ")"))
        connection.execute("UPDATE sqlite_master SET sql = ? WHERE name = 'runs'", (loose,))
        connection.execute("PRAGMA writable_schema = RESET")
    with closing(sqlite3.connect(db, isolation_level=None)) as connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        connection.execute(
            "UPDATE runs SET started_s = 'noon', procedure = x'ff', status = 'finished' WHERE id = 2"
        )
        connection.execute("DELETE FROM samples WHERE name = 'lost'")
    return db


def test_the_window_shows_the_rows_that_it_can(damaged, window, wait):
    wait(lambda: len(window.browser.model.rows) == 3, "the list of runs")
    model = window.browser.model
    cells = [[model.data(model.index(row, column)) for column in range(7)] for row in range(3)]
    assert "good" in cells[0]
    assert any(cell.startswith("cannot be shown: TypeError") for cell in cells[1])
    window.browser.search.setText("good")
    assert window.browser.filtered.rowCount() == 1
    window.browser.search.clear()
    window.browser.model.tick([1, 3], True, alone=True)
    wait(lambda: "run 3 cannot be shown: " in window.reader._trouble, "the run without a sample")
    wait(lambda: window.reader._emitted.keys() == {1}, "the good run")


def test_the_window_ends_with_a_sentence_where_the_file_would_run_sql(db, station, app):
    from labctl.gui.application import run_window

    with closing(sqlite3.connect(db)) as connection:
        connection.execute("DROP TABLE requests")
        endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS id FROM n"
        connection.execute(f"CREATE VIEW requests AS {endless}")
    with pytest.raises(StoreError, match="requests is a view, not a table"):
        run_window(station, db)
