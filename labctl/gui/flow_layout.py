"""A row of widgets that goes on in the next line where it is too long for its place."""

from labctl.gui.qt import Qt, QtCore, QtWidgets


class FlowLayout(QtWidgets.QLayout):
    """Widgets from left to right, in as many lines as they need.

    Parameters
    ----------
    gap : int
        Pixels between widgets.
    """

    def __init__(self, gap: int = 6) -> None:
        super().__init__()
        self._items: list[QtWidgets.QLayoutItem] = []
        self._gap = gap
        self.setContentsMargins(0, 0, 0, 0)

    def addItem(self, item: QtWidgets.QLayoutItem) -> None:  # noqa: N802
        """Append an item."""
        self._items.append(item)

    def count(self) -> int:
        """Return the number of items."""
        return len(self._items)

    def itemAt(self, index: int) -> QtWidgets.QLayoutItem | None:  # noqa: N802
        """Return an item; None where there is none."""
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QtWidgets.QLayoutItem | None:  # noqa: N802
        """Remove an item and return it."""
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:  # noqa: N802
        """Return that it does not need more room than it asks for."""
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:  # noqa: N802
        """Return that its height depends on its width."""
        return True

    def heightForWidth(self, width: int) -> int:  # noqa: N802
        """Return the height of the lines at a width."""
        return self._place(QtCore.QRect(0, 0, width, 0), move=False)

    def setGeometry(self, rect: QtCore.QRect) -> None:  # noqa: N802
        """Place the widgets."""
        super().setGeometry(rect)
        self._place(rect, move=True)

    def sizeHint(self) -> QtCore.QSize:  # noqa: N802
        """Return the size of all widgets in one line."""
        sizes = [item.sizeHint() for item in self._shown()]
        width = sum(size.width() for size in sizes) + self._gap * max(0, len(sizes) - 1)
        return QtCore.QSize(width, max((size.height() for size in sizes), default=0))

    def minimumSize(self) -> QtCore.QSize:  # noqa: N802
        """Return the size of the widest widget."""
        sizes = [item.minimumSize() for item in self._shown()]
        width = max((size.width() for size in sizes), default=0)
        return QtCore.QSize(width, max((size.height() for size in sizes), default=0))

    def _shown(self) -> list[QtWidgets.QLayoutItem]:
        return [item for item in self._items if not item.isEmpty()]

    def _place(self, rect: QtCore.QRect, move: bool) -> int:
        """Place the widgets line by line; return the height."""
        x, y, height = rect.x(), rect.y(), 0
        for item in self._shown():
            size = item.sizeHint()
            if x > rect.x() and x + size.width() > rect.right() + 1:
                x, y, height = rect.x(), y + height + self._gap, 0
            if move:
                width = min(size.width(), rect.width())
                item.setGeometry(QtCore.QRect(x, y, width, size.height()))
            x, height = x + size.width() + self._gap, max(height, size.height())
        return y + height - rect.y()
