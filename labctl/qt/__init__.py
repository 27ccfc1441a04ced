"""Qt through qtpy, whichever binding is installed."""

from qtpy import QtCore, QtGui, QtWidgets
from qtpy.QtCore import Qt

Signal = QtCore.Signal  # pyright: ignore[reportPrivateImportUsage]
QShortcut = QtGui.QShortcut  # pyright: ignore[reportPrivateImportUsage]

__all__ = ["QShortcut", "Qt", "QtCore", "QtGui", "QtWidgets", "Signal"]
