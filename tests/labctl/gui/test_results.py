"""Results beside the window: runs compared, also with the literature; uncertainties by source."""

import pytest
from typer.testing import CliRunner

from labctl.cli import app
from labctl.gui.results import CircuitForm, ResultsText, compared, uncertainties
from labctl.store import Database
from labctl.testing import STATION

pytestmark = pytest.mark.xdist_group("results")

PELLET = """\
[sample]
name = "pellet {number}"
cation = "Mg2+"
thickness_mm = {number}.0
thickness_uncertainty_mm = 0.01
diameter_mm = 10.0
[[procedure]]
use = "procedures.temperature_stepped_eis:TemperatureSteppedEIS"
temperatures_degc = [40, 70]
frequency_max_hz = 1e6
frequency_min_hz = 10.0
points_per_decade = 5
dwell_min = 1
"""


@pytest.fixture(scope="module")
def file_of_two(tmp_path_factory):
    """Measured once."""
    folder = tmp_path_factory.mktemp("two")
    (folder / "station.toml").write_text(STATION)
    for number in (1, 2):
        (folder / f"{number}.toml").write_text(PELLET.format(number=number))
        words = ["run", str(folder / f"{number}.toml"), "--station", str(folder / "station.toml"), "--quiet"]
        done = CliRunner().invoke(app, [*words, "--db", str(folder / "lab.db")])
        assert done.exit_code == 0, done.output
    return folder / "lab.db"


@pytest.fixture
def db(file_of_two):
    return file_of_two


def texts(window):
    return [one for one in window.findChildren(ResultsText) if one.isVisible()]


def choose(window, runs):
    from qtpy import QtCore

    table, selection = window.browser.table, window.browser.table.selectionModel()
    flags = QtCore.QItemSelectionModel.SelectionFlag
    selection.clearSelection()
    for row in range(window.browser.filtered.rowCount()):
        index = window.browser.filtered.index(row, 0)
        if int(index.data()) in runs:
            selection.select(index, flags.Select | flags.Rows)
    assert sorted(window.browser.selected()) == sorted(runs)
    return table


def trigger(window, text):
    next(one for one in window.browser.context.actions() if one.text() == text).trigger()


def test_chosen_runs_are_compared_as_the_command_line_does(window, db, wait):
    wait(lambda: len(window.browser.model.rows) == 2, "the runs")
    choose(window, [1, 2])
    trigger(window, "Compare, with the literature…")
    wait(lambda: texts(window), "the comparison")
    said = texts(window)[0].text.toPlainText()
    printed = CliRunner().invoke(app, ["compare", "1", "2", "--db", str(db)]).output
    assert [line for line in printed.splitlines() if line not in said.splitlines()] == []
    assert "LITERATURE: O'Donnell" in said


def test_one_run_alone_is_answered_with_what_to_choose(window, wait):
    wait(lambda: len(window.browser.model.rows) == 2, "the runs")
    choose(window, [1])
    trigger(window, "Compare, with the literature…")
    wait(lambda: "at least two runs" in window.trouble.text() or _warned(window), "the refusal")


def _warned(window):
    from qtpy import QtWidgets

    return any("at least two runs" in label.text() for label in window.findChildren(QtWidgets.QLabel))


def test_the_uncertainties_of_a_run_are_those_of_the_command_line(window, db, wait):
    wait(lambda: len(window.browser.model.rows) == 2, "the runs")
    choose(window, [2])
    trigger(window, "Uncertainties by source…")
    wait(lambda: texts(window), "the budgets")
    said = texts(window)[0].text.toPlainText()
    assert "Ea, Arrhenius" in said
    assert "largest source: " in said


def test_a_comparison_names_what_is_in_no_interval(db):
    with Database(db) as database:
        lines = compared(database, [1, 2])
        budget = uncertainties(database, 1)
    assert any(line.startswith("runs 1, 2: not stated, and in no interval: thermometer") for line in lines)
    assert any("fit and noise" in line for line in budget)


def test_another_circuit_is_fitted_beside_the_stored_one_and_nothing_is_written(window, db, wait):
    wait(lambda: len(window.browser.model.rows) == 2, "the runs")
    choose(window, [1])
    trigger(window, "Another circuit…")
    (form,) = window.findChildren(CircuitForm)
    before = analyses(db)
    form.circuit.setText("R0-CPE2")
    form.fit()
    wait(form.fit_button.isEnabled, "both fits")
    said = form.text.toPlainText()
    assert "R0-CPE2: clearly better for 0 of 2 spectra" in said
    assert "other   R0-CPE2, residuals " in said
    assert "stored  p(R1,CPE1)-CPE2, residuals " in said
    assert analyses(db) == before
    form.circuit.setText("R0-(")
    form.fit()
    wait(lambda: form.text.toPlainText().startswith("circuit: "), "the refusal")


def analyses(db):
    with Database(db) as database:
        return database.rows("SELECT id FROM analyses ORDER BY id")


def test_each_conductivity_has_its_budget_also_the_one_whose_line_of_the_table_is_chosen(window, db, wait):
    with Database(db) as database:
        lines = uncertainties(database, 1)
    assert sum(line.startswith("sigma of spectrum") for line in lines) == 2
    tab = next(tab for tab in window.tabs if tab.name == "Table")
    window.tab_widget.setCurrentWidget(tab)
    wait(lambda: len(tab.conductivities.items) == 2, "the numbers")
    tab.views[0].activated.emit(tab.conductivities.index(1, 2))
    said = texts(window)[0].text.toPlainText()
    assert said.startswith("sigma of spectrum")
    assert "thickness" in said
