"""Qt, whichever binding is installed."""

from labctl.qt import QShortcut, Qt, QtCore, QtGui, QtWidgets, Signal

__all__ = ["QShortcut", "Qt", "QtCore", "QtGui", "QtWidgets", "Signal"]
