"""F12 and the MAKE SAFE button, noticed before any dialog, menu or list of the application gets the event."""

from typing import Any

from labctl.qt import Qt, QtCore, QtWidgets, Signal

KEY = Qt.Key.Key_F12
_TYPES = QtCore.QEvent.Type
_KEYS = (_TYPES.KeyPress, _TYPES.ShortcutOverride)
MOST_OPEN_LISTS = 20


class StopKey(QtCore.QObject):
    """Event filter of the whole application: F12 anywhere, and a click on the button beside an open list.

    A shortcut of a widget is not enough: an open menu, list or dialog takes keys before shortcuts, and an
    open menu or list takes the click that closes it.

    Signals
    -------
    pressed()
        F12 was pressed, with any modifier, or the button was clicked while a menu or list was open.
    """

    pressed = Signal()

    def __init__(self, button: QtWidgets.QAbstractButton, parent: QtCore.QObject | None = None) -> None:
        super().__init__(parent)
        self._button = button
        self._application = QtWidgets.QApplication.instance()

    def install(self) -> None:
        """Begin to watch the events of the application."""
        if self._application is not None:
            self._application.installEventFilter(self)

    def remove(self) -> None:
        """Watch no longer."""
        if self._application is not None:
            self._application.removeEventFilter(self)

    def eventFilter(self, watched: QtCore.QObject, event: QtCore.QEvent) -> bool:  # noqa: N802
        """Take F12, and clicks on the button that an open list would take; leave all other events."""
        kind = event.type()
        if kind in _KEYS:
            return self._take_key(event)
        if kind == _TYPES.MouseButtonPress:
            return self._take_click(event)
        return False

    def _take_key(self, event: Any) -> bool:
        if event.key() != KEY:
            return False
        event.accept()  # a ShortcutOverride that is accepted comes again as a KeyPress
        if event.type() == _TYPES.KeyPress and not event.isAutoRepeat():
            self._press()
        return True

    def _take_click(self, event: Any) -> bool:
        popup, place = QtWidgets.QApplication.activePopupWidget(), event.globalPosition().toPoint()
        if popup is None or popup.frameGeometry().contains(place) or not self._is_on_button(place):
            return False
        self._press()
        return True

    def _is_on_button(self, place: QtCore.QPoint) -> bool:
        button = self._button
        return button.isVisible() and button.rect().contains(button.mapFromGlobal(place))

    def _press(self) -> None:
        self.pressed.emit()
        QtCore.QTimer.singleShot(0, close_lists)  # they could cover the result


def close_lists() -> None:
    """Close every open menu and list."""
    for _ in range(MOST_OPEN_LISTS):
        popup = QtWidgets.QApplication.activePopupWidget()
        if popup is None:
            return
        popup.close()
