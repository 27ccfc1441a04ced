"""The tabs as docks: in one place at first, then beside or below each other as a person arranges them."""

from collections.abc import Sequence
from typing import Any

from labctl.gui.qt import Qt, QtCore, QtWidgets, Signal

VERSION = 1  # of the kept arrangement
LEFT = Qt.DockWidgetArea.LeftDockWidgetArea
PLACES = {
    "beside": Qt.Orientation.Horizontal,
    "below": Qt.Orientation.Vertical,
}


class Docks(QtWidgets.QMainWindow):
    """Widgets in docks that can be put beside, below or above each other, or into windows of their own.

    A dock that shares its place with others has no title bar: the row of tabs is its title.

    Signals
    -------
    came_into_sight(widget)
        Also where Qt sends no event of showing: a dock that was behind another.
    """

    came_into_sight = Signal(object)

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowFlags(Qt.WindowType.Widget)
        self.setDockNestingEnabled(True)
        self.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QtWidgets.QTabWidget.TabPosition.North)
        self.setDocumentMode(True)
        self._docks: list[QtWidgets.QDockWidget] = []
        self._last = 0
        self._resting = QtCore.QTimer(self)
        self._resting.setSingleShot(True)
        self._resting.timeout.connect(self._show_titles)

    def add(self, widget: QtWidgets.QWidget, name: str) -> None:
        """Add a widget to the place of the first one."""
        dock = QtWidgets.QDockWidget(name, self)
        dock.setObjectName(name)
        dock.setAccessibleName(name)
        features = QtWidgets.QDockWidget.DockWidgetFeature
        dock.setFeatures(features.DockWidgetMovable | features.DockWidgetFloatable)
        widget.setMinimumSize(1, 1)  # one that needs more is cut; else Qt would draw it over its neighbours
        dock.setWidget(widget)
        self.addDockWidget(LEFT, dock)
        if self._docks:
            self.tabifyDockWidget(self._docks[0], dock)
        place = len(self._docks)
        self._docks.append(dock)
        dock.visibilityChanged.connect(lambda shown, place=place: self._note_visible(place, shown))
        dock.topLevelChanged.connect(lambda _: self._resting.start(0))
        dock.dockLocationChanged.connect(lambda _: self._resting.start(0))
        self._resting.start(0)

    def count(self) -> int:
        """Return the number of widgets."""
        return len(self._docks)

    def widget(self, place: int) -> Any:
        """Return the widget that was added as number `place`."""
        return self._docks[place].widget()

    def currentIndex(self) -> int:  # noqa: N802 - as QTabWidget has it
        """Return the number of the widget that was brought to the front last."""
        return self._last

    def setCurrentIndex(self, place: int) -> None:  # noqa: N802
        """Bring a widget to the front."""
        self._last = place
        self._docks[place].show()
        self._docks[place].raise_()

    def setCurrentWidget(self, widget: QtWidgets.QWidget) -> None:  # noqa: N802
        """Bring a widget to the front."""
        self.setCurrentIndex(next(n for n, dock in enumerate(self._docks) if dock.widget() is widget))

    def split_off(self, place: int, where: str) -> None:
        """Put a widget `"beside"` or `"below"` the others of its place."""
        dock = self._docks[place]
        others = [other for other in self._docks if other is not dock and not other.isFloating()]
        if not others:
            return
        together = [other for other in self.tabifiedDockWidgets(dock) if not other.isFloating()]
        neighbour = next(other for other in self._docks if other in (together or others))
        self._split(neighbour, dock, PLACES[where])
        self._last = place
        self._resting.start(0)

    def _split(
        self, neighbour: QtWidgets.QDockWidget, dock: QtWidgets.QDockWidget, orientation: Qt.Orientation
    ) -> None:
        """Put a dock beside another. Qt makes it a tab of a dock with tabs, so these are added after it."""
        tabs = [other for other in self._docks if other in self.tabifiedDockWidgets(neighbour)]
        front = next((one for one in (neighbour, *tabs) if one is not dock and self._is_seen(one)), neighbour)
        dock.setFloating(False)
        for other in {dock, *tabs}:
            self.removeDockWidget(other)
        self.splitDockWidget(neighbour, dock, orientation)
        for other in tabs:
            if other is not dock:
                self.tabifyDockWidget(neighbour, other)
                other.show()
        dock.show()
        front.raise_()

    def _is_seen(self, dock: QtWidgets.QDockWidget) -> bool:
        return not dock.visibleRegion().isEmpty()

    def float(self, place: int) -> None:
        """Put a widget into a window of its own, or back."""
        self._docks[place].setFloating(not self._docks[place].isFloating())
        self._resting.start(0)

    def put_together(self) -> None:
        """Put all widgets into one place again, in their order."""
        first, *others = self._docks
        for dock in self._docks:
            dock.setFloating(False)
            self.addDockWidget(LEFT, dock)
        for dock in others:
            self.tabifyDockWidget(first, dock)
        self.setCurrentIndex(self._last)
        self._resting.start(0)

    def in_sight(self) -> Sequence[str]:
        """Return the names of the widgets that can be seen, none of which hides another."""
        return [dock.windowTitle() for dock in self._docks if self._is_seen(dock)]

    def arrangement(self) -> QtCore.QByteArray:
        """Return the arrangement, to be kept."""
        return self.saveState(VERSION)

    def arrange(self, kept: QtCore.QByteArray) -> bool:
        """Arrange the widgets as they were kept; return whether that was understood."""
        understood = self.restoreState(kept, VERSION)
        self._resting.start(0)
        return understood

    def _note_visible(self, place: int, shown: bool) -> None:
        if shown and self.isVisible():
            self._last = place
            self.came_into_sight.emit(self._docks[place].widget())

    def _show_titles(self) -> None:
        """Show a title bar on docks that are alone in their place."""
        for dock in self._docks:
            has_tabs = bool(self.tabifiedDockWidgets(dock)) and not dock.isFloating()
            hidden = dock.titleBarWidget()
            if has_tabs and hidden is None:
                dock.setTitleBarWidget(QtWidgets.QWidget(dock))
            elif not has_tabs and hidden is not None:
                dock.setTitleBarWidget(None)  # type: ignore[arg-type] - Qt takes no widget for its own bar
                hidden.deleteLater()
        for bar in self.findChildren(QtWidgets.QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly):
            bar.setAccessibleName("Tabs")
            bar.setExpanding(False)
            bar.setElideMode(Qt.TextElideMode.ElideNone)  # a name that is cut is no name
            bar.setUsesScrollButtons(True)
