"""Alt with a letter presses one thing: an ambiguous letter only moves the focus."""

from collections import defaultdict

import pytest

pytest.importorskip("qtpy.QtWidgets", reason="no Qt here", exc_type=ImportError)

from qtpy import QtGui, QtWidgets


def visible_texts(window):
    yield from (b.text() for b in window.findChildren(QtWidgets.QAbstractButton) if b.isVisible())
    yield from (label.text() for label in window.findChildren(QtWidgets.QLabel) if label.buddy())
    yield from (action.text() for action in window.menuBar().actions())


def ambiguous(window):
    texts = defaultdict(set)
    for text in visible_texts(window):
        texts[QtGui.QKeySequence.mnemonic(text).toString()].add(text)
    del texts[""]
    assert texts["Alt+F"] >= {"&File"}
    return {keys: found for keys, found in texts.items() if len(found) > 1}


def test_no_two_things_in_sight_have_the_same_letter(window):
    found = {}
    for tab in range(window.tab_widget.count()):
        window.tab_widget.setCurrentIndex(tab)
        for panel in range(window.below.count()):
            window.below.setCurrentIndex(panel)
            found |= ambiguous(window)
    assert found == {}
