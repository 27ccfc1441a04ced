"""The menu bar of the window: one table of entries for each menu.

A part of the window that has entries of its own adds them with `add`.
"""

from collections.abc import Callable
from typing import Any

from labctl.gui.qt import QtWidgets

Entry = tuple[str, str, Callable[[], Any]]  # text, keys, action
SCHEMES = ("system", "light", "dark")
PANES = (("&Form", "F9"), ("Lower &half", "F10"))
FIRST_BELOW = 8  # Alt+8 and Alt+9 show the lists below the tabs


def build_menus(window: Any) -> dict[str, QtWidgets.QMenu]:
    """Build the menus of a `labctl.gui.window.Window`; return them by name."""
    bar = window.menuBar()
    bar.setNativeMenuBar(False)  # a menu bar of the desktop would keep F12 from the window
    menus = {name: bar.addMenu(f"&{name}") for name in ("File", "Edit", "View")}
    add(
        menus["File"],
        ("&Open beside, read-only…", "Ctrl+O", window.ask_for_file_beside),
        ("Export &picture of this tab…", "", window.export_picture),
        ("Export &data of this tab…", "Ctrl+E", window.ask_for_data_file),
        ("&Close", "Ctrl+W", window.close),
    )
    _add_undo(window, menus["Edit"])
    _add_views(window, menus["View"])
    return menus


def add(menu: QtWidgets.QMenu, *entries: Entry) -> None:
    """Add entries to a menu."""
    for text, keys, action in entries:
        entry = menu.addAction(text)
        entry.setShortcut(keys)
        entry.triggered.connect(lambda _=False, a=action: a())


def _add_undo(window: Any, menu: QtWidgets.QMenu) -> None:
    add(menu, ("&Undo", "Ctrl+Z", window.undo.undo))
    entry = menu.actions()[0]

    def name(words: str) -> None:
        entry.setText(f"&Undo {words}" if words else "&Undo")
        entry.setEnabled(bool(words))

    window.undo.changed.connect(name)
    name(window.undo.next_in_words())


def _add_views(window: Any, menu: QtWidgets.QMenu) -> None:
    add(menu, *((f"&{scheme.capitalize()}", "", _choosing(window, scheme)) for scheme in SCHEMES))
    menu.addSeparator()
    for text, keys in PANES:
        entry = window.panes[keys] = menu.addAction(text)
        entry.setCheckable(True)
        entry.setChecked(True)
        entry.setShortcut(keys)
        entry.toggled.connect(window.show_panes)
    menu.addSeparator()
    docks = window.tab_widget
    for place, tab in enumerate(window.tabs, start=1):
        keys = f"Alt+{place}" if place < FIRST_BELOW else f"Ctrl+{place}"
        add(menu, (tab.name, keys, lambda place=place: docks.setCurrentIndex(place - 1)))
    menu.addSeparator()
    add(
        menu,
        (
            "Put this tab &beside the others",
            "Ctrl+Alt+Right",
            lambda: docks.split_off(docks.currentIndex(), "beside"),
        ),
        (
            "Put this tab belo&w the others",
            "Ctrl+Alt+Down",
            lambda: docks.split_off(docks.currentIndex(), "below"),
        ),
        (
            "This tab in a window of its &own, or back",
            "Ctrl+Alt+Up",
            lambda: docks.float(docks.currentIndex()),
        ),
        ("Put all tabs &together", "Ctrl+Alt+Left", docks.put_together),
    )
    menu.addSeparator()
    add(
        menu,
        ("&Runs", "Alt+8", lambda: window.go_to(window.browser)),
        ("&Queue", "Alt+9", lambda: window.go_to(window.queue)),
    )


def _choosing(window: Any, scheme: str) -> Callable[[], None]:
    return lambda: window.choose_scheme(scheme)
