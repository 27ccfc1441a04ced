"""Dark and light colours, and the few colours with a meaning (always with text beside them)."""

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
QLabel#outcome {{ font-size: 18pt; font-weight: bold; padding: 0.3em 0.6em; border-radius: 4px; }}
ControlBar QLabel#outcome[outcome="safe"] {{ background: #1b6e3c; color: #ffffff; }}
ControlBar QLabel#outcome[outcome="making"], ControlBar QLabel#outcome[outcome="not safe"] {{
    background: #7d1710; color: #ffffff;
}}
QPushButton#safe {{
    background: #b3261e; color: #ffffff; font-weight: bold; padding: 0.6em 1.4em; border-radius: 4px;
    border: 2px solid #7d1710;
}}
ControlBar[station="trouble"] QPushButton#safe {{ border-color: #ffffff; }}
QPushButton#safe:hover, QPushButton#safe:focus {{ background: #d33a30; border-color: {foreground}; }}
QPushButton#safe:disabled {{ background: #8c5a56; }}
QLineEdit[refused="true"], QComboBox[refused="true"] {{ border: 2px solid {error}; }}
QLabel[refused="true"], QLabel#trouble {{ color: {error}; font-weight: bold; }}
"""


def choose_scheme(application: QtWidgets.QApplication, scheme: str) -> None:
    """Set the colour scheme: `"system"`, `"light"` or `"dark"`."""
    application.setStyle("Fusion")
    application.styleHints().setColorScheme(SCHEMES[scheme])
    wanted = Appearance(dark=scheme == "dark")
    if scheme == "system":
        application.setPalette(application.style().standardPalette())
    elif appearance_of(application) != wanted:  # this platform cannot be asked for a scheme
        application.setPalette(_palette(wanted))


def appearance_of(application: QtWidgets.QApplication) -> Appearance:
    """Return the appearance of the window: dark or light."""
    ground = application.palette().color(QtGui.QPalette.ColorRole.Window)
    return Appearance(dark=ground.lightness() < 128)


def _palette(appearance: Appearance) -> QtGui.QPalette:
    """Return a palette with the background and text colours of an appearance."""
    roles, states = QtGui.QPalette.ColorRole, QtGui.QPalette.ColorGroup
    text, ground = QtGui.QColor(appearance.foreground), QtGui.QColor(appearance.background)
    raised = ground.lighter(160) if appearance.dark else QtGui.QColor("#efefef")
    palette = QtGui.QPalette(raised)
    for role in (roles.WindowText, roles.Text, roles.ButtonText, roles.ToolTipText):
        palette.setColor(role, text)
        palette.setColor(states.Disabled, role, QtGui.QColor(appearance.muted))
    for role in (roles.Base, roles.ToolTipBase):
        palette.setColor(role, ground)
    palette.setColor(roles.AlternateBase, raised)
    palette.setColor(roles.PlaceholderText, QtGui.QColor(appearance.muted))
    palette.setColor(roles.Highlight, QtGui.QColor("#3d7eff"))
    palette.setColor(roles.HighlightedText, QtGui.QColor("#ffffff"))
    return palette


def apply_appearance(window: QtWidgets.QWidget, appearance: Appearance) -> None:
    """Set the colours that have a meaning."""
    names = {name: getattr(appearance, name) for name in ("muted", "foreground", "error")}
    window.setStyleSheet(SHEET.format(**names))
