"""Image and table of the rows of any procedure, read from the database where they are thinned."""

import numpy as np
import pytest
from qtpy import QtWidgets

from labctl.gui.plots.image_tab import ImageTab
from labctl.gui.plots.rows_tab import PAGE, PagedModel, RowsTab
from labctl.store import Database, Store


@pytest.fixture
def scanned(tmp_path):
    """A database with a scan of 100 x 60 places; return its path."""
    with Store.open(tmp_path / "lab.db") as store:
        sample = store.find_or_add_sample(
            {"name": "s", "thickness_m": 1.0, "area_m2": 1.0, "electrodes": "blocking"}
        )
        run = store.insert("runs", {"sample_id": sample, "procedure": "p:Scan", "started_s": 0.0})
        for number in range(6000):
            x, y = divmod(number, 60)
            data = {"X": x / 10, "Y": y, "Signal (V)": x * y / 7, "Remark": "=1+1" if number == 3 else "ok"}
            store.append("records", {"run_id": run, "number": number, "time_s": number, "data": data})
    return tmp_path / "lab.db"


def reading(path):
    def read(work, then):
        with Database(path) as database:
            then(work(database))

    return read


def test_a_map_of_thinned_rows_is_drawn_from_all_rows(scanned, on_screen, made, app):
    tab = ImageTab()
    tab.read = reading(scanned)
    on_screen(tab)
    few = {name: np.zeros(3) for name in ("X", "Y", "Signal (V)")}
    tab.show_runs([made.run(1, records=few, thinned=frozenset({"records"}))])
    app.processEvents()
    assert tab.item.image.shape == (100, 60)
    assert tab.item.image[99, 59] == pytest.approx(99 * 59 / 7)
    assert "100 × 60 cells" in tab._said.text()
    assert tab.plot.getAxis("bottom").labelText == "X"


def test_another_column_and_another_run_can_be_chosen(on_screen, made, app):
    tab = on_screen(ImageTab())
    x, y = (part.ravel() for part in np.meshgrid(np.arange(4.0), np.arange(3.0)))
    tab.show_runs([made.run(n, records={"x": x, "y": y, "z": n * x, "w": y}) for n in (1, 2)])
    assert tab.item.image.max() == 6
    tab._run.choose(1)
    assert tab.item.image.max() == 3
    tab._columns["colour"].setCurrentText("w")
    tab._chosen()
    assert tab.item.image.max() == 2


def test_every_row_is_shown_as_it_was_emitted(scanned, on_screen, made):
    tab = RowsTab()
    tab.read = reading(scanned)
    on_screen(tab)
    tab.show_runs([made.run(1)])
    assert tab.model.rowCount() == 6000
    assert tab.model.columns == ["number", "time_s", "X", "Y", "Signal (V)", "Remark"]
    last = tab.model.index(5999, 4)
    assert last.data() in ("…", repr(99 * 59 / 7))
    assert last.data() == repr(99 * 59 / 7)
    tab.view.selectRow(3)
    tab.copy()
    assert QtWidgets.QApplication.clipboard().text().splitlines()[1].split("\t")[-1] == "'=1+1"


def test_only_pages_in_sight_are_read_and_few_are_kept(app):
    asked = []
    model = PagedModel(lambda begin, count: asked.append(begin))
    model.show(1_000_000, ["a"])
    assert model.index(500_000, 0).data() == "…"
    assert model.index(500_001, 0).data() == "…"
    assert asked == [500_000]
    for begin in range(0, 100 * PAGE, PAGE):
        model.show_page(begin, [{"a": 1.5}] * PAGE)
    assert model.index(99 * PAGE, 0).data() == "1.5"
    assert len(model._pages) <= 50


def test_a_growing_table_keeps_its_rows(app):
    model = PagedModel(lambda begin, count: None)
    model.show(3, ["a"])
    model.show_page(0, [{"a": 1}] * 3)
    model.show(450, ["a"])
    assert (model.rowCount(), model.index(449, 0).data()) == (450, "…")
