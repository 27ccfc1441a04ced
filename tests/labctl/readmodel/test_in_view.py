"""Re-reading of what a view shows: every pixel has the extremes of all rows in it."""

import numpy as np
import pytest

from labctl.readmodel.in_view import (
    Part,
    View,
    current_in_view,
    records_in_view,
    temperature_in_view,
)
from labctl.store import Database, Store

pytestmark = pytest.mark.xdist_group("in view")

ROWS = 1_000_000
PIXELS = 700
SAMPLE = {"name": "s", "thickness_m": 1e-3, "area_m2": 1e-4, "electrodes": "blocking"}
NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {} - 1)"


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """A run with a million uneven temperatures, and a tenth as many currents and rows."""
    import sqlite3

    path = tmp_path_factory.mktemp("view") / "lab.db"
    with Store.open(path) as store:
        sample = store.find_or_add_sample(SAMPLE)
        run = store.insert("runs", {"sample_id": sample, "procedure": "p:P", "started_s": 0.0})
        polarisation = {"run_id": run, "number": 0, "potential_v": 0.01, "started_s": 0.0}
        store.insert("polarisations", polarisation)
    connection = sqlite3.connect(path)
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    spike = "CASE WHEN i = 123456 THEN 500.0 WHEN i = 777777 THEN 5.0 ELSE 300 + (i * 7919 % 1000) / 1e3 END"
    connection.execute(
        f"""{NUMBERS.format(ROWS)} INSERT INTO temperature_log
            (run_id, number, time_s, temperature_k, setpoint_k)
            SELECT 1, i, CASE WHEN i < 900000 THEN i / 9e3 ELSE 100 + (i - 900000) / 10.0 END,
            {spike}, 300 FROM n"""
    )
    connection.execute(
        f"""{NUMBERS.format(ROWS // 10)} INSERT INTO polarisation_points
            (polarisation_id, number, time_s, elapsed_s, potential_v, current_a, status)
            SELECT 1, i, i, i / 10.0, 0.01, 1e-6 + (i * 31 % 97) * 1e-9,
            CASE WHEN i % 1000 = 7 THEN 'overload' ELSE 'ok' END FROM n"""
    )
    connection.execute(
        f"""{NUMBERS.format(ROWS // 10)} INSERT INTO records (run_id, number, time_s, data)
            SELECT 1, i, i, json_object('t (s)', i / 5.0, 'U (V)', CASE WHEN i % 5000 = 3 THEN NULL
            ELSE (i * 7 % 1013) / 10.0 END) FROM n"""
    )
    connection.commit()
    connection.close()
    with Database(path) as database:
        yield database


def truth(database, query, low, high):
    """Least and greatest y of each pixel by SQL, by the number of the pixel."""
    rows = database.rows(
        f"""SELECT min(CAST((x - ?) * ? / (? - ?) AS INTEGER), ? - 1) AS pixel, min(y) AS low, max(y) AS high
            FROM ({query}) WHERE x BETWEEN ? AND ? AND y IS NOT NULL GROUP BY pixel""",
        (low, PIXELS, high, low, PIXELS, low, high),
    )
    return {row["pixel"]: (row["low"], row["high"]) for row in rows}


def drawn(part, low, high):
    known = np.isfinite(part.y)
    pixel = np.minimum(((part.x[known] - low) * PIXELS / (high - low)).astype(int), PIXELS - 1)
    return {
        int(p): (part.y[known][pixel == p].min(), part.y[known][pixel == p].max()) for p in np.unique(pixel)
    }


TEMPERATURES = "SELECT time_s AS x, temperature_k AS y FROM temperature_log"
CURRENTS = "SELECT elapsed_s AS x, current_a AS y FROM polarisation_points WHERE status = 'ok'"
RECORDS = """SELECT json_extract(data, '$."t (s)"') AS x, json_extract(data, '$."U (V)"') AS y FROM records"""


@pytest.mark.parametrize(("low", "high"), [(0.0, 10_100.0), (13.0, 14.0), (99.0, 130.0)])
def test_each_pixel_of_a_million_temperatures_has_its_least_and_greatest(filled, low, high):
    part = temperature_in_view(filled, 1, View(low, high, PIXELS))
    expected = truth(filled, TEMPERATURES, low, high)
    assert drawn(part, low, high) == expected
    assert part.x.size <= 3 * PIXELS
    assert np.all(np.diff(part.x) >= 0)


@pytest.mark.parametrize(("low", "high"), [(0.0, 10_000.0), (50.0, 61.7)])
def test_each_pixel_of_a_current_and_of_a_column_has_its_least_and_greatest(filled, low, high):
    current = current_in_view(filled, 1, View(low, high, PIXELS))
    assert drawn(current, low, high) == truth(filled, CURRENTS, low, high)
    column = records_in_view(filled, 1, "t (s)", "U (V)", View(low, high, PIXELS))
    assert drawn(column, low, high) == truth(filled, RECORDS, low, high)


def test_each_pixel_of_a_logarithmic_axis_has_its_extremes(filled):
    low, high = 0.0, 4.0
    part = current_in_view(filled, 1, View(low, high, PIXELS, logarithmic=True))
    logs = CURRENTS.replace("elapsed_s AS x", "log10(elapsed_s) AS x").replace(
        "WHERE", "WHERE elapsed_s > 0 AND"
    )
    expected = truth(filled, logs, low, high)
    known = part.x > 0
    found = drawn(Part(low, high, np.log10(part.x[known]), part.y[known]), low, high)
    assert set(found) == set(expected)
    for pixel, (least, greatest) in expected.items():
        near = [found[p] for p in (pixel - 1, pixel, pixel + 1) if p in found]
        assert min(one[0] for one in near) <= least
        assert max(one[1] for one in near) >= greatest


def test_a_row_without_a_value_stays_a_gap(filled):
    part = records_in_view(filled, 1, "t (s)", "U (V)", View(0.0, 20.0, PIXELS))
    assert np.isnan(part.y[np.isclose(part.x, 0.6)]).any()


def test_the_part_takes_the_place_of_the_rows_that_it_covers():
    x, y = np.arange(10.0), np.zeros(10)
    part = Part(2.5, 5.5, np.array([3.0, 4.5, 5.0]), np.ones(3))
    merged = part.put_into(x, y)
    assert merged[0].tolist() == [0, 1, 2, 3, 4.5, 5, 6, 7, 8, 9]
    assert merged[1].tolist() == [0, 0, 0, 1, 1, 1, 0, 0, 0, 0]
