"""Thread that writes the user's requests: the window never waits for a disk or a lock."""

import logging
import queue
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from labctl.errors import LabctlError
from labctl.gui.qt import QtCore, Signal
from labctl.store.transactions import WriteConnection

log = logging.getLogger(__name__)

Question = Callable[[WriteConnection], Any]
Answer = Callable[[Any], None]


class Asker(QtCore.QObject):
    """Runs requests one after another on its own connection; results arrive in the window's thread.

    Signals
    -------
    refused(str)
        Error message of a request.
    """

    refused = Signal(str)
    _answered = Signal(object, object)

    def __init__(self, db: Path, parent: QtCore.QObject | None = None) -> None:
        super().__init__(parent)
        self._db = db
        self._questions: queue.Queue[tuple[Question, Answer | None, Answer | None] | None] = queue.Queue()
        self._thread = threading.Thread(target=self._run, name="labctl asker", daemon=True)
        self._answered.connect(self._deliver)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the pending requests, end the thread and wait for it."""
        self._questions.put(None)
        self._thread.join(5)

    def ask(self, question: Question, then: Answer | None = None, otherwise: Answer | None = None) -> None:
        """Run `question(connection)` in the thread, then `then(result)` here.

        An error message goes to `otherwise` if given, else to the signal `refused`.
        """
        self._questions.put((question, then, otherwise))

    def _run(self) -> None:
        while (asked := self._questions.get()) is not None:
            question, then, otherwise = asked
            try:
                result = self._answer(question)
            except (LabctlError, OSError) as error:
                self._answered.emit(otherwise or self.refused.emit, str(error))
            except Exception as error:  # the next request must still be handled
                log.exception("a request failed")
                words = f"internal error in labctl, nothing was done: {type(error).__name__}: {error}"
                self._answered.emit(otherwise or self.refused.emit, words)
            else:
                if then is not None:
                    self._answered.emit(then, result)

    def _answer(self, question: Question) -> Any:
        if not self._db.exists():
            raise FileNotFoundError(f"{self._db} is gone; nothing was written")
        with WriteConnection(self._db, may_create=False) as connection:
            return question(connection)

    def _deliver(self, answer: Answer, result: Any) -> None:
        answer(result)
