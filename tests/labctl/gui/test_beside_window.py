"""Another results file, or a csv file of pymeasure, beside: shown with all tabs, and never written."""

import hashlib

import pytest

pytest.importorskip("qtpy.QtWidgets", reason="no Qt here", exc_type=ImportError)

from pymeasure.experiment import FloatParameter, IntegerParameter, Procedure, Results
from qtpy import QtTest

from labctl.gui.beside_window import BesideWindow
from labctl.gui.csv_of_pymeasure import read_head, read_rows
from labctl.store import Database, Store


class Walk(Procedure):
    points = IntegerParameter("Points", default=10)
    delay = FloatParameter("Delay", units="s", default=0.2)
    DATA_COLUMNS = ("Point", "Voltage (V)", "Remark")


@pytest.fixture
def experiment(tmp_path):
    """A csv file as pymeasure writes it, the last row cut."""
    path = tmp_path / "walk.csv"
    results = Results(Walk(), str(path))
    with path.open("a", encoding="utf-8") as file:
        for number in range(20):
            row = {"Point": number, "Voltage (V)": number / 10, "Remark": "good"}
            file.write(results.format(row) + "\n")
        file.write("20,nan")
    return path


@pytest.fixture
def other(tmp_path):
    path = tmp_path / "other.db"
    with Store.open(path) as store:
        sample = {"name": "old film", "thickness_m": 1e-3, "area_m2": 1e-4, "electrodes": "blocking"}
        run = {"sample_id": store.find_or_add_sample(sample), "procedure": "p:Walk", "started_s": 1e9}
        run_id = store.insert("runs", run)
        for number in range(5):
            data = {"x": number, "y": number**2}
            store.append("records", {"run_id": run_id, "number": number, "time_s": number, "data": data})
        store.update("runs", run_id, {"status": "finished", "ended_s": 1e9 + 5})
    return path


def tab(beside, name):
    return next(tab for tab in beside.tabs if tab.name == name)


@pytest.fixture
def beside(app, other):
    beside = BesideWindow(other)
    beside.show()
    yield beside
    beside.close()
    QtTest.QTest.qWait(20)


def test_nothing_that_would_change_the_file_is_offered(beside):
    spectra, conductivity = tab(beside, "Spectra"), tab(beside, "Conductivity")
    buttons = (spectra.exclude_button, spectra.mark_button, conductivity.mark_button)
    assert [button.isHidden() for button in buttons] == [True] * 3


def test_the_head_of_a_file_is_read(experiment):
    head = read_head(experiment)
    assert head.procedure.endswith("Walk")
    assert head.parameters == {"Points": "10", "Delay": "0.2 s"}
    assert head.columns == ["Point", "Voltage (V)", "Remark"]
    rows = [*read_rows(experiment, head)]
    assert rows[3] == {"Point": 3.0, "Voltage (V)": 0.3, "Remark": "good"}
    assert rows[-1] == {"Point": 20.0, "Voltage (V)": None}


def test_a_csv_file_of_pymeasure_is_drawn_beside(window, experiment, wait):
    before = experiment.read_bytes()
    window.open_beside(experiment)
    (beside,) = window.beside
    wait(lambda: beside.drawn.snapshots, "the run to be drawn")
    assert beside.browser.model.rows[0]["sample"] == "walk"
    beside.docks.setCurrentWidget(tab(beside, "Records"))
    QtTest.QTest.qWait(50)
    records = tab(beside, "Records")
    assert records.plot.curves.points(1)[1][:3] == pytest.approx([0, 0.1, 0.2])
    assert experiment.read_bytes() == before
    folder = beside.db.parent
    beside.close()
    assert window.beside == []
    assert not folder.exists()


def test_another_results_file_is_shown_beside_and_not_written(window, other, wait):
    before = hashlib.sha256(other.read_bytes()).hexdigest()
    window.take_file(other)
    (beside,) = window.beside
    wait(lambda: beside.drawn.snapshots, "the run to be drawn")
    assert "read-only" in beside.windowTitle()
    assert not beside.browser.reuse_button.isVisible()
    beside.docks.setCurrentWidget(tab(beside, "Rows"))
    wait(lambda: tab(beside, "Rows").model.rowCount() == 5, "its rows")
    assert hashlib.sha256(other.read_bytes()).hexdigest() == before
    with Database(other) as database:
        assert len(database.rows("SELECT * FROM records")) == 5


def test_its_runs_are_drawn_in_the_same_axes_named_by_their_file(window, db, other, wait, tmp_path):
    with Store.open(db) as store:
        sample = {"name": "new film", "thickness_m": 1e-3, "area_m2": 1e-4, "electrodes": "blocking"}
        run = {"sample_id": store.find_or_add_sample(sample), "procedure": "p:Walk", "started_s": 2e9}
        run_id = store.insert("runs", run)
        data = {"x": 7, "y": 70}
        store.append("records", {"run_id": run_id, "number": 0, "time_s": 0.0, "data": data})
    window.open_beside(other)
    (beside,) = window.beside
    wait(lambda: beside.drawn.snapshots and window.drawn.snapshots, "both runs")
    records = tab(window, "Records")
    window.tab_widget.setCurrentWidget(records)
    QtTest.QTest.qWait(50)
    assert [run.label for run in records.runs] == ["1 new film"]
    beside.in_same_axes.setChecked(True)
    assert [run.label for run in records.runs] == ["1 new film", "1 of other.db old film"]
    here, there = (run.snapshot.id for run in records.runs)
    assert records.plot.curves.points(here)[1].tolist() == [70]
    assert records.plot.curves.points(there)[1].tolist() == [0, 1, 4, 9, 16]
    assert records.plot.curves.look(here).colour != records.plot.curves.look(there).colour
    assert "run 1 of other.db: " in window.basis.text()
    rows = tab(window, "Rows")
    window.tab_widget.setCurrentWidget(rows)
    wait(lambda: rows.model.rowCount() == 1, "the rows of this file")
    with Database(db) as database, pytest.raises(ValueError, match="export them from their own window"):
        records.export_data(tmp_path / "both.csv", database)
    beside.close()
    assert [run.label for run in records.runs] == ["1 new film"]


def test_a_file_of_another_kind_is_refused_in_words(window, tmp_path):
    for name, text in (("table.csv", "a,b\n1,2\n"), ("notes.db", "not a database")):
        (tmp_path / name).write_text(text)
        window.open_beside(tmp_path / name)
        assert f"{name} cannot be shown" in window.warning.text()
    assert window.beside == []


def test_it_closes_with_the_window(window, other):
    window.open_beside(other)
    (beside,) = window.beside
    assert isinstance(beside, BesideWindow)
    window._view = None
    window.close()
    assert window.beside == []
