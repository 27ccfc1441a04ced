"""Dialog with the carriers of the sample of a run, as text beside the window."""

from pathlib import Path

from labctl.gui.background import Background
from labctl.gui.qt import QtCore, QtWidgets, Signal
from labctl.qt.questions import show_beside
from labctl.readmodel.carriers import Carriers, carriers_of_run
from labctl.readmodel.carriers_text import carriers_in_words
from labctl.store import Database


class CarriersDialog(QtWidgets.QDialog):
    """Measurements about the carriers of one sample, and the verdict; read-only text that can be copied."""

    def __init__(self, found: Carriers, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(f"Who carries the current in {found.sample}")
        self.text = QtWidgets.QPlainTextEdit("\n".join(carriers_in_words(found)), self)
        self.text.setReadOnly(True)
        self.text.setAccessibleName("Carriers of the sample")
        buttons = QtWidgets.QDialogButtonBox(QtWidgets.QDialogButtonBox.StandardButton.Close, self)
        buttons.rejected.connect(self.reject)
        layout = QtWidgets.QVBoxLayout(self)
        layout.addWidget(self.text)
        layout.addWidget(buttons)
        self.resize(760, 480)


class CarriersOpener(QtCore.QObject):
    """Reads the carriers of a run's sample in a thread, and shows them beside the window.

    Signals
    -------
    warned(str)
        Why they cannot be shown.
    """

    warned = Signal(str)

    def __init__(self, window: QtWidgets.QWidget, db: Path) -> None:
        super().__init__(window)
        self._window, self._db = window, db
        self._background = Background(self)

    def open(self, run_id: int) -> None:
        """Read and show the carriers of the sample of a run."""
        self._background.run(lambda: self._read(run_id), self._show, self.warned.emit)

    def _read(self, run_id: int) -> Carriers:
        with Database(self._db) as database:
            return carriers_of_run(database, run_id)

    def _show(self, found: Carriers) -> None:
        show_beside(CarriersDialog(found, self._window))
