"""Text beside a plot, or below it where the tab is narrow: the plot gets at least half of the tab."""

from labctl.gui.qt import Qt, QtCore, QtGui, QtWidgets

NARROW, LOW = 640, 420  # pixels at 100 %
SMALLEST_PLOT = QtCore.QSize(180, 190)  # below it axes have no room, and Qt crashes


class Beside(QtWidgets.QSplitter):
    """A plot and its text, which changes its place with the size of the tab, or gives way.

    The text is beside the plot in a wide tab, below it in a narrow one, and hidden in one that is narrow and
    low.
    """

    def __init__(self, plot: QtWidgets.QWidget, words: QtWidgets.QWidget) -> None:
        super().__init__()
        self._words = words
        self.addWidget(plot)
        self.addWidget(words)
        plot.setMinimumSize(SMALLEST_PLOT)
        self.setStretchFactor(0, 1)
        self.setCollapsible(0, False)

    def resizeEvent(self, event: QtGui.QResizeEvent) -> None:  # noqa: N802
        """Put the text where there is room for it."""
        narrow, low = self.width() < NARROW, self.height() < LOW
        self._words.setVisible(not (narrow and low))
        wanted = Qt.Orientation.Vertical if narrow and not low else Qt.Orientation.Horizontal
        if self.orientation() != wanted:
            self.setOrientation(wanted)
            self.setSizes([3000, 1000] if wanted == Qt.Orientation.Vertical else [2000, 1000])
        super().resizeEvent(event)
