"""Colour bar of the temperatures."""

from collections.abc import Sequence

import numpy as np

from labctl.gui.plots.graphics import pg
from labctl.gui.plots.shown import Appearance, heat
from labctl.gui.qt import QtCore, QtGui, QtWidgets
from labctl.units import ZERO_CELSIUS_K

BAR = 14  # pixels


class TemperatureKey(pg.PlotItem):
    """A narrow plot: colours from cold to hot beside an axis in °C; hidden for a single temperature."""

    def __init__(self) -> None:
        super().__init__()
        self._image = pg.ImageItem(axisOrder="row-major")
        self._image.setImage(np.arange(256)[:, np.newaxis])
        self.addItem(self._image)
        self.hideAxis("left")
        self.hideAxis("bottom")
        self.showAxis("right")
        self.getAxis("right").enableAutoSIPrefix(False)
        self.setLabel("right", "T / °C")
        self.setMouseEnabled(False, False)
        self.setMenuEnabled(False)
        self.hideButtons()
        self.vb.setMaximumWidth(BAR)
        letters = QtGui.QFontMetrics(QtWidgets.QApplication.font())
        self._axis_width = letters.horizontalAdvance("1000") + 2 * letters.height()
        self.setMaximumWidth(BAR + self._axis_width + 12)
        self._shown: tuple[float, float] | None = None
        self.hide()

    def set_appearance(self, appearance: Appearance) -> None:
        """Use dark or light colours."""
        axis = self.getAxis("right")
        axis.setPen(appearance.muted)
        axis.setTextPen(appearance.foreground)
        colours = np.array([[int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in heat(appearance.dark)])
        self._image.setLookupTable(colours.astype(np.ubyte))

    def show_range(self, temperatures_k: Sequence[float | None], appearance: Appearance) -> None:
        """Set the range of temperatures."""
        known = [kelvin - ZERO_CELSIUS_K for kelvin in temperatures_k if kelvin is not None]
        self._be_seen(bool(known) and max(known) - min(known) > 0.1)
        if not known or self._shown == (min(known), max(known)):
            return
        self._shown = low, high = min(known), max(known)
        self._image.setRect(QtCore.QRectF(0, low, 1, max(high - low, 1e-9)))
        self.setRange(xRange=(0, 1), yRange=(low, max(high, low + 1e-9)), padding=0)

    def _be_seen(self, wanted: bool) -> None:
        if wanted != self.isVisible():
            self.setVisible(wanted)
            self.getAxis("right").setWidth(self._axis_width)  # pyqtgraph gives a hidden axis no width
