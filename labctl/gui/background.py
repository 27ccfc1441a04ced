"""Work in a thread of its own, with its result in the window's thread."""

import logging
import threading
from collections.abc import Callable
from typing import Any

from labctl.errors import LabctlError
from labctl.gui.qt import QtCore, Signal

log = logging.getLogger(__name__)


class Background(QtCore.QObject):
    """Runs work in threads; results are dropped once the parent is gone."""

    _ended = Signal(object, object)

    def __init__(self, parent: QtCore.QObject) -> None:
        super().__init__(parent)
        self._ended.connect(self._deliver)

    def run(
        self, work: Callable[[], Any], then: Callable[[Any], Any], otherwise: Callable[[str], Any]
    ) -> None:
        """Run `work()` in a thread, then `then(result)`, or `otherwise(sentence)` after an error, here.

        The thread ends its work after the window was closed too.
        """
        threading.Thread(target=self._try, args=(work, then, otherwise), name="labctl background").start()

    def _try(
        self, work: Callable[[], Any], then: Callable[[Any], Any], otherwise: Callable[[str], Any]
    ) -> None:
        try:
            result = work()
        except (LabctlError, OSError) as error:
            self._tell(otherwise, str(error))
        except Exception as error:  # the form would wait for ever
            log.exception("work in the background failed")
            self._tell(otherwise, f"internal error in labctl: {type(error).__name__}: {error}")
        else:
            self._tell(then, result)

    def _tell(self, answer: Callable[[Any], Any], result: Any) -> None:
        try:
            self._ended.emit(answer, result)
        except RuntimeError:  # the form was closed in the meantime
            log.debug("a form was closed before its work ended")

    def _deliver(self, answer: Callable[[Any], Any], result: Any) -> None:
        answer(result)
