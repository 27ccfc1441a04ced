"""The mouse wheel scrolls a form; it never turns the number that happens to lie under it."""

from labctl.gui.qt import Qt, QtCore, QtWidgets

TURNED_BY_A_WHEEL = (QtWidgets.QAbstractSpinBox, QtWidgets.QComboBox)


class _PassOn(QtCore.QObject):
    """Leaves the wheel to whatever a field lies in."""

    def eventFilter(self, watched: QtCore.QObject, event: QtCore.QEvent) -> bool:  # noqa: N802
        """Qt's question whether an event ends here."""
        if event.type() != QtCore.QEvent.Type.Wheel:
            return False
        event.ignore()
        return True


def let_wheel_pass(form: QtWidgets.QWidget) -> None:
    """Let every field of a form pass the wheel on."""
    passing = _PassOn(form)
    for kind in TURNED_BY_A_WHEEL:
        for field in form.findChildren(kind):
            field.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            field.installEventFilter(passing)
