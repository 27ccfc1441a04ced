"""Text beside a plot."""

from labctl.gui.qt import QtWidgets


class WordsPane(QtWidgets.QWidget):
    """A headline that may change often, and text that can be scrolled, selected and copied."""

    def __init__(self) -> None:
        super().__init__()
        self._headline = QtWidgets.QLabel()
        self._headline.setWordWrap(True)
        self._text = QtWidgets.QTextBrowser()
        self._text.setOpenLinks(False)
        self._text.setAccessibleName("Results in words")
        self._shown = ("", "")
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._headline)
        layout.addWidget(self._text, 1)
        self.setMinimumWidth(self.fontMetrics().horizontalAdvance("x" * 16))
        self.resize(self.fontMetrics().horizontalAdvance("x" * 36), self.height())

    def say(self, headline: str, html: str) -> None:
        """Show headline and text; unchanged text keeps its scroll position."""
        shown, self._shown = self._shown, (headline, html)
        if headline != shown[0]:
            self._headline.setText(headline)
        if html != shown[1]:
            place = self._text.verticalScrollBar().value()
            self._text.setHtml(html)
            self._text.verticalScrollBar().setValue(place)

    def to_top(self) -> None:
        """Scroll to the beginning of the text."""
        self._text.verticalScrollBar().setValue(0)

    def words(self) -> str:
        """Return headline and text without markup."""
        plain = self._headline.text() + "\n" + self._text.toPlainText()
        return plain.replace("<b>", "").replace("</b>", "").replace("<br>", "\n")
