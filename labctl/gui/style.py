"""Dark and light, and the few places where colour carries meaning (always with words beside it)."""

from labctl.gui.plots.shown import Appearance
from labctl.gui.qt import Qt, QtGui, QtWidgets

SCHEMES = {
    "system": Qt.ColorScheme.Unknown,
    "light": Qt.ColorScheme.Light,
    "dark": Qt.ColorScheme.Dark,
}

SHEET = """
ControlBar {{ border-bottom: 1px solid {muted}; }}
ControlBar[station="trouble"] {{ background: #b3261e; }}
ControlBar[station="trouble"] QLabel {{ color: #ffffff; }}
QLabel#state {{ font-weight: bold; }}
QPushButton#safe {{
    background: #b3261e; color: #ffffff; font-weight: bold; padding: 0.6em 1.4em; border-radius: 4px;
    border: 2px solid #7d1710;
}}
QPushButton#safe:hover, QPushButton#safe:focus {{ background: #d33a30; border-color: {foreground}; }}
QPushButton#safe:disabled {{ background: #8c5a56; }}
QLabel[refused="true"], QLabel#trouble {{ color: {error}; font-weight: bold; }}
"""


def choose_scheme(application: QtWidgets.QApplication, scheme: str) -> None:
    """Take on `"system"`, `"light"` or `"dark"`."""
    application.setStyle("Fusion")
    application.styleHints().setColorScheme(SCHEMES[scheme])


def appearance_of(application: QtWidgets.QApplication) -> Appearance:
    """Whether the window is dark now."""
    ground = application.palette().color(QtGui.QPalette.ColorRole.Window)
    return Appearance(dark=ground.lightness() < 128)


def dress(window: QtWidgets.QWidget, appearance: Appearance) -> None:
    """Set the colours that carry meaning."""
    names = {name: getattr(appearance, name) for name in ("muted", "foreground", "error")}
    window.setStyleSheet(SHEET.format(**names))
