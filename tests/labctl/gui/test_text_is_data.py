"""Names and reasons with markup, control characters and formulas, in the window and its exports."""

import csv
import re
from pathlib import Path

import pytest

HOSTILE = "<b>[red]x</b><img src='file:///x'>\x1b[2J\u202e&amp;$\\frac$\n=1+1"


@pytest.fixture
def qt(app):
    from qtpy import QtCore, QtWidgets

    return QtCore.Qt, QtWidgets


def test_a_label_shows_markup_as_text(qt):
    from labctl.gui.plain_label import PlainLabel

    Qt, _ = qt
    for label in (PlainLabel(HOSTILE), PlainLabel()):
        label.setText(HOSTILE)
        assert label.textFormat() == Qt.TextFormat.PlainText
        assert label.text().startswith(r"<b>[red]x</b><img src='file:///x'>\x1b[2J\u202e")


def test_no_other_label_of_the_window_takes_text_of_files():
    """The headline beside a plot is HTML; all that it shows of files is escaped where it is put together."""
    import labctl.gui

    folder = Path(labctl.gui.__file__).parent
    using = {path.name for path in folder.rglob("*.py") if "QLabel(" in path.read_text("utf-8")}
    assert using == {"text_pane.py"}


def test_a_question_shows_markup_as_text(qt):
    from labctl.qt.questions import ask

    Qt, QtWidgets = qt
    parent = QtWidgets.QWidget()
    box = ask(parent, HOSTILE, {"&Yes": lambda: None}, default="&No", otherwise="&No")
    assert box.textFormat() == Qt.TextFormat.PlainText
    box.close()


def test_a_tool_tip_shows_markup_as_text(qt):
    from labctl.gui.plain_label import tool_tip

    assert tool_tip("a < b\nc") == "<qt>a &lt; b<br>c</qt>"
    assert tool_tip("arc not resolved: see above") == "arc not resolved: see above"
    assert "<b>" not in tool_tip(HOSTILE)


def test_a_cell_of_a_table_is_one_line_and_its_tool_tip_no_markup(qt):
    from labctl.gui.browser import COLUMNS
    from labctl.gui.plots.lines_table import Line, LinesModel
    from labctl.gui.rows_model import RowsModel

    Qt, _ = qt
    runs = RowsModel([COLUMNS[0]], key=lambda row: row)
    runs.rows = [{"id": HOSTILE}]
    lines = LinesModel(("reason",), line=lambda line: line)
    lines.items = [Line((HOSTILE,))]
    for model in (runs, lines):
        text = model.data(model.index(0, 0), Qt.ItemDataRole.DisplayRole)
        assert text.startswith("<b>[red]x</b>")
        assert "\x1b" not in text
        assert "\n" not in text
        assert "<b>" not in model.data(model.index(0, 0), Qt.ItemDataRole.ToolTipRole)


def test_the_name_of_an_axis_is_no_markup(qt):
    from labctl.gui.plots.plot import Plot

    plot = Plot()
    plot.label("left", HOSTILE)
    plot.label("left", HOSTILE)
    assert "<b>" not in plot.getAxis("left").labelString()
    assert "&lt;b&gt;" in plot.getAxis("left").labelString()


def test_a_csv_file_and_the_clipboard_hold_no_formula(qt, tmp_path):
    from labctl.gui.plots.export import write_table
    from labctl.gui.plots.lines_table import Line, LinesModel, LinesView

    formulas = ("=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1")
    write_table(tmp_path / "a.csv", ("=h", "n"), [(text, -1.5) for text in formulas] + [(["=1", "b"], 2)])
    with (tmp_path / "a.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert all(row[0].startswith("'") for row in rows)
    assert [row[1] for row in rows] == ["n", *["-1.5"] * 5, "2"]
    model = LinesModel(("sample", "reason"), line=lambda line: line)
    model.items = [Line((text, "a\tb\nc")) for text in formulas[:4]]
    copied = LinesView(model).as_text().splitlines()
    assert len(copied) == 5
    assert all(re.fullmatch(r"'[^\t]*\ta\\tb\\nc", line) for line in copied[1:])
