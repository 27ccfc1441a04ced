"""Every control has a name for a screen reader, and the window works in other locales."""

import pytest

pytest.importorskip("qtpy.QtWidgets", reason="no Qt here", exc_type=ImportError)

from qtpy import QtCore, QtWidgets

CONTROLS = (
    QtWidgets.QAbstractButton,
    QtWidgets.QComboBox,
    QtWidgets.QLineEdit,
    QtWidgets.QAbstractSpinBox,
    QtWidgets.QAbstractItemView,
    QtWidgets.QTextEdit,
    QtWidgets.QPlainTextEdit,
)
PARTS_OF = QtWidgets.QComboBox | QtWidgets.QAbstractSpinBox | QtWidgets.QHeaderView | QtWidgets.QLineEdit
OF_QT = ("qt_", "QComboBoxPrivateContainer", "ScrollLeftButton", "ScrollRightButton")


def name_of(widget):
    """The name that a screen reader says: its own, its text, or that of the label before it."""
    named = widget.accessibleName() or (
        widget.text() if isinstance(widget, QtWidgets.QAbstractButton) else ""
    )
    labels = [label for label in widget.window().findChildren(QtWidgets.QLabel) if label.buddy() is widget]
    return named or "".join(label.text() for label in labels)


def is_inside_a_control_of_qt(widget):
    """Whether Qt made it as a part of another control, which has the name."""
    above = widget.parent()
    while above is not None:
        if isinstance(above, PARTS_OF):
            return True
        if isinstance(above, QtWidgets.QTabBar | QtWidgets.QDockWidget | QtWidgets.QMenuBar) and (
            isinstance(widget, QtWidgets.QAbstractButton) and above is widget.parent()
        ):
            return True
        above = above.parent()
    return False


def without_a_name(window):
    for kind in CONTROLS:
        for widget in window.findChildren(kind):
            parts = (widget.objectName(), type(widget).__name__)
            of_qt = any(part.startswith(OF_QT) for part in parts) or isinstance(widget, QtWidgets.QHeaderView)
            corner = isinstance(widget.parent(), QtWidgets.QTableView)
            if not of_qt and not corner and not is_inside_a_control_of_qt(widget) and not name_of(widget):
                yield f"{type(widget).__name__} in {type(widget.parent()).__name__}"


def test_every_control_has_a_name(window):
    window.queueing.sweep.setChecked(True)
    window.queueing.sweep.add(False)
    found = sorted(set(without_a_name(window)))
    assert found == [], "\n".join(found)


@pytest.mark.parametrize("name", ["de_DE", "fr_FR", "zh_CN", "ja_JP"])
def test_the_form_is_read_alike_in_every_locale(name, window_of, station, wait):
    before = QtCore.QLocale()
    QtCore.QLocale.setDefault(QtCore.QLocale(name))
    try:
        window = window_of(station)
        panel = window.queueing
        panel.sample.name.setEditText("薄膜 β-Al₂O₃")
        panel.sample.thickness_mm.setText("1,05")
        panel.sample.diameter_mm.setText("１０．５")
        panel.inputs.temperatures_degc.setText("30; 40,5")
        panel.inputs.amplitude_v.setText("0.02")
        text = panel.text()
        assert "thickness_mm = 1.05" in text
        assert "temperatures_degc = [30.0, 40.5]" in text
        assert 'name = "薄膜 β-Al₂O₃"' in text
        for place in range(window.tab_widget.count()):
            window.tab_widget.setCurrentIndex(place)
        panel.check()
        wait(lambda: "within the limits" in panel.estimate.text(), "the estimate")
    finally:
        QtCore.QLocale.setDefault(before)
