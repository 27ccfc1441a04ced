"""Labels and tool tips that show text as it is: Qt would take text that looks like HTML for rich text."""

from html import escape
from typing import Any

from labctl.gui.qt import Qt, QtWidgets
from labctl.plain_text import printable


class PlainLabel(QtWidgets.QLabel):
    """A label that never interprets markup."""

    def __init__(self, text: Any = "", parent: QtWidgets.QWidget | None = None) -> None:
        if isinstance(text, QtWidgets.QWidget):
            text, parent = "", text
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setText(text)

    def setText(self, text: str) -> None:  # noqa: N802
        """Show a text; its control characters are shown as escapes."""
        super().setText(printable(text))


def tool_tip(text: str) -> str:
    """Return a text for a tool tip, which has no text format of its own."""
    plain = printable(text)
    return f"<qt>{escape(plain)}</qt>".replace("\n", "<br>") if "<" in plain else plain
