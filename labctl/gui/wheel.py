"""The mouse wheel scrolls a form and never changes the number under the pointer."""

from labctl.gui.qt import Qt, QtCore, QtWidgets

TURNED_BY_A_WHEEL = (QtWidgets.QAbstractSpinBox, QtWidgets.QComboBox)


class _PassOn(QtCore.QObject):
    """Event filter that passes wheel events on to the widget around a field."""

    def eventFilter(self, watched: QtCore.QObject, event: QtCore.QEvent) -> bool:  # noqa: N802
        """Return whether an event is consumed here."""
        if event.type() != QtCore.QEvent.Type.Wheel:
            return False
        event.ignore()
        return True


def let_wheel_pass(form: QtWidgets.QWidget) -> None:
    """Make every field of a form pass wheel events on."""
    passing = _PassOn(form)
    for kind in TURNED_BY_A_WHEEL:
        for field in form.findChildren(kind):
            field.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            field.installEventFilter(passing)
