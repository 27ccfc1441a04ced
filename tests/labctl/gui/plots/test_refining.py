"""A curve that is zoomed into is read again: each pixel of the view has the extremes of all its rows."""

import numpy as np
import pytest
from qtpy import QtTest

from labctl.gui.plots.polarisation_tab import PolarisationTab
from labctl.gui.plots.records_tab import RecordsTab
from labctl.gui.plots.refining import is_refinable
from labctl.gui.plots.shown import ShownRun
from labctl.gui.plots.temperature_tab import TemperatureTab
from labctl.readmodel.following import RunFollower
from labctl.store import Database, Store

ROWS = 12_000


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    path = tmp_path_factory.mktemp("refining") / "lab.db"
    with Store.open(path) as store:
        sample = {"name": "s", "thickness_m": 1e-3, "area_m2": 1e-4, "electrodes": "blocking"}
        run = store.insert(
            "runs", {"sample_id": store.find_or_add_sample(sample), "procedure": "p:P", "started_s": 0.0}
        )
        about = {"run_id": run, "number": 0, "potential_v": 0.01, "started_s": 0.0}
        polarisation = store.insert("polarisations", about)
        for n in range(ROWS):
            kelvin, current = 300 + n * 7919 % 1009 / 1e3, 1e-6 * (n * 31 % 1013)
            store.append(
                "temperature_log",
                {"run_id": run, "number": n, "time_s": 1.0 * n, "temperature_k": kelvin, "setpoint_k": 300.0},
            )
            point = {"polarisation_id": polarisation, "number": n, "time_s": 1.0 * n, "elapsed_s": 1.0 * n}
            store.append(
                "polarisation_points", {**point, "potential_v": 0.01, "current_a": current, "status": "ok"}
            )
            store.append(
                "records",
                {"run_id": run, "number": n, "time_s": 1.0 * n, "data": {"t": 1.0 * n, "i": current}},
            )
    with Database(path) as database:
        yield database


@pytest.fixture
def whole(database):
    follower = RunFollower(database, 1)
    snapshot = follower.poll()
    while not snapshot.complete:
        snapshot = follower.poll()
    return ShownRun(snapshot, "#1f77b4", "1 s")


CASES = [
    (TemperatureTab, lambda tab: (1, "temperature"), "temperature_log", "time_s", "temperature_k - 273.15"),
    (PolarisationTab, lambda tab: (1, 1, "current"), "polarisation_points", "elapsed_s", "current_a"),
    (RecordsTab, lambda tab: 1, "records", "json_extract(data, '$.t')", "json_extract(data, '$.i')"),
]


def of_tab(tab):
    refiner = tab._refiner if hasattr(tab, "_refiner") else tab._refiners[tab.plot]
    return tab.plot, refiner


def by_pixel(x, y, low, high, pixels):
    inside = (x >= low) & (x <= high)
    place = np.minimum(((x[inside] - low) * pixels / (high - low)).astype(int), pixels - 1)
    y = y[inside]
    return {int(p): (y[place == p].min(), y[place == p].max()) for p in np.unique(place)}


@pytest.mark.parametrize(("make", "key", "table", "x", "y"), CASES, ids=lambda v: getattr(v, "name", None))
def test_after_zooming_each_pixel_has_the_extremes_of_its_rows(
    make, key, table, x, y, database, whole, on_screen, wait
):
    tab = make()
    tab.read = lambda work, then: then(work(database))
    on_screen(tab)
    tab.show_runs([whole])
    plot, refiner = of_tab(tab)
    low, high = 4000.0, 4900.0
    plot.vb.setXRange(low, high, padding=0)
    wait(lambda: refiner.parts and next(iter(refiner.parts.values())).low == low, "the part in view")
    drawn_x, drawn_y = plot.curves.points(key(tab))
    assert np.all(np.diff(drawn_x) >= 0)
    rows = database.rows(f"SELECT {x} AS x, {y} AS y FROM {table}")
    true_x, true_y = (np.array([row[name] for row in rows], dtype=float) for name in ("x", "y"))
    pixels = int(plot.vb.width())
    found, expected = (by_pixel(a, b, low, high, pixels) for a, b in ((drawn_x, drawn_y), (true_x, true_y)))
    assert found.keys() == expected.keys()
    for pixel, extremes in expected.items():
        assert found[pixel] == pytest.approx(extremes, abs=1e-9)
    assert drawn_x[0] == 0
    assert drawn_x[-1] == ROWS - 1


def test_nothing_is_read_again_while_older_rows_are_still_being_read(made):
    thinned = frozenset({"records"})
    assert is_refinable(made.snapshot(thinned=thinned), "records")
    assert not is_refinable(made.snapshot(thinned=thinned, complete=False), "records")
    assert not is_refinable(made.snapshot(thinned=thinned), "temperature")


def test_a_curve_that_is_not_thinned_is_not_read_again(made, on_screen, wait):
    tab = RecordsTab()
    asked = []
    tab.read = lambda work, then: asked.append(work)
    on_screen(tab)
    tab.show_runs([made.full_run()])
    tab.plot.vb.setXRange(1, 2)
    QtTest.QTest.qWait(400)
    assert asked == []
