"""Arrangement of the window, kept between its openings: size, splitters, columns, scheme, own files, form."""

from pathlib import Path
from typing import TYPE_CHECKING

from labctl.config.protocol import parse_protocol
from labctl.errors import LabctlError
from labctl.gui.qt import QtCore, QtWidgets

if TYPE_CHECKING:
    from labctl.gui.window import Window

SCHEMES = ("system", "light", "dark")


def settings_of_user() -> QtCore.QSettings:
    """Return the settings of labctl's window for this user."""
    return QtCore.QSettings("labctl", "window")


def restore(window: "Window", settings: QtCore.QSettings) -> None:
    """Arrange a window as it was left; nothing is queued, and a form that is not understood is left out."""
    geometry = settings.value("geometry")
    if isinstance(geometry, QtCore.QByteArray):
        window.restoreGeometry(geometry)
    for name, splitter in splitters(window).items():
        state = settings.value(f"splitters/{name}")
        if isinstance(state, QtCore.QByteArray):
            splitter.restoreState(state)
    docks = settings.value("docks")
    if isinstance(docks, QtCore.QByteArray):
        window.tab_widget.arrange(docks)
    window.browser.show_parameters(_texts(settings, "parameter columns"))
    for file in _texts(settings, "own files"):
        if Path(file).exists():
            window.queueing.open_procedures(Path(file), choose=False)
    scheme = settings.value("scheme")
    if scheme in SCHEMES:
        window.choose_scheme(str(scheme))
    form = settings.value(f"form/{window.station.name}")
    if isinstance(form, str) and form:
        _restore_form(window, form, str(settings.value(f"sweep/{window.station.name}") or ""))


def remember(window: "Window", settings: QtCore.QSettings) -> None:
    """Keep the arrangement of a window."""
    settings.setValue("geometry", window.saveGeometry())
    for name, splitter in splitters(window).items():
        settings.setValue(f"splitters/{name}", splitter.saveState())
    settings.setValue("docks", window.tab_widget.arrangement())
    settings.setValue("parameter columns", window.browser.parameter_names())
    settings.setValue("own files", [str(file) for file in window.queueing.own_files])
    settings.setValue("scheme", window.scheme)
    try:
        settings.setValue(f"form/{window.station.name}", window.queueing.text())
    except ValueError:  # a form that cannot be queued is not a protocol
        settings.remove(f"form/{window.station.name}")
    settings.setValue(f"sweep/{window.station.name}", window.queueing.sweep.text())
    settings.sync()


def splitters(window: "Window") -> dict[str, QtWidgets.QSplitter]:
    """Return the splitters of a window by name."""
    return {
        "across": window.across,
        "middle": window.middle,
        "runs": window.browser.splitter,
        "queue": window.queue.splitter,
    }


def _restore_form(window: "Window", form: str, sweep: str) -> None:
    folder = Path(window.station.source).parent
    try:
        window.queueing.load_protocol(parse_protocol(form, str(folder / "window.toml"), window.db))
        if sweep:
            window.queueing.sweep.load_text(sweep)
    except (LabctlError, ValueError, TypeError):
        window.say("the form of the last time cannot be filled in again")


def _texts(settings: QtCore.QSettings, key: str) -> list[str]:
    """Return a list of texts; Qt gives a list of one as a text, and an empty one as nothing."""
    found = settings.value(key)
    return [found] if isinstance(found, str) and found else [str(one) for one in found or []]
