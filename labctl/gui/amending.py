"""Reason, preview and writing of an amendment, below the fields of any form that amends."""

import threading
from collections.abc import Callable
from pathlib import Path

from labctl.derive.amending import Proposal, Request, amend, propose
from labctl.errors import LabctlError
from labctl.gui.background import Background
from labctl.gui.inputs import NotFilledIn
from labctl.gui.plain_label import PlainLabel
from labctl.gui.qt import QtGui, QtWidgets, Signal
from labctl.readmodel.amendment_text import amendment_on_one_line, moves_in_words, visible_moves

LINES_SHOWN, LETTERS_SHOWN = 9, 100


class Stopped(LabctlError):
    """The form was closed while its preview was derived."""


class AmendingPanel(QtWidgets.QWidget):
    """Shows which numbers a request would move, then writes it.

    Only a previewed request can be written: an edited field takes the preview back.

    Parameters
    ----------
    db : Path
    request : callable
        `request(reason)` returns the request as filled in, or raises NotFilledIn.
    has_reason : bool
        False for a note, which is its own reason.

    Signals
    -------
    written(str), amended(list of int)
        A sentence with the numbers of the new amendments; these numbers.
    """

    written = Signal(str)
    amended = Signal(object)
    _progressed = Signal(str)

    def __init__(self, db: Path, request: Callable[[str], Request], has_reason: bool = True) -> None:
        super().__init__()
        self._db, self._request, self._has_reason = db, request, has_reason
        self._background = Background(self)
        self._stop = threading.Event()
        self._edits = 0
        self._shown: tuple[Request, Proposal] | None = None
        self.is_writing = False
        self._build()
        self._lay_out()
        self._connect()

    def edited(self) -> None:
        """Take the preview back: it shows the fields as they were."""
        self._edits += 1
        if self._shown is not None:
            self._shown = None
            self.numbers.clear()
            self._say("changed since the preview")
        self.write_button.setEnabled(False)
        self.preview_button.setEnabled(not self.is_writing)

    def preview(self) -> None:
        """Derive the changes of the request in the background and show them; nothing is written."""
        try:
            request = self._filled_in()
        except NotFilledIn as problem:
            problem.field.setFocus()
            self._refuse(str(problem))
            return
        self.edited()
        edits = self._edits
        self.preview_button.setEnabled(False)
        self._say("deriving…")
        self._background.run(
            lambda: propose(self._db, request, self._tell_progress),
            lambda proposal: self._show(request, proposal, edits),
            lambda sentence: self._refuse(sentence) if edits == self._edits else None,
        )

    def write(self) -> None:
        """Write the previewed request in the background."""
        if self._shown is None or self.is_writing:
            return
        request, shown = self._shown
        self.is_writing = True
        self.write_button.setEnabled(False)
        self.preview_button.setEnabled(False)
        self._say("writing…")
        self._background.run(
            lambda: amend(self._db, request, self._tell_progress, shown)[0],
            self._tell_written,
            self._tell_not_written,
        )

    def clear(self, sentence: str) -> None:
        """Empty reason and preview for the next amendment, and show a sentence."""
        self.reason.clear()
        self._shown = None
        self.numbers.clear()
        self.edited()
        self._say(sentence)

    def give_up(self) -> None:
        """End a preview under way at its next run; writing goes on."""
        self._stop.set()

    def _build(self) -> None:
        self.reason = QtWidgets.QLineEdit(self)
        self.reason.setAccessibleName("Reason")
        self.reason.setPlaceholderText("e.g. measured again with a micrometer")
        self.reason.setVisible(self._has_reason)
        self.numbers = QtWidgets.QPlainTextEdit(self)
        self.numbers.setReadOnly(True)
        self.numbers.setAccessibleName("Preview")
        self.numbers.setTabChangesFocus(True)
        self.numbers.setLineWrapMode(QtWidgets.QPlainTextEdit.LineWrapMode.NoWrap)
        self.numbers.setPlaceholderText("The preview shows which numbers move, and by how much.")
        font = QtGui.QFontDatabase.systemFont(QtGui.QFontDatabase.SystemFont.FixedFont)
        self.numbers.setFont(font)
        letters = QtGui.QFontMetrics(font)
        self.numbers.setMinimumSize(
            LETTERS_SHOWN * letters.horizontalAdvance("0"), LINES_SHOWN * letters.lineSpacing()
        )
        self.words = PlainLabel(self)
        self.words.setWordWrap(True)
        self.preview_button = QtWidgets.QPushButton("&Preview", self)
        self.preview_button.setDefault(True)
        self.write_button = QtWidgets.QPushButton("&Write", self)
        self.write_button.setAutoDefault(False)
        self.write_button.setEnabled(False)

    def _lay_out(self) -> None:
        column = QtWidgets.QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        if self._has_reason:
            label = PlainLabel("&Reason", self)
            label.setBuddy(self.reason)
            column.addWidget(label)
            column.addWidget(self.reason)
        column.addWidget(self.numbers, 1)
        column.addWidget(self.words)
        row = QtWidgets.QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.preview_button)
        row.addWidget(self.write_button)
        column.addLayout(row)

    def _connect(self) -> None:
        self.reason.textChanged.connect(self.edited)
        self.preview_button.clicked.connect(self.preview)
        self.write_button.clicked.connect(self.write)
        self._progressed.connect(self._say)

    def _filled_in(self) -> Request:
        reason = self.reason.text().strip()
        request = self._request(reason if self._has_reason else "note")
        if self._has_reason and not reason:
            raise NotFilledIn(self.reason, "say why; it is kept with the amendment")
        return request

    def _tell_progress(self, run_id: int, done: int, count: int) -> None:
        """Report progress, in the thread of the derivation."""
        if self._stop.is_set() and not self.is_writing:
            raise Stopped("the form was closed")
        if count > 1:
            self._progressed.emit(f"deriving run {run_id}, {done + 1} of {count}")

    def _show(self, request: Request, proposal: Proposal, edits: int) -> None:
        if edits != self._edits:
            return
        self._shown = (request, proposal)
        self.numbers.setPlainText("\n".join(_in_words(proposal)))
        self._say("nothing is written yet")
        self.preview_button.setEnabled(True)
        self.write_button.setEnabled(True)
        self.write_button.setFocus()

    def _tell_written(self, ids: list[int]) -> None:
        self.is_writing = False
        numbers = ", ".join(map(str, ids))
        self.amended.emit(ids)
        self.written.emit(f"amendment {numbers} written; Amendments… in the list of runs can revoke it")

    def _tell_not_written(self, sentence: str) -> None:
        self.is_writing = False
        self._shown = None
        self.numbers.clear()
        self._refuse(sentence)

    def _refuse(self, sentence: str) -> None:
        self._say(sentence, refused=True)
        self.preview_button.setEnabled(True)

    def _say(self, sentence: str, refused: bool = False) -> None:
        self.words.setText(sentence)
        self.words.setProperty("refused", "true" if refused else "false")
        self.words.style().unpolish(self.words)
        self.words.style().polish(self.words)


def _in_words(proposal: Proposal) -> list[str]:
    """Return what changes, then which numbers move."""
    changes = dict.fromkeys(map(amendment_on_one_line, proposal.amendments))
    moves = visible_moves(proposal.before, proposal.after)
    return [*changes, *moves_in_words(moves, proposal.runs)]
